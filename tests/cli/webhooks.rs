//! `events` and `webhook`: every landing told once and in order, to programs here and over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::environment::{TestEnvironment, has_keys};
use serde_json::Value;

/// A receiver that answers with these statuses in turn, the last one for ever, and hands on what it was sent.
pub fn receiver(statuses: &'static [u16]) -> (String, Receiver<(Vec<String>, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks/a-long-secret-path", listener.local_addr().unwrap());
    let (send, sent) = channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let mut reader = BufReader::new(stream);
            let mut headers = Vec::new();
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) < 3 {
                    break;
                }
                headers.push(line.trim_end().to_ascii_lowercase().split(": ").next().unwrap().to_owned());
                headers.push(line.trim_end().split_once(": ").map_or(line.clone(), |it| it.1.to_owned()));
            }
            let at = headers.iter().position(|it| it == "content-length").unwrap();
            let mut body = vec![0; headers[at + 1].parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let status = statuses.get(number).or(statuses.last()).unwrap();
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            if send.send((headers, String::from_utf8(body).unwrap())).is_err() {
                return;
            }
        }
    });
    (url, sent)
}

fn header<'h>(headers: &'h [String], name: &str) -> &'h str {
    &headers[headers.iter().position(|it| it == name).unwrap_or_else(|| panic!("{name} in {headers:?}")) + 1]
}

