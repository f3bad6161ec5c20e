//! What is shipped to run the service: units that systemd takes and calls safe, and a profile that has every system call.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::support::Home;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deploy")
}

#[test]
fn the_units_are_understood_and_exposed_to_little() {
    for unit in ["refmark-serve.service", "refmark-check.service"] {
        let shown = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--threshold=11"])
            .arg(deploy().join(unit))
            .output();
        let Ok(shown) = shown else {
            eprintln!("systemd-analyze is not here");
            return;
        };
        assert!(shown.status.success(), "{unit} is over 1.1: {}", String::from_utf8_lossy(&shown.stdout));
        let verified = Command::new("systemd-analyze").arg("verify").arg(deploy().join(unit)).output().unwrap();
        let said = String::from_utf8_lossy(&verified.stderr);
        // The command is not installed on a machine that tests it.
        let odd = said.lines().find(|line| line.contains(unit) && !line.contains("is not executable"));
        assert_eq!(odd, None, "{said}");
    }
}

#[test]
fn the_seccomp_profile_has_every_system_call_that_the_service_makes() {
    let text = std::fs::read_to_string(deploy().join("seccomp.json")).unwrap();
    let profile: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names = profile["syscalls"][0]["names"].as_array().unwrap();
    let allowed: BTreeSet<&str> = names.iter().map(|name| name.as_str().unwrap()).collect();
    let mut home = Home::new();
    let trace = home.folder.path().join("trace");
    home.trace = Some(trace.clone());
    let Ok(running) = home.try_start() else {
        eprintln!("strace cannot run here");
        return;
    };
    let sha256 = running.trust(&home, "a", "a.gguf", b"a");
    assert_eq!(running.named("GET", "/v1/model/path", "a").status, 200);
    running.ask("POST", "/v1/models/verify-all", b"");
    assert_eq!(running.get("/files/a/current/a.gguf").text(), "a");
    running.named("POST", "/v1/model/revoke", "a");
    running.named("DELETE", "/v1/model/delete", "a");
    running.acquire("b", "b.gguf", &sha256);
    drop(running);
    let lines = std::fs::read_to_string(&trace).unwrap();
    let call = |line: &str| Some(line.split_once('(')?.0.rsplit(' ').next()?.to_owned());
    let is_name =
        |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let made: BTreeSet<String> = lines.lines().filter_map(call).filter(is_name).collect();
    assert!(made.len() > 30, "{made:?}");
    let missing: Vec<&String> = made.iter().filter(|name| !allowed.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "the profile lacks {missing:?}");
}
