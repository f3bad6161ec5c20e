//! How each face says a step, held to tests/vectors/hints/steps.json: one line a step, with its words in each face. The
//! command's own tests hold that its words parse, Python's that its calls exist.

#[path = "../../cli/src/voice.rs"]
mod command;
#[path = "../../bindings-wasm/src/voice.rs"]
mod page;
#[path = "../../bindings-python/src/voice.rs"]
mod python;

use std::collections::BTreeSet;

use refmark_types::hint::Next;
use serde_json::Value;

#[derive(serde::Deserialize)]
struct Step {
    next: Value,
    command: String,
    python: String,
    page: String,
}

fn steps() -> Vec<Step> {
    serde_json::from_str(include_str!("../vectors/hints/steps.json")).expect("the vectors are as declared")
}

#[test]
fn every_face_says_each_step_in_its_own_words() {
    let mut wrong = Vec::new();
    for step in steps() {
        let next: Next = serde_json::from_value(step.next.clone()).expect("a step");
        for (face, want, found) in [
            ("command", &step.command, command::say(&next)),
            ("python", &step.python, python::say(&next)),
            ("page", &step.page, page::say(&next)),
        ] {
            if *want != found {
                wrong.push(format!("{} as {face}: {found}", step.next));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_face_says_a_step_in_another_faces_words() {
    for step in steps() {
        if step.next.get("run").is_some() {
            continue; // a program outside refmark is the same in every face
        }
        for text in [&step.python, &step.page] {
            assert!(!text.contains("--") && !text.contains("`refmark "), "{text}");
        }
        assert!(!step.page.contains(['`', '(', '_']), "{}", step.page);
        assert!(!step.command.contains('('), "{}", step.command);
    }
}

#[test]
fn the_vectors_name_every_step_and_every_option() {
    let given: Vec<Value> = steps().into_iter().map(|step| step.next).collect();
    let name = |value: &Value| match value {
        Value::Object(members) => members.keys().next().cloned().unwrap_or_default(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let found: BTreeSet<String> = given.iter().map(name).collect();
    assert_eq!(found, variants::<Next>());
    let found: BTreeSet<String> = given.iter().filter_map(|value| value.get("with")).map(name).collect();
    assert_eq!(found, variants::<refmark_types::hint::Choice>());
}

/// The names of an enum's variants, as its reader lists them to somebody who gave another.
fn variants<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let said = match serde_json::from_value::<T>(Value::String("no such name".into())) {
        Ok(_) => unreachable!("no variant has this name"),
        Err(error) => error.to_string(),
    };
    said.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}
