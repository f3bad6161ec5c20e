//! The runbooks, and a model's year: every command of a page is run as it stands there, in the order of the page.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::environment::{Ran, TestEnvironment};

/// A command of a page, and the status that it ends with there.
fn commands(page: &str) -> Vec<(String, i32)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page);
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
fn walk(env: &TestEnvironment, page: &str, variables: &[(&str, &str)]) -> String {
    let bin = Path::new(env!("CARGO_BIN_EXE_refmark")).parent().unwrap();
    let mut script = "set -u\n".to_owned();
    for (command, status) in commands(page) {
        script.push_str(&format!("echo '$ {}'\n{command}\n", command.replace('\'', "'\\''")));
        script.push_str(&format!("[ $? = {status} ] || {{ echo FAILED; exit 9; }}\n"));
    }
    let mut shell = env.program("/bin/sh");
    shell.args(["-c", &script]).env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()));
    shell.envs(variables.iter().copied());
    let ran: Ran = shell.output().unwrap().into();
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
    walk(&env, "runbooks/lost-laptop.md", &[("REFMARK_REGISTRY", "models")]);
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 2);
    env.fails(&["--key", "bo", "promote", "sentiment@champion", "1", "-m", "by whoever found it"], 3, "refused");
}

#[test]
fn a_leaving_member() {
    let env = team();
    let said = walk(&env, "runbooks/leaving-member.md", &[("REFMARK_REGISTRY", "models")]);
    assert!(said.contains("ok  "), "{said}");
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 2);
}

#[test]
fn a_renewed_key() {
    let env = TestEnvironment::with_models();
    let members = env.json(&["members", "list"]);
    let me = members["members"][0]["id"].as_str().unwrap();
    let before = env.json(&["trust", "show"])["trust_root"].clone();
    let said = walk(&env, "runbooks/new-key.md", &[("REFMARK_REGISTRY", "models"), ("ME", me)]);
    assert!(said.contains("root 2"), "{said}");
    // A reader who pinned the first root is led to the second one.
    let pinned = before.as_str().unwrap();
    env.ok(&["--trust-root", pinned, "resolve", "sentiment@champion"]);
}

#[test]
fn a_new_forge() {
    let env = TestEnvironment::with_models();
    std::fs::rename(env.path("models"), env.path("old.git")).unwrap();
    env.ok(&["clone", "old.git", "mine"]);
    env.ok(&["-R", "mine", "sync"]);
    env.ok(&["-R", "mine", "promote", "sentiment@champion", "2", "-m", "made before the move"]);
    walk(&env, "runbooks/new-forge.md", &[]);
    assert_eq!(env.json(&["-R", "new.git", "resolve", "sentiment@champion"])["version"], 2);
    env.ok(&["-R", "new.git", "pull", "sentiment@champion", "-o", "live"]);
}

/// A runtime and its controller: whatever the manifest names is what is served.
fn runtime(manifest: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/info", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let text = std::fs::read_to_string(&manifest).unwrap();
            let version = text.split("models:/sentiment/").nth(1).unwrap().split('"').next().unwrap();
            let body = format!("{{\"model\": {{\"version\": {version}}}}}");
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn a_year_of_one_model() {
    let env = TestEnvironment::new();
    for (folder, size) in [("one", 1), ("two", 2), ("three", 3)] {
        env.write(&format!("{folder}/config.json"), format!("{{\"size\": {size}}}\n"));
    }
    let marked = "spec:\n  storageUri: \"models:/sentiment/0\" # {\"$refmark\": \"sentiment@champion:uri\"}\n";
    env.write("deploy/kserve.yaml", marked);
    let info = runtime(env.path("deploy/kserve.yaml"));
    let (hook, told) = crate::webhooks::receiver(&[200]);
    let said = walk(&env, "year.md", &[("INFO", &info), ("HOOK", &hook)]);
    assert!(said.contains("ok: ") && said.contains("passed"), "{said}");
    let deployed = std::fs::read_to_string(env.path("deploy/kserve.yaml")).unwrap();
    assert_eq!(deployed, marked.replace("sentiment/0", "sentiment/3"));
    assert_eq!(std::fs::read(env.path("live/config.json")).unwrap(), b"{\"size\": 1}\n");
    // Both moves up to April, the way back, and the revocation: each once, in order.
    let events: Vec<serde_json::Value> =
        told.try_iter().map(|(_, body)| serde_json::from_str(&body).unwrap()).collect();
    let to: Vec<&str> = events.iter().filter_map(|it| it["data"]["to"].as_str()).collect();
    assert_eq!(to.last(), Some(&"revoked"), "{to:?}");
    let moves: Vec<&str> = to.iter().copied().filter(|it| it.len() == 1).collect();
    assert_eq!(moves, ["1", "2", "1"], "{to:?}");
    let annex = std::fs::read_to_string(env.path("annex-iv.md")).unwrap();
    assert!(annex.contains("## 6 Changes through the lifecycle"), "{annex}");
}
