//! A life: acquired, quarantined, trusted; staging, production, retired, archived.

use super::team::{Team, alias, champion};
use crate::tests::model;
use crate::{ApproveRequest, AttachRequest, ResolveOptions, TransitionRequest, VerifyOptions};
use refmark_engine::plan::{Author, Plan, PromoteRequest};
use refmark_engine::verify::Outcome;
use refmark_records::consumer::{Consumer, PublishedPin};
use refmark_records::evidence::{Named, Verdict};
use refmark_records::layout::Place;
use refmark_records::statement::{Predicate, Statement};
use refmark_records::trust::TrustState;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error};
use refmark_types::name::{ConsumerId, EntryId};
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;

fn to(reference: &str, to: &str) -> TransitionRequest {
    TransitionRequest {
        reference: Reference::parse(reference).unwrap(),
        to: to.to_owned(),
        reason: "as planned".to_owned(),
        replacement: None,
        sunset: None,
        evidence: Vec::new(),
    }
}

impl Team {
    fn transition(&self, who: &str, reference: &str, state: &str) -> Result<(), Box<Error>> {
        self.registry.write(self.as_(who)).transition(&to(reference, state)).map(drop)
    }

    fn attach(&self, who: &str, reference: &str, kind: &str, verdict: Option<Verdict>) -> Result<(), Box<Error>> {
        let kind = EntryId::parse(kind).unwrap();
        let request = AttachRequest {
            verdict,
            summary: Some("read line by line".to_owned()),
            ..AttachRequest::new(Reference::parse(reference).unwrap(), kind)
        };
        self.registry.write(self.as_(who)).attach(&request).map(drop)
    }

    /// Publishes that a project is pinned to these versions of `sentiment`.
    fn publish(&self, project: &str, pins: &[(u64, ArtifactId)]) {
        let consumer = ConsumerId::parse(project).unwrap();
        let pins = pins.iter().map(|(version, artifact)| PublishedPin {
            model: model("sentiment"),
            version: *version,
            artifact: *artifact,
            alias: None,
        });
        let pins: Vec<PublishedPin> = pins.collect();
        self.registry
            .write(self.as_("nora"))
            .change(|view, author: &Author| {
                let before = view.facts()?.consumer(&consumer)?;
                let mut predicate = Predicate::from(Consumer {
                    consumer: consumer.clone(),
                    sequence: before.as_ref().map_or(1, |it| it.sequence + 1),
                    project: None,
                    pins: pins.clone(),
                    by: author.by.clone(),
                    time: author.time,
                    previous: before.map(|it| it.record.digest()),
                    base: author.base,
                    path: String::new(),
                    registry: author.registry,
                });
                let path = Place::of(&predicate)?.path();
                predicate.set_path(path);
                Ok(Plan {
                    subject: "publish".to_owned(),
                    statements: vec![Statement::new(predicate)],
                    ..Plan::default()
                })
            })
            .unwrap();
    }
}

#[test]
fn what_is_registered_is_trusted_by_its_content_and_by_who_may_say_so() {
    let team = Team::new();
    let by_bo = team.registry.write(team.as_("bo")).register(&team.package("a")).unwrap();
    assert_eq!(by_bo.trust, TrustState::Trusted, "acquired, scanned and trusted in one");
    let by_nora = team.registry.write(team.as_("nora")).register(&team.package("b")).unwrap();
    assert_eq!(by_nora.trust, TrustState::Quarantined);
    let error = team.transition("nora", "sentiment/2", "trusted").unwrap_err();
    assert_eq!(error.code, Code::Refused, "{error}");
    assert!(error.message.contains("bo") && error.message.contains("ada"), "{error}");
    team.transition("bo", "sentiment/2", "trusted").unwrap();

    let mut code = team.package("c");
    std::fs::write(code.paths[0].join("modeling.py"), "import os").unwrap();
    code.card = None;
    let with_code = team.registry.write(team.as_("bo")).register(&code).unwrap();
    assert_eq!(with_code.trust, TrustState::Quarantined);
    assert!(with_code.warnings.iter().any(|it| it.contains("modeling.py")), "{:?}", with_code.warnings);
    assert_eq!(team.transition("bo", "sentiment/3", "trusted").unwrap_err().code, Code::Pending);
    // An agent's word is no sign-off.
    team.attach("ci", "sentiment/3", "sign-off", Some(Verdict::Pass)).unwrap();
    assert_eq!(team.transition("bo", "sentiment/3", "trusted").unwrap_err().code, Code::Pending);
    team.attach("ada", "sentiment/3", "sign-off", Some(Verdict::Pass)).unwrap();
    team.transition("bo", "sentiment/3", "trusted").unwrap();

    let mut bare = team.package("d");
    bare.contract = None;
    let bare = team.registry.write(team.as_("bo")).register(&bare).unwrap();
    assert_eq!(bare.trust, TrustState::Quarantined, "callers need a contract");
}

