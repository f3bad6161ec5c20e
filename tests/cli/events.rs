//! `log --all`: every kind of event, in the order of the chain.

use crate::environment::{TestEnvironment, has_keys};
use serde_json::Value;

const BO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGnJ1XzrYcBgX8LWEcKtPGQFFhO2KEDUc9QmT5LgmZEJ";

fn kinds(answer: &Value) -> Vec<String> {
    answer["events"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap().to_owned()).collect()
}

/// A registry in which each kind of event came once, the newest last.
fn eventful() -> TestEnvironment {
    let env = TestEnvironment::with_models();
    env.write("notes.md", "whom to call");
    for words in [
        &["transition", "sentiment/2", "staging", "-m", "it is good"][..],
        &["attach", "sentiment/2", "--type", "runbook", "notes.md"],
        &["describe", "sentiment", "--owner", "nlp"],
        &["describe", "sentiment/2", "--description", "the second"],
        &["catalog", "add", "evidence-type", "toxicity", "--meaning", "how rude it is"],
        &["members", "add", "bo", "--public-key", BO, "--role", "owner"],
        &["pin", "add", "sentiment/2"],
        &["pin", "publish", "--as", "shop"],
        &["revoke", "sentiment/1", "-m", "wrong data"],
    ] {
        env.ok(words);
    }
    env
}

#[test]
fn every_kind_of_event_is_shown_newest_first_and_of_one_model_only_what_is_about_it() {
    let env = eventful();
    let all = env.json(&["log", "--all"]);
    has_keys(&all["events"][0], &["kind", "what", "reason", "by", "time", "commit", "landed", "path", "statement"]);
    let found = kinds(&all);
    assert_eq!(found[..8], ["trust", "consumer", "members", "catalog", "label", "about", "evidence", "stage"]);
    for kind in ["alias", "version", "policy", "root"] {
        assert!(found.contains(&kind.to_owned()), "{kind} is missing in {found:?}");
    }
    let page = env.ok(&["log", "--all"]);
    for part in ["wrong data", "shop pins sentiment/2", "+ member bo", "register sentiment/2", "trust root 1"] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    let model = kinds(&env.json(&["log", "sentiment", "--all"]));
    assert!(
        !model.iter().any(|it| ["catalog", "members", "policy", "root", "consumer"].contains(&it.as_str())),
        "{model:?}"
    );
    assert_eq!(kinds(&env.json(&["log", "sentiment@champion", "--all"])), ["alias"]);
    env.fails(&["log", "nothing", "--all"], 1, "not-found");
}

#[test]
fn events_are_lines_of_json_oldest_first_and_can_begin_at_a_time() {
    let env = eventful();
    let lines = env.ok(&["log", "--all", "--jsonl"]);
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events = env.json(&["log", "--all"]);
    let backwards: Vec<Value> = events["events"].as_array().unwrap().iter().rev().cloned().collect();
    assert_eq!(rows, backwards);
    assert!(env.json(&["log", "--all", "--since", "2099-01-01T00:00:00Z"])["events"].as_array().unwrap().is_empty());
    let from_the_start = env.json(&["log", "--all", "--since", "2000-01-01T00:00:00Z"]);
    assert_eq!(from_the_start["events"].as_array().unwrap().len(), rows.len());
    let moves = env.ok(&["log", "sentiment@champion", "--jsonl"]);
    assert_eq!(serde_json::from_str::<Value>(moves.lines().next().unwrap()).unwrap()["alias"], "champion");
    env.fails(&["log", "--since", "yesterday"], 2, "bad-time");
}
