//! Bytes: paths, verification, integrity results, manifests of tensors, the audit trail.

use std::os::unix::fs::PermissionsExt;

use refmark_core::types::digest::Digest;
use serde_json::{Value, json};

use super::support::{Home, Running, promotion};

fn object(home: &Home, running: &Running, name: &str) -> std::path::PathBuf {
    let record = running.named("GET", "/v1/model", name).json();
    home.registry().join(record["object_path"].as_str().unwrap())
}

#[test]
fn an_object_is_kept_read_only_and_what_is_done_to_it_is_noticed() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "a", "sub/a.gguf", b"good");
    let file = object(&home, &running, "a");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o400, 0o700));
    assert_eq!(std::fs::read(home.registry().join("sub/a.gguf")).unwrap(), b"good", "the dropped file stays");
    let path = || running.named("GET", "/v1/model/path", "a");
    let verify = || running.named("POST", "/v1/model/verify", "a");
    assert_eq!(path().status, 200);
    let allow = |bits| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(bits)).unwrap();
    allow(0o600);
    path().is_text(409);
    std::fs::write(&file, b"evil").unwrap();
    allow(0o400);
    path().is_text(409);
    let failed = verify();
    assert_eq!(failed.status, 409);
    assert_eq!(failed.fields(), ["status", "name", "expected", "actual", "error", "safe_to_use"]);
    assert_eq!(failed.json()["actual"], Digest::of(b"evil").hex());
    allow(0o600);
    std::fs::write(&file, b"good").unwrap();
    allow(0o400);
    assert_eq!((path().status, verify().status), (200, 200));
    let second = home.registry().join("second");
    std::fs::hard_link(&file, &second).unwrap();
    path().is_text(409);
    std::fs::remove_file(&second).unwrap();
    assert_eq!(path().status, 200);
    std::fs::rename(&file, &second).unwrap();
    path().is_text(409);
    assert_eq!(verify().json()["actual"], "");
    std::os::unix::fs::symlink(&second, &file).unwrap();
    path().is_text(409);
}

#[test]
fn verify_all_counts_every_record_and_fails_where_one_does() {
    let home = Home::new();
    let running = home.start();
    let all = || running.ask("POST", "/v1/models/verify-all", b"anything");
    assert_eq!(all().json(), json!({"status": "ok", "models": [], "checked": 0}));
    let sha256 = running.trust(&home, "a", "a.gguf", b"a");
    running.trust(&home, "gone", "gone.gguf", b"gone");
    running.named("DELETE", "/v1/model/delete", "gone");
    let answer = all();
    assert_eq!((answer.status, answer.fields()), (200, ["status", "models", "checked"].map(str::to_owned).to_vec()));
    let answer = answer.json();
    assert_eq!(answer["models"][0], json!({"name": "a", "status": "verified", "sha256": sha256}));
    let skipped: Vec<&String> = answer["models"][1].as_object().unwrap().keys().collect();
    assert_eq!(skipped, ["name", "state", "status", "reason"]);
    assert_eq!(answer["checked"], 2);
    running.acquire("absent", "absent.gguf", &sha256);
    let answer = all();
    assert_eq!(answer.status, 409);
    let answer = answer.json();
    assert_eq!((&answer["status"], &answer["checked"]), (&json!("failed"), &json!(3)));
    let failed: Vec<&String> = answer["models"][2].as_object().unwrap().keys().collect();
    assert_eq!(failed, ["name", "status", "expected", "actual", "error"]);
}

#[test]
fn the_integrity_result_is_handed_on_and_what_is_no_result_is_not() {
    let home = Home::new();
    let running = home.start();
    let status = || running.get("/v1/integrity/status");
    assert_eq!(status().json()["status"], "unknown");
    assert_eq!(status().fields(), ["status", "detail"]);
    let result = json!({"status": "ok", "models_checked": 2, "failures": 0, "checked_at": "2026-11-30T10:00:00+01:00"});
    std::fs::write(home.integrity_file(), result.to_string()).unwrap();
    assert_eq!(status().json(), result);
    for bad in ["", "{", "{} {}", &format!("\"{}\"", "x".repeat(1 << 20))] {
        std::fs::write(home.integrity_file(), bad).unwrap();
        status().is_text(503);
    }
    std::fs::remove_file(home.integrity_file()).unwrap();
    std::fs::create_dir(home.integrity_file()).unwrap();
    status().is_text(503);
    std::fs::remove_dir(home.integrity_file()).unwrap();
    std::os::unix::fs::symlink(home.token_file(), home.integrity_file()).unwrap();
    status().is_text(503);
}

