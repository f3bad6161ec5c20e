//! Acquire and promote: what their bodies may say.

use serde_json::{Value, json};

use super::support::{Home, Running, promotion};

const HEX: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn acquire(name: &str) -> Value {
    json!({"name": name, "filename": format!("{name}.gguf"), "sha256": HEX, "size_bytes": 3, "source": "s"})
}

#[test]
fn a_body_is_one_object_with_known_fields_and_right_types() {
    let home = Home::new();
    let running = home.start();
    let whole = acquire("a").to_string();
    let bad = [
        "",
        "{",
        "[]",
        "1",
        "\"a\"",
        &format!("{whole}{whole}"),
        &whole.replace("source", "sauce"),
        &whole.replace("3", "\"3\""),
        &whole.replace("3", "3.5"),
    ];
    for path in ["/v1/model/acquire", "/v1/model/promote"] {
        for body in bad {
            running.ask("POST", path, body.as_bytes()).is_text(400);
        }
        running.ask("POST", path, b"null").is_text(400);
    }
    let odd = format!(r#"{{"NAME":"x","name":"odd","FileName":"odd.gguf","SHA256":"{HEX}","Source":null}}"#);
    assert_eq!(running.ask("POST", "/v1/model/acquire", odd.as_bytes()).json()["name"], "odd");
}

#[test]
fn acquire_says_what_it_cannot_take() {
    let home = Home::new();
    let running = home.start();
    let with = |change: fn(&mut Value)| {
        let mut body = acquire("a");
        change(&mut body);
        running.post("/v1/model/acquire", &body)
    };
    with(|it| it["name"] = json!("")).is_text(400);
    with(|it| it["name"] = json!(" a")).is_text(400);
    with(|it| it["name"] = json!("a\nb")).is_text(400);
    with(|it| it["name"] = json!("x".repeat(257))).is_text(400);
    with(|it| it["filename"] = json!("")).is_text(400);
    with(|it| it["sha256"] = json!(HEX.to_uppercase())).is_text(400);
    with(|it| it["sha256"] = json!("aa")).is_text(400);
    with(|it| it["size_bytes"] = json!(-1)).is_text(400);
    with(|it| it["source"] = json!("s".repeat(4097))).is_text(400);
    for outside in [
        "/a.gguf",
        "../a.gguf",
        "a/../../b.gguf",
        "a\\b.gguf",
        "a\u{0}.gguf",
        "objects/sha256/aa/x.gguf",
        ".refmark/x.gguf",
    ] {
        let mut body = acquire("a");
        body["filename"] = json!(outside);
        running.post("/v1/model/acquire", &body).is_text(400);
    }
    for (file, ending) in [("a.bin", "\".bin\""), ("a", "\"\""), ("A.PT", "\".pt\"")] {
        let mut body = acquire("a");
        body["filename"] = json!(file);
        let answer = running.post("/v1/model/acquire", &body);
        answer.is_text(403);
        assert!(answer.text().contains(ending), "{}", answer.text());
    }
    assert_eq!(with(|_| ()).status, 201);
    with(|it| it["filename"] = json!("b.gguf")).is_text(409);
    with(|it| it["name"] = json!("b")).is_text(409);
    assert_eq!(running.get("/v1/audit").json().as_array().unwrap().len(), 1, "a refusal writes no event");
    let long = "é".repeat(128);
    assert_eq!(running.post("/v1/model/acquire", &acquire(&long)).json()["name"], long);
    let safetensors = json!({"name": "s", "filename": "d/S.SafeTensors", "sha256": HEX});
    assert_eq!(running.post("/v1/model/acquire", &safetensors).json()["format"], "safetensors");
}

/// A name that is quarantined, and its promotion.
fn ready(home: &Home, running: &Running, name: &str) -> Value {
    let file = format!("{name}.gguf");
    let sha256 = home.drop_file(&file, name.as_bytes());
    assert_eq!(running.acquire(name, &file, &sha256).status, 201);
    assert_eq!(running.named("POST", "/v1/model/quarantine", name).status, 200);
    promotion(name, &file, &sha256)
}

#[test]
fn promote_asks_for_evidence_from_every_scanner_and_for_bounds() {
    let home = Home::new();
    let running = home.start();
    let good = ready(&home, &running, "a");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        running.post("/v1/model/promote", &body)
    };
    for field in ["name", "filename", "sha256"] {
        with(&|it| it[field] = json!("")).is_text(400);
    }
    for field in ["policy_version", "scan_results", "scanner_versions"] {
        with(&|it| drop(it.as_object_mut().unwrap().remove(field))).is_text(422);
    }
    with(&|it| it["scan_results"] = json!({"modelscan": "PASS"})).is_text(422);
    with(&|it| it["scan_results"] = json!({"modelscan": "fail"})).is_text(422);
    with(&|it| it["scanner_versions"] = json!({"modelscan": ""})).is_text(422);
    with(&|it| it["scanner_versions"] = json!({"other": "1"})).is_text(422);
    let out_of_bounds = [
        ("size_bytes", json!(-1)),
        ("source", json!("s".repeat(4097))),
        ("policy_version", json!("p".repeat(257))),
        ("source_revision", json!("r".repeat(257))),
        ("scan_results", json!({"": "pass"})),
        ("scan_results", json!({"a": "x\ny"})),
        ("scan_results", json!({"a": "x".repeat(1025)})),
        ("gguf_guard_fingerprint", json!({"a": "x".repeat(4097)})),
        ("gguf_guard_fingerprint", json!({"a\u{0}": 1})),
        ("gguf_guard_fingerprint", json!({"a": vec![0; 4097]})),
        ("gguf_guard_manifest", json!("../m.json")),
        ("gguf_guard_manifest", json!("/m.json")),
    ];
    for (field, value) in out_of_bounds {
        with(&|it| it[field] = value.clone()).is_text(400);
    }
    let deep = |levels: usize| (0..levels - 1).fold(json!({}), |inner, _| json!({ "a": inner }));
    with(&|it| it["gguf_guard_fingerprint"] = deep(33)).is_text(400);
    with(&|it| it["gguf_guard_fingerprint"] = json!([1])).is_text(400);
    with(&|it| it["filename"] = json!("../a.gguf")).is_text(400);
    with(&|it| it["filename"] = json!("a.bin")).is_text(403);
    with(&|it| it["size_bytes"] = json!(7)).is_text(409);
    with(&|it| it["sha256"] = json!(HEX)).is_text(409);
    with(&|it| it["filename"] = json!("b.gguf")).is_text(409);
    with(&|it| it["name"] = json!("b")).is_text(409);
    let promoted = with(&|it| it["gguf_guard_fingerprint"] = deep(32));
    assert_eq!(promoted.status, 201, "{}", promoted.text());
    assert_eq!(promoted.json()["gguf_guard_fingerprint"], deep(32));
    assert!(promoted.json().get("source").is_none(), "what promote does not say is dropped");
}

