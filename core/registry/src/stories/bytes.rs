//! Bytes: what is live is here and whole, and what was withdrawn does not come back without a word.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::team::{Team, alias, champion};
use crate::tests::{key, model, registry};
use crate::{ApproveRequest, AttachRequest, Package, RegisterAnswer};
use refmark_engine::plan::{PromoteRequest, RollbackRequest, TrustRequest};
use refmark_records::evidence::Verdict;
use refmark_records::trust::TrustState;
use refmark_types::digest::Digest;
use refmark_types::error::Code;
use refmark_types::name::EntryId;
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;

fn now() -> Timestamp {
    Timestamp::from_unix(1_800_000_000)
}

fn config(team: &Team, text: &str) -> Digest {
    Digest::of(&std::fs::read(team.folder(text).join("config.json")).unwrap())
}

#[test]
fn nothing_becomes_live_whose_bytes_are_not_here_or_not_whole() {
    let team = Team::new();
    let (one, _) = team.staged("a");
    team.live(one);
    let (two, _) = team.staged("b");
    let store = team.registry.store();
    store.trash(&config(&team, "b"), now()).unwrap();
    let nora = team.registry.write(team.as_("nora"));
    let error = nora.propose(None, |it| it.promote(&champion(two))).unwrap_err();
    assert_eq!(error.code, Code::Absent, "{error}");
    assert!(error.message.contains("config.json"), "{error}");
    let hint = error.hint_text().unwrap();
    assert!(!hint.contains("AllowAbsent"), "what the policy does not let anybody do is no way out: {hint}");
    // It may be waived, so it may wait.
    let proposal = nora.allow_absent(true).propose(None, |it| it.promote(&champion(two))).unwrap();
    for who in ["ada", "bo"] {
        let request = ApproveRequest { target: proposal.branch.clone(), ..Default::default() };
        team.registry.write(team.as_(who)).approve(&request).unwrap();
    }
    let error = nora.land(&proposal.branch).unwrap_err();
    assert!(format!("{error:?}").contains("bytes"), "the gate is named, whoever approves: {error:?}");

    // A class that does not ask for the bytes lets them be elsewhere.
    let canary = PromoteRequest { alias: alias("canary"), ..champion(two) };
    let bo = team.registry.write(team.as_("bo"));
    let error = bo.promote(&canary).unwrap_err();
    assert!(error.code == Code::Absent && error.hint_text().unwrap().contains("AllowAbsent"), "{error:?}");
    bo.allow_absent(true).promote(&canary).unwrap();

    // Damaged bytes are nowhere a way out.
    let place = store.place_of(&config(&team, "a"));
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(&place, "{\"text\": \"A\"}").unwrap();
    let damaged = PromoteRequest { alias: alias("shadow"), ..champion(one) };
    let error = bo.allow_absent(true).promote(&damaged).unwrap_err();
    assert!(error.code == Code::Damaged && error.message.contains("config.json"), "{error:?}");
}

#[test]
fn at_night_the_way_back_is_one_word_longer_where_the_bytes_are_elsewhere() {
    let team = Team::new();
    let (one, _) = team.staged("a");
    team.live(one);
    let (two, _) = team.staged("b");
    team.live(two);
    team.registry.store().trash(&config(&team, "a"), now()).unwrap();
    let back = RollbackRequest { model: model("sentiment"), alias: alias("champion"), to: None, reason: "bad".into() };
    let olu = team.registry.write(team.as_("olu"));
    let error = olu.rollback(&back).unwrap_err();
    assert!(error.code == Code::Absent && error.hint_text().unwrap().contains("AllowAbsent"), "{error:?}");
    let moved = olu.allow_absent(true).rollback(&back).unwrap();
    assert!(moved.to.unwrap().version == one && moved.reports[0].break_glass);
}

