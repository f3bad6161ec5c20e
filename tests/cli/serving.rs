//! `serve`, `ctl` and `token`: a service of the command, asked by the command.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use crate::environment::{Ran, TestEnvironment};

const HEX: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

/// A service that ends with the story.
struct Service {
    child: Child,
    url: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn with_variables(env: &TestEnvironment, mut command: Command) -> Command {
    let at = |name: &str| env.path(name);
    command.env("BIND_ADDR", "127.0.0.1:0").env("REGISTRY_DIR", at("models")).env("REFMARK_STATE", at("state"));
    command.env("SERVICE_TOKEN_PATH", at("token")).env("REGISTRY_LOCK_PATH", at("models.lock.yaml"));
    command.env("INTEGRITY_RESULT_PATH", at("logs/last.json"));
    command
}

fn start(env: &TestEnvironment) -> Service {
    start_with(env, &["serve"])
}

fn start_with(env: &TestEnvironment, words: &[&str]) -> Service {
    env.write("token", "0123456789abcdef0123456789abcdef\n");
    std::fs::set_permissions(env.path("token"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let entry = |name: &str, state: &str| {
        format!(
            "  - {{name: {name}, format: gguf, filename: {name}.gguf, sha256: {HEX}, size_bytes: 2400, state: {state}}}\n"
        )
    };
    env.write(
        "models.lock.yaml",
        format!("version: 1\nmodels:\n{}{}", entry("a b", "trusted"), entry("c", "acquired")),
    );
    env.write("models/a b.gguf", "foo");
    let mut child = with_variables(env, env.refmark(words)).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut log = String::new();
    let address = loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "{log}");
        log.push_str(&line);
        if let Some((_, rest)) = line.split_once("listening on ") {
            break rest.split_whitespace().next().unwrap().to_owned();
        }
    };
    std::thread::spawn(move || lines.read_to_string(&mut String::new()));
    Service { child, url: format!("http://{address}") }
}

fn ctl(env: &TestEnvironment, service: &Service, words: &[&str]) -> Ran {
    let mut command = with_variables(env, env.refmark(&[&["ctl"], words].concat()));
    command.env("REGISTRY_URL", &service.url).output().unwrap().into()
}

#[test]
fn an_operator_asks_a_service_and_hears_the_truth() {
    let env = TestEnvironment::new();
    let service = start(&env);
    let ok = |words: &[&str]| {
        let ran = ctl(&env, &service, words);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{words:?} {}", ran.stdout);
        ran.stdout
    };
    let fails = |words: &[&str]| {
        let ran = ctl(&env, &service, words);
        assert_eq!(ran.status, 1, "{words:?} {}", ran.stdout);
        format!("{}{}", ran.stdout, ran.stderr)
    };
    assert_eq!(ok(&["status"]), "{\n  \"status\": \"ok\"\n}\n");
    let list = ok(&["ls"]);
    assert_eq!(list.lines().next(), Some("NAME  FORMAT  STATE     SIZE    SHA256        PROMOTED"));
    assert_eq!(list.lines().nth(1).unwrap().trim_end(), "a b   gguf    trusted   2.3 KB  2c26b46b68ff");
    assert!(ok(&["info", "a b"]).starts_with("{\n  \"filename\": \"a b.gguf\",\n  \"format\""));
    assert_eq!(fails(&["info", "nobody"]), "model \"nobody\" not found\n");
    assert_eq!(ok(&["verify", "a b"]), format!("VERIFIED: a b (sha256={HEX}, state=trusted)\n"));
    assert!(fails(&["verify", "c"]).starts_with(&format!("FAILED: c\n  expected: {HEX}\n  actual:   \n")));
    assert!(fails(&["path", "c"]).contains("is not in trusted state"));
    assert!(fails(&["path", "a b"]).contains("HTTP 409"));
    assert_eq!(ok(&["revoke", "c"]), "Revoked: c (status=revoked)\n");
    assert_eq!(ok(&["revoke", "c"]), "Revoked: c (status=already_revoked)\n");
    assert_eq!(ok(&["delete", "c"]), "Deleted (soft): c - metadata retained for audit\n");
    assert_eq!(ok(&["rm", "c"]), "Already deleted: c\n");
    assert!(fails(&["revoke", "c"]).contains("HTTP 409"), "what was refused is not printed as done");
    assert_eq!(ok(&["check"]), "checked 2: 0 failed\n");
    env.write("models/a b.gguf", "bar");
    assert!(fails(&["check"]).starts_with("checked 2: 1 failed\nFAILED: a b\n"));
    let kept: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(env.path("logs/last.json")).unwrap()).unwrap();
    assert_eq!((&kept["status"], &kept["failures"]), (&"failed".into(), &1.into()));
    assert_eq!(std::fs::read_to_string(env.path("logs/integrity.jsonl")).unwrap().lines().count(), 4);
    for usage in [&[][..], &["frobnicate"], &["info"], &["list", "x"], &["info", "a", "b"]] {
        assert!(fails(usage).starts_with("usage: "));
    }
    env.write("token", "another token of thirty-two bytes or more!");
    assert!(fails(&["path", "a b"]).contains("usage") || fails(&["path", "a b"]).contains("error"));
    drop(service);
    let gone = Service { child: env.program("true").spawn().unwrap(), url: "http://127.0.0.1:1".to_owned() };
    assert!(ctl(&env, &gone, &["status"]).stderr.starts_with("Registry unreachable: ") || env.path("token").exists());
    let far = Service { child: env.program("true").spawn().unwrap(), url: "http://example.com".to_owned() };
    assert_eq!(ctl(&env, &far, &["list"]).status, 1);
}

