//! Stories of a project and its lock file.

use refmark_engine::ports::signer::Signer;
use std::path::{Path, PathBuf};

use crate::tests::{Ticking, key, model, registry, world};
use crate::*;
use refmark_engine::plan::{PromoteRequest, StageRequest};
use refmark_query::pin::Standing;
use refmark_records::lock::LockFile;
use refmark_records::version::Stage;
use refmark_store::key::HeldKey;
use refmark_types::digest::Digest;
use refmark_types::error::Code;
use refmark_types::name::{AliasName, ConsumerId};
use refmark_types::span::Span;
use refmark_types::time::Timestamp;

pub(crate) struct Stage1 {
    pub(crate) temp: tempfile::TempDir,
    pub(crate) key: HeldKey,
}

impl Stage1 {
    /// A registry at `models` with two versions, `champion` at 1, and an empty folder `app`.
    pub(crate) fn new() -> Stage1 {
        let temp = tempfile::tempdir().unwrap();
        let stage = Stage1 { temp, key: key(1) };
        let registry = registry(stage.home(), &stage.key);
        stage.register(&registry, "one");
        stage.register(&registry, "two");
        stage.promote(&registry, 1);
        std::fs::create_dir(stage.app()).unwrap();
        stage
    }

    pub(crate) fn home(&self) -> &Path {
        self.temp.path()
    }

    pub(crate) fn app(&self) -> PathBuf {
        self.home().join("app")
    }

    pub(crate) fn writer(&self) -> &dyn Signer {
        &self.key
    }

    pub(crate) fn registry(&self) -> Registry {
        Registry::open(&self.home().join("models"), world(self.home())).unwrap()
    }

    pub(crate) fn register(&self, registry: &Registry, text: &str) -> RegisterAnswer {
        let folder = self.home().join(format!("source-{text}"));
        std::fs::create_dir_all(folder.join("sub")).unwrap();
        std::fs::write(folder.join("config.json"), format!("{{\"text\": \"{text}\"}}")).unwrap();
        std::fs::write(folder.join("sub/vocab.txt"), "the same in all\n").unwrap();
        registry.write(self.writer()).register(&Package::new(model("sentiment"), vec![folder]).unwrap()).unwrap()
    }

    pub(crate) fn promote(&self, registry: &Registry, version: u64) -> MoveAnswer {
        let request = PromoteRequest {
            model: model("sentiment"),
            alias: AliasName::parse("champion").unwrap(),
            version,
            reason: "better".to_owned(),
            expect: None,
            evidence: Vec::new(),
        };
        registry.write(self.writer()).allow_absent(true).promote(&request).unwrap()
    }

    pub(crate) fn project(&self) -> Project {
        Project::at(&self.app(), world(self.home())).unwrap()
    }

    /// A project that is pinned to `sentiment@champion`.
    pub(crate) fn pinned(&self) -> Project {
        let mut project = self.project();
        project.add(&self.registry(), &request(&["sentiment@champion"])).unwrap();
        project
    }
}

pub(crate) fn request(pins: &[&str]) -> PinAddRequest {
    PinAddRequest {
        pins: pins.iter().map(|it| ((*it).to_owned(), None)).collect(),
        url: Some("../models".to_owned()),
        ..PinAddRequest::default()
    }
}

fn edit(project: &Project, from: &str, to: &str) {
    let text = std::fs::read_to_string(project.path()).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    std::fs::write(project.path(), text.replace(from, to)).unwrap();
}

#[test]
fn a_pin_has_no_past_to_ask_about() {
    let stage = Stage1::new();
    let project = stage.pinned();
    let then =
        ResolveOptions { at: Some(Timestamp::parse("2020-01-01T00:00:00Z").unwrap()), ..ResolveOptions::default() };
    let asked = PullRequest { options: then, ..PullRequest::default() };
    let into = project.path().with_file_name("out");
    let sentiment = model("sentiment");
    let errors = [
        project.resolve(&sentiment, then).map(drop),
        project.path_of(&sentiment, None, then).map(drop),
        project.pull(&sentiment, &into, &asked).map(drop),
    ];
    for error in errors {
        assert_eq!(error.unwrap_err().code, Code::BadArgument);
    }
    assert!(!into.exists());
}

