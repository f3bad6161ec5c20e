//! Papers for auditors: `report --profile`.

use crate::environment::{Ran, TestEnvironment};

fn python(env: &TestEnvironment, folder: &str, arguments: &[&str]) -> Ran {
    let mut python = env.program("python3");
    python.current_dir(env.path(folder)).env("PYTHONDONTWRITEBYTECODE", "1").args(arguments).output().unwrap().into()
}

/// A model whose champion went through a team's hands: two policies, two roots, and evidence.
fn history() -> TestEnvironment {
    let env = TestEnvironment::with_models();
    env.key("bo");
    env.ok(&["members", "add", "bo", "--role", "owner", "--public-key", "bo.pub"]);
    env.ok(&["trust", "rotate", "--add", "bo=bo.pub", "--reason", "two keyholders"]);
    env.write("notes.md", "whom to call");
    env.ok(&["--key", "bo", "attach", "sentiment/1", "--type", "runbook", "notes.md"]);
    env
}

#[test]
fn an_evidence_pack_is_checked_by_python_alone_and_any_change_to_it_is_found() {
    let env = history();
    let root = env.json(&["trust", "show"])["trust_root"].as_str().unwrap().to_owned();
    env.ok(&["report", "sentiment@champion", "--profile", "evidence-pack", "--out", "one.zip"]);
    env.ok(&["report", "sentiment@champion", "--profile", "evidence-pack", "--out", "two.zip"]);
    let bytes = |name: &str| std::fs::read(env.path(name)).unwrap();
    assert_eq!(bytes("one.zip"), bytes("two.zip"), "the same commit gave other bytes");
    std::fs::create_dir(env.path("pack")).unwrap();
    assert_eq!(python(&env, "pack", &["-m", "zipfile", "-e", "../one.zip", "."]).status, 0);
    let good = python(&env, "pack", &["verify.py", "--root", &root]);
    assert_eq!(good.status, 0, "{}{}", good.stdout, good.stderr);
    assert!(good.stdout.starts_with("ok: "), "{}", good.stdout);
    let other = python(&env, "pack", &["verify.py", "--root", &format!("sha256:{}", "0".repeat(64))]);
    assert!(other.status == 1 && other.stderr.contains("the first root is"), "{}", other.stderr);

    let statements = env.files("pack/statements");
    assert!(statements.len() > 6, "{statements:?}");
    for name in statements.iter().map(|it| format!("statements/{it}")) {
        let path = env.path("pack").join(&name);
        let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        let signature = text.find("\"sig\": \"").unwrap() + 12;
        let mut forged = text.clone();
        let other = if &text[signature..=signature] == "A" { "B" } else { "A" };
        forged.replace_range(signature..=signature, other);
        std::fs::write(&path, forged).unwrap();
        let found = python(&env, "pack", &["verify.py"]);
        assert!(found.status == 1 && found.stderr.contains("problem:"), "{name}: {}{}", found.stdout, found.stderr);
        std::fs::write(&path, text).unwrap();
    }
    for name in env.files("pack/records").iter().filter(|it| it.ends_with(".json") || it.ends_with(".toml")) {
        let path = env.path("pack/records").join(name);
        let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        std::fs::write(
            &path,
            text.replacen("sentiment", "sentimens", 1).replacen("ada", "adb", 1).replacen("json", "jsoo", 1),
        )
        .unwrap();
        if std::fs::read_to_string(&path).unwrap() != text {
            assert_ne!(python(&env, "pack", &["verify.py"]).status, 0, "{name}");
        }
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(python(&env, "pack", &["verify.py"]).status, 0);
    env.fails(&["report", "sentiment@champion", "--profile", "evidence-pack"], 2, "bad-argument");
    env.fails(&["report", "sentiment@champion", "--profile", "evidence-pack", "--out", "one.zip"], 1, "exists");
}

#[test]
fn each_profile_has_what_its_readers_look_for() {
    let env = history();
    env.write("card.md", "---\nlicense: mit\n---\n# Sentiment\n\n## Intended use\n\nReviews in English.\n");
    env.write("three/config.json", "{\"size\": 3}\n");
    env.ok(&["register", "sentiment", "three", "--card", "card.md"]);
    let card = env.ok(&["report", "sentiment/3", "--profile", "model-card"]);
    assert!(card.starts_with("---\nmodel_name: \"sentiment\"\nlicense: \"mit\"\n"), "{card}");
    assert!(card.contains("# Sentiment\n\n## Intended use") && card.contains("## Provenance"), "{card}");
    let annex = env.ok(&["report", "sentiment/3", "--profile", "annex-iv"]);
    assert!(annex.contains("> Reviews in English.") && annex.contains("**Missing**"), "{annex}");
    assert_eq!(env.json(&["report", "sentiment/3", "--profile", "cyclonedx"])["bomFormat"], "CycloneDX");
    let spdx = env.json(&["report", "sentiment/3", "--profile", "spdx"]);
    let graph = spdx["@graph"].as_array().unwrap();
    let licence = graph.iter().find(|it| it["type"] == "simplelicensing_LicenseExpression").unwrap();
    assert_eq!(licence["simplelicensing_licenseExpression"], "mit");
}
