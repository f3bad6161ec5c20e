//! Reviews of real ranges of a real repository.

use super::team::Team;
use crate::judgement::gate::{Decision, Status};
use crate::judgement::review::page::{to_html_page, to_markdown, to_text};
use crate::judgement::review::{Method, RangeVerdict};

#[test]
fn a_proposal_waits_for_its_approvals_and_says_who_could_give_them() {
    let (team, ..) = Team::with_a_champion();
    team.propose_champion("propose/two", "nora", 2);
    team.approve("propose/two", "ada", &["metric latency_p95_ms"]);
    let review = team.registry.review("main..propose/two").unwrap();
    println!("{}", to_text(&review, false));
    println!("{}", to_markdown(&review, 60_000));
    if let Ok(to) = std::env::var("REFMARK_SHOW") {
        std::fs::write(to, to_html_page(&review)).unwrap();
    }
    assert_eq!(review.verdict, RangeVerdict::Pending, "{:?}", review.problems);
    let change = &review.changes.items[0];
    assert_eq!((change.change.as_str(), change.decision), ("sentiment@champion: 1 → 2", Decision::Pending));
    let waived = change.gates.iter().find(|it| it.gate.status == Status::Waived).unwrap();
    assert_eq!(waived.gate.name, "metric latency_p95_ms");
    let open: Vec<_> = change.signers.iter().filter(|it| it.by.is_none()).collect();
    assert_eq!(open.len(), 1);
    assert!(open[0].could.iter().any(|(id, signed)| id.as_str() == "ada" && *signed), "{open:?}");
    assert!(open[0].could.iter().any(|(id, signed)| id.as_str() == "chen" && !*signed), "{open:?}");
    assert!(!open[0].could.iter().any(|(id, _)| id.as_str() == "nora" || id.as_str() == "ci-eval"), "{open:?}");
    assert_eq!(change.held.as_ref().unwrap().seconds / 86_400, 41);
    assert_eq!(review.methods.len(), 4);
    assert!(review.methods.iter().all(|it| it.verdict == RangeVerdict::Pending));
    assert_eq!(review.methods[3].method, Method::FastForward);
}
