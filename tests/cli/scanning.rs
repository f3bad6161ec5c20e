//! Scanning: what files are, one by one and together, and what scanners found in a version.

use crate::environment::TestEnvironment;

/// A pickle that runs `posix.system` when it is loaded.
const DANGEROUS: &[u8] = b"\x80\x04cposix\nsystem\nX\x02\0\0\0id\x85R.";

fn with_a_dangerous_version() -> TestEnvironment {
    let env = TestEnvironment::with_models();
    env.write("three/model.pkl", DANGEROUS);
    env.write("three/notes.txt", "what it is\n");
    env.ok(&["register", "sentiment", "three"]);
    env
}

/// A program of this name that prints a text and ends with a status: what a real one was seen to print.
fn scanner(env: &TestEnvironment, name: &str, prints: &str, status: i32) {
    use std::os::unix::fs::PermissionsExt;
    env.write(&format!("bin/{name}"), format!("#!/bin/sh\nls \"$2\" >seen\nprintf '{prints}'\nexit {status}\n"));
    let path = env.path(&format!("bin/{name}"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn scan_with(env: &TestEnvironment, name: &str) -> serde_json::Value {
    let path = format!("{}:/usr/bin:/bin", env.path("bin").display());
    let mut command = env.refmark(&["scan", "sentiment/3", "--with", name, "--json"]);
    let output = command.env("PATH", path).output().unwrap();
    serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["scans"][0].clone()
}

#[test]
fn a_version_is_scanned_again_and_the_result_is_evidence() {
    let env = with_a_dangerous_version();
    let clean = env.json(&["scan", "sentiment/1"]);
    assert_eq!(clean["scans"][0]["outcome"], "clean");
    assert_eq!(clean["scans"][0]["evidence"]["verdict"], "pass");

    let found = env.run(&["scan", "sentiment/3", "--produced-by", "https://ci.example.org/runs/7"]);
    assert_eq!(found.status, 1, "{}{}", found.stdout, found.stderr);
    assert!(found.stdout.contains("model.pkl: dangerous import posix.system"), "{}", found.stdout);
    let shown = env.json(&["show", "sentiment/3"]);
    let evidence = &shown["evidence"][0][1];
    assert_eq!(evidence["verdict"], "fail");
    assert_eq!(evidence["run"], "https://ci.example.org/runs/7");
    assert_eq!(evidence["tool"]["name"], "refmark");
    assert_eq!(evidence["details"]["findings"][0]["value"], "posix.system");
}

#[test]
fn what_was_found_when_a_version_was_registered_stands_in_its_dossier() {
    let env = with_a_dangerous_version();
    let dossier = env.json(&["report", "sentiment/3"]);
    assert_eq!(dossier["findings"][0]["finding"], "dangerous-import");
    let page = env.ok(&["report", "sentiment/3", "--format", "markdown"]);
    assert!(page.contains("## Findings"), "{page}");
    assert!(page.contains("| model.pkl | dangerous-import | posix.system |"), "{page}");
    let none = env.ok(&["report", "sentiment/1", "--format", "markdown"]);
    assert!(!none.contains("## Findings"), "a table of nothing says nothing: {none}");
}

#[test]
fn a_dry_run_says_what_is_found_and_attaches_nothing() {
    let env = with_a_dangerous_version();
    let found = env.run(&["scan", "sentiment/3", "--dry-run", "--json"]);
    assert_eq!(found.status, 1);
    assert!(serde_json::from_str::<serde_json::Value>(&found.stdout).unwrap()["scans"][0]["evidence"].is_null());
    assert_eq!(env.json(&["show", "sentiment/3"])["evidence"], serde_json::json!([]));
}

#[test]
fn another_projects_scanner_passes_only_where_it_looked_at_all_that_can_run_code() {
    let env = with_a_dangerous_version();
    for (prints, status, outcome, verdict) in [
        ("Scanned files: 1\\nInfected files: 0\\n", 0, "clean", "pass"),
        ("Scanned files: 1\\nInfected files: 1\\n", 1, "unsafe", "fail"),
        ("Scanned files: 0\\n", 0, "not-scanned", "info"),
        ("WARNING: could not parse model.pkl as pickle\\nScanned files: 1\\n", 0, "not-scanned", "info"),
        ("Traceback (most recent call last)\\n", 2, "not-scanned", "info"),
    ] {
        scanner(&env, "picklescan", prints, status);
        let scan = scan_with(&env, "picklescan");
        assert_eq!((&scan["outcome"], &scan["evidence"]["verdict"]), (&outcome.into(), &verdict.into()), "{prints}");
        assert_eq!(scan["scanner"]["name"], "picklescan");
    }
    let left: Vec<_> =
        std::fs::read_dir(env.path("models/refmark")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("scan")), "{left:?}");
}

#[test]
fn a_scanner_that_is_not_installed_is_named_with_how_to_get_it() {
    let env = with_a_dangerous_version();
    let error = env.fails(&["scan", "sentiment/3", "--with", "modelscan"], 1, "unsupported");
    assert!(error["hint"].as_str().unwrap().contains("pip install modelscan"), "{error}");
    assert_eq!(env.run(&["scan", "sentiment/3", "--with", "guesswork"]).status, 2);
}

#[test]
fn a_folder_is_inspected_file_by_file_and_for_what_it_lacks() {
    let env = TestEnvironment::new();
    env.write("model/weights.pkl", DANGEROUS);
    env.write("model/config.json", "{\"auto_map\": {\"AutoModel\": \"modeling.Net\"}}");
    env.write("model/model.gguf", "<!doctype html><title>Not found</title>");
    let found = env.json(&["inspect", "model"]);
    let classes: Vec<_> = found["files"].as_array().unwrap().iter().map(|it| (&it["path"], &it["class"])).collect();
    assert_eq!(classes[0], (&"config.json".into(), &"config-code".into()));
    assert_eq!(classes[2], (&"weights.pkl".into(), &"unsafe-format".into()));
    assert_eq!(found["gaps"][0]["kind"], "not-weights");
    let page = env.ok(&["inspect", "model"]);
    assert!(page.contains("finding: weights.pkl: dangerous import posix.system"), "{page}");
    assert!(page.contains("not whole:"), "{page}");
}
