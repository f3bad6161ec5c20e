//! Proposals: a change on a branch, reviewed, landed.

use crate::environment::{TestEnvironment, has_keys};

#[test]
fn a_proposal_is_reviewed_and_landed_and_has_no_effect_before() {
    let env = TestEnvironment::with_models();
    let proposed = env.json(&["promote", "sentiment@champion", "2", "--propose", "-m", "two points better"]);
    has_keys(&proposed, &["branch", "commit", "base", "decision", "reports", "next"]);
    let branch = proposed["branch"].as_str().unwrap();
    assert_eq!(branch, "propose/sentiment-champion-2");
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 1);

    let range = format!("main..{branch}");
    let review = env.json(&["review", &range]);
    has_keys(&review, &["verdict", "title", "summary", "changes", "methods"]);
    assert_eq!(review["verdict"], "ok");
    let page = env.ok(&["review", &range]);
    assert!(page.contains("champion 1 → 2") && page.contains("two points better"), "{page}");
    assert!(!page.contains('\u{1b}'), "no colour without a terminal");
    let comment = env.ok(&["review", &range, "--format", "markdown"]);
    assert!(comment.starts_with("<!-- refmark-review") && comment.contains("| accuracy"), "{comment}");
    assert!(env.ok(&["review", &range, "--format", "page"]).contains("<!doctype html>"));

    let landed = env.json(&["land", branch]);
    has_keys(&landed, &["branch", "commit", "before", "records"]);
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 2);
    assert_eq!(env.json(&["review", "main"])["landed"], true);
    env.fails(&["land", branch], 1, "nothing-to-do");
}

#[test]
fn a_proposal_whose_premise_is_gone_is_renewed() {
    let env = TestEnvironment::with_models();
    env.ok(&["promote", "sentiment@champion", "2", "--propose=mine"]);
    env.ok(&["unset", "sentiment@champion"]);
    let error = env.run(&["land", "mine"]);
    assert!(error.status == 4 || error.status == 5, "{}", error.stderr);
    let renewed = env.json(&["renew", "mine"]);
    assert_eq!(renewed["decision"], "ok");
    env.ok(&["land", "mine"]);
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["sequence"], 3);
}

#[test]
fn nobody_approves_a_change_of_their_own() {
    let env = TestEnvironment::with_models();
    env.ok(&["promote", "sentiment@champion", "2", "--propose=mine"]);
    env.fails(&["approve", "mine"], 3, "refused");
    env.fails(&["approve", "mine", "--waive", "trusted"], 2, "bad-argument");
    env.fails(&["approve", "no-such-branch"], 1, "not-found");
}
