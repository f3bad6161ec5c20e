//! The corpus of attacks through the command: the verdict and the code are those that every face must come to.

use std::path::Path;

use serde_json::Value;

use crate::environment::{Ran, TestEnvironment};

#[path = "../attacks/receive.rs"]
mod receive;

use receive::{Said, attacks, differs, git, receive as received, run};

#[test]
fn every_attack_of_the_corpus_comes_to_its_stated_verdict_through_the_command() {
    let all = attacks();
    assert!(all.len() >= 60, "{}", all.len());
    // Each attack starts several programs, so they run beside each other.
    let parts = std::thread::available_parallelism().map_or(2, |it| it.get());
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let part = |skip: usize| all.iter().skip(skip).step_by(parts).filter_map(|folder| attacked(folder)).collect();
        let workers: Vec<_> = (0..parts).map(|skip| scope.spawn(move || -> Vec<String> { part(skip) })).collect();
        workers.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

/// What the command says of an attack and should not; nothing where all is as stated.
fn attacked(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("attack.json")).unwrap();
    let attack: Value = serde_json::from_str(&text).unwrap();
    let env = TestEnvironment::new();
    let clone = env.path("registry.git");
    received(folder, &clone, &attack);
    let pin = attack["pin"].as_str().unwrap();
    let ask = |words: &[&str]| -> Ran {
        let mut all = vec!["-R", "registry.git", "--trust-root", pin, "--json"];
        all.extend(words);
        env.run(&all)
    };
    if let Some(seen) = attack["seen"].as_str() {
        run(&mut git(&clone, &["update-ref", "refs/heads/main", seen]), b"");
        ask(&["verify"]);
        run(&mut git(&clone, &["update-ref", "refs/heads/main", attack["head"].as_str().unwrap()]), b"");
    }
    let head = |env: &TestEnvironment| env.files("registry.git/refs");
    let before = head(&env);
    let ran = ask(&["verify"]);
    let name = folder.file_name().unwrap().to_string_lossy();
    let crashed = ran.status == 70 || ran.status < 0 || ran.stderr.contains("panicked");
    if crashed || head(&env) != before {
        return Some(format!("{name}: ended with {} and wrote {:?}: {}", ran.status, head(&env), ran.stderr));
    }
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or(Value::Null);
    let said = said(&answer, &ran);
    if let Some(why) = differs(&attack["expect"], &said) {
        return Some(format!("{name}: {why}"));
    }
    let fine = said.verdict == "ok" || said.verdict == "pending";
    if said.verdict != "error" && fine != (ran.status == 0 || (said.verdict == "pending" && ran.status == 3)) {
        return Some(format!("{name}: {} and exit {}", said.verdict, ran.status));
    }
    (said.verdict != "incomplete").then(|| handed_out(&attack, ask)).flatten().map(|why| format!("{name}: {why}"))
}

fn said(answer: &Value, ran: &Ran) -> Said {
    if let Some(error) = answer.get("error") {
        let code = error["code"].as_str().unwrap_or_default().to_owned();
        let message = error["message"].as_str().unwrap_or_default().to_owned();
        return Said { verdict: "error".to_owned(), problems: vec![(code, None)], message };
    }
    let problem =
        |it: &Value| (it["code"].as_str().unwrap_or_default().to_owned(), it["path"].as_str().map(str::to_owned));
    Said {
        verdict: answer["verdict"].as_str().unwrap_or_default().to_owned(),
        problems: answer["problems"].as_array().into_iter().flatten().map(problem).collect(),
        message: format!("{}{}", ran.stdout, ran.stderr),
    }
}

/// An alias that the command resolves to another version than the story's. It may refuse to: at a bad tip, or where a key was
/// distrusted.
fn handed_out(attack: &Value, ask: impl Fn(&[&str]) -> Ran) -> Option<String> {
    for (reference, expected) in attack["expect"]["resolves"].as_object().into_iter().flatten() {
        let ran = ask(&["resolve", reference]);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or(Value::Null);
        let given = answer["version"].as_u64();
        if given != expected.as_u64() && (ran.status == 0 || attack["expect"]["verdict"] == "ok") {
            return Some(format!("{reference} is {given:?}, expected {expected}: {}{}", ran.stdout, ran.stderr));
        }
    }
    None
}
