//! The corpus of attacks, through real Git and `Registry::verify`. Its contract is in README.md: every face runs it.

#![allow(clippy::disallowed_methods)]

mod generate;
mod speed;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use generate::{corpus, git, run};
use refmark_core::judgement::verify::Outcome;
use refmark_core::ports::Clock;
use refmark_core::registry::{Pinning, Places, Registry, VerifyOptions, World};
use refmark_core::words::digest::Digest;
use refmark_core::words::fault::{Fault, Result};
use refmark_core::words::name::{AliasName, ModelName};
use refmark_core::words::time::Timestamp;
use serde_json::Value;

#[test]
#[ignore = "writes the corpus"]
fn generate_the_corpus() {
    generate::everything();
}

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_800_000_000)
    }
}

/// What a face says of an attack: a verdict, the codes and paths of its problems, and what aliases hold.
struct Said {
    verdict: String,
    problems: Vec<(String, Option<String>)>,
    message: String,
}

fn attacks() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(corpus())
        .expect("the corpus is there")
        .map(|entry| entry.expect("the corpus can be listed").path())
        .filter(|path| path.join("attack.json").exists())
        .collect();
    found.sort();
    found
}

#[test]
fn every_attack_of_the_corpus_comes_to_its_stated_verdict_and_code() {
    let attacks = attacks();
    assert!(attacks.len() >= 60, "{}", attacks.len());
    let mut wrong = Vec::new();
    for folder in &attacks {
        let text = std::fs::read_to_string(folder.join("attack.json")).expect("the attack has its story");
        let attack: Value = serde_json::from_str(&text).expect("the story is JSON");
        let home = tempfile::tempdir().expect("there is room for temporary files");
        let clone = home.path().join("registry.git");
        receive(folder, &clone, &attack);
        let said = verify(home.path(), &clone, &attack);
        if let Some(why) = differs(&attack["expect"], &said) {
            wrong.push(format!("{}: {why}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), attacks.len(), wrong.join("\n"));
}

/// A clone of the attack's bundle, in the condition that the story asks for.
fn receive(folder: &Path, clone: &Path, attack: &Value) {
    std::fs::create_dir_all(clone).expect("the clone can be made");
    run(&mut git(clone, &["init", "--quiet", "--bare", "--initial-branch=main", "."]), b"");
    let bundle = folder.join("registry.bundle");
    let unchecked = ["-c", "fetch.fsckObjects=false", "-c", "transfer.fsckObjects=false", "fetch", "--quiet"];
    run(git(clone, &unchecked).arg(&bundle).arg("+refs/heads/*:refs/heads/*"), b"");
    let head = attack["head"].as_str().expect("it has a head");
    match attack["condition"].as_str() {
        None => {}
        Some("shallow") => std::fs::write(clone.join("shallow"), format!("{head}\n")).expect("it can be written"),
        Some("grafted") => {
            std::fs::create_dir_all(clone.join("info")).expect("it can be made");
            std::fs::write(clone.join("info/grafts"), format!("{head}\n")).expect("it can be written");
        }
        Some("replaced") => drop(run(&mut git(clone, &["replace", head, &format!("{head}~1")]), b"")),
        Some("missing") => {
            // Everything but the first commit's own object.
            let first = run(&mut git(clone, &["rev-list", "--max-parents=0", "main"]), b"");
            let packs: Vec<PathBuf> = std::fs::read_dir(clone.join("objects/pack"))
                .expect("it has packs")
                .map(|entry| entry.expect("it can be listed").path())
                .collect();
            for pack in packs.iter().filter(|path| path.extension().is_some_and(|it| it == "pack")) {
                let bytes = std::fs::read(pack).expect("it can be read");
                for extension in ["pack", "idx", "rev"] {
                    let _ = std::fs::remove_file(pack.with_extension(extension));
                }
                run(&mut git(clone, &["unpack-objects", "-q"]), &bytes);
            }
            std::fs::remove_file(clone.join("objects").join(&first[..2]).join(&first[2..])).expect("it is loose");
        }
        Some(other) => panic!("{other} is no condition"),
    }
}

fn verify(home: &Path, clone: &Path, attack: &Value) -> Said {
    let said = (|| -> Result<Said> {
        let pin = Digest::parse(attack["pin"].as_str().unwrap_or_default())?;
        let places = Places { home: Some(home.to_owned()), config: Some(home.join("config")), data: None };
        let mut world = World::at(places, Arc::new(Fixed));
        world.pinning = Pinning::Root(pin);
        if let Some(seen) = attack["seen"].as_str() {
            // The reader saw this head, and then the branch moved.
            let head = attack["head"].as_str().expect("it has a head");
            run(&mut git(clone, &["update-ref", "refs/heads/main", seen]), b"");
            Registry::open(clone, world.clone())?.view()?;
            run(&mut git(clone, &["update-ref", "refs/heads/main", head]), b"");
        }
        let registry = Registry::open(clone, world)?;
        let answer = registry.verify(None, VerifyOptions { history_only: true, ..VerifyOptions::default() })?;
        let problems = answer.problems.iter().map(|it| (it.code.to_string(), it.path.clone())).collect();
        let mut message = format!("{:#?}", answer.problems);
        if answer.verdict != Outcome::Incomplete {
            for (reference, expected) in attack["expect"]["resolves"].as_object().into_iter().flatten() {
                let (model, alias) = reference.split_once('@').expect("it is NAME@ALIAS");
                let view = registry.view()?;
                let held = view.facts()?.alias(&ModelName::parse(model)?, &AliasName::parse(alias)?)?;
                let held = held.and_then(|it| it.to).map(|it| it.version);
                if held != expected.as_u64() {
                    message = format!("{reference} holds {held:?}, expected {expected}");
                    return Ok(Said { verdict: "holds the wrong version".into(), problems: Vec::new(), message });
                }
            }
        }
        Ok(Said { verdict: answer.verdict.as_str().to_owned(), problems, message })
    })();
    said.unwrap_or_else(|fault: Box<Fault>| Said {
        verdict: "error".to_owned(),
        problems: vec![(fault.code.to_string(), None)],
        message: fault.message.clone(),
    })
}

fn differs(expect: &Value, said: &Said) -> Option<String> {
    let (code, path) = (expect["code"].as_str(), expect["path"].as_str());
    let found = match code {
        None => said.problems.is_empty(),
        Some(code) => said.problems.iter().any(|(have, at)| have == code && (path.is_none() || at.as_deref() == path)),
    };
    let right = expect["verdict"].as_str() == Some(said.verdict.as_str()) && found;
    (!right).then(|| format!("expected {expect}, found {} {:?}: {}", said.verdict, said.problems, said.message))
}
