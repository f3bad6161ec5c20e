//! Stories of copies of a registry, with the real `git`.

use std::path::Path;

use crate::pins::tests::Stage1;
use crate::tests::{key, model, world};
use crate::*;
use refmark_engine::plan::Plan;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::Outcome;
use refmark_records::root::{Keyholder, Quorum, Root};
use refmark_records::signature::PublicKey;
use refmark_records::statement::Statement;
use refmark_types::digest::Digest;
use refmark_types::error::Code;
use refmark_types::name::{AliasName, PrincipalId};
use refmark_types::reference::Reference;

/// Runs the real `git`, isolated.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([("GIT_AUTHOR_NAME", "G"), ("GIT_AUTHOR_EMAIL", "g@x"), ("GIT_COMMITTER_NAME", "G")])
        .env("GIT_COMMITTER_EMAIL", "g@x")
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Stage1 {
    pub(crate) fn url(&self) -> String {
        self.home().join("models").display().to_string()
    }

    /// A clone in a home of its own, held to the registry's root.
    pub(crate) fn copy(&self, name: &str) -> Registry {
        let mut world = world(&self.home().join(name));
        world.pinning = Pinning::Root(self.registry().first_root());
        let into = self.home().join(name).join("copy");
        Registry::clone_from(&self.url(), Some(&into), world, CloneRequest::default()).unwrap().0
    }
}

#[test]
fn a_clone_is_verified_whole_pins_the_root_and_fetches_bytes_on_first_use() {
    let stage = Stage1::new();
    let home = stage.home().join("ben");
    let mut held = world(&home);
    held.pinning = Pinning::Root(stage.registry().first_root());
    let into = home.join("copy");
    let (copy, answer) = Registry::clone_from(&stage.url(), Some(&into), held, CloneRequest::default()).unwrap();
    assert_eq!((answer.verdict, answer.commits, answer.pinned, answer.is_default), (Outcome::Ok, Some(4), true, true));
    assert_eq!(answer.fingerprints[0].0, "ada");
    assert_eq!(answer.remote.as_deref(), Some(stage.registry().store().area()));
    assert_eq!(copy.tracked_head(), Some(copy.head().unwrap()));
    // What was written for this user is enough from now on.
    let copy = Registry::open(&into, world(&home)).unwrap();
    let reference = Reference::parse("sentiment@champion").unwrap();
    let pulled = copy.read().pull(&reference, &home.join("out"), &PullRequest::default()).unwrap();
    assert!(pulled.resolved.verified);
    assert_eq!(
        copy.read().verify(None, VerifyOptions::default()).unwrap().absent.len(),
        1,
        "version 2 was never asked for"
    );
    let link = std::fs::canonicalize(into.join("lfs/objects")).unwrap();
    assert_eq!(link, std::fs::canonicalize(copy.store().blobs()).unwrap());
    git(&into, &["fsck", "--strict"]);
}

#[test]
fn a_clone_that_fails_its_verification_leaves_nothing() {
    let stage = Stage1::new();
    let home = stage.home().join("eve");
    std::fs::create_dir(&home).unwrap();
    let clone =
        |world: Context| Registry::clone_from(&stage.url(), Some(&home.join("copy")), world, Default::default());
    let mut wrong = world(&home);
    wrong.pinning = Pinning::Root(Digest::of(b"another registry"));
    assert_eq!(clone(wrong).err().unwrap().code, Code::WrongRoot);
    // Somebody without a key takes a record away.
    let registry = stage.registry();
    let tree = stage.home().join("tree");
    git(stage.home(), &["clone", "-q", &stage.url(), "tree"]);
    git(&tree, &["rm", "-rq", "models"]);
    git(&tree, &["commit", "-qm", "clean up"]);
    git(&tree, &["push", "-q", "origin", "main"]);
    let mut held = world(&home);
    held.pinning = Pinning::Root(registry.first_root());
    assert_eq!(clone(held).err().unwrap().code, Code::BadTip);
    assert_eq!(std::fs::read_dir(&home).unwrap().count(), 0, "no clone, no pin, no default");
}