#[test]
fn a_pin_follows_its_alias_when_it_is_updated_and_never_by_itself() {
    let stage = Stage1::new();
    let mut project = stage.pinned();
    let text = std::fs::read_to_string(project.path()).unwrap();
    assert!(text.contains("url = \"../models\"") && text.contains("\"store\" = \"../models/refmark\""), "{text}");
    assert_eq!(project.resolve(&model("sentiment"), ResolveOptions::default()).unwrap().version, Some(1));

    let registry = stage.registry();
    let moved = stage.promote(&registry, 2);
    let found = project.check(Some(&registry)).unwrap();
    assert_eq!((found.standing, found.pins[0].now), (Standing::Behind, Some(2)));
    assert!(found.error().is_none(), "to be behind is no error");
    assert_eq!(project.resolve(&model("sentiment"), ResolveOptions::default()).unwrap().version, Some(1));

    let dry = project.update(&registry, &[], true).unwrap();
    assert_eq!((dry.pins[0].from, dry.pins[0].to, dry.written), (Some(1), 2, false));
    assert_eq!(std::fs::read_to_string(project.path()).unwrap(), text);
    let update = project.update(&registry, &[model("sentiment")], false).unwrap();
    assert!(update.written && update.pins[0].changed);
    let pin = project.pin(&model("sentiment")).unwrap();
    assert_eq!((pin.version, pin.moved.unwrap().statement, pin.head), (2, moved.statement, moved.commit));
    assert!(!project.update(&registry, &[], false).unwrap().written, "nothing new, no new bytes to review");
}

#[test]
fn names_are_the_projects_own_and_go_as_they_came() {
    let stage = Stage1::new();
    let mut project = stage.pinned();
    let registry = stage.registry();
    let mut request = request(&[]);
    request.pins.push(("sentiment/2".to_owned(), Some(model("next"))));
    project.add(&registry, &request).unwrap();
    let names: Vec<String> = project.list().unwrap().pins.iter().map(|it| it.name.to_string()).collect();
    assert_eq!(names, ["next", "sentiment"]);
    assert_eq!(project.pin(&model("absent")).unwrap_err().code, Code::NotPinned);
    project.remove(&[model("next")]).unwrap();
    assert_eq!(project.list().unwrap().pins.len(), 1);
    assert_eq!(project.remove(&[model("next")]).unwrap_err().code, Code::NotPinned);
    let read = LockFile::parse(&std::fs::read_to_string(project.path()).unwrap()).unwrap();
    assert_eq!(Some(&read), project.lock.as_ref());
}

#[test]
fn a_revoked_pin_and_one_past_its_sunset_end_with_refusal() {
    let stage = Stage1::new();
    stage.pinned();
    let registry = stage.registry();
    let retire = StageRequest {
        model: model("sentiment"),
        version: 1,
        to: Stage::Retired,
        reason: "old".to_owned(),
        replacement: Some(2),
        sunset: Some(Timestamp::from_unix(1_800_000_000 + 3_600)),
        evidence: Vec::new(),
    };
    registry.write(stage.writer()).transition_stage(&retire).unwrap();
    // An hour later.
    let clock = Ticking::new();
    clock.sleep_days(1);
    let project = Project::at(&stage.app(), Context { clock, ..world(stage.home()) }).unwrap();
    let error = project.check(Some(&registry)).unwrap().error().unwrap();
    assert_eq!(error.code, Code::StalePin);
    assert!(error.message.contains("sentiment/2 replaces it"), "{error}");

    let artifact = project.pin(&model("sentiment")).unwrap().artifact;
    registry.write(stage.writer()).revoke(artifact, "leaks").unwrap();
    let found = project.check(Some(&registry)).unwrap();
    assert_eq!(found.standing, Standing::Withdrawn);
    assert_eq!(found.error().unwrap().code, Code::Revoked);
    let out = stage.home().join("out");
    assert_eq!(project.sync(&out, false).unwrap_err().code, Code::Revoked);
    assert!(!out.exists());
    project.sync(&out, true).unwrap();
    assert!(out.join("sentiment/config.json").is_file(), "who asks nobody cannot hear of it");
}