#[test]
fn promote_refuses_files_that_are_not_as_said() {
    let home = Home::new();
    let running = home.start();
    let absent = ready(&home, &running, "absent");
    std::fs::remove_file(home.registry().join("absent.gguf")).unwrap();
    running.post("/v1/model/promote", &absent).is_text(409);
    let other = ready(&home, &running, "other");
    home.drop_file("other.gguf", b"other bytes");
    running.post("/v1/model/promote", &other).is_text(409);
    let linked = ready(&home, &running, "linked");
    std::fs::hard_link(home.registry().join("linked.gguf"), home.registry().join("second")).unwrap();
    running.post("/v1/model/promote", &linked).is_text(409);
    let link = ready(&home, &running, "link");
    std::fs::rename(home.registry().join("link.gguf"), home.registry().join("real")).unwrap();
    std::os::unix::fs::symlink("real", home.registry().join("link.gguf")).unwrap();
    running.post("/v1/model/promote", &link).is_text(409);
    for name in ["absent", "other", "linked", "link"] {
        assert_eq!(running.state(name), "quarantined");
    }
    assert!(!super::support::files_below(&home.registry()).iter().any(|file| file.starts_with("objects")));
}

#[test]
fn in_development_new_trusted_revoked_and_acquired_names_are_promoted_without_evidence() {
    let home = Home::dev();
    let running = home.start();
    let promote = |name: &str, sha256: &str| {
        running.post("/v1/model/promote", &json!({"name": name, "filename": format!("{name}.gguf"), "sha256": sha256}))
    };
    let first = home.drop_file("a.gguf", b"first");
    assert_eq!(promote("a", &first).status, 201);
    assert_eq!(promote("a", &first).status, 201, "trusted");
    let second = home.drop_file("a.gguf", b"second");
    assert_eq!(promote("a", &second).json()["sha256"], second);
    assert_eq!(running.named("POST", "/v1/model/revoke", "a").status, 200);
    assert_eq!(promote("a", &second).status, 201, "its own name may have it back");
    assert_eq!(running.named("GET", "/v1/model/path", "a").status, 200);
    let b = home.drop_file("b.gguf", b"b");
    assert_eq!(running.acquire("b", "b.gguf", &b).status, 201);
    assert_eq!(promote("b", &b).status, 201, "acquired");
    assert_eq!(running.named("DELETE", "/v1/model/delete", "b").status, 200);
    home.drop_file("b.gguf", b"b");
    promote("b", &b).is_json_error(409);
    let (models, audit) = (running.get("/v1/models").text(), running.get("/v1/audit").text());
    running.kill();
    let running = home.start();
    assert_eq!((running.get("/v1/models").text(), running.get("/v1/audit").text()), (models, audit));
}