#[test]
fn without_a_pin_a_clone_vouches_for_nothing_until_it_is_told_to() {
    let stage = Stage1::new();
    let clone = |home: &Path, tofu| {
        let request = CloneRequest { tofu, accept_incomplete: false };
        Registry::clone_from(&stage.url(), Some(&home.join("copy")), world(home), request).unwrap()
    };
    let (copy, answer) = clone(&stage.home().join("a"), false);
    assert!(!answer.pinned);
    let reference = Reference::parse("sentiment@champion").unwrap();
    assert_eq!(copy.read().resolve(&reference, ResolveOptions::default()).unwrap().trust, "none");
    let out = stage.home().join("a/out");
    assert_eq!(copy.read().pull(&reference, &out, &PullRequest::default()).unwrap_err().code, Code::Unverified);
    let (copy, answer) = clone(&stage.home().join("b"), true);
    assert!(answer.pinned);
    assert_eq!(answer.trust_root, stage.registry().first_root().prefixed());
    assert!(copy.read().resolve(&reference, ResolveOptions::default()).unwrap().verified);
}

#[test]
fn two_local_promotes_are_pushed_and_another_clone_verifies_them() {
    let stage = Stage1::new();
    let (ben, eve) = (stage.copy("ben"), stage.copy("eve"));
    let seen = ben.head().unwrap();
    stage.promote(&ben, 2);
    let three = stage.register(&ben, "three");
    let moved = stage.promote(&ben, three.version);
    // What was signed names a commit that others can see, never an unpushed one.
    let view = ben.view().unwrap();
    let record =
        view.facts().unwrap().alias(&model("sentiment"), &AliasName::parse("champion").unwrap()).unwrap().unwrap();
    assert_eq!((record.base, record.sequence), (Some(seen), moved.sequence));
    let status = ben.read().status(None).unwrap().origin.unwrap();
    assert_eq!((status.ahead, status.behind), (3, 0));

    let pushed = ben.share().push_commits(None).unwrap();
    assert_eq!((pushed.commits, pushed.blobs), (3, 1));
    assert_eq!(ben.share().push_commits(None).unwrap_err().code, Code::NothingToDo);
    let fetched = eve.share().fetch_commits(None).unwrap();
    assert_eq!((fetched.commits, fetched.verdict, fetched.head), (3, Outcome::Ok, moved.commit));
    assert_eq!(eve.share().fetch_commits(None).unwrap().commits, 0);
    let reference = Reference::parse("sentiment@champion").unwrap();
    assert_eq!(eve.read().resolve(&reference, ResolveOptions::default()).unwrap().version, Some(3));
    eve.read().pull(&reference, &stage.home().join("out"), &PullRequest::default()).unwrap();
    assert_eq!(stage.registry().read().resolve(&reference, ResolveOptions::default()).unwrap().version, Some(3));
    // And on from there.
    stage.promote(&eve, 1);
    eve.share().push_commits(None).unwrap();
    assert_eq!(ben.share().fetch_commits(None).unwrap().commits, 1);
    assert_eq!(ben.read().resolve(&reference, ResolveOptions::default()).unwrap().version, Some(1));
}

#[test]
fn own_commits_that_were_merged_at_the_origin_come_back_as_history() {
    let stage = Stage1::new();
    let ben = stage.copy("ben");
    stage.promote(&ben, 2);
    git(ben.git_dir(), &["push", "-q", "origin", "main:proposal"]);
    stage.register(&stage.registry(), "three");
    let tree = stage.home().join("tree");
    git(stage.home(), &["clone", "-q", &stage.url(), "tree"]);
    git(&tree, &["merge", "-q", "--no-ff", "-m", "merge", "origin/proposal"]);
    git(&tree, &["push", "-q", "origin", "main"]);
    let fetched = ben.share().fetch_commits(None).unwrap();
    assert_eq!((fetched.verdict, fetched.ahead), (Outcome::Ok, 0));
    assert_eq!(fetched.head, stage.registry().head().unwrap());
    let reference = Reference::parse("sentiment@champion").unwrap();
    assert_eq!(ben.read().resolve(&reference, ResolveOptions::default()).unwrap().version, Some(2));
}

