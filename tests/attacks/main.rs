//! The corpus of attacks, through real Git and `Registry::verify`. Its contract is in README.md: every face runs it.

#![allow(clippy::disallowed_methods)]

mod generate;
mod receive;
mod speed;

use std::path::Path;
use std::sync::Arc;

use receive::{Said, attacks, differs, git, receive, run};
use refmark_core::engine::ports::Clock;
use refmark_core::engine::verify::Outcome;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::{Error, Result};
use refmark_core::types::name::{AliasName, ModelName};
use refmark_core::types::time::Timestamp;
use refmark_core::{Context, Pinning, Places, Registry, VerifyOptions};
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

fn verify(home: &Path, clone: &Path, attack: &Value) -> Said {
    let said = (|| -> Result<Said> {
        let pin = Digest::parse(attack["pin"].as_str().unwrap_or_default())?;
        let places = Places { home: Some(home.to_owned()), config: Some(home.join("config")), data: None };
        let mut world = Context::at(places, Arc::new(Fixed));
        world.pinning = Pinning::Root(pin);
        if let Some(seen) = attack["seen"].as_str() {
            // The reader saw this head, and then the branch moved.
            let head = attack["head"].as_str().expect("it has a head");
            run(&mut git(clone, &["update-ref", "refs/heads/main", seen]), b"");
            Registry::open(clone, world.clone())?.read().view()?;
            run(&mut git(clone, &["update-ref", "refs/heads/main", head]), b"");
        }
        let registry = Registry::open(clone, world)?;
        let answer = registry.read().verify(None, VerifyOptions { history_only: true, ..VerifyOptions::default() })?;
        let problems = answer.problems.iter().map(|it| (it.code.to_string(), it.path.clone())).collect();
        let mut message = format!("{:#?}", answer.problems);
        if answer.verdict != Outcome::Incomplete {
            for (reference, expected) in attack["expect"]["resolves"].as_object().into_iter().flatten() {
                let (model, alias) = reference.split_once('@').expect("it is NAME@ALIAS");
                let view = registry.read().view()?;
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
    said.unwrap_or_else(|error: Box<Error>| Said {
        verdict: "error".to_owned(),
        problems: vec![(error.code.to_string(), None)],
        message: error.message.clone(),
    })
}
