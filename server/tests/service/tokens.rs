//! Tokens with a name, rights and models; figures for those who run the service.

use refmark_core::types::digest::Digest;
use serde_json::json;

use super::support::{Answer, Home, Running};

const CI: &str = "refmark_ci_token_of_a_test";

fn write(home: &Home, rights: &[&str], models: &[&str], expires: &str) {
    let token = json!([{
        "name": "ci", "principal": "ci-bot", "rights": rights, "models": models, "expires": expires,
        "sha256": Digest::of(CI.as_bytes()).hex(),
    }]);
    let state = home.folder.path().join("state");
    std::fs::write(state.join("new"), token.to_string()).unwrap();
    std::fs::rename(state.join("new"), state.join("tokens.json")).unwrap();
}

fn ask(running: &Running, method: &str, target: &str, body: &str) -> Answer {
    running.ask_with(method, target, &[("Authorization", &format!("Bearer {CI}"))], body.as_bytes())
}

#[test]
fn a_token_is_for_what_it_says_and_what_it_is_not_for_is_not_there() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "team-a", "a.gguf", b"a");
    running.trust(&home, "other", "o.gguf", b"o");
    ask(&running, "GET", "/v1/models", "").is_json_error(403);
    write(&home, &["read"], &["team-*"], "2999-01-01T00:00:00Z");
    let models = ask(&running, "GET", "/v1/models", "").json();
    assert_eq!((models.as_array().unwrap().len(), &models[0]["name"]), (1, &json!("team-a")));
    assert_eq!(ask(&running, "GET", "/v1/stats", "").json()["model_count"], 1);
    assert_eq!(ask(&running, "GET", "/v1/audit", "").json().as_array().unwrap().len(), 3);
    assert_eq!(ask(&running, "GET", "/v1/model/path?name=team-a", "").status, 200);
    ask(&running, "GET", "/v1/model?name=other", "").is_text(404);
    ask(&running, "POST", "/v1/model/verify?name=team-a", "").is_json_error(403);
    ask(&running, "POST", "/v1/model/revoke?name=team-a", "").is_json_error(403);
    ask(&running, "GET", "/metrics", "").is_json_error(403);
    write(&home, &["read", "change"], &["team-*"], "2999-01-01T00:00:00Z");
    let body =
        |name: &str| json!({"name": name, "filename": format!("{name}.gguf"), "sha256": "0".repeat(64)}).to_string();
    ask(&running, "POST", "/v1/model/acquire", &body("else")).is_json_error(403);
    assert_eq!(ask(&running, "POST", "/v1/model/acquire", &body("team-b")).status, 201);
    write(&home, &["read"], &[], "2020-01-01T00:00:00Z");
    ask(&running, "GET", "/v1/models", "").is_json_error(403);
    // The caller stands in the record of what it did.
    let log = std::process::Command::new("git")
        .args(["-C", home.registry().join(".refmark").to_str().unwrap(), "log", "-1", "--format=%s %b", "main"])
        .output()
        .unwrap();
    let log = String::from_utf8(log.stdout).unwrap();
    assert!(log.starts_with("acquire team-b") && log.contains("on behalf of ci-bot"), "{log}");
}

#[test]
fn figures_and_readiness_are_told() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "a", "a.gguf", b"a");
    assert_eq!(running.ask_with("GET", "/ready", &[], b"").status, 200);
    running.ask_with("GET", "/metrics", &[], b"").is_json_error(403);
    let metrics = running.get("/metrics").text();
    for line in
        ["refmark_models{state=\"trusted\"} 1\n", "refmark_events_total 3\n", "refmark_answers_total{class=\"2xx\"} "]
    {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[test]
fn who_guesses_tokens_is_slowed() {
    let home = Home::new();
    let running = home.start();
    let began = std::time::Instant::now();
    for _ in 0..70 {
        running.ask_with("GET", "/v1/models", &[("Authorization", "Bearer wrong")], b"").is_json_error(403);
    }
    assert!(began.elapsed() > std::time::Duration::from_millis(1400), "{:?}", began.elapsed());
    assert_eq!(running.get("/v1/models").status, 200);
}