/// A GGUF file with one tensor of three bytes.
fn gguf(bytes: &[u8; 3]) -> Vec<u8> {
    let mut file = b"GGUF".to_vec();
    file.extend(3u32.to_le_bytes());
    file.extend(1u64.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.extend(1u64.to_le_bytes());
    file.extend(b"t");
    file.extend(1u32.to_le_bytes());
    file.extend(3u64.to_le_bytes());
    file.extend(24u32.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.resize(file.len().next_multiple_of(32), 0);
    file.extend(bytes);
    file.resize(file.len().next_multiple_of(32), 0);
    file
}

#[test]
fn a_manifest_of_tensors_is_checked_in_the_service_itself() {
    let home = Home::new();
    let running = home.start();
    let verify = |name: &str| running.named("POST", "/v1/model/verify-manifest", name);
    let file = gguf(b"abc");
    let trust = |name: &str, manifest: &str| {
        let filename = format!("{name}.gguf");
        let sha256 = home.drop_file(&filename, &file);
        running.acquire(name, &filename, &sha256);
        running.named("POST", "/v1/model/quarantine", name);
        let mut body = promotion(name, &filename, &sha256);
        body["gguf_guard_manifest"] = json!(manifest);
        assert_eq!(running.post("/v1/model/promote", &body).status, 201);
    };
    trust("none", "");
    let skipped = verify("none");
    assert_eq!((skipped.status, skipped.fields()), (200, ["status", "name", "reason"].map(str::to_owned).to_vec()));
    trust("a", "m/a.json");
    verify("a").is_text(409);
    let say = |hash: &Digest| {
        let text = json!({"manifest_version": "1.0", "tensors": [{"name": "t", "hash": hash.hex()}]});
        home.drop_file("m/a.json", text.to_string().as_bytes());
    };
    say(&Digest::of(b"abc"));
    let verified = verify("a");
    assert_eq!((verified.status, verified.fields()), (200, ["status", "name", "detail"].map(str::to_owned).to_vec()));
    assert!(verified.json()["detail"].as_str().unwrap().starts_with("PASS:"));
    say(&Digest::of(b"abd"));
    let failed = verify("a");
    assert_eq!((failed.status, failed.fields()), (409, ["status", "name", "error"].map(str::to_owned).to_vec()));
    let error = failed.json()["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("FAIL: 1 mismatches\n  t: hash mismatch (expected "), "{error}");
    home.drop_file("m/a.json", b"no manifest");
    assert_eq!(verify("a").json()["status"], "failed");
}

#[test]
fn the_audit_trail_is_a_chain_whose_hashes_anybody_can_compute() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "a <&> b", "a.gguf", b"a");
    running.named("POST", "/v1/model/revoke", "a <&> b");
    let text = running.get("/v1/audit").text();
    let events: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut before = "genesis".to_owned();
    for (at, event) in events.iter().enumerate() {
        let keys: Vec<&str> = event.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = vec![
            "sequence",
            "timestamp",
            "action",
            "name",
            "from_state",
            "to_state",
            "sha256",
            "artifact",
            "prev_hash",
            "hash",
        ];
        if at == 0 {
            expected.remove(4);
        }
        assert_eq!(keys, expected);
        assert_eq!((&event["sequence"], &event["prev_hash"]), (&json!(at + 1), &json!(before)));
        assert_eq!(event["artifact"]["state"], event["to_state"]);
        let hash = event["hash"].as_str().unwrap().to_owned();
        // The event as it stands in the answer, with an empty hash.
        let start = text.find(&format!(r#"{{"sequence":{},"#, at + 1)).unwrap();
        let end = text[start..].find(&format!(r#""hash":"{hash}""#)).unwrap() + start;
        let bare = format!(r#"{}"hash":""}}"#, &text[start..end]);
        assert_eq!(Digest::of(bare.as_bytes()).hex(), hash);
        before = hash;
    }
    let moves: Vec<(String, String)> =
        events.iter().map(|it| (it["from_state"].to_string(), it["to_state"].to_string())).collect();
    assert_eq!(moves.last().unwrap(), &("\"trusted\"".to_owned(), "\"revoked\"".to_owned()));
}

#[test]
fn long_work_goes_on_as_a_job_for_those_who_prefer_so() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "a", "a.gguf", &vec![7; 8 << 20]);
    let token = format!("Bearer {}", super::support::TOKEN);
    let headers = [("Authorization", token.as_str()), ("Prefer", "respond-async")];
    let started = running.ask_with("POST", "/v1/models/verify-all", &headers, b"");
    assert_eq!(started.status, 202);
    let job = started.header("location").unwrap().to_owned();
    assert_eq!(started.json()["job"], job);
    let done = (0..100).map(|_| running.get(&job)).find(|answer| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        answer.status != 202
    });
    assert_eq!(done.unwrap().json()["status"], "ok");
    running.get("/v1/jobs/99").is_text(404);
    running.ask_with("GET", &job, &[], b"").is_json_error(403);
}
