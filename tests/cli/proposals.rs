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
    assert_eq!(landed["removed"], true);
    assert!(!env.git("models", &["branch", "--list", "propose/*"]).contains("propose"), "the branch is gone");
    let again = env.fails(&["land", branch], 1, "not-found");
    assert!(again["hint"].as_str().unwrap().contains("refmark proposals"), "{again}");
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

/// Every verb that writes, with the branch that its proposal gets.
const WRITING: &[(&[&str], &str)] = &[
    (&["register", "topics", "new"], "propose/topics-1"),
    (&["attach", "sentiment/2", "--type", "runbook", "notes.md"], "-runbook"),
    (&["scan", "sentiment/2"], "-scan"),
    (&["describe", "sentiment", "--description", "what people say"], "propose/sentiment-about-"),
    (&["describe", "sentiment/2", "--description", "the second"], "propose/sentiment-2-label-1"),
    (&["promote", "sentiment@canary", "2"], "propose/sentiment-canary-1"),
    (&["unset", "sentiment@champion"], "propose/sentiment-champion-2"),
    (&["transition", "sentiment/2", "staging"], "propose/sentiment-2-staging"),
    (&["revoke", "sentiment/2", "-m", "wrong data"], "-revoked"),
    (&["delete", "sentiment/2", "-m", "wrong data"], "-deleted"),
    (
        &["catalog", "add", "evidence-type", "toxicity", "--meaning", "how rude it is"],
        "propose/evidence-type-toxicity-1",
    ),
    (&["catalog", "deprecate", "evidence-type", "runbook"], "propose/evidence-type-runbook-2"),
    (&["members", "add", "bo", "--public-key", BO, "--role", "owner"], "propose/policy-2"),
    (&["policy", "apply", "--preset", "team"], "propose/policy-2"),
    (&["trust", "rotate", "--add", NEW_HOLDER], "propose/trust-root-2"),
    (&["pin", "publish", "--as", "shop", "--gone"], "propose/pins-shop-1"),
];

const BO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGnJ1XzrYcBgX8LWEcKtPGQFFhO2KEDUc9QmT5LgmZEJ";
const NEW_HOLDER: &str = "bo=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGnJ1XzrYcBgX8LWEcKtPGQFFhO2KEDUc9QmT5LgmZEJ";

#[test]
fn every_verb_that_writes_can_be_proposed_and_answers_in_the_same_form() {
    let env = TestEnvironment::with_models();
    env.write("new/config.json", "{}");
    env.write("notes.md", "whom to call");
    let head = env.git("models", &["rev-parse", "main"]);
    let blobs = env.files("models/refmark/blobs");
    let mut asked = 0;
    for (verb, branch) in WRITING {
        let mut arguments = verb.to_vec();
        arguments.push("--propose");
        let answer = env.json(&arguments);
        has_keys(&answer, &["branch", "commit", "base", "by", "records", "decision", "reports", "next"]);
        let name = answer["branch"].as_str().unwrap();
        assert!(name.starts_with(branch) || name.ends_with(branch) || name.starts_with("propose/policy-2"), "{name}");
        asked += 1;
    }
    assert_eq!(env.git("models", &["rev-parse", "main"]), head, "nothing took effect");
    assert!(blobs.iter().all(|it| env.files("models/refmark/blobs").contains(it)), "no byte was removed");
    let open = env.json(&["proposals"]);
    assert_eq!(open["proposals"].as_array().unwrap().len(), asked);
    assert_eq!(env.json(&["status"])["proposals"].as_array().unwrap().len(), asked);
    let land: Vec<&serde_json::Value> =
        open["proposals"].as_array().unwrap().iter().filter(|it| it["decision"] == "ok").collect();
    assert_eq!(land[0]["yours"][0].as_str().unwrap(), format!("refmark land {}", land[0]["branch"].as_str().unwrap()));
}

#[test]
fn a_registration_that_somebody_else_overtook_is_renewed_under_the_next_number() {
    let env = TestEnvironment::with_models();
    env.write("mine/config.json", r#"{"mine": 1}"#);
    env.write("theirs/config.json", r#"{"theirs": 1}"#);
    env.ok(&["register", "sentiment", "mine", "--propose=mine"]);
    env.ok(&["register", "sentiment", "theirs"]);
    let rows = env.json(&["proposals"]);
    assert_eq!(rows["proposals"][0]["decision"], "refused");
    assert_eq!(rows["proposals"][0]["yours"][0], "refmark renew mine");
    env.json(&["renew", "mine"]);
    env.ok(&["land", "mine"]);
    let list = env.json(&["list", "sentiment"]);
    assert_eq!(list["versions"].as_array().unwrap().len(), 4, "{list}");
}
