//! No key, token or password gets into a registry: every way in, and what people paste there.

use crate::environment::TestEnvironment;

/// A token by its shape. Put together here, so that no scanner of this project's text finds one.
fn token() -> String {
    format!("ghp_{}", "a1B2c3D4e5".repeat(4))
}

/// What carries a secret, as people paste it.
fn pasted() -> Vec<String> {
    vec![
        "https://me:hunter2@forge.example/run/7".to_owned(),
        "see https://forge.example/run?token=abc123 for more".to_owned(),
        format!("ran with {}", token()),
        "with -----BEGIN OPENSSH PRIVATE KEY-----".to_owned(),
    ]
}

/// Every text that a verb takes, with `TEXT` in its place.
const WAYS_IN: &[&[&str]] = &[
    &["promote", "sentiment@blue", "2", "-m", "TEXT"],
    &["rollback", "sentiment@champion", "--to", "2", "-m", "TEXT"],
    &["unset", "sentiment@champion", "-m", "TEXT"],
    &["transition", "sentiment/2", "staging", "-m", "TEXT"],
    &["revoke", "sentiment/2", "-m", "TEXT"],
    &["delete", "sentiment/2", "-m", "TEXT"],
    &["describe", "sentiment", "--description", "TEXT"],
    &["describe", "sentiment/2", "--tag", "run=TEXT"],
    &["register", "sentiment", "three", "--source", "TEXT"],
    &["register", "sentiment", "three", "--lineage", "training_run=TEXT"],
    &["register", "sentiment", "three", "--description", "TEXT"],
    &["attach", "sentiment/2", "--type", "runbook", "notes.md", "--produced-by", "TEXT"],
    &["attach", "sentiment/2", "--type", "runbook", "notes.md", "--summary", "TEXT"],
    &["catalog", "add", "evidence-type", "toxicity", "--meaning", "TEXT"],
    &["policy", "apply", "--preset", "team", "-m", "TEXT"],
    &["pin", "publish", "--as", "shop", "--gone", "--project", "TEXT"],
];

#[test]
fn no_text_of_any_verb_may_carry_a_secret_at_once_or_as_a_proposal() {
    let env = TestEnvironment::with_models();
    env.write("three/config.json", "{\"size\": 3}\n");
    env.write("notes.md", "whom to call");
    let pasted = pasted();
    let head = env.git("models", &["rev-parse", "main"]);
    for (at, way) in WAYS_IN.iter().enumerate() {
        let text = &pasted[at % pasted.len()];
        let mut words: Vec<String> = way.iter().map(|word| word.replace("TEXT", text)).collect();
        if at % 2 == 1 {
            words.push("--propose".to_owned());
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let error = env.fails(&words, 1, "secret");
        assert!(error["hint"].as_str().unwrap().contains("--allow-secret"), "{error:#}");
    }
    assert_eq!(env.git("models", &["rev-parse", "main"]), head);
    assert!(env.git("models", &["branch", "--list", "propose/*"]).is_empty());
    env.ok(&["promote", "sentiment@blue", "2", "-m", &pasted[0], "--allow-secret"]);
}

#[test]
fn no_file_of_a_package_and_no_document_may_be_a_key_or_carry_a_token() {
    let env = TestEnvironment::with_models();
    for (name, text) in [
        (".env", "A=1".to_owned()),
        (".env.local", "A=1".to_owned()),
        ("id_ed25519", "x".to_owned()),
        ("notes/server.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned()),
        ("config.json", format!("{{\"hub\": \"{}\"}}", token())),
        ("train.sh", "git clone https://me:hunter2@forge.example/p.git\n".to_owned()),
    ] {
        env.write("bad/weights.txt", "fine");
        env.write(&format!("bad/{name}"), &text);
        env.fails(&["register", "sentiment", "bad"], 1, "secret");
        std::fs::remove_dir_all(env.path("bad")).unwrap();
    }
    env.write("report.json", format!("{{\"verdict\": \"pass\", \"log\": \"{}\"}}", token()));
    env.fails(&["attach", "sentiment/2", "--type", "evaluation", "report.json"], 1, "secret");
    env.write("card.md", format!("# Card\n\n    export TOKEN={}\n", token()));
    env.write("three/config.json", "{\"size\": 3}\n");
    env.fails(&["register", "sentiment", "three", "--card", "card.md"], 1, "secret");
    env.write("three/.env", "A=1");
    env.ok(&["register", "sentiment", "three", "--allow-secret"]);
    assert_eq!(env.json(&["list", "sentiment"])["versions"].as_array().unwrap().len(), 3);
}

#[test]
fn a_revocation_says_why() {
    let env = TestEnvironment::with_models();
    for words in [["revoke", "sentiment/1", "-m", " "], ["delete", "sentiment/1", "-m", ""]] {
        let error = env.fails(&words, 2, "bad-argument");
        assert!(error["hint"].as_str().unwrap().contains("--reason"), "{error:#}");
    }
    env.fails(&["transition", "sentiment/1", "revoked"], 2, "bad-argument");
}
