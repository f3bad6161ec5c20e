//! The runbooks: every command of a page is run as it stands there, in the order of the page.

use std::path::Path;

use crate::environment::{Ran, TestEnvironment};

/// A command of a page, and the status that it ends with there.
fn commands(page: &str) -> Vec<(String, i32)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/runbooks").join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let indented = text.lines().filter_map(|line| line.strip_prefix("       ")).filter(|line| !line.starts_with(' '));
    let found: Vec<(String, i32)> = indented
        .map(|line| match line.split_once("# exit ") {
            Some((command, status)) => (command.trim().to_owned(), status.trim().parse().unwrap()),
            None => (line.to_owned(), 0),
        })
        .collect();
    assert!(found.len() > 3, "{page} has no commands");
    found
}

/// Runs a page in one shell, as somebody would who types it in.
fn walk(env: &TestEnvironment, page: &str) -> String {
    let bin = Path::new(env!("CARGO_BIN_EXE_refmark")).parent().unwrap();
    let mut script = "set -u\n".to_owned();
    for (command, status) in commands(page) {
        script.push_str(&format!("echo '$ {}'\n{command}\n", command.replace('\'', "'\\''")));
        script.push_str(&format!("[ $? = {status} ] || {{ echo FAILED; exit 9; }}\n"));
    }
    let mut shell = env.program("/bin/sh");
    shell.args(["-c", &script]).env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()));
    let ran: Ran = shell.env("REFMARK_REGISTRY", "models").output().unwrap().into();
    assert_eq!(ran.status, 0, "{page}\n{}\n{}", ran.stdout, ran.stderr);
    ran.stdout
}

/// A registry with a member `bo`, whose key is in `bo`, and who moved the champion last.
fn team() -> TestEnvironment {
    let env = TestEnvironment::with_models();
    env.key("bo");
    env.ok(&["members", "add", "bo", "--role", "owner", "--public-key", "bo.pub"]);
    env.ok(&["--key", "bo", "promote", "sentiment@champion", "2", "-m", "better"]);
    env
}

#[test]
fn a_lost_laptop() {
    let env = team();
    walk(&env, "lost-laptop.md");
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 2);
    env.fails(&["--key", "bo", "promote", "sentiment@champion", "1", "-m", "by whoever found it"], 3, "refused");
}

#[test]
fn a_leaving_member() {
    let env = team();
    let said = walk(&env, "leaving-member.md");
    assert!(said.contains("ok  "), "{said}");
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 2);
}

#[test]
fn a_new_forge() {
    let env = TestEnvironment::with_models();
    std::fs::rename(env.path("models"), env.path("old.git")).unwrap();
    env.ok(&["clone", "old.git", "mine"]);
    env.ok(&["-R", "mine", "promote", "sentiment@champion", "2", "-m", "made before the move"]);
    walk(&env, "new-forge.md");
    assert_eq!(env.json(&["-R", "new.git", "resolve", "sentiment@champion"])["version"], 2);
    env.ok(&["-R", "new.git", "pull", "sentiment@champion", "-o", "live"]);
}
