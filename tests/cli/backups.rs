//! `backup` and `restore`: a disk is lost, a forge is lost, and what was kept is proven before it is needed.

use crate::environment::{TestEnvironment, has_keys};
use serde_json::Value;

#[test]
fn a_lost_disk_is_restored_on_another_machine_by_another_user_and_readers_are_told() {
    let env = TestEnvironment::with_models();
    let root = env.json(&["trust", "show"])["trust_root"].as_str().unwrap().to_owned();
    let made = env.json(&["backup", "../kept"]);
    has_keys(&made, &["backup", "number", "new", "head", "git_bytes", "blobs", "blob_bytes", "blobs_in_all", "absent"]);
    env.ok(&["promote", "sentiment@champion", "2", "-m", "better"]);
    let page = env.ok(&["backup", "../kept"]);
    assert!(page.contains("added") && page.contains("0 files"), "{page}");
    assert!(env.ok(&["backup", "check", "../kept"]).starts_with("whole"));
    assert!(env.ok(&["status"]).contains("backup"));
    let drill = env.json(&["backup", "check", "../kept", "--drill", "--report", "drill.json"]);
    assert_eq!(drill["passed"], true, "{drill:#}");
    let report: Value = serde_json::from_slice(&std::fs::read(env.path("drill.json")).unwrap()).unwrap();
    assert_eq!(report, drill);
    assert_eq!(env.json(&["status"])["last_drill"]["number"], 2);

    // Another machine: nothing of the first one but the backup, and the root as its owner told it.
    let other = TestEnvironment::new();
    let kept = env.work().parent().unwrap().join("kept");
    let kept = kept.to_str().unwrap();
    let wrong = format!("sha256:{}", "0".repeat(64));
    other.fails(&["--trust-root", &wrong, "restore", kept, "models"], 4, "wrong-root");
    assert!(!other.path("models").exists());
    let page = other.ok(&["--trust-root", &root, "restore", kept, "models"]);
    assert!(page.contains("verified: ") && page.contains("trust accept-head"), "{page}");
    other.ok(&["-R", "models", "--trust-root", &root, "pull", "sentiment@champion", "-o", "live"]);
    assert_eq!(std::fs::read(other.path("live/config.json")).unwrap(), b"{\"size\": 2}\n");
    let older = other.json(&["--tofu", "restore", kept, "older", "--number", "1"]);
    assert_eq!(older["head"], made["head"]);
    assert_eq!(other.json(&["-R", "older", "resolve", "sentiment@champion"])["version"], 1);
    other.fails(&["restore", kept, "older"], 1, "exists");
    other.fails(&["restore", "models", "x"], 1, "not-found");
}

#[test]
fn what_lies_damaged_in_a_backup_is_found_by_check_and_restored_by_nobody() {
    let env = TestEnvironment::with_models();
    env.ok(&["backup", "kept"]);
    let pack = env.files("kept").into_iter().find(|name| name.ends_with(".pack")).unwrap();
    let mut bytes = std::fs::read(env.path("kept").join(&pack)).unwrap();
    bytes[20] ^= 1;
    std::fs::write(env.path("kept").join(&pack), bytes).unwrap();
    let error = env.fails(&["backup", "check", "kept"], 4, "damaged");
    assert!(error["message"].as_str().unwrap().contains(".pack"), "{error:#}");
    env.fails(&["restore", "kept", "again"], 4, "damaged");
    env.fails(&["backup", "check", "kept", "--drill"], 4, "damaged");
    assert!(!env.path("again").exists());
    assert!(env.json(&["status"])["last_drill"].is_null());
}

#[test]
fn a_lost_forge_is_made_again_from_a_backup_and_clones_take_the_older_head_by_name() {
    let env = TestEnvironment::with_models();
    env.ok(&["clone", "models", "mine"]);
    env.ok(&["-R", "models", "backup", "kept"]);
    env.ok(&["-R", "models", "promote", "sentiment@champion", "2", "-m", "better"]);
    env.ok(&["-R", "mine", "fetch"]);
    std::fs::rename(env.path("models"), env.path("lost")).unwrap();
    let restored = env.json(&["restore", "kept", "models"]);
    // The clone saw more than the forge has now: going back is a decision.
    env.fails(&["-R", "mine", "fetch"], 4, "history-rewritten");
    env.ok(&["-R", "mine", "trust", "accept-head", restored["head"].as_str().unwrap()]);
}
