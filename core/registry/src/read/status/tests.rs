//! Stories of `status` and `use`.

use crate::pins::tests::Stage1;
use crate::share::tests::git;
use crate::tests::{key, model, world};
use crate::*;
use refmark_engine::plan::{Author, TrustRequest};
use refmark_engine::verify::Outcome;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::error::Code;
use refmark_types::name::PrincipalId;

#[test]
fn a_status_says_where_everything_stands() {
    let stage = Stage1::new();
    let project = stage.pinned();
    let registry = stage.registry();
    registry.read().verify(None, VerifyOptions { save: true, ..Default::default() }).unwrap();
    stage.promote(&registry, 2);
    let blob = project.pin(&model("sentiment")).unwrap().files[0].sha256;
    std::fs::remove_file(registry.store().place_of(&blob)).unwrap();
    let status = registry.read().status(Some(&project)).unwrap();
    assert_eq!((status.models, status.versions, status.aliases), (1, 2, 1));
    assert_eq!(status.stages.get(&Stage::Experimental), Some(&2));
    assert_eq!(status.trust_states.get(&TrustState::Trusted), Some(&2));
    assert_eq!((status.absent_blobs, status.verdict), (1, Outcome::Ok));
    assert!(status.trust.vouched_for && status.is_default && status.writer.is_none() && status.origin.is_none());
    assert_eq!(status.trust.pinned_by, Some("stored"));
    assert_eq!(status.last_verify.unwrap().verdict, Outcome::Ok);
    assert_eq!((status.pins.len(), status.pins[0].now), (1, Some(2)));
    assert!(serde_json::to_string(&registry.read().status(None).unwrap()).unwrap().contains("\"experimental\":2"));
}

#[test]
fn junk_without_a_key_is_listed_and_harms_nothing() {
    let stage = Stage1::new();
    let tree = stage.home().join("tree");
    git(stage.home(), &["clone", "-q", &stage.home().join("models").display().to_string(), "tree"]);
    std::fs::write(tree.join("junk.txt"), "junk").unwrap();
    git(&tree, &["add", "junk.txt"]);
    git(&tree, &["commit", "-qm", "junk"]);
    git(&tree, &["push", "-q", "origin", "main"]);
    let status = stage.registry().read().status(None).unwrap();
    assert_eq!((status.verdict, status.pending.len()), (Outcome::Failed, 1));
    assert_eq!(status.pending[0].paths, ["junk.txt"]);
    assert_eq!(status.pending[0].problems[0].code, Code::WrongPath);
    assert!(status.trust.vouched_for, "what took effect is vouched for all the same");
}

#[test]
fn a_revocation_on_one_persons_word_is_shown_until_it_is_approved() {
    let temp = tempfile::tempdir().unwrap();
    let home = temp.path();
    let ada = key(1);
    let policy = |author: &Author| {
        let one =
            refmark_engine::policy::one_person_policy(author, &refmark_engine::ports::signer::Signer::public(&key(1)));
        let ben = refmark_engine::ports::signer::Signer::public(&key(2));
        let one = one.replace(
            "[roles.owner]",
            &format!("[members.ben]\nkind = \"person\"\nroles = [\"owner\"]\nkeys = [\"{ben}\"]\n\n[roles.owner]"),
        );
        Ok(one.replace("to = [\"quarantined\", \"revoked\", \"deleted\"]", "to = [\"quarantined\"]")
            + "\n[[trust]]\nto = [\"revoked\"]\nbreak_glass = [\"owner\"]\nneeds = { signers = [{ roles = [\"owner\"] }] }\n")
    };
    let request = InitRequest {
        name: None,
        founder: PrincipalId::parse("ada").unwrap(),
        here: false,
        format: refmark_store::git::Format::Sha1,
        policy: Some(&policy),
    };
    let (registry, _) = Registry::init(&home.join("models"), world(home), &ada, &request).unwrap();
    std::fs::write(home.join("a.json"), "{}").unwrap();
    let package = Package::new(model("m"), vec![home.join("a.json")]).unwrap();
    let one = registry.write(&ada).register(&package).unwrap();
    assert!(registry.read().status(None).unwrap().open_approvals.is_empty());
    let revoke = TrustRequest::new(one.artifact, TrustState::Revoked, "leaks");
    registry.write(&ada).transition_trust(&revoke).unwrap();
    let open = registry.read().status(None).unwrap().open_approvals;
    assert_eq!((open.len(), open[0].by.as_str()), (1, "ada"));
    assert_eq!(open[0].report.signers[0].candidates, [PrincipalId::parse("ben").unwrap()]);
}

#[test]
fn the_default_registry_is_the_first_one_until_another_is_named() {
    let stage = Stage1::new();
    let models = stage.home().join("models");
    let nowhere = stage.home().join("app");
    assert_eq!(locate(None, &nowhere, &world(stage.home())).unwrap(), Located::Default(models.clone()));
    let other = stage.home().join("second");
    let url = models.display().to_string();
    Registry::clone_from(&url, Some(&other), world(stage.home()), Default::default()).unwrap();
    assert_eq!(locate(None, &nowhere, &world(stage.home())).unwrap(), Located::Default(models.clone()));
    let answer = Registry::make_default(&other, world(stage.home())).unwrap();
    assert_eq!((answer.registry.clone(), answer.before), (other.clone(), Some(models)));
    assert_eq!(locate(None, &nowhere, &world(stage.home())).unwrap(), Located::Default(other));
    assert_eq!(Registry::make_default(&nowhere, world(stage.home())).unwrap_err().code, Code::NotARegistry);
}
