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

#[test]
fn a_notification_template_says_events_and_one_that_names_what_no_event_has_is_refused() {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--as", "ada"]);
    env.write("a.json", "{}\n");
    env.ok(&["register", "sentiment", "a.json"]);
    env.ok(&["promote", "sentiment@champion", "1", "--reason", "first {one}"]);
    let alias = ["events", "--kind", "alias", "--template"];
    let said = env.ok(&[&alias[..], &["alias-moved"]].concat());
    assert_eq!(said, "sentiment@champion moved from  to 1 by ada: first {one}\n");
    let template = "{{\"text\": \"{subject} → {to}\"}}";
    let meaning = ["--meaning", "For the chat.", "--template"];
    env.ok(&[&["catalog", "add", "notification-template", "chat"], &meaning[..], &[template]].concat());
    assert_eq!(env.ok(&[&alias[..], &["chat"]].concat()), "{\"text\": \"sentiment@champion → 1\"}\n");
    let listed = env.json(&[&alias[..], &["chat"]].concat());
    assert_eq!(listed["notifications"][0]["text"], "{\"text\": \"sentiment@champion → 1\"}");
    for bad in ["{password}", "{subject", ""] {
        let add = ["catalog", "add", "notification-template", "bad"];
        env.fails(&[&add[..], &meaning[..], &[bad]].concat(), 2, "bad-argument");
        env.fails(&["catalog", "change", "notification-template", "chat", "--template", bad], 2, "bad-argument");
    }
    env.fails(&[&["catalog", "add", "scope", "s"], &meaning[..], &["{subject}"]].concat(), 2, "bad-argument");
    env.ok(&["catalog", "deprecate", "notification-template", "chat"]);
    let old = env.json(&[&alias[..], &["chat"]].concat());
    assert!(old["warnings"][0].as_str().unwrap().contains("deprecated"), "{old}");
    env.ok(&["catalog", "disable", "notification-template", "chat"]);
    env.fails(&[&alias[..], &["chat"]].concat(), 3, "refused");
    env.fails(&[&alias[..], &["nobody-knows"]].concat(), 1, "not-found");
}
