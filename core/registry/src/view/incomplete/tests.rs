//! Stories of history that is not whole, made by the real `git`.

use std::path::PathBuf;

use crate::pins::tests::Stage1;
use crate::share::tests::git;
use crate::tests::world;
use crate::*;
use refmark_engine::verify::Outcome;
use refmark_types::error::Code;
use refmark_types::reference::Reference;

impl Stage1 {
    /// What plain `git clone` makes with these options, opened by somebody who pins the root.
    fn plain(&self, options: &[&str]) -> (PathBuf, refmark_types::error::Result<Registry>) {
        let into = self.home().join("plain");
        let url = format!("file://{}", self.home().join("models").display());
        let url = if options.contains(&"--shared") { url.replace("file://", "") } else { url };
        let mut arguments = vec!["clone", "-q", "--bare"];
        arguments.extend(options);
        arguments.extend([url.as_str(), "plain"]);
        git(self.home(), &arguments);
        (into.clone(), Registry::open(&into, self.held()))
    }

    fn held(&self) -> Context {
        let mut world = world(&self.home().join("reader"));
        world.pinning = Pinning::Root(self.registry().first_root());
        world
    }

    /// Says `incomplete` wherever something would rest on it, and goes on only where that is accepted.
    fn is_incomplete(&self, registry: &Registry) {
        let verified = registry.read().verify(None, VerifyOptions::default()).unwrap();
        assert_eq!(verified.verdict, Outcome::Incomplete, "{:?}", verified.problems);
        let reference = Reference::parse("sentiment@champion").unwrap();
        let error = registry.read().resolve(&reference, ResolveOptions::default()).unwrap_err();
        assert_eq!(error.code, Code::Incomplete, "{error}");
        let out = self.home().join("out");
        let mut request = PullRequest::default();
        assert_eq!(registry.read().pull(&reference, &out, &request).unwrap_err().code, Code::Incomplete);
        request.options.accept_incomplete = true;
        let store = self.registry().store().area().to_owned();
        registry
            .share()
            .add_remote(
                &refmark_types::name::RemoteName::parse("store").unwrap(),
                &store,
                &crate::RemoteOptions::default(),
            )
            .unwrap();
        let error = registry.read().pull(&reference, &out, &request).unwrap_err();
        assert_eq!(error.code, Code::Unverified, "to accept that history is not whole vouches for nothing: {error}");
        request.allow_unverified = true;
        let pulled = registry.read().pull(&reference, &out, &request).unwrap();
        assert_eq!(pulled.resolved.trust, "none");
        assert!(!pulled.resolved.verified, "accepted is not verified");
        let status = registry.read().status(None).unwrap();
        assert_eq!((status.verdict, status.trust.vouched_for, status.versions), (Outcome::Incomplete, false, 2));
        let error = registry.write(self.writer()).revoke(pulled.artifact, "no").unwrap_err();
        assert_eq!(error.code, Code::Incomplete, "nobody writes on what they cannot see");
    }
}

#[test]
fn a_shallow_clone_is_incomplete() {
    let stage = Stage1::new();
    let (_, registry) = stage.plain(&["--depth", "1"]);
    stage.is_incomplete(&registry.unwrap());
    let url = stage.home().join("plain").display().to_string();
    let clone = |accept_incomplete| {
        let request = CloneRequest { tofu: false, accept_incomplete };
        Registry::clone_from(&url, Some(&stage.home().join("copy")), stage.held(), request)
    };
    assert_eq!(clone(false).err().unwrap().code, Code::Incomplete);
    assert!(!stage.home().join("copy").exists());
    assert_eq!(clone(true).unwrap().1.verdict, Outcome::Incomplete);
}

#[test]
fn a_lock_still_serves_where_history_is_shallow() {
    let stage = Stage1::new();
    let project = stage.pinned();
    let text = std::fs::read_to_string(project.path()).unwrap();
    let (plain, _) = stage.plain(&["--depth", "1"]);
    std::fs::write(project.path(), text.replace("url = \"../models\"", "url = \"../plain\"")).unwrap();
    let project = stage.project();
    assert!(plain.exists());
    assert_eq!(project.check(project.registry().unwrap().as_ref()).unwrap_err().code, Code::Incomplete);
    let pulled =
        project.pull(&crate::tests::model("sentiment"), &stage.home().join("out"), &Default::default()).unwrap();
    assert_eq!(pulled.resolved.version, Some(1), "bytes go out by the lock's digests");
}