#[test]
fn a_lock_that_nobody_asked_about_for_too_long_is_stale() {
    let stage = Stage1::new();
    let mut project = stage.project();
    let mut request = request(&["sentiment@champion"]);
    request.max_offline = Some(Span::parse("1h").unwrap());
    project.add(&stage.registry(), &request).unwrap();
    assert!(project.check(None).unwrap().error().is_none());
    let checked = project.pin(&model("sentiment")).unwrap().checked;
    edit(&project, &checked.to_string(), &checked.plus(-4000).to_string());
    let mut project = stage.project();
    let found = project.check(None).unwrap();
    assert_eq!((found.asked, found.error().unwrap().code), (false, Code::StalePin));
    assert!(project.update(&stage.registry(), &[], false).unwrap().written, "to ask is what it is for");
    assert!(project.check(None).unwrap().error().is_none());
}

#[test]
fn a_tampered_lock_is_told_from_history() {
    let stage = Stage1::new();
    let registry = stage.registry();
    let two = registry
        .read()
        .resolve(&refmark_types::reference::Reference::parse("sentiment/2").unwrap(), Default::default());
    let two = two.unwrap().artifact;
    let whole = stage.pinned();
    let text = std::fs::read_to_string(whole.path()).unwrap();
    let pin = whole.pin(&model("sentiment")).unwrap().clone();
    let root = whole.lock().unwrap().registry.root.hex();
    let cases = [
        ("artifact", pin.artifact.to_string(), two.to_string(), Code::Tampered),
        ("version", "version = 1".to_owned(), "version = 2".to_owned(), Code::Tampered),
        ("missing", "version = 1".to_owned(), "version = 9".to_owned(), Code::Tampered),
        ("move", pin.moved.unwrap().statement.hex(), Digest::of(b"x").hex(), Code::Tampered),
        ("sequence", "sequence = 1".to_owned(), "sequence = 7".to_owned(), Code::Tampered),
        ("file", pin.files[0].sha256.hex(), Digest::of(b"y").hex(), Code::Tampered),
        ("class", "class = \"data\"".to_owned(), "class = \"code\"".to_owned(), Code::Tampered),
        ("root", root, Digest::of(b"z").hex(), Code::WrongRoot),
        ("id", registry.id().to_string(), "0".repeat(32), Code::WrongRegistry),
    ];
    for (what, from, to, code) in cases {
        std::fs::write(whole.path(), &text).unwrap();
        edit(&whole, &from, &to);
        let opened = Project::at(&stage.app(), world(stage.home()));
        if let Err(error) = opened {
            // What a pin says of its own artifact is not even read.
            assert_eq!((error.code, code), (Code::Tampered, Code::Tampered), "{what}: {error}");
            continue;
        }
        let found = stage.project().check(Some(&registry));
        let error = match found {
            Ok(answer) => answer.error().unwrap_or_else(|| panic!("{what} passed")),
            Err(error) => error,
        };
        assert_eq!(error.code, code, "{what}: {error}");
        assert!(stage.project().sync(&stage.home().join("out"), false).is_err(), "{what}");
        if matches!(code, Code::WrongRoot | Code::WrongRegistry) {
            // An update never writes over the one thing that vouches for all others.
            assert_eq!(stage.project().update(&registry, &[], false).unwrap_err().code, code, "{what}");
            assert_eq!(stage.project().add(&registry, &request(&["sentiment/2"])).unwrap_err().code, code, "{what}");
        }
        assert!(!stage.home().join("out").exists(), "{what}");
    }
}