#[test]
fn a_promotion_says_that_its_author_held_the_bytes_and_a_move_without_the_word_opens_no_gate() {
    let team = Team::new();
    let (one, artifact) = team.staged("a");
    team.live(one);
    let view = team.registry.view().unwrap();
    let stands = view.facts().unwrap().alias(&model("sentiment"), &alias("champion")).unwrap().unwrap();
    assert!(stands.bytes_present && stands.to.unwrap().artifact == artifact);
    drop(view);
    // Somebody's own program that leaves the question out.
    let ada = team.registry.write(team.as_("ada"));
    let silent = PromoteRequest { alias: alias("production"), ..champion(one) };
    let error = ada.change(|view, author| refmark_engine::plan::promote(view.facts()?, author, &silent)).unwrap_err();
    assert!(format!("{error:?}").contains("the move does not say so"), "{error:?}");
}

#[test]
fn a_proposal_of_a_version_that_is_not_trusted_yet_says_already_that_its_bytes_are_here() {
    let team = Team::new();
    let (one, _) = team.staged("a");
    team.live(one);
    let package = team.package("b");
    std::fs::write(team.folder("b").join("model.py"), "print()\n").unwrap();
    let two = team.registry.write(team.as_("bo")).register(&package).unwrap();
    assert_ne!(two.trust, TrustState::Trusted);
    let nora = team.registry.write(team.as_("nora"));
    let proposed = nora.propose(None, |it| it.promote(&champion(two.version))).unwrap();
    let said = format!("{:?}", proposed.reports);
    assert!(said.contains("trusted") && !said.contains("the move does not say so"), "{said}");
}

/// A registry of one person, with a file of weights.
struct Alone {
    home: tempfile::TempDir,
    registry: crate::Registry,
}

impl Alone {
    fn new() -> Alone {
        let home = tempfile::tempdir().unwrap();
        let registry = registry(home.path(), &key(1));
        Alone { home, registry }
    }

    /// Weights, with a card that makes each package another one.
    fn register(&self, model_name: &str, card: &str, allow: bool) -> refmark_types::error::Result<RegisterAnswer> {
        let mut package = Package::new(model(model_name), vec![self.weights()])?;
        package.card = Some(card.to_owned());
        self.registry.write(&key(1)).allow_withdrawn(allow).register(&package)
    }