#[test]
fn a_rewritten_origin_is_refused_each_time_and_nothing_is_taken() {
    let stage = Stage1::new();
    let ben = stage.copy("ben");
    let seen = ben.head().unwrap();
    let models = stage.home().join("models");
    let before = git(&models, &["rev-parse", "main~1"]);
    git(&models, &["update-ref", "refs/heads/main", &before]);
    for _ in 0..2 {
        assert_eq!(ben.share().fetch_commits(None).unwrap_err().code, Code::HistoryRewritten);
    }
    assert_eq!((ben.head().unwrap(), ben.tracked_head()), (seen, Some(seen)));
    assert_eq!(stage.registry().view().err().unwrap().code, Code::HistoryRewritten);
}

#[test]
fn a_pin_goes_on_to_the_newest_root_that_it_vouches_for() {
    let stage = Stage1::new();
    let registry = stage.registry();
    let pin = |world: &Context| world.pin_of(registry.id()).unwrap();
    let first = registry.first_root();
    assert_eq!(pin(registry.world()), Some(first));
    let spare: PublicKey = refmark_engine::ports::signer::Signer::public(&key(9));
    let written = registry
        .write(stage.writer())
        .change(|view, author| {
            let now = view.facts()?.newest_root()?.unwrap();
            let ada = PrincipalId::parse("ada")?;
            let root = Root {
                number: 2,
                name: now.name.clone(),
                format: now.format,
                root: Quorum { threshold: 1, principals: vec![ada.clone()] },
                policy: Quorum { threshold: 1, principals: vec![ada.clone()] },
                keyholders: vec![Keyholder { principal: ada, keys: vec![now.keyholders[0].keys[0], spare] }],
                reason: "a spare key".to_owned(),
                by: author.by.clone(),
                time: author.time,
                previous: Some(now.record.digest()),
                base: author.base,
                path: "trust/0002.json".to_owned(),
                registry: author.registry,
            };
            Ok(Plan { subject: "root 2".into(), statements: vec![Statement::new(root)], ..Plan::default() })
        })
        .unwrap();
    let second = written.records[0].1;
    let view = registry.view().unwrap();
    assert!(view.is_vouched_for());
    drop(view);
    stage.promote(&registry, 2);
    assert_eq!(pin(registry.world()), Some(second), "it went on");
    assert!(registry.view().unwrap().is_vouched_for());
    // An old fingerprint, as on a printed page, still finds its way.
    let copy = stage.copy("ben");
    assert!(copy.view().unwrap().is_vouched_for());
    assert_eq!(pin(&world(&stage.home().join("ben"))), Some(second));
}

#[test]
fn a_registry_in_a_projects_repository_is_cloned_by_its_branch() {
    let temp = tempfile::tempdir().unwrap();
    let home = temp.path();
    git(home, &["init", "-q", "-b", "trunk", "project"]);
    let key = key(1);
    let request = InitRequest {
        name: None,
        founder: PrincipalId::parse("ada").unwrap(),
        here: true,
        format: refmark_store::git::Format::Sha1,
        policy: None,
    };
    let (source, made) = Registry::init(&home.join("project"), world(home), &key, &request).unwrap();
    assert_eq!(made.warnings, Vec::<String>::new());
    let mut held = world(&home.join("ben"));
    held.places.data = world(home).places.data;
    held.pinning = Pinning::Root(source.first_root());
    let url = home.join("project").display().to_string();
    let (copy, answer) = Registry::clone_from(&url, Some(&home.join("copy")), held, Default::default()).unwrap();
    assert_eq!((copy.branch(), answer.id), ("refmark", source.id()));
    assert_eq!(answer.remote.as_deref(), Some(source.store().area()));
    assert_eq!(copy.repo().branches().unwrap(), ["refmark"]);
}