#[test]
fn staging_asks_for_an_owner_lineage_an_evaluation_and_a_card() {
    let team = Team::new();
    let mut package = team.package("a");
    package.owner = None;
    package.card = None;
    package.lineage = Default::default();
    team.registry.write(team.as_("bo")).register(&package).unwrap();
    let error = team.transition("bo", "sentiment/1", "staging").unwrap_err();
    assert_eq!(error.code, Code::Refused, "lineage is part of the artifact and cannot come later: {error}");
    assert!(error.message.contains("lineage") && error.message.contains("without training_run"), "{error}");

    let second = team.registry.write(team.as_("bo")).register(&team.package("b")).unwrap();
    let error = team.transition("ci", "sentiment/2", "staging").unwrap_err();
    assert_eq!(error.code, Code::Pending);
    assert!(error.message.contains("evaluation"), "{error}");
    team.attach("ci", "sentiment/2", "evaluation", Some(Verdict::Pass)).unwrap();
    let error = team.transition("bo", "sentiment/2", "staging").unwrap_err();
    assert!(error.message.contains("one that does not count: pass by ci: it names no run"), "{error}");
    team.evidence("ci", second.artifact, "evaluation", Verdict::Pass, "run-1");
    let error = team.transition("nora", "sentiment/2", "staging").unwrap_err();
    assert!(error.message.contains("mlops-engineer or ci-agent"), "{error}");
    // Who measured it does not ask for the move that rests on it.
    let error = team.transition("ci", "sentiment/2", "staging").unwrap_err();
    assert!(error.code == Code::Pending && error.message.contains("ci asks for the change"), "{error}");
    team.transition("bo", "sentiment/2", "staging").unwrap();
    assert_eq!(team.transition("ci", "sentiment/2", "staging").unwrap_err().code, Code::NothingToDo);
    // What no rule allows is refused.
    let error = team.transition("ada", "sentiment/2", "archived").unwrap_err();
    assert_eq!(error.code, Code::Refused);
    assert!(error.message.contains("no rule, so nobody may"), "{error}");
}

#[test]
fn a_word_that_is_no_state_is_answered_with_the_verb_that_was_meant() {
    let team = Team::new();
    team.staged("a");
    let error = team.transition("bo", "sentiment/1", "champion").unwrap_err();
    assert_eq!(error.code, Code::BadArgument);
    assert!(error.hint.unwrap().to_string().contains("promote sentiment@champion to version 1"));
    let request = PromoteRequest { alias: alias("staging"), ..champion(1) };
    let moved = team.registry.write(team.as_("bo")).promote(&request).unwrap();
    assert!(moved.notes[0].to_string().contains("transition sentiment/1 to staging"), "{:?}", moved.notes);
    let mut request = to("sentiment/1", "quarantined");
    request.replacement = Some("2".into());
    assert_eq!(team.registry.write(team.as_("bo")).transition(&request).unwrap_err().code, Code::BadArgument);
}

#[test]
fn a_version_retires_when_another_stands_in_and_is_archived_when_nobody_needs_it() {
    let team = Team::new();
    let (one, artifact) = team.staged("a");
    let (two, _) = team.staged("b");
    team.live(one);
    let day = Timestamp::from_unix(1_800_000_000 + 60 * 86_400);
    let retire =
        TransitionRequest { replacement: Some(two.to_string()), sunset: Some(day), ..to("sentiment/1", "retired") };
    let error = team.registry.write(team.as_("ada")).transition(&retire).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    assert!(error.message.contains("sentiment@champion holds it"), "{error}");
    team.live(two);
    let error = team.registry.write(team.as_("ada")).transition(&to("sentiment/1", "retired")).unwrap_err();
    assert!(error.message.contains("replacement") && error.code == Code::Refused, "{error}");
    assert!(team.registry.write(team.as_("ada")).transition(&retire).unwrap_err().message.contains("migration"));
    team.evidence("nora", artifact, "migration-document", Verdict::Info, "run-1");
    // Ada owns the model; a lead besides her is still needed.
    let error = team.registry.write(team.as_("ada")).transition(&retire).unwrap_err();
    assert_eq!(error.code, Code::Pending, "{error}");
    let proposal = team.registry.write(team.as_("ada")).propose(None, |it| it.transition(&retire)).unwrap();
    assert_eq!(proposal.branch, "propose/sentiment-1-retired");
    let approval = ApproveRequest { target: proposal.branch.clone(), ..ApproveRequest::default() };
    assert!(team.registry.write(team.as_("chen")).approve(&approval).unwrap().complete);
    team.registry.write(team.as_("ada")).land(&proposal.branch).unwrap();

    team.publish("checkout", &[(one, artifact)]);
    let sunset = team.registry.read().sunset(&team.registry.view().unwrap()).unwrap();
    assert_eq!((sunset.versions.len(), sunset.due), (1, 0));
    assert_eq!(sunset.versions[0].days_left, Some(59));
    assert_eq!(sunset.versions[0].consumers[0].as_str(), "checkout");
    let error = team.transition("bo", "sentiment/1", "archived").unwrap_err();
    assert!(error.message.contains("in the future") && error.message.contains("checkout"), "{error}");
    team.clock.sleep_days(61);
    let error = team.transition("bo", "sentiment/1", "archived").unwrap_err();
    assert!(!error.message.contains("in the future") && error.message.contains("checkout"), "{error}");
    team.publish("checkout", &[]);
    assert_eq!(team.registry.read().sunset(&team.registry.view().unwrap()).unwrap().due, 1);
    let error = team.transition("bo", "sentiment/1", "archived").unwrap_err();
    assert!(error.message.contains("no checkpoint by somebody else"), "one clock says no day: {error}");
    let witnessed = team.registry.write(team.as_("audit")).checkpoint().unwrap();
    assert_eq!((witnessed.number, witnessed.by.as_str()), (1, "audit"));
    team.transition("bo", "sentiment/1", "archived").unwrap();
    assert!(team.registry.read().sunset(&team.registry.view().unwrap()).unwrap().versions.is_empty());
    let verified = team.registry.read().verify(None, VerifyOptions::default()).unwrap();
    assert_eq!(verified.verdict, Outcome::Ok, "{:?}", verified.problems);
}