#[test]
fn grafted_history_is_incomplete_however_git_tells_it() {
    let stage = Stage1::new();
    let (plain, registry) = stage.plain(&[]);
    let (head, first) = (git(&plain, &["rev-parse", "main"]), git(&plain, &["rev-list", "--max-parents=0", "main"]));
    std::fs::create_dir_all(plain.join("info")).unwrap();
    std::fs::write(plain.join("info/grafts"), format!("{head} {first}\n")).unwrap();
    stage.is_incomplete(&registry.unwrap());
}

#[test]
fn replaced_history_is_incomplete_and_the_replacement_is_never_read() {
    let stage = Stage1::new();
    let (plain, registry) = stage.plain(&[]);
    let (head, before) = (git(&plain, &["rev-parse", "main"]), git(&plain, &["rev-parse", "main~1"]));
    git(&plain, &["replace", &head, &before]);
    let registry = registry.unwrap();
    stage.is_incomplete(&registry);
    assert_eq!(registry.head().unwrap().to_string(), head);
    git(&plain, &["replace", "-d", &head]);
    assert_eq!(
        registry.read().verify(None, VerifyOptions { history_only: true, ..Default::default() }).unwrap().verdict,
        Outcome::Ok
    );
}

#[test]
fn borrowed_objects_are_not_read_and_the_way_out_is_named() {
    let stage = Stage1::new();
    let (plain, registry) = stage.plain(&["--shared"]);
    let error = registry.err().unwrap();
    assert_eq!(error.code, Code::Incomplete, "{error}");
    assert!(error.hint_text().unwrap().contains("alternates"), "{error:?}");
    git(&plain, &["repack", "-q", "-a", "-d"]);
    std::fs::remove_file(plain.join("objects/info/alternates")).unwrap();
    let registry = Registry::open(&plain, stage.held()).unwrap();
    let options = VerifyOptions { history_only: true, ..Default::default() };
    assert_eq!(registry.read().verify(None, options).unwrap().verdict, Outcome::Ok);
}

#[test]
fn an_unsigned_move_is_no_state_where_incomplete_history_is_accepted() {
    use refmark_engine::ports::store::{NewCommit, RecordStore};
    use refmark_engine::snapshot::History;
    let stage = Stage1::new();
    let registry = stage.registry();
    // A stranger pushes a move of the alias that nobody signed, on top of what stands there.
    let head = registry.head().unwrap();
    let moved = |n: u64| format!("models/{}/aliases/champion/0000/{n:02}.json", folder(&registry, head));
    let text = registry.repo().snapshot(head).unwrap().read(&moved(1), 1 << 20).unwrap().unwrap();
    let forged =
        String::from_utf8(text).unwrap().replace("\"sequence\": 1", "\"sequence\": 2").replace("/01.json", "/02.json");
    let forged = forged.replace("\"version\": 1", "\"version\": 2");
    let who = crate::write::transaction::identity(&refmark_types::name::PrincipalId::parse("eve").unwrap());
    let pushed = NewCommit {
        parents: vec![head],
        files: vec![(moved(2), forged.into_bytes())],
        removals: Vec::new(),
        message: "a gift".to_owned(),
        author: who.clone(),
        committer: who,
        time: refmark_types::time::Timestamp::from_unix(1_800_000_500),
        sign: None,
    };
    let pushed = registry.repo().write(&pushed).unwrap();
    registry.repo().move_branch(registry.branch(), Some(head), pushed).unwrap();
    let (_, plain) = stage.plain(&["--depth", "1"]);
    let options = ResolveOptions { accept_incomplete: true, ..ResolveOptions::default() };
    let reference = Reference::parse("sentiment@champion").unwrap();
    let resolved = plain.unwrap().read().resolve(&reference, options).unwrap();
    assert_eq!((resolved.version, resolved.sequence, resolved.trust.as_str()), (Some(1), Some(1), "none"));
}

/// The folder of the model `sentiment` below `models/`.
fn folder(registry: &Registry, head: refmark_types::oid::Oid) -> String {
    use refmark_engine::snapshot::History;
    let changes = registry.repo().between(None, head).unwrap();
    let path = changes.into_iter().map(|it| it.path).find(|path| path.contains("/sentiment/aliases/")).unwrap();
    path.strip_prefix("models/").unwrap().split("/aliases/").next().unwrap().to_owned()
}
