//! Why an alias does not hold a version, asked of registries in memory.

use super::{Blocked, why_not};
use crate::answer::QueryContext;
use crate::answer::landed::Unwalked;
use refmark_engine::gate::Decision;
use refmark_engine::plan::{Author, PromoteRequest};
use refmark_engine::snapshot::History;
use refmark_engine::testing::memory::MemoryHistory;
use refmark_engine::testing::registry::{Made, Scene, Team, principal};
use refmark_engine::verify::Verifier;
use refmark_records::trust::TrustState;
use refmark_types::hint::Next;
use refmark_types::name::{AliasName, ModelName};
use refmark_types::oid::Oid;

/// An alias for production alone.
const LIVE: &str = "\n[[alias]]\nnames = [\"live\"]\nstage = [\"production\"]\n\
                    needs = { signers = [{ roles = [\"lead\"] }], author_counts = true }\n";

/// A registry under the team's policy, edited, with one trusted version.
fn with_policy(edit: impl FnOnce(String) -> String) -> (Scene<MemoryHistory>, Oid, Made) {
    let scene = Scene::in_memory();
    let team = Team { extra: LIVE.to_owned(), ..Team::default() };
    let start = scene.start_with(&team);
    let text = edit(team.text(2, scene.id));
    let (policy, text) = scene.policy(2, Some(&start.policy), Some(start.head), &["ada", "bob"], &text);
    let head = scene.land(start.head, [policy.edit(), text]);
    let one = scene.version(head, "dan", "m", None, "weights");
    let head = scene.land(head, one.edits());
    (scene, head, one)
}

fn ask(scene: &Scene<MemoryHistory>, head: Oid) -> Blocked {
    let mut verifier = Verifier::from_the_start(&scene.git, head, None).unwrap();
    verifier.run(|_| Ok(())).unwrap();
    let verified = verifier.finish().unwrap();
    let history: &dyn History = &scene.git;
    let landings = Unwalked::at(history, head);
    let context = QueryContext {
        state: verified.state(),
        history,
        walked: Some(&verified),
        head,
        pinned: false,
        landings: &landings,
    };
    let author = Author {
        by: principal("ada"),
        time: scene.tick(),
        base: Some(head),
        registry: scene.id,
        tainted: Vec::new(),
        holds: Vec::new(),
    };
    let request = PromoteRequest {
        model: ModelName::parse("m").unwrap(),
        alias: AliasName::parse("live").unwrap(),
        version: 1,
        reason: String::new(),
        expect: None,
        evidence: Vec::new(),
    };
    why_not(&context, &author, &request).unwrap()
}

#[test]
fn the_answer_is_refused_where_one_of_its_moves_is_and_the_first_step_is_told() {
    let one_step_at_a_time = |text: String| {
        let both = "to = [\"staging\", \"production\", \"retired\", \"archived\"]";
        assert!(text.contains(both));
        text.replace(both, "from = [\"experimental\"]\nto = [\"staging\"]")
            + "\n[[stage]]\nfrom = [\"staging\"]\nto = [\"production\"]\nneeds = { signers = [{ roles = [\"lead\"] }] }\n"
    };
    let (scene, head, one) = with_policy(one_step_at_a_time);
    let revoked = scene.trust(head, "ada", one.artifact, Some(&one.trust), TrustState::Revoked);
    let head = scene.land(head, [revoked.edit()]);
    let blocked = ask(&scene, head);
    let decisions: Vec<Decision> = blocked.moves.iter().map(|candidate| candidate.decision).collect();
    assert_eq!(
        decisions,
        [Decision::Refused, Decision::Refused],
        "what is revoked goes to no stage: {:?}",
        blocked.reasons
    );
    assert_eq!(blocked.decision, Decision::Refused);
}

/// The transitions that the gate `trusted` proposes for a revoked artifact.
fn proposed(scene: &Scene<MemoryHistory>, head: Oid, one: &Made) -> Vec<Next> {
    let revoked = scene.trust(head, "ada", one.artifact, Some(&one.trust), TrustState::Revoked);
    let head = scene.land(head, [revoked.edit()]);
    let blocked = ask(scene, head);
    let gates = blocked.moves.iter().flat_map(|candidate| &candidate.gates);
    let trusted = gates.filter(|review| review.gate.name == "trusted");
    let mut steps: Vec<Next> =
        trusted.flat_map(|review| review.gate.next.iter().flat_map(|hint| hint.steps().cloned())).collect();
    // The alias and the stage ask for the same.
    steps.dedup();
    steps
}

#[test]
fn a_revoked_artifact_is_given_the_first_transition_that_the_policy_allows() {
    let (scene, head, one) = with_policy(|text| text);
    let quarantine = Next::Transition { reference: "m/1".to_owned(), to: "quarantined".to_owned() };
    assert_eq!(proposed(&scene, head, &one), [quarantine]);
}

#[test]
fn a_revoked_artifact_is_given_no_transition_where_the_policy_has_no_way_back() {
    let no_way_back = |text: String| {
        let rule = "from = [\"revoked\"]\nto = [\"quarantined\"]";
        assert!(text.contains(rule));
        text.replace(rule, "from = [\"quarantined\"]\nto = [\"acquired\"]")
    };
    let (scene, head, one) = with_policy(no_way_back);
    assert_eq!(proposed(&scene, head, &one), []);
}
