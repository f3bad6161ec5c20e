//! The main job, end to end, on real files and a real repository.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use refmark_engine::plan::{PromoteRequest, RollbackRequest};
use refmark_engine::ports::Clock;
use refmark_engine::verify::Outcome;
use refmark_store::git::Format;
use refmark_store::key::HeldKey;
use refmark_types::error::Code;
use refmark_types::name::{AliasName, ModelName, PrincipalId};
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;

/// A clock that goes on by a second each time it is read.
pub(crate) struct Ticking(AtomicI64);

impl Ticking {
    pub(crate) fn new() -> Arc<Ticking> {
        Arc::new(Ticking(AtomicI64::new(1_800_000_000)))
    }

    /// Lets so many days pass.
    pub(crate) fn sleep_days(&self, days: i64) {
        self.0.fetch_add(days * 86_400, Ordering::SeqCst);
    }
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

pub(crate) fn world(home: &Path) -> Context {
    let places = Places {
        home: Some(home.to_owned()),
        config: Some(home.join("config/refmark")),
        data: Some(home.join("data/refmark")),
    };
    // What syncing is for is tested where it is done; elsewhere it would only cost the suite its speed.
    Context { disk: Arc::new(refmark_store::testing::disk::FaultyDisk::sound()), ..Context::at(places, Ticking::new()) }
}

pub(crate) fn key(seed: u8) -> HeldKey {
    HeldKey::from_seed(&[seed; 32], "a test key").unwrap()
}

pub(crate) fn model(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

fn champion(version: u64) -> PromoteRequest {
    PromoteRequest {
        model: model("sentiment"),
        alias: AliasName::parse("champion").unwrap(),
        version,
        reason: "better".to_owned(),
        expect: None,
        evidence: Vec::new(),
    }
}

pub(crate) fn registry(home: &Path, key: &HeldKey) -> Registry {
    let request = InitRequest {
        name: None,
        founder: PrincipalId::parse("ada").unwrap(),
        here: false,
        format: Format::Sha1,
        policy: None,
    };
    Registry::init(&home.join("models"), world(home), key, &request).unwrap().0
}

fn package(home: &Path, name: &str, text: &str) -> Package {
    let folder = home.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.json"), format!("{{\"text\": \"{text}\"}}")).unwrap();
    Package::new(model("sentiment"), vec![folder]).unwrap()
}

#[test]
fn the_main_job_from_init_to_a_refused_byte() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let key = key(1);
    let writer = &key;
    let registry = registry(home, &key);

    let one = registry.write(writer).register(&package(home, "one", "1")).unwrap();
    assert_eq!((one.version, one.created, one.trust.as_str()), (1, true, "trusted"));
    let again = registry.write(writer).register(&package(home, "one", "1")).unwrap();
    assert_eq!((again.version, again.created, again.commit), (1, false, None));
    let two = registry.write(writer).register(&package(home, "two", "2")).unwrap();
    assert_eq!(two.version, 2);

    let first = registry.write(writer).promote(&champion(1)).unwrap();
    assert_eq!((first.sequence, first.from, first.to.unwrap().version), (1, None, 1));
    let second = registry.write(writer).promote(&champion(2)).unwrap();
    assert_eq!((second.sequence, second.from.unwrap().version), (2, 1));
    let mut late = champion(1);
    late.expect = Some(Some(1));
    let error = registry.write(writer).promote(&late).unwrap_err();
    assert_eq!(error.code, Code::AliasMoved, "{error}");
    assert_eq!(error.fields["by"].as_str(), Some("ada"));

    let reference = Reference::parse("sentiment@champion").unwrap();
    let resolved = registry.read().resolve(&reference, ResolveOptions::default()).unwrap();
    assert_eq!((resolved.version, resolved.sequence, resolved.verified), (Some(2), Some(2), true));
    assert_eq!((resolved.trust.as_str(), resolved.commit), ("trusted", Some(second.commit)));

    let out = home.join("out");
    let pulled = registry.read().pull(&reference, &out, &PullRequest::default()).unwrap();
    assert_eq!(pulled.files.len(), 1);
    assert_eq!(std::fs::read_to_string(out.join("config.json")).unwrap(), "{\"text\": \"2\"}");

    let back = RollbackRequest {
        model: model("sentiment"),
        alias: AliasName::parse("champion").unwrap(),
        to: None,
        reason: String::new(),
    };
    assert_eq!(registry.write(writer).rollback(&back).unwrap().to.unwrap().version, 1);
    assert_eq!(registry.read().log(&registry.view().unwrap(), None, None).unwrap().moves.len(), 3);

    let verified = registry.read().verify(None, VerifyOptions::default()).unwrap();
    assert_eq!(verified.verdict, Outcome::Ok, "{:?}", verified.problems);
    assert_eq!((verified.commits, verified.blobs), (6, 2));

    let blob = registry.store().place_of(&two.files[0].sha256);
    let mut permissions = std::fs::metadata(&blob).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false)]
    permissions.set_readonly(false);
    std::fs::set_permissions(&blob, permissions).unwrap();
    std::fs::write(&blob, "{\"text\": \"3\"}").unwrap();
    let two = Reference::parse("sentiment/2").unwrap();
    let error = registry.read().pull(&two, &home.join("bad"), &PullRequest::default()).unwrap_err();
    assert_eq!(error.code, Code::Damaged);
    assert!(error.message.contains("config.json"), "{error}");
    assert!(!home.join("bad").exists());
}

#[test]
fn a_registry_opens_again_and_a_stranger_cannot_write() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let key_of_ada = key(1);
    registry(home, &key_of_ada).write(&key_of_ada).register(&package(home, "one", "1")).unwrap();
    let registry = Registry::open(&home.join("models"), world(home)).unwrap();
    let stranger = key(2);
    let error = registry.write(&stranger).promote(&champion(1)).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    assert!(error.hint_text().unwrap().contains("ada"), "{error:?}");
    let error = registry.write(&key_of_ada).promote(&champion(9)).unwrap_err();
    assert_eq!(error.code, Code::NotFound);
}

#[test]
fn revoked_bytes_leave_no_more_and_the_alias_says_so() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let key = key(1);
    let writer = &key;
    let registry = registry(home, &key);
    let one = registry.write(writer).register(&package(home, "one", "1")).unwrap();
    registry.write(writer).promote(&champion(1)).unwrap();
    let revoked = registry.write(writer).revoke(one.artifact, "leaks").unwrap();
    assert_eq!((revoked.versions.len(), revoked.aliases.len()), (1, 1));
    let reference = Reference::parse("sentiment@champion").unwrap();
    assert_eq!(registry.read().resolve(&reference, ResolveOptions::default()).unwrap_err().code, Code::Revoked);
    let error = registry.write(writer).promote(&{
        let mut request = champion(1);
        request.alias = AliasName::parse("canary").unwrap();
        request
    });
    assert_eq!(error.unwrap_err().code, Code::Refused);
}
