//! Explanations from the records of a real repository.

use crate::read::review::team::Team;
use refmark_engine::gate::{Decision, Status};
use refmark_engine::snapshot::History;
use refmark_query::explain::textconv;
use refmark_types::name::PrincipalId;
use refmark_types::reference::Reference;

fn champion() -> Reference {
    Reference::parse("sentiment@champion").unwrap()
}

#[test]
fn an_alias_says_who_approved_it_on_which_evidence_under_which_policy() {
    let (team, ..) = Team::with_a_champion();
    let view = team.registry.view().unwrap();
    let answer = team.registry.read().explain(&view, &champion(), None, None).unwrap();
    let it = answer.explanation.as_ref().unwrap();
    assert!(it.verified && it.sentence.contains("approved by ada and bo"), "{}", it.sentence);
    let moved = &it.because[0];
    assert_eq!((moved.says.as_str(), moved.policy), ("sentiment@champion: (none) → 1", Some(1)));
    assert_eq!(moved.signers.iter().filter_map(|it| it.by.as_ref()).count(), 2);
    let canary = moved.gates.iter().find(|it| it.gate.name == "evidence canary").unwrap();
    assert_eq!((canary.gate.status, canary.evidence_by.as_ref().map(|it| it.as_str())), (Status::Passed, Some("bo")));
    let kinds: Vec<&str> = it.because.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, ["alias", "stage", "trust", "version"]);
    assert!(it.because.iter().all(|it| it.commit.is_some() && it.key.is_some()));
    let text = refmark_render::explain::page(answer.explanation.as_ref(), answer.why_not.as_ref()).terminal(false);
    assert!(text.contains("evidence canary") && text.contains("policy 1"), "{text}");
}

#[test]
fn why_not_gives_each_reason_and_who_could() {
    let (team, ..) = Team::with_a_champion();
    let view = team.registry.view().unwrap();
    let ask = |version, by: Option<&str>| {
        let by = by.map(|by| PrincipalId::parse(by).unwrap());
        team.registry.read().explain(&view, &champion(), Some(version), by.as_ref()).unwrap().why_not.unwrap()
    };
    let blocked = ask(2, Some("nora"));
    assert_eq!((blocked.change.as_str(), blocked.decision), ("sentiment@champion: 1 → 2", Decision::Pending));
    assert_eq!(blocked.moves.len(), 2, "the stage move comes with it");
    let said = |part: &str| blocked.reasons.iter().any(|reason| reason.to_string().contains(part));
    assert!(said("metric latency_p95_ms expects ≤ 40, and found 46.2"), "{:?}", blocked.reasons);
    assert!(
        said("or a waiver") && said("one approval is needed: one platform-lead (ada, bo)"),
        "{:?}",
        blocked.reasons
    );
    let eve = ask(2, Some("eve"));
    assert_eq!(eve.decision, Decision::Refused);
    assert!(eve.reasons[0].to_string().contains("eve may not propose it"), "{:?}", eve.reasons);
    assert!(ask(1, None).reasons[0].to_string().contains("holds 1 already"));
    assert!(ask(9, None).reasons[0].to_string().contains("no version 9"));
    let nothing = Reference::parse("sentiment@nobody").unwrap();
    let answer = team.registry.read().explain(&view, &nothing, Some(2), None).unwrap();
    assert!(answer.explanation.is_none() && answer.why_not.unwrap().decision == Decision::Ok);
}

#[test]
fn textconv_reads_records_and_never_lets_a_file_move_the_cursor() {
    let (team, ..) = Team::with_a_champion();
    let head = team.main();
    for change in team.registry.repo().between(None, head).unwrap() {
        let (_, oid) = change.new.unwrap();
        let text = textconv(&team.registry.repo().load(oid, 16 << 20).unwrap());
        assert!(!text.is_empty() && !text.contains("_type"), "{}: {text}", change.path);
    }
    assert_eq!(textconv(b"a\x1b[31m\xff\n"), "a\\u{1b}[31m\u{fffd}\n");
}