#[test]
fn a_copy_that_is_behind_the_lock_says_so_and_cries_no_tampering() {
    let stage = Stage1::new();
    let registry = stage.registry();
    let url = registry.path().display().to_string();
    let (copy, _) =
        Registry::clone_from(&url, Some(&stage.home().join("copy")), world(stage.home()), Default::default()).unwrap();
    stage.promote(&registry, 2);
    let project = stage.pinned();
    let error = project.check(Some(&copy)).unwrap().error().unwrap();
    assert_eq!(error.code, Code::StalePin, "{error}");
    assert!(error.hint.unwrap().to_string().contains("fetch"));
    copy.share().fetch_commits(None).unwrap();
    assert!(project.check(Some(&copy)).unwrap().error().is_none());
}

#[test]
fn nothing_is_pinned_that_nobody_vouches_for() {
    let stage = Stage1::new();
    let mut elsewhere = world(&stage.home().join("other"));
    elsewhere.pinning = Pinning::Stored;
    let registry = Registry::open(&stage.home().join("models"), elsewhere.clone()).unwrap();
    let mut project = Project::at(&stage.app(), elsewhere).unwrap();
    let mut request = request(&["sentiment@champion"]);
    let error = project.add(&registry, &request).unwrap_err();
    assert_eq!(error.code, Code::Unverified);
    assert!(!project.path().exists());
    request.tofu = true;
    let answer = project.add(&registry, &request).unwrap();
    assert_eq!(answer.trust_root, registry.first_root().prefixed());
    // From now on the lock is the pin.
    assert!(project.registry().unwrap().unwrap().view().unwrap().is_vouched_for());
}

#[test]
fn the_lock_finds_the_registry_and_holds_it_to_its_root() {
    let stage = Stage1::new();
    let project = stage.pinned();
    let below = stage.app().join("src/deep");
    std::fs::create_dir_all(&below).unwrap();
    let elsewhere = world(&stage.home().join("other"));
    let found = locate(None, &below, &elsewhere).unwrap();
    assert!(matches!(&found, Located::ByLock(_)), "{found:?}");
    let registry = open_located(&found, &below, elsewhere.clone()).unwrap();
    assert!(registry.view().unwrap().is_vouched_for(), "the lock's root is the pin");
    edit(&project, &project.lock().unwrap().registry.root.hex(), &Digest::of(b"other").hex());
    let registry = open_located(&found, &below, elsewhere.clone()).unwrap();
    assert_eq!(registry.view().unwrap().check_tip().unwrap_err().code, Code::WrongRoot);
    std::fs::write(project.path(), "format = ").unwrap();
    assert_eq!(locate(None, &below, &elsewhere).unwrap_err().code, Code::BadRecord);
}

#[test]
fn a_published_lock_is_a_record_and_publishing_it_again_is_none() {
    let stage = Stage1::new();
    let project = stage.pinned();
    let registry = stage.registry();
    let search = ConsumerId::parse("search").unwrap();
    let publish = |lock| registry.write(stage.writer()).publish_pins(&search, Some("https://h/search".into()), lock);
    let answer = publish(project.lock.as_ref()).unwrap();
    assert_eq!((answer.sequence, answer.pins.len()), (1, 1));
    assert_eq!(publish(project.lock.as_ref()).unwrap_err().code, Code::NothingToDo);
    assert_eq!(publish(None).unwrap().sequence, 2);
    let mut other = project.lock.clone().unwrap();
    other.pins[0].version = 7;
    assert_eq!(publish(Some(&other)).unwrap_err().code, Code::NotFound);
}

#[test]
fn lint_reads_manifests_and_leaves_the_rest() {
    let stage = Stage1::new();
    let app = stage.app();
    std::fs::create_dir_all(app.join("deploy/.git")).unwrap();
    std::fs::write(app.join("deploy/prod.yaml"), "uri: models:/sentiment@champion\n").unwrap();
    std::fs::write(app.join("deploy/.env"), "M=sentiment@champion\n").unwrap();
    std::fs::write(app.join("Dockerfile"), "FROM x/sentiment:latest\n").unwrap();
    std::fs::write(app.join("notes.md"), "sentiment@champion\n").unwrap();
    std::fs::write(app.join("deploy/.git/x.yaml"), "sentiment@champion\n").unwrap();
    std::fs::write(app.join("bad.json"), [0xff, 0xfe]).unwrap();
    std::os::unix::fs::symlink("/", app.join("loop.yaml")).unwrap();
    let found = stage.registry().pins().lint_manifests(&app).unwrap();
    assert_eq!((found.files, found.findings.len(), found.skipped.len()), (3, 3, 1), "{found:?}");
    assert!(!found.truncated);
}

