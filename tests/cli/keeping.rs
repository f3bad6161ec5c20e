//! Keeping a registry: verify, gc, unlock, remotes.

use crate::environment::{TestEnvironment, has_keys};

#[test]
fn verify_tells_tampered_history_from_good() {
    let env = TestEnvironment::with_models();
    env.git(".", &["clone", "--quiet", "models", "clone"]);
    let files = env.git("clone", &["ls-files", "models"]);
    let alias = files.lines().find(|it| it.contains("/aliases/")).unwrap();
    env.git("clone", &["rm", "--quiet", alias]);
    env.git("clone", &["-c", "user.name=m", "-c", "user.email=m@e", "commit", "--quiet", "-m", "tidy up"]);
    env.git("clone", &["push", "--quiet", "origin", "main"]);
    let ran = env.run(&["verify", "--json"]);
    assert_eq!(ran.status, 4, "{}", ran.stdout);
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((found["verdict"].as_str(), found["problems"][0]["code"].as_str()), (Some("failed"), Some("bad-tip")));
    assert_eq!(found["problems"][0]["path"].as_str(), Some(alias));
    env.fails(&["resolve", "sentiment@champion"], 4, "bad-tip");
    assert_eq!(env.json(&["resolve", "sentiment@champion", "--last-good"])["version"], 1);
    let listed = env.run(&["list"]);
    assert!(listed.stderr.contains("warning:") && listed.stdout.contains("sentiment"), "{}", listed.stderr);
}

#[test]
fn junk_without_a_key_has_no_effect_and_verify_names_it() {
    let env = TestEnvironment::with_models();
    env.git(".", &["clone", "--quiet", "models", "clone"]);
    env.write("clone/notes.txt", "hello\n");
    env.git("clone", &["add", "."]);
    env.git("clone", &["-c", "user.name=m", "-c", "user.email=m@e", "commit", "--quiet", "-m", "notes"]);
    env.git("clone", &["push", "--quiet", "origin", "main"]);
    let ran = env.run(&["verify", "--json"]);
    assert_eq!(ran.status, 4, "{}", ran.stdout);
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 1, "what took effect stands");
}

#[test]
fn a_shallow_clone_is_incomplete_and_never_ok() {
    let env = TestEnvironment::with_models();
    let url = format!("file://{}", env.path("models").display());
    env.git(".", &["clone", "--quiet", "--depth", "1", "--bare", &url, "shallow"]);
    let ran = env.run(&["-R", "shallow", "verify", "--json"]);
    assert_eq!(ran.status, 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("\"incomplete\""), "{}", ran.stdout);
    // The choice is offered where it can be made.
    let asked = env.fails(&["-R", "shallow", "resolve", "sentiment@champion"], 3, "incomplete");
    assert!(asked["hint"].as_str().unwrap().contains("--accept-incomplete"), "{asked:#}");
    let write = env.run(&["-R", "shallow", "promote", "sentiment@blue", "1"]);
    assert!(write.status != 0 && write.stderr.contains("--unshallow"), "{}", write.stderr);
    assert!(!write.stderr.contains("--accept-incomplete"), "{}", write.stderr);
    let resolved = env.json(&["-R", "shallow", "resolve", "sentiment@champion", "--accept-incomplete"]);
    assert_eq!((resolved["version"].as_u64(), resolved["verified"].as_bool()), (Some(1), Some(false)));
}

#[test]
fn gc_packs_and_removes_only_what_nobody_needs() {
    let env = TestEnvironment::with_models();
    let would = env.json(&["gc", "--dry-run"]);
    has_keys(&would, &["dry_run", "trash", "leftovers", "unreachable", "git_bytes"]);
    assert_eq!(would["dry_run"], true);
    assert!(would["loose_objects"].as_u64().unwrap() > 20);
    let did = env.json(&["gc"]);
    assert!(did["git_bytes_after"].as_u64() < did["git_bytes"].as_u64(), "{did:#}");
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
    assert_eq!(env.json(&["gc", "--dry-run"])["loose_objects"], 0);
    env.ok(&["promote", "sentiment@champion", "2"]);
}

