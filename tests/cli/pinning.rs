//! Consumers: clones, defaults, status, and the lock file.

use crate::environment::{Ran, TestEnvironment, has_keys};

/// Runs in the project's folder.
fn in_project(env: &TestEnvironment, arguments: &[&str]) -> Ran {
    std::fs::create_dir_all(env.path("project")).unwrap();
    env.refmark(arguments).current_dir(env.path("project")).output().unwrap().into()
}

#[test]
fn a_project_pins_resolves_and_pulls_by_its_lock_alone() {
    let env = TestEnvironment::with_models();
    let added = in_project(&env, &["-R", "../models", "pin", "add", "sentiment@champion", "--json"]);
    assert_eq!(added.status, 0, "{}", added.stderr);
    let lock = std::fs::read_to_string(env.path("project/refmark.lock")).unwrap();
    for part in ["url = \"../models\"", "root = \"sha256:", "version = 1"] {
        assert!(lock.contains(part), "{lock}");
    }
    // The alias moves on; the project does not, until it is told to.
    env.ok(&["promote", "sentiment@champion", "2"]);
    let resolved = in_project(&env, &["resolve", "sentiment", "--json"]);
    assert!(resolved.stdout.contains("\"version\": 1"), "{}", resolved.stdout);
    assert_eq!(in_project(&env, &["pull", "sentiment", "-o", "one"]).status, 0);
    assert_eq!(std::fs::read_to_string(env.path("project/one/config.json")).unwrap(), "{\"size\": 1}\n");
    let check = in_project(&env, &["pin", "check", "--json"]);
    assert!(check.stdout.contains("\"behind\""), "{}", check.stdout);
    assert_eq!(in_project(&env, &["pin", "update"]).status, 0);
    let mut frozen = env.refmark(&["pin", "sync", "--frozen", "-o", "out"]);
    let frozen: Ran = frozen.current_dir(env.path("project")).env_remove("HOME").output().unwrap().into();
    assert_eq!(frozen.status, 0, "{}", frozen.stderr);
    assert!(env.files("project/out").contains(&"sentiment/config.json".to_owned()));
    assert!(in_project(&env, &["pin", "list"]).stdout.contains("sentiment"));
}

#[test]
fn a_pin_of_what_was_revoked_fails_its_check_with_exit_3() {
    let env = TestEnvironment::with_models();
    assert_eq!(in_project(&env, &["-R", "../models", "pin", "add", "sentiment/1"]).status, 0);
    assert_eq!(in_project(&env, &["pin", "check"]).status, 0);
    env.ok(&["revoke", "sentiment/1", "-m", "leaks"]);
    let check = in_project(&env, &["pin", "check", "--json"]);
    assert_eq!(check.status, 3, "{}", check.stdout);
    let words = in_project(&env, &["pin", "check"]).stdout;
    assert!(words.contains("sentiment/1") && words.contains("withdrawn") && words.contains("was revoked"), "{words}");
    assert!(!words.contains(['{', '[', '"']), "words, and no JSON: {words}");
    assert_eq!(in_project(&env, &["pin", "check", "--offline"]).status, 0, "the lock alone has not heard of it");
    assert_eq!(in_project(&env, &["pin", "remove", "sentiment"]).status, 0);
    assert_eq!(in_project(&env, &["resolve", "sentiment"]).status, 1);
}

#[test]
fn a_clone_is_verified_and_brings_its_remote() {
    let env = TestEnvironment::with_models();
    let made = env.json(&["clone", "models", "copy"]);
    has_keys(&made, &["registry", "id", "head", "verdict", "trust_root", "pinned"]);
    assert_eq!((made["verdict"].as_str(), made["pinned"].as_bool()), (Some("ok"), Some(true)));
    env.ok(&["-R", "copy", "pull", "sentiment@champion", "-o", "out"]);
    assert_eq!(env.files("out"), ["config.json"]);
    env.fails(&["clone", "models", "copy"], 1, "exists");
    env.ok(&["use", "copy"]);
    let status = env.json(&["status"]);
    has_keys(&status, &["registry", "verdict", "trust", "versions", "stages", "absent_blobs"]);
    assert!(status["registry"].as_str().unwrap().ends_with("copy"), "{status:#}");
    assert!(env.ok(&["-R", "models", "status"]).contains("2 versions"));
}
