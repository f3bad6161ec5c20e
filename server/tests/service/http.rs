//! HTTP: headers, order of checks, tokens, limits.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::support::{Home, TOKEN};

const ROUTES: [(&str, &str); 15] = [
    ("GET", "/health"),
    ("GET", "/v1/stats"),
    ("GET", "/v1/models"),
    ("GET", "/v1/model"),
    ("GET", "/v1/model/path"),
    ("POST", "/v1/model/verify"),
    ("POST", "/v1/models/verify-all"),
    ("POST", "/v1/model/verify-manifest"),
    ("GET", "/v1/integrity/status"),
    ("POST", "/v1/model/acquire"),
    ("POST", "/v1/model/quarantine"),
    ("POST", "/v1/model/promote"),
    ("POST", "/v1/model/revoke"),
    ("DELETE", "/v1/model/delete"),
    ("GET", "/v1/audit"),
];

#[test]
fn checks_come_in_one_order_path_token_method_name_and_every_answer_has_the_headers() {
    let home = Home::new();
    let running = home.start();
    let guards = [
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ];
    for (method, path) in ROUTES {
        for other in ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"].into_iter().filter(|it| *it != method)
        {
            let without = running.ask_with(other, path, &[], b"");
            let with = running.ask(other, path, b"");
            assert_eq!(without.status, if path == "/health" { 405 } else { 403 }, "{other} {path}");
            assert_eq!(with.status, 405, "{other} {path}");
            assert_eq!(with.header("allow"), Some(method));
            match other {
                "HEAD" => assert!(with.body.is_empty()),
                _ => with.is_text(405),
            }
            for (name, value) in guards {
                assert_eq!((with.header(name), without.header(name)), (Some(value), Some(value)), "{other} {path}");
            }
        }
        if path != "/health" {
            running.ask_with(method, path, &[], b"").is_json_error(403);
        }
        for unknown in [format!("{path}/"), format!("{path}x")] {
            let answer = running.ask_with(method, &unknown, &[], b"");
            answer.is_text(404);
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        let is_about_a_name = ["/v1/model", "/v1/model/path", "/v1/model/verify", "/v1/model/verify-manifest"];
        let is_move = ["/v1/model/quarantine", "/v1/model/revoke", "/v1/model/delete"];
        if is_about_a_name.contains(&path) || is_move.contains(&path) {
            for bad in [
                "",
                "?name=",
                "?other=x",
                "?name=%20x",
                "?name=x%0a",
                "?name=%ff",
                &format!("?name={}", "x".repeat(257)),
            ] {
                running.ask(method, &format!("{path}{bad}"), b"").is_text(400);
            }
            running.ask(method, &format!("{path}?name=nobody&name=x"), b"").is_text(404);
        }
    }
    assert_eq!(running.ask_with("GET", "//health", &[], b"").status, 301);
    assert_eq!(running.ask_with("GET", "/v1/../health?x=1", &[], b"").header("location"), Some("/health?x=1"));
    assert_eq!(running.ask_with("POST", "/v1//model/revoke", &[], b"").status, 307);
}

#[test]
fn only_the_one_token_spelled_so_opens_and_health_says_more_to_it() {
    let home = Home::new();
    let running = home.start();
    let half = &TOKEN[..31];
    let shown = [
        format!("bearer {TOKEN}"),
        format!("Bearer {half}"),
        format!("Bearer {TOKEN}x"),
        format!("Basic {TOKEN}"),
        TOKEN.to_owned(),
        format!("Bearer  {TOKEN}"),
    ];
    for shown in &shown {
        running.ask_with("GET", "/v1/models", &[("Authorization", shown)], b"").is_json_error(403);
        let health = running.ask_with("GET", "/health", &[("Authorization", shown)], b"");
        assert_eq!((health.status, health.text().as_str()), (200, "{\"status\":\"ok\"}\n"));
    }
    running.trust(&home, "a", "a.gguf", b"a");
    let health = running.get("/health");
    assert_eq!(
        health.fields(),
        ["status", "model_count", "trusted_count", "state_counts", "registry_dir", "auth_required"]
    );
    let health = health.json();
    assert_eq!(health["registry_dir"], home.registry().to_str().unwrap());
    assert_eq!((&health["auth_required"], &health["model_count"]), (&true.into(), &1.into()));
    let stats = running.get("/v1/stats");
    assert_eq!(stats.fields(), ["model_count", "trusted_count", "state_counts"]);
    assert_eq!(stats.json()["state_counts"], serde_json::json!({"trusted": 1}));
}

#[test]
fn answers_are_safe_inside_of_a_page_and_empty_lists_are_lists() {
    let home = Home::new();
    let running = home.start();
    assert_eq!(running.get("/v1/models").text(), "[]\n");
    assert_eq!(running.get("/v1/audit").text(), "[]\n");
    assert_eq!(running.acquire("<b>&\u{2028}x", "a.gguf", &"0".repeat(64)).status, 201);
    let text = running.get("/v1/models").text();
    assert!(text.contains(r#""name":"\u003cb\u003e\u0026\u2028x""#), "{text}");
    assert_eq!(running.get("/v1/models").json()[0]["name"], "<b>&\u{2028}x");
}

#[test]
fn a_body_over_one_mebibyte_is_refused_and_one_of_it_is_read() {
    let home = Home::new();
    let running = home.start();
    let mut body = br#"{"name":"a","filename":"a.gguf","sha256":""#.to_vec();
    body.extend("0".repeat(64).bytes());
    body.extend(b"\"}");
    body.resize(1 << 20, b' ');
    assert_eq!(running.ask("POST", "/v1/model/acquire", &body).status, 201);
    body.push(b' ');
    for path in ["/v1/model/acquire", "/v1/model/promote"] {
        running.ask("POST", path, &body).is_text(413);
    }
    let chunked = format!(
        "POST /v1/model/acquire HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
         Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
    );
    assert!(running.raw(chunked.as_bytes()).starts_with(b"HTTP/1.1 400 "));
}

#[test]
fn a_connection_that_sends_no_header_is_closed_and_others_are_served_meanwhile() {
    let home = Home::new();
    let running = home.start();
    let began = Instant::now();
    let mut half: Vec<_> = (0..50).map(|_| running.connect()).collect();
    for stream in &mut half {
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: lo").unwrap();
    }
    assert_eq!(running.ask_with("GET", "/health", &[], b"").status, 200);
    for stream in &mut half {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    }
    let took = began.elapsed();
    assert!(took > Duration::from_secs(4) && took < Duration::from_secs(9), "{took:?}");
}

#[test]
fn one_connection_serves_many_requests_and_a_foreign_host_none() {
    let home = Home::new();
    let running = home.start();
    let request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(3);
    let mut stream = running.connect();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    while text.matches("{\"status\":\"ok\"}").count() < 3 {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    let foreign = running.raw(b"GET /v1/models HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n");
    assert!(foreign.starts_with(b"HTTP/1.1 421 "), "{}", String::from_utf8_lossy(&foreign));
}

#[test]
fn generated_requests_are_never_answered_as_the_services_own_fault() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "a", "a.gguf", b"a");
    // A linear congruence: the same requests every time.
    let mut seed = 0x2545_f491_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let names = ["a", "b", "%00", "%c3%a9", "x%22y", "..", "a/b", "%20", "☃"];
    let bodies: [&[u8]; 8] = [
        b"", b"{", b"null", b"[]", br#"{"name":"a"}"#, br#"{"name":"a","filename":"../a.gguf","sha256":"00"}"#,
        br#"{"name":"n","filename":"a.bin","sha256":"0000000000000000000000000000000000000000000000000000000000000000"}"#,
        b"\xff\xfe{}",
    ];
    for _ in 0..1500 {
        let (_, path) = ROUTES[next(ROUTES.len())];
        let method = ["GET", "POST", "DELETE", "PUT"][next(4)];
        let name = names[next(names.len())].replace('☃', "%E2%98%83");
        let answer = running.ask(method, &format!("{path}?name={name}"), bodies[next(bodies.len())]);
        assert!(answer.status < 500, "{method} {path} {name}: {} {}", answer.status, answer.text());
    }
}