#[test]
fn a_branch_with_another_registry_does_not_take_the_place_of_the_one_that_is_head() {
    let stage = Stage1::new();
    let models = stage.home().join("models");
    // Somebody who may push branches, but has no key, plants a registry of their own.
    let eve = key(7);
    let request = InitRequest {
        name: None,
        founder: PrincipalId::parse("eve").unwrap(),
        here: false,
        format: refmark_store::git::Format::Sha1,
        policy: None,
    };
    let home = stage.home().join("eve");
    let (other, _) = Registry::init(&home.join("evil"), world(&home), &eve, &request).unwrap();
    git(other.git_dir(), &["push", "-q", &models.display().to_string(), "main:refmark"]);
    assert_ne!(stage.registry().id(), other.id());
    let copy = stage.copy("ben");
    assert_eq!((copy.id(), copy.branch()), (stage.registry().id(), "main"));
    assert_eq!(copy.repo().branches().unwrap(), ["main"], "what is not the registry stays with the origin");
    assert!(copy.repo().resolve_revision("origin/refmark").is_ok());
}

#[test]
fn what_plain_git_fetched_is_input_and_a_reordered_chain_of_it_is_refused() {
    let stage = crate::pins::tests::Stage1::new();
    let origin = stage.registry();
    let old = origin.head().unwrap();
    let request = CloneRequest { tofu: false, accept_incomplete: false };
    let url = origin.git_dir().display().to_string();
    let held = || {
        let mut held = world(&stage.home().join("reader"));
        held.pinning = Pinning::Root(origin.first_root());
        held
    };
    let (clone, _) = Registry::clone_from(&url, Some(&stage.home().join("clone")), held(), request).unwrap();
    let artifact = stage.register(&origin, "one").artifact;
    origin.write(stage.writer()).revoke(artifact, "leaks").unwrap();
    clone.share().fetch_commits(None).unwrap();
    let seen = clone.head().unwrap();
    assert_eq!(seen, origin.head().unwrap());
    // The host puts a merge at the head whose first parent is the old head: for Git a fast-forward, without the revocation.
    let tree = git(origin.git_dir(), &["rev-parse", &format!("{old}^{{tree}}")]);
    let merge = git(
        origin.git_dir(),
        &[
            "-c",
            "user.name=h",
            "-c",
            "user.email=h@h",
            "commit-tree",
            &tree,
            "-p",
            &old.to_string(),
            "-p",
            &seen.to_string(),
            "-m",
            "merge",
        ],
    );
    git(origin.git_dir(), &["update-ref", "refs/heads/main", &merge]);
    // Plain git takes it, as the tracking branch; the reader believes its own memory.
    git(clone.git_dir(), &["fetch", "-q", "origin"]);
    let clone = Registry::open(&stage.home().join("clone"), held()).unwrap();
    let error = clone.share().fetch_commits(None).unwrap_err();
    assert_eq!(error.code, Code::HistoryRewritten, "{error}");
    assert_eq!(clone.head().unwrap(), seen, "the revocation is not forgotten");
    // An origin whose branch is gone, or that is gone itself, is said.
    git(origin.git_dir(), &["update-ref", "-d", "refs/heads/main"]);
    let error = clone.share().fetch_commits(None).unwrap_err();
    assert!(error.message.contains("main") && clone.head().unwrap() == seen, "{error}");
    std::fs::rename(origin.git_dir(), stage.home().join("elsewhere")).unwrap();
    assert!(clone.share().fetch_commits(None).is_err());
}
