//! The life of a name: every request in every state.

use super::support::{Home, Running, files_below, promotion};
use serde_json::{Value, json};

/// Brings a name to a state.
fn bring(running: &Running, home: &Home, name: &str, state: &str) -> String {
    let file = format!("{name}.gguf");
    let sha256 = home.drop_file(&file, format!("bytes of {name}").as_bytes());
    if state == "none" {
        return sha256;
    }
    assert_eq!(running.acquire(name, &file, &sha256).status, 201);
    let named = |method: &str, verb: &str| {
        let answer = running.named(method, &format!("/v1/model/{verb}"), name);
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    if state == "acquired" {
        return sha256;
    }
    named("POST", "quarantine");
    if matches!(state, "trusted" | "revoked") {
        assert_eq!(running.promote(name, &file, &sha256).status, 201);
    }
    match state {
        "revoked" => named("POST", "revoke"),
        "deleted" => named("DELETE", "delete"),
        _ => {}
    }
    sha256
}

#[test]
fn every_request_in_every_state_is_answered_as_the_table_says() {
    const STATES: [&str; 6] = ["none", "acquired", "quarantined", "trusted", "revoked", "deleted"];
    let table: [(&str, [&str; 6]); 8] = [
        ("acquire", ["201", "409", "409", "409", "409", "409"]),
        ("acquire-file", ["201", "409", "409", "409", "409", "201"]),
        ("quarantine", ["404", "200 quarantined", "200 already_quarantined", "409", "409", "409"]),
        ("promote", ["409", "409", "201", "409", "409", "409"]),
        ("revoke", ["404", "200 revoked", "200 revoked", "200 revoked", "200 already_revoked", "409"]),
        ("delete", ["404", "200 deleted", "200 deleted", "200 deleted", "200 deleted", "200 already_deleted"]),
        ("path", ["404", "403", "403", "200", "403", "403"]),
        ("verify", ["404", "200 verified", "200 verified", "200 verified", "200 verified", "409 failed"]),
    ];
    let home = Home::new();
    let running = home.start();
    for (request, expected) in table {
        for (state, expected) in STATES.iter().zip(expected) {
            let name = format!("{request}-{state}");
            let sha256 = bring(&running, &home, &name, state);
            let file = format!("{name}.gguf");
            let answer = match request {
                "acquire" => running.acquire(&name, &format!("other-{file}"), &sha256),
                "acquire-file" => running.acquire(&format!("new-{name}"), &file, &sha256),
                "promote" => running.promote(&name, &file, &sha256),
                "path" => running.named("GET", "/v1/model/path", &name),
                "delete" => running.named("DELETE", "/v1/model/delete", &name),
                verb => running.named("POST", &format!("/v1/model/{verb}"), &name),
            };
            let mut found = answer.status.to_string();
            if matches!(request, "quarantine" | "revoke" | "delete" | "verify")
                && answer.status != 404
                && let Some(word) = answer.json()["status"].as_str()
            {
                found = format!("{found} {word}");
                assert_eq!(answer.json()["name"], Value::from(name.as_str()));
            }
            assert_eq!(found, expected, "{request} of {state}: {}", answer.text());
            match (request, *state, answer.status) {
                (_, _, 404) | ("acquire" | "acquire-file" | "promote", _, 409) => answer.is_text(answer.status),
                ("quarantine" | "revoke", _, 409) | ("path", _, 403) => answer.is_json_error(answer.status),
                ("verify", "trusted", 200) => assert_eq!(answer.json()["safe_to_use"], "true"),
                ("verify", _, 200 | 409) => assert_eq!(answer.json()["safe_to_use"], "false"),
                _ => {}
            }
        }
    }
}

#[test]
fn an_artifact_has_its_fields_in_order_and_leaves_empty_ones_out() {
    let home = Home::new();
    let running = home.start();
    let sha256 = home.drop_file("sub/m.GGUF", b"four");
    let acquired = running.post(
        "/v1/model/acquire",
        &json!({"name": "Phi-3 Mini (Q4)", "filename": "sub/m.GGUF", "sha256": sha256, "size_bytes": 4, "source": "hf"}),
    );
    assert_eq!(acquired.status, 201, "{}", acquired.text());
    assert_eq!(
        acquired.fields(),
        ["name", "format", "filename", "sha256", "size_bytes", "source", "promoted_at", "state"]
    );
    let record = acquired.json();
    assert_eq!((record["format"].as_str(), record["state"].as_str()), (Some("gguf"), Some("acquired")));
    assert!(record["promoted_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(running.named("POST", "/v1/model/quarantine", "Phi-3 Mini (Q4)").status, 200);
    let mut body = promotion("Phi-3 Mini (Q4)", "sub/m.GGUF", &sha256);
    body["gguf_guard_fingerprint"] = json!({"z": [1, 2.5], "a": {"deep": 9_007_199_254_740_993_u64}, "one": 1.0});
    body["gguf_guard_manifest"] = json!("m.json");
    body["source_revision"] = json!("abc");
    let promoted = running.post("/v1/model/promote", &body);
    assert_eq!(promoted.status, 201, "{}", promoted.text());
    assert_eq!(
        promoted.fields(),
        [
            "name",
            "format",
            "filename",
            "object_path",
            "sha256",
            "size_bytes",
            "promoted_at",
            "state",
            "scan_results",
            "scanner_versions",
            "policy_version",
            "source_revision",
            "gguf_guard_fingerprint",
            "gguf_guard_manifest"
        ]
    );
    let record = promoted.json();
    assert_eq!(
        record["gguf_guard_fingerprint"]["a"]["deep"],
        json!(9_007_199_254_740_993_u64),
        "no integer is altered"
    );
    assert_eq!(record["size_bytes"], 4);
    assert_eq!(record["object_path"], format!("objects/sha256/{}/{sha256}.gguf", &sha256[..2]));
    assert_eq!(running.named("GET", "/v1/model", "Phi-3 Mini (Q4)").json(), record);
    assert_eq!(running.get("/v1/models").json(), json!([record]));
    let path = running.named("GET", "/v1/model/path", "Phi-3 Mini (Q4)");
    assert_eq!(path.fields(), ["path", "sha256", "size_bytes", "storage_contract"]);
    assert_eq!(std::fs::read(path.json()["path"].as_str().unwrap()).unwrap(), b"four");
    assert_eq!(path.json()["storage_contract"], "content-addressed-v1");
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill_and_in_the_same_order() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "b", "b.gguf", b"b");
    running.trust(&home, "a", "a.gguf", b"a");
    assert_eq!(running.named("POST", "/v1/model/revoke", "b").status, 200);
    assert_eq!(running.named("DELETE", "/v1/model/delete", "a").status, 200);
    let (models, audit) = (running.get("/v1/models").text(), running.get("/v1/audit").text());
    running.kill();
    let running = home.start();
    assert_eq!(running.get("/v1/models").text(), models);
    assert_eq!(running.get("/v1/audit").text(), audit);
    let names: Vec<String> =
        running.get("/v1/models").json().as_array().unwrap().iter().map(|it| it["name"].to_string()).collect();
    assert_eq!(names, ["\"b\"", "\"a\""]);
    // The bytes of what was deleted are gone; what was revoked keeps them, closed.
    let files = files_below(&home.registry());
    assert_eq!(files.len(), 2, "{files:?}");
    let actions: Vec<Value> =
        running.get("/v1/audit").json().as_array().unwrap().iter().map(|it| it["action"].clone()).collect();
    assert_eq!(actions, ["acquire", "quarantine", "promote", "acquire", "quarantine", "promote", "revoke", "delete"]);
}

#[test]
fn what_was_read_before_is_a_cache_that_may_be_cut_or_gone() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "a", "a.gguf", b"a");
    running.named("POST", "/v1/model/revoke", "a");
    let (models, audit) = (running.get("/v1/models").text(), running.get("/v1/audit").text());
    running.kill();
    let folder = home.folder.path().join("state/read");
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&file).unwrap();
    for cut in [whole.len(), whole.len() - 1, whole.len() / 2, 0] {
        std::fs::write(&file, &whole[..cut]).unwrap();
        let running = home.start();
        assert_eq!(
            (running.get("/v1/models").text(), running.get("/v1/audit").text()),
            (models.clone(), audit.clone())
        );
        running.kill();
        assert_eq!(std::fs::read(&file).unwrap(), whole, "what was lacking is kept again");
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(home.start().get("/v1/audit").text(), audit);
}