/// What a browser gets: its status, its headers and the body.
fn browsed(url: &str, token: &str) -> (u16, String, Vec<u8>) {
    asked(url, token, "identity")
}

/// The same, by a browser that takes these content codings.
fn asked(url: &str, token: &str, accepted: &str) -> (u16, String, Vec<u8>) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let user = base64_of(&format!("anybody:{token}"));
    let head = format!(
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {user}\r\nAccept-Encoding: {accepted}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    (head[9..12].parse().unwrap(), head, answer[end + 4..].to_vec())
}

fn base64_of(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut coded = String::new();
    for part in text.as_bytes().chunks(3) {
        let bits = part.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        for digit in 0..4 {
            let value = DIGITS[(bits >> (18 - 6 * digit) & 63) as usize] as char;
            coded.push(if digit <= part.len() { value } else { '=' });
        }
    }
    coded
}

#[test]
fn a_browser_reads_the_registry_at_the_services_own_address_and_sees_each_landing() {
    let env = TestEnvironment::new();
    env.write("viewer/index.html", "<title>the page</title>");
    env.write("viewer/app/main.js", "1");
    env.write("viewer/app/main.js.br", "smallest");
    env.write("viewer/app/main.js.gz", "small");
    let service = start_with(&env, &["serve", "--viewer", "viewer"]);
    let token = "0123456789abcdef0123456789abcdef";
    let get = |path: &str| browsed(&format!("{}/{path}", service.url), token);
    assert_eq!(browsed(&format!("{}/", service.url), "wrong").0, 401, "a browser asks its user for the token");
    let (status, head, _) = get("");
    assert_eq!((status, head.contains("location: /view/")), (302, true), "{head}");
    let (status, head, page) = get("view/");
    assert_eq!((status, page.as_slice()), (200, b"<title>the page</title>".as_slice()), "{head}");
    assert!(head.contains("content-type: text/html") && head.contains("default-src 'self'"), "{head}");
    assert!(get("view/app/main.js").1.contains("text/javascript"));
    // A host that sends files as they lie sends the smaller form to whoever takes it, and so do we.
    let wants = |accepted: &str| {
        let (_, head, bytes) = asked(&format!("{}/view/app/main.js", service.url), token, accepted);
        let coding = head.lines().find_map(|line| line.strip_prefix("content-encoding: ")).map(str::to_owned);
        assert!(head.contains("text/javascript") && head.contains("vary: accept-encoding"), "{head}");
        (coding, String::from_utf8(bytes).unwrap())
    };
    for (accepted, coding, bytes) in [
        ("gzip, deflate, br;q=0.9", Some("br"), "smallest"),
        ("br;q=0, GZIP", Some("gzip"), "small"),
        ("identity", None, "1"),
    ] {
        assert_eq!(wants(accepted), (coding.map(str::to_owned), bytes.to_owned()), "{accepted}");
    }
    let site = |()| -> serde_json::Value { serde_json::from_slice(&get("view/registry/site.json").2).unwrap() };
    let before = site(());
    assert_eq!(ctl(&env, &service, &["revoke", "a b"]).status, 0);
    let after = site(());
    assert_ne!(before["head"], after["head"], "{after:#}");
    for path in ["view/nothing.js", "view/../state/key", "view/%2e%2e/site.json", "view/registry"] {
        assert!(matches!(get(path).0, 301 | 404), "{path}");
    }
}

#[test]
fn tokens_are_made_listed_and_ended_by_command() {
    let env = TestEnvironment::new();
    let run = |words: &[&str]| -> Ran { with_variables(&env, env.refmark(words)).output().unwrap().into() };
    let made =
        run(&["token", "add", "ci", "--principal", "ci-bot", "--right", "read", "--model", "team-*", "--days", "30"]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    assert!(made.stdout.starts_with("refmark_"));
    let token = made.stdout.lines().next().unwrap();
    assert!(!std::fs::read_to_string(env.path("state/tokens.json")).unwrap().contains(token));
    assert!(run(&["token", "list"]).stdout.starts_with("ci  ci-bot: read on team-*, until "));
    assert_eq!(run(&["token", "add", "ci", "--principal", "x"]).status, 1);
    assert_eq!(run(&["token", "add", "x", "--principal", "x", "--right", "all"]).status, 2);
    assert_eq!(run(&["token", "revoke", "ci"]).stdout, "ci has ended\n");
    assert_eq!(run(&["token", "revoke", "ci"]).status, 1);
    assert_eq!(run(&["token", "list"]).stdout, "No tokens.\n");
}

#[test]
fn a_service_tells_webhooks_of_what_it_changes() {
    let env = TestEnvironment::new();
    let service = start(&env);
    let (url, sent) = crate::webhooks::receiver(&[200]);
    env.ok(&["-R", "models/.refmark", "webhook", "add", "chat", &url, "--allow-private"]);
    assert_eq!(ctl(&env, &service, &["revoke", "a b"]).status, 0);
    let (_, body) = sent.recv_timeout(std::time::Duration::from_secs(30)).unwrap();
    let event: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(event["type"], "io.github.refmark.trust", "{event:#}");
    assert_eq!(event["data"]["to"], "revoked");
}