#[test]
fn a_lock_files_root_never_replaces_the_pin_of_its_reader() {
    let stage = Stage1::new();
    let project = stage.pinned();
    let registry = stage.registry();
    let root = project.lock().unwrap().registry.root;
    let from = stage.app();
    let open = |world: Context| {
        let found = locate(None, &from, &world)?;
        open_located(&found, &from, world)
    };
    // The pin and the lock agree; then the lock names a root that the registry never had.
    assert_eq!(open(world(stage.home())).unwrap().world().pin_of(registry.id()).unwrap(), Some(root));
    edit(&project, &root.hex(), &Digest::of(b"of somebody else").hex());
    let error = open(world(stage.home())).err().unwrap();
    assert_eq!(error.code, Code::WrongRoot, "{error}");
    assert_eq!(stage.project().registry().err().unwrap().code, Code::WrongRoot);
    // Whoever pinned nothing is held to the lock's root, and hears that it is not the registry's.
    let stranger = || Context { places: Places { config: None, ..world(stage.home()).places }, ..world(stage.home()) };
    let held = open(stranger()).unwrap();
    assert_eq!(held.read().view().unwrap().check_tip().unwrap_err().code, Code::WrongRoot);
    // Trust on first use is for the first use.
    let pinned = registry.govern().pin_on_first_use().unwrap();
    assert!(pinned.is_pinned);
    registry.world().store_pin(registry.id(), "models", Digest::of(b"another")).unwrap();
    assert_eq!(registry.govern().pin_on_first_use().unwrap_err().code, Code::Exists);
}

#[test]
fn a_revocation_lists_every_artifact_that_it_closes() {
    let stage = Stage1::new();
    let registry = stage.registry();
    let (one, two) = (stage.register(&registry, "one"), stage.register(&registry, "two"));
    let writer = registry.write(stage.writer());
    // Both hold the vocabulary, which is small data that packages share: by default it is spared.
    let hit = writer.revoke(one.artifact, "leaks").unwrap();
    assert_eq!((hit.files.as_slice(), hit.closed.len()), (&["config.json".to_owned()][..], 0), "{hit:?}");
    let error = writer.revoke_files(two.artifact, "bad", &["no/such".to_owned()]).unwrap_err();
    assert_eq!(error.code, Code::NotFound);
    let third = stage.register(&registry, "three");
    let hit = writer.revoke_files(two.artifact, "a poisoned vocabulary", &["sub/vocab.txt".to_owned()]).unwrap();
    assert_eq!(hit.files, ["sub/vocab.txt"]);
    let closed: Vec<_> = hit.closed.iter().map(|it| (it.artifact, it.file.as_str())).collect();
    assert!(closed.contains(&(third.artifact, "sub/vocab.txt")), "{closed:?}");
    let reference = refmark_types::reference::Reference::parse("sentiment/3").unwrap();
    assert_eq!(registry.read().resolve(&reference, Default::default()).unwrap_err().code, Code::Revoked);
    let view = registry.read().view().unwrap();
    let rows = registry.read().list_versions(&view, &model("sentiment")).unwrap();
    assert!(rows.iter().all(|row| row.trust.as_str() == "revoked"), "{rows:?}");
    let dossier = registry.read().report(&view, &reference).unwrap();
    assert_eq!(dossier.trust.as_str(), "revoked", "what is closed is not shown as trusted to an auditor");
    // A comeback is noticed, whatever else is in the package.
    let folder = stage.home().join("source-back");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("words.txt"), "the same in all\n").unwrap();
    let back = writer.allow_withdrawn(true).register(&Package::new(model("other"), vec![folder]).unwrap()).unwrap();
    assert_ne!(back.trust.as_str(), "trusted", "{:?}", back.warnings);
}