#[test]
fn a_lock_of_another_host_is_named_and_cleared_by_hand() {
    let env = TestEnvironment::with_models();
    env.fails(&["unlock"], 1, "nothing-to-do");
    env.write("models/refmark/lock", "what is this");
    let done = env.json(&["unlock"]);
    assert!(done["holder"].is_null());
    assert!(!env.path("models/refmark/lock").exists());
    env.ok(&["promote", "sentiment@champion", "2"]);
}

#[test]
fn remotes_take_files_and_give_them_back_by_digest() {
    let env = TestEnvironment::with_models();
    env.fails(&["sync"], 1, "not-found");
    env.ok(&["remote", "add", "disk", "disk"]);
    env.fails(&["remote", "add", "disk", "elsewhere"], 1, "exists");
    assert_eq!(env.json(&["remote", "list"])["remotes"][0]["name"], "disk");
    let sent = env.json(&["sync"]);
    has_keys(&sent, &["sent", "fetched", "absent", "problems"]);
    assert_eq!((sent["sent"].as_u64(), sent["fetched"].as_u64()), (Some(2), Some(0)));

    let blob = env.ok(&["path", "sentiment/1"]);
    std::fs::remove_file(blob.trim()).unwrap();
    assert_eq!(env.json(&["show", "sentiment/1"])["absent"], 1);
    env.ok(&["pull", "sentiment/1", "-o", "out"]);
    assert_eq!(std::fs::read_to_string(env.path("out/config.json")).unwrap(), "{\"size\": 1}\n");

    env.ok(&["remote", "remove", "disk"]);
    env.fails(&["remote", "remove", "disk"], 1, "not-found");
    std::fs::remove_file(blob.trim()).unwrap();
    env.fails(&["pull", "sentiment/1", "-o", "out2"], 1, "absent");
}

#[test]
fn pull_takes_single_files_and_path_names_them() {
    let env = TestEnvironment::with_models();
    env.write("many/a.txt", "a\n");
    env.write("many/onnx/b.txt", "b\n");
    env.ok(&["register", "many", "many"]);
    env.ok(&["pull", "many/1", "-o", "some", "--include", "onnx/**"]);
    assert_eq!(env.files("some"), ["onnx/b.txt"]);
    env.fails(&["pull", "many/1", "-o", "none", "--include", "*.bin"], 1, "not-found");
    env.fails(&["pull", "many/1", "-o", "none", "--include", "[a"], 2, "bad-glob");
    env.fails(&["path", "many/1"], 1, "not-found");
    let path = env.json(&["path", "many/1", "a.txt"]);
    assert_eq!(std::fs::read_to_string(path["path"].as_str().unwrap()).unwrap(), "a\n");
    env.fails(&["pull", "many/1", "-o", "one"], 1, "exists");
}

#[test]
fn an_importer_of_the_python_package_is_run_and_its_answer_and_its_errors_are_ours() {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnvironment::with_models();
    let without =
        env.refmark(&["import", "mlflow", "mlruns", "--json"]).env("REFMARK_PYTHON", "no-such-python").output();
    let said = String::from_utf8(without.unwrap().stdout).unwrap();
    assert!(said.contains("unsupported") && said.contains("pip install 'refmark[mlflow]'"), "{said}");
    env.write("python", "#!/bin/sh\ncat answer\n");
    std::fs::set_permissions(env.path("python"), std::fs::Permissions::from_mode(0o755)).unwrap();
    env.write(
        "answer",
        r#"{"models": 2, "versions": 5, "without_files": ["m/3"], "gaps": 1, "renamed": {"a+b": "mlx--ab"}}"#,
    );
    let import = |more: &str| {
        let python = env.path("python");
        env.refmark(&["import", "mlflow", "mlruns", more]).env("REFMARK_PYTHON", python).output().unwrap()
    };
    let shown = String::from_utf8(import("--quiet").stdout).unwrap();
    assert!(shown.contains("2 models and 5 versions") && shown.contains("m/3"), "{shown}");
    assert!(shown.contains("a+b cannot be a name here, and is mlx--ab"), "{shown}");
    env.write("error", r#"{"error": {"code": "exists", "message": "m stands here"}}"#);
    env.write("python", "#!/bin/sh\ncat error\nexit 1\n");
    let refused = import("--json");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stdout).unwrap();
    assert!(said.contains("\"exists\"") && said.contains("m stands here"), "{said}");
}