fn ids(events: &Value) -> Vec<String> {
    events["events"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_landing_is_an_event_once_and_in_order_wherever_one_begins() {
    let env = TestEnvironment::with_models();
    env.ok(&["promote", "sentiment@champion", "2", "-m", "better"]);
    let all = env.json(&["events"]);
    let events = all["events"].as_array().unwrap();
    for key in ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "sequence", "data"] {
        has_keys(&events[0], &[key]);
    }
    let last = events.last().unwrap();
    assert_eq!((&last["type"], &last["subject"]), (&"io.github.refmark.alias".into(), &"sentiment@champion".into()));
    has_keys(&last["data"], &["what", "by", "from", "to", "reason", "commit", "approvals", "artifact", "statement"]);
    assert_eq!((&last["data"]["from"], &last["data"]["to"]), (&"1".into(), &"2".into()));
    assert_eq!(last["data"]["reason"], "better");
    let sequences: Vec<&str> = events.iter().map(|it| it["sequence"].as_str().unwrap()).collect();
    assert!(sequences.is_sorted() && sequences.windows(2).all(|pair| pair[0] != pair[1]), "{sequences:?}");
    // From each commit on the same events follow, whether the walk was remembered or is made anew.
    for remembered in [true, false] {
        for event in events {
            if !remembered {
                std::fs::remove_dir_all(env.home().join(".cache")).unwrap();
            }
            let commit = event["data"]["commit"].as_str().unwrap();
            let after = ids(&env.json(&["events", "--since", commit]));
            let rest = events.iter().skip_while(|it| it["data"]["commit"] != commit);
            let rest: Vec<String> = rest
                .skip_while(|it| it["data"]["commit"] == commit)
                .map(|it| it["id"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(after, rest, "after {commit}");
        }
    }
    assert!(ids(&env.json(&["events", "--since", all["head"].as_str().unwrap()])).is_empty());
    assert_eq!(env.ok(&["events", "--jsonl"]).lines().count(), events.len());
    assert!(env.ok(&["events"]).contains("sentiment@champion 1 → 2") || env.ok(&["events"]).contains("champion"));
    env.fails(&["events", "--since", "0123456789abcdef"], 1, "not-found");
}

#[test]
fn who_follows_hears_of_each_landing_as_it_happens() {
    let env = TestEnvironment::with_models();
    let head = env.json(&["events"])["head"].as_str().unwrap().to_owned();
    let mut following = env.refmark(&["events", "--follow", "--json", "--since", &head]);
    let mut child = following.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (send, lines) = channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    for (version, reason) in [("2", "better"), ("1", "worse after all")] {
        env.ok(&["promote", "sentiment@champion", version, "-m", reason]);
        let line = lines.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["data"]["reason"], reason);
    }
    let _ = child.kill();
    let _ = child.wait();
    assert!(lines.recv_timeout(Duration::from_secs(5)).is_err(), "an event was told twice");
}

#[test]
fn a_webhook_that_does_not_answer_is_tried_again_later_and_misses_nothing() {
    let env = TestEnvironment::with_models();
    let (url, sent) = receiver(&[500, 200]);
    let added = env.json(&["webhook", "add", "chat", &url, "--allow-private"]);
    assert!(added["secret"].as_str().unwrap().starts_with("whsec_"));
    env.ok(&["promote", "sentiment@champion", "2", "-m", "better"]);
    env.ok(&["promote", "sentiment@champion", "1", "-m", "worse after all"]);
    let failed = env.run(&["events", "deliver", "--json"]);
    assert_eq!(failed.status, 1, "{}", failed.stdout);
    let failed: Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!((&failed["webhooks"][0]["delivered"], &failed["webhooks"][0]["waiting"]), (&0.into(), &2.into()));
    assert!(failed["webhooks"][0]["next"].is_string());
    sent.recv_timeout(Duration::from_secs(10)).unwrap();
    // It is not its time yet.
    assert!(env.json(&["events", "deliver"])["webhooks"].as_array().unwrap().is_empty());
    let told = env.path("models/refmark/webhooks/chat.json");
    let mut state: Value = serde_json::from_slice(&std::fs::read(&told).unwrap()).unwrap();
    assert!(env.ok(&["webhook", "list"]).contains("1 attempt failed"));
    state["next"] = "2020-01-01T00:00:00Z".into();
    std::fs::write(&told, state.to_string()).unwrap();
    assert_eq!(env.json(&["events", "deliver"])["webhooks"][0]["delivered"], 2);
    let reasons: Vec<Value> = (0..2)
        .map(|_| serde_json::from_str::<Value>(&sent.recv_timeout(Duration::from_secs(10)).unwrap().1).unwrap())
        .map(|event| event["data"]["reason"].clone())
        .collect();
    assert_eq!(reasons, ["better", "worse after all"]);
    assert!(env.json(&["events", "deliver"])["webhooks"].as_array().unwrap().is_empty(), "told twice");
    // Replay: the same ids, so that the receiver knows them again.
    let since = added["since"].as_str().unwrap();
    assert_eq!(env.json(&["events", "deliver", "--to", "chat", "--since", since])["webhooks"][0]["delivered"], 2);
    env.ok(&["webhook", "remove", "chat"]);
    env.fails(&["webhook", "test", "chat"], 1, "not-found");
}

#[test]
fn what_a_webhook_is_sent_is_signed_and_its_secret_stands_in_no_record_and_no_page() {
    let env = TestEnvironment::with_models();
    let (url, sent) = receiver(&[204]);
    env.write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    let add = ["webhook", "add", "own", &url, "--allow-private", "--secret-file", "secret", "--kind", "stage"];
    let said = env.ok(&add);
    env.ok(&["webhook", "add", "key", &url, "--allow-private", "--ed25519"]);
    for page in [said, env.ok(&["webhook", "list"]), env.json(&["webhook", "list"]).to_string()] {
        assert!(!page.contains("MfKQ9r8") && !page.contains("a-long-secret-path"), "{page}");
    }
    env.ok(&["webhook", "test", "own"]);
    let (headers, body) = sent.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(header(&headers, "content-type"), "application/cloudevents+json");
    assert!(header(&headers, "webhook-signature").starts_with("v1,"), "{headers:?}");
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(header(&headers, "webhook-id"), event["id"]);
    // For the check by the convention's own library: tests/webhooks/run.
    if let Some(to) = std::env::var_os("REFMARK_WEBHOOK_TO") {
        let kept = serde_json::json!({ "body": body, "headers": {
            "webhook-id": header(&headers, "webhook-id"),
            "webhook-timestamp": header(&headers, "webhook-timestamp"),
            "webhook-signature": header(&headers, "webhook-signature"),
        }});
        std::fs::write(to, kept.to_string()).unwrap();
    }
    // An alias move is not of the kind that it asked for; the other one is told of it.
    env.ok(&["promote", "sentiment@champion", "2", "-m", "better"]);
    env.ok(&["events", "deliver"]);
    let (headers, body) = sent.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(header(&headers, "webhook-signature").starts_with("v1a,"), "{headers:?}");
    assert!(body.contains("io.github.refmark.alias"), "{body}");
    let file = std::fs::metadata(env.path("models/refmark/webhooks.toml")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o777, 0o600);
    assert!(!env.git("models", &["log", "-p", "main"]).contains("whsec"));
}

#[test]
fn an_address_of_the_own_network_is_refused_unless_it_was_allowed() {
    let env = TestEnvironment::with_models();
    let (url, sent) = receiver(&[200]);
    env.fails(&["webhook", "add", "chat", &url], 2, "bad-argument");
    env.fails(&["webhook", "add", "chat", "https://me:token@chat.example/x"], 1, "secret");
    // A name may lead anywhere: it is looked at when it is connected to.
    let https = url.replace("http://127.0.0.1", "https://localhost");
    env.ok(&["webhook", "add", "chat", &https]);
    let error = env.fails(&["webhook", "test", "chat"], 2, "bad-argument");
    assert!(error["message"].as_str().unwrap().contains("not an address of the public internet"), "{error:#}");
    assert!(sent.try_recv().is_err());
}

#[test]
fn a_webhook_that_cannot_be_told_keeps_no_other_from_its_events() {
    let env = TestEnvironment::with_models();
    let (url, sent) = receiver(&[200]);
    for name in ["first", "second"] {
        env.ok(&["webhook", "add", name, &url, "--allow-private"]);
    }
    env.write("models/refmark/webhooks/first.json", "{");
    env.ok(&["promote", "sentiment@champion", "2", "-m", "better"]);
    let told = env.run(&["events", "deliver", "--json"]);
    let answer: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!((told.status, &answer["webhooks"][1]["delivered"]), (1, &1.into()), "{answer:#}");
    assert_eq!(answer["webhooks"][0]["error"]["code"], "bad-argument");
    sent.recv_timeout(Duration::from_secs(10)).unwrap();
    env.fails(&["events", "deliver", "--to", "first"], 2, "bad-argument");
}

#[test]
fn a_webhook_that_is_gone_is_told_nothing_more() {
    let env = TestEnvironment::with_models();
    let (url, sent) = receiver(&[410, 200]);
    env.ok(&["webhook", "add", "chat", &url, "--allow-private"]);
    env.ok(&["promote", "sentiment@champion", "2", "-m", "better"]);
    assert_eq!(env.run(&["events", "deliver"]).status, 1);
    sent.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(env.json(&["events", "deliver"])["webhooks"].as_array().unwrap().is_empty());
    assert!(env.ok(&["webhook", "list"]).contains("gone"));
}