    fn weights(&self) -> PathBuf {
        let path = self.home.path().join("model.safetensors");
        let header = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(&[0, 0, 128, 63]);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn stored(&self) -> bool {
        self.registry.store().size(&Digest::of(&std::fs::read(self.weights()).unwrap())).is_ok()
    }
}

#[test]
fn what_was_deleted_is_not_stored_or_registered_again_without_a_word() {
    let alone = Alone::new();
    let writer = key(1);
    let first = alone.register("sentiment", "one", false).unwrap();
    assert_eq!(first.trust, TrustState::Trusted);
    alone.registry.write(&writer).delete(first.artifact, "a person asked").unwrap();
    assert!(!alone.stored());

    let error = alone.register("sentiment", "one", false).unwrap_err();
    assert!(error.code == Code::Deleted && !alone.stored(), "the very package: {error}");
    let error = alone.register("sentiment", "one", true).unwrap_err();
    assert!(error.code == Code::Deleted && error.message.contains("a person asked"), "that was for good: {error}");
    assert!(!alone.stored(), "and its bytes did not stay");
    let error = alone.register("other", "two", false).unwrap_err();
    assert!(error.code == Code::Deleted && error.message.contains("model.safetensors"), "another package: {error}");
    assert!(error.hint_text().unwrap().contains("AllowWithdrawn") && !alone.stored(), "{error:?}");

    let again = alone.register("other", "two", true).unwrap();
    assert_eq!(again.trust, TrustState::Quarantined, "somebody looks first: {:?}", again.warnings);
    let trusts = TrustRequest::new(again.artifact, TrustState::Trusted, "its source was cleared");
    alone.registry.write(&writer).transition_trust(&trusts).unwrap();
    let third = alone.register("third", "three", false).unwrap();
    assert_eq!(third.trust, TrustState::Trusted, "from then on they are bytes like any others");
}

#[test]
fn what_was_revoked_is_not_registered_again_without_a_word() {
    let alone = Alone::new();
    let first = alone.register("sentiment", "one", false).unwrap();
    alone.registry.write(&key(1)).revoke(first.artifact, "poisoned data").unwrap();
    let error = alone.register("sentiment", "one", false).unwrap_err();
    assert_eq!(error.code, Code::Revoked, "{error}");
    let error = alone.register("other", "two", false).unwrap_err();
    assert!(error.code == Code::Revoked && error.hint_text().unwrap().contains("AllowWithdrawn"), "{error:?}");
    assert_eq!(alone.register("other", "two", true).unwrap().trust, TrustState::Quarantined);
}

#[test]
fn quarantined_bytes_go_to_those_who_may_look_and_each_time_is_recorded_first() {
    let team = Team::new();
    let it = team.registry.write(team.as_("nora")).register(&team.package("a")).unwrap();
    assert_eq!(it.trust, TrustState::Quarantined);
    let reference = Reference::parse("sentiment/1").unwrap();
    let take = |who: &str, into: &str, reason: &str| {
        let request = crate::PullRequest::default();
        team.registry.write(team.as_(who)).pull_quarantined(&reference, &team.path().join(into), &request, reason)
    };
    let hint =
        team.registry.read().pull(&reference, &team.path().join("x"), &Default::default()).unwrap_err().hint_text();
    assert!(hint.unwrap().contains("Quarantined"), "who is refused is told of the other way");
    let error = take("nora", "q", "let me see").unwrap_err();
    assert!(error.code == Code::Refused && error.hint_text().unwrap().contains("ada, bo, chen, ci"), "{error:?}");
    assert_eq!(take("olu", "q", "let me see").unwrap_err().code, Code::Refused);
    assert_eq!(take("bo", "q", " ").unwrap_err().code, Code::BadArgument, "without a reason");
    assert!(!team.path().join("q").exists());

    let taken = take("bo", "q", "read it line by line").unwrap();
    assert_eq!((taken.trust, taken.was_there, taken.files.len()), (TrustState::Quarantined, false, 1));
    let mark = std::fs::read_to_string(team.path().join("q").join(crate::QUARANTINE_MARK)).unwrap();
    assert!(mark.contains("read it line by line") && mark.contains(&it.artifact.to_string()) && mark.contains("bo"));
    assert!(team.path().join("q/files/config.json").exists() && !team.path().join("q/config.json").exists());
    let view = team.registry.view().unwrap();
    let records = view.facts().unwrap().evidence(&it.artifact).unwrap();
    let record = records.iter().find(|it| it.evidence_type.as_str() == "quarantine-pull").unwrap();
    assert_eq!((record.by.as_str(), record.summary.as_deref()), ("bo", Some("read it line by line")));
    assert!(take("ci", "q", "scan it").unwrap().was_there, "the same again finds it as it is");
    std::fs::create_dir(team.path().join("full")).unwrap();
    std::fs::write(team.path().join("full/notes.txt"), "mine").unwrap();
    assert_eq!(take("bo", "full", "scan it").unwrap_err().code, Code::Exists);

    // Nobody signs that he looked who may not; and what is trusted or gone does not wait.
    let mut forged = AttachRequest::new(reference.clone(), EntryId::parse("quarantine-pull").unwrap());
    (forged.verdict, forged.summary) = (Some(Verdict::Info), Some("I looked at it".to_owned()));
    let error = team.registry.write(team.as_("nora")).attach(&forged).unwrap_err();
    assert!(error.message.contains("may not take quarantined bytes"), "{error}");
    let bo = team.registry.write(team.as_("bo"));
    bo.transition_trust(&TrustRequest::new(it.artifact, TrustState::Trusted, "fine")).unwrap();
    assert_eq!(take("bo", "late", "again").unwrap_err().code, Code::BadArgument);
    team.registry.write(team.as_("ada")).revoke(it.artifact, "calls home").unwrap();
    assert_eq!(take("bo", "late", "again").unwrap_err().code, Code::Revoked);
}