#[test]
fn what_was_revoked_comes_back_by_two_people_and_into_quarantine_only() {
    let team = Team::new();
    let (one, artifact) = team.staged("a");
    team.live(one);
    let hit = team.registry.write(team.as_("olu")).revoke(artifact, "it leaks").unwrap();
    assert_eq!((hit.versions.len(), hit.aliases.len()), (1, 1));
    let reference = Reference::parse("sentiment@champion").unwrap();
    let error = team.registry.read().resolve(&reference, ResolveOptions::default()).unwrap_err();
    assert_eq!(error.code, Code::Revoked, "never something else");
    assert_eq!(team.transition("ada", "sentiment/1", "trusted").unwrap_err().code, Code::Refused);
    assert_eq!(team.transition("ada", "sentiment/1", "quarantined").unwrap_err().code, Code::Pending);
    let proposal = team
        .registry
        .write(team.as_("ada"))
        .propose(None, |it| it.transition(&to("sentiment/1", "quarantined")))
        .unwrap();
    let approval = ApproveRequest { target: proposal.branch.clone(), ..ApproveRequest::default() };
    team.registry.write(team.as_("bo")).approve(&approval).unwrap();
    team.registry.write(team.as_("ada")).land(&proposal.branch).unwrap();
    let error = team.registry.write(team.as_("nora")).revoke(artifact, "I do not like it").unwrap_err();
    assert_eq!(error.code, Code::Refused, "{error}");
    // The same weights under another model are not laundered: they are the same artifact, and as quarantined there.
    team.transition("bo", "sentiment/1", "trusted").unwrap();
}

#[test]
fn an_evaluation_is_read_from_its_file_and_options_go_before_it() {
    let team = Team::new();
    team.registry.write(team.as_("bo")).register(&team.package("a")).unwrap();
    let file = team.path().join("eval.json");
    std::fs::write(
        &file,
        r#"{"verdict": "fail", "suite": "core@2026.1", "tool": {"name": "lm-eval", "version": "0.4"},
            "dataset": {"name": "march"}, "metrics": {"f1": 0.91, "loss": "NaN"}, "rows": 1200}"#,
    )
    .unwrap();
    let mut request =
        AttachRequest::new(Reference::parse("sentiment/1").unwrap(), EntryId::parse("evaluation").unwrap());
    request.file = Some(file.clone());
    request.verdict = Some(Verdict::Pass);
    request.produced_by = Some("https://ci.example.com/runs/8812".to_owned());
    request.metrics.push(("latency_ms".to_owned(), 31.5, None));
    let answer = team.registry.write(team.as_("ci")).attach(&request).unwrap();
    assert_eq!(answer.warnings.len(), 3, "{:?}", answer.warnings);
    let view = team.registry.view().unwrap();
    let all = view.facts().unwrap().evidence(&answer.artifact).unwrap();
    let evidence = &all[0];
    assert_eq!(evidence.verdict, Verdict::Pass);
    assert_eq!(evidence.suite, Some(Named { name: "core".into(), version: Some("2026.1".into()), sha256: None }));
    assert_eq!(evidence.metrics.len(), 3);
    assert_eq!(evidence.details.0.get("rows").and_then(|it| it.as_u64()), Some(1200));
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(evidence.document.as_ref().unwrap().sha256, Some(Digest::of(&bytes)));
    assert_eq!(evidence.record.digest(), answer.statement);

    request.file = None;
    request.verdict = None;
    let error = team.registry.write(team.as_("ci")).attach(&request).unwrap_err();
    assert!(error.hint.unwrap().to_string().contains("say pass, fail or info"));
    request.file = Some(team.path().to_owned());
    assert_eq!(team.registry.write(team.as_("ci")).attach(&request).unwrap_err().code, Code::NotAFile);
    assert_eq!(team.attach("audit", "sentiment/9", "scan", Some(Verdict::Pass)).unwrap_err().code, Code::NotFound);
}
