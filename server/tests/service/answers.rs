//! refmark's own answers over HTTP: what the command prints with `--json`, the document of them, and events as they land.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use refmark_core::Registry;
use refmark_core::engine::plan::PromoteRequest;
use refmark_core::store::key::{KeySearch, find};
use refmark_core::types::name::{AliasName, ModelName};
use refmark_core::types::reference::Reference;
use serde_json::{Value, json};

use super::reading::library;
use super::support::{Home, Running, TOKEN};

fn promote(home: &Home, registry: &Registry, version: u64) {
    let key = home.folder.path().join("home/.config/refmark/key").into_os_string();
    let signer = find(&KeySearch { explicit: Some(key), ..Default::default() }).unwrap();
    let request = PromoteRequest {
        model: ModelName::parse("sentiment").unwrap(),
        alias: AliasName::parse("champion").unwrap(),
        version,
        reason: "better".to_owned(),
        expect: None,
        evidence: Vec::new(),
    };
    registry.write(&*signer).promote(&request).unwrap();
}

#[test]
fn every_answer_is_the_core_s_own_and_the_document_lists_each() {
    let mut home = Home::new();
    let registry = library(&mut home);
    let running = home.start();
    let read = registry.read();
    let view = read.view().unwrap();
    let champion = Reference::parse("sentiment@champion").unwrap();
    assert_eq!(
        running.get("/api/v1/resolve?ref=sentiment@champion").json(),
        serde_json::to_value(read.resolve(&champion, Default::default()).unwrap()).unwrap()
    );
    assert_eq!(
        running.get("/api/v1/models").json(),
        json!({"models": serde_json::to_value(read.list_models(&view).unwrap()).unwrap()})
    );
    let shown = serde_json::to_value(read.show(&view, &Reference::parse("sentiment/2").unwrap()).unwrap()).unwrap();
    assert_eq!(running.get("/api/v1/models/sentiment/2").json(), shown);
    assert_eq!(running.get("/api/v1/show?ref=sentiment%2F2").json(), shown);
    let document = running.get("/openapi.json").json();
    let mut tried = BTreeSet::new();
    for (path, operation) in document["paths"].as_object().unwrap() {
        let needed = operation["get"]["parameters"].as_array().unwrap().iter().filter(|it| it["required"] == true);
        let mut target = path.replace("{model}", "sentiment").replace("{version}", "1");
        for (at, it) in needed.filter(|it| it["in"] == "query").enumerate() {
            let (mark, name) = (if at == 0 { "?" } else { "&" }, it["name"].as_str().unwrap());
            let value = match name {
                "alias" => "sentiment@champion",
                "version" => "2",
                _ => "sentiment/1",
            };
            target.push_str(&format!("{mark}{name}={value}"));
        }
        let answer = running.get(&target);
        assert_eq!((answer.status, answer.json().is_object()), (200, true), "{target}: {}", answer.text());
        assert!(tried.insert(operation["get"]["operationId"].to_string()), "{path} has another's name");
    }
    assert!(tried.len() > 15, "{tried:?}");
}

#[test]
fn what_is_wrong_has_a_status_a_code_and_never_a_guess() {
    let mut home = Home::new();
    library(&mut home);
    let running = home.start();
    for (target, status, code) in [
        ("/api/v1/resolve", 400, "bad-argument"),
        ("/api/v1/resolve?ref=a@b@c", 400, "bad-name"),
        ("/api/v1/resolve?ref=sentiment@none", 404, "not-found"),
        ("/api/v1/resolve?ref=sentiment", 404, "not-pinned"),
        ("/api/v1/resolve?ref=sentiment@champion&att=2020-01-01T00:00:00Z", 400, "bad-argument"),
        ("/api/v1/resolve?ref=sentiment@champion&at=yesterday", 400, "bad-time"),
        ("/api/v1/search?limit=many", 400, "bad-argument"),
        ("/api/v1/search?offset=4294967296", 400, "bad-argument"),
        ("/api/v1/events?since=", 400, "bad-argument"),
        ("/api/v1/search?stage=%zz", 400, "bad-argument"),
        ("/api/v1/events?since=nothing", 404, "not-found"),
        ("/api/v1/models/nobody", 404, "not-found"),
        ("/api/v1/nothing", 404, "not-found"),
        ("/api/v1", 404, "not-found"),
    ] {
        let answer = running.get(target);
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (status, &json!(code)), "{target}");
    }
    let written = running.ask("DELETE", "/api/v1/models/sentiment", b"");
    assert_eq!((written.status, written.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(running.ask_with("GET", "/api/v1/models", &[], b"").status, 401);
}

/// The data of the next event that a follower is told.
fn next(lines: &mut BufReader<TcpStream>) -> (String, Value) {
    let mut id = String::new();
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the stream ended");
        if let Some(found) = line.strip_prefix("id: ") {
            id = found.trim().to_owned();
        }
        if let Some(data) = line.strip_prefix("data: ") {
            return (id, serde_json::from_str(data).unwrap());
        }
    }
}

fn follow(running: &Running, more: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(&running.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let host = &running.address;
    let head = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\nAccept: text/event-stream\r\n{more}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while !line.contains(": following") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "no stream began");
    }
    lines
}

#[test]
fn followers_are_told_of_each_landing_once_and_go_on_where_they_stopped() {
    let mut home = Home::new();
    let registry = library(&mut home);
    let running = home.start();
    let mut first = follow(&running, "");
    promote(&home, &registry, 2);
    let (id, told) = next(&mut first);
    assert_eq!((&told["subject"], &told["data"]["to"]), (&json!("sentiment@champion"), &json!("2")));
    assert_eq!(told["data"]["commit"], json!(id));
    promote(&home, &registry, 1);
    assert_eq!(next(&mut first).1["data"]["to"], "1");
    drop(first);
    let mut again = follow(&running, &format!("Last-Event-ID: {id}\r\n"));
    assert_eq!(next(&mut again).1["data"]["to"], "1");
    let (status, _) = running.stop();
    assert_eq!(status, Some(0), "a follower does not keep the service");
}
