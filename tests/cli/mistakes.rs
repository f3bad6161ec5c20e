//! The mistakes of tests/vectors/mistakes: each has the same code in every face.

use serde_json::Value;

use crate::environment::TestEnvironment;

#[derive(serde::Deserialize)]
struct Mistake {
    name: String,
    code: String,
    command: Option<Vec<String>>,
}

fn mistakes() -> Vec<Mistake> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/mistakes")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            all.extend(serde_json::from_slice::<Vec<Mistake>>(&std::fs::read(path).unwrap()).unwrap());
        }
    }
    all
}

#[test]
fn a_mistake_has_the_code_that_it_has_in_every_face() {
    let env = TestEnvironment::with_models();
    env.write("three/config.json", "{\"size\": 3}\n");
    env.write("list.json", "[1]");
    env.ok(&["register", "topics", "three"]);
    env.write("three/config.json", "{\"size\": 33}\n");
    let all = mistakes();
    assert!(all.len() >= 40, "{}", all.len());
    let mut wrong = Vec::new();
    for mistake in all {
        let Some(mut words) = mistake.command else { continue };
        words.insert(0, "--json".into());
        let ran = env.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let said: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
        let code = said["error"]["code"].as_str().unwrap_or("no error");
        let hint = said["error"]["hint"].as_str().unwrap_or_default();
        if code != mistake.code || hint.contains("reg.") || hint.contains("=True") {
            wrong.push(format!(
                "{}: {code}, not {} ({} · {hint})",
                mistake.name, mistake.code, said["error"]["message"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
