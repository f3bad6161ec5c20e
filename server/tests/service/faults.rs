//! What must never go wrong: identity of files, closed digests, bytes that are gone, history, kills.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::support::{Home, files_below, promotion};

#[test]
fn two_spellings_of_a_file_are_one_file_and_an_object_is_nobodys_dropped_file() {
    let home = Home::new();
    let running = home.start();
    let sha256 = running.trust(&home, "a", "x.gguf", b"a");
    for spelling in ["./x.gguf", "y/../x.gguf", "y//../x.gguf"] {
        running.acquire("other", spelling, &sha256).is_text(409);
    }
    let object = running.named("GET", "/v1/model", "a").json()["object_path"].as_str().unwrap().to_owned();
    running.acquire("thief", &object, &sha256).is_text(400);
    running.acquire("thief", &format!("./{object}"), &sha256).is_text(400);
    assert_eq!(running.named("GET", "/v1/model/path", "a").status, 200);
}

#[test]
fn deleting_one_name_never_touches_the_bytes_of_another_and_leaves_none_of_its_own() {
    let home = Home::new();
    let running = home.start();
    let sha256 = running.trust(&home, "a", "a.gguf", b"same");
    running.trust(&home, "b", "b.gguf", b"same");
    assert_eq!(running.named("DELETE", "/v1/model/delete", "a").json()["status"], "deleted");
    assert_eq!(running.named("GET", "/v1/model/path", "b").status, 200);
    let object = format!("objects/sha256/{}/{sha256}.gguf", &sha256[..2]);
    assert_eq!(files_below(&home.registry()), ["b.gguf", object.as_str()]);
    running.named("DELETE", "/v1/model/delete", "b");
    assert!(files_below(&home.registry()).is_empty());
    // A deleted digest may come back under a new name.
    running.trust(&home, "c", "a.gguf", b"same");
    assert_eq!(running.named("DELETE", "/v1/model/delete", "a").json()["status"], "already_deleted");
    assert_eq!(running.named("GET", "/v1/model/path", "c").status, 200);
}

#[test]
fn a_revoked_digest_is_closed_under_every_name_even_after_it_was_deleted() {
    let home = Home::new();
    let running = home.start();
    let sha256 = running.trust(&home, "a", "a.gguf", b"bad");
    running.trust(&home, "b", "b.gguf", b"bad");
    assert_eq!(running.named("POST", "/v1/model/revoke", "a").json()["status"], "revoked");
    running.named("GET", "/v1/model/path", "b").is_json_error(403);
    assert_eq!(running.named("POST", "/v1/model/verify", "b").json()["safe_to_use"], "false");
    let closed = |name: &str| {
        let file = format!("{name}.gguf");
        home.drop_file(&file, b"bad");
        assert_eq!(running.acquire(name, &file, &sha256).status, 201);
        assert_eq!(running.named("POST", "/v1/model/quarantine", name).status, 200);
        running.promote(name, &file, &sha256).is_text(409);
    };
    closed("c");
    running.named("DELETE", "/v1/model/delete", "a");
    running.named("DELETE", "/v1/model/delete", "b");
    closed("d");
    running.kill();
    let running = home.start();
    running.promote("d", "d.gguf", &sha256).is_text(409);
}

#[test]
fn many_readers_of_one_good_model_are_all_answered() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "a", "a.gguf", &vec![1; 16 << 20]);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                assert_eq!(running.named("GET", "/v1/model/path", "a").status, 200);
                assert_eq!(running.named("POST", "/v1/model/verify", "a").status, 200);
                assert_eq!(running.ask("POST", "/v1/models/verify-all", b"").status, 200);
            });
        }
    });
}

#[test]
fn a_folder_that_was_put_back_or_taken_away_is_noticed() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "a", "a.gguf", b"a");
    running.kill();
    let copy = home.folder.path().join("copy");
    let run = |program: &str, arguments: &[&std::path::Path]| {
        let done = std::process::Command::new(program).arg("-a").args(arguments).status().unwrap();
        assert!(done.success());
    };
    run("cp", &[&home.registry(), &copy]);
    let running = home.start();
    running.named("POST", "/v1/model/revoke", "a");
    running.kill();
    let newest = home.folder.path().join("newest");
    std::fs::rename(home.registry(), &newest).unwrap();
    std::fs::rename(&copy, home.registry()).unwrap();
    let (status, log) = home.try_start().err().unwrap();
    assert!(status == Some(1) && log.contains("older"), "{log}");
    std::fs::rename(home.registry(), &copy).unwrap();
    std::fs::rename(&newest, home.registry()).unwrap();
    assert_eq!(home.start().state("a"), "revoked");
    // Without its registry the folder is not a new one.
    std::fs::rename(home.registry().join(".refmark"), home.folder.path().join("taken")).unwrap();
    assert_eq!(home.try_start().err().unwrap().0, Some(1));
}

#[test]
fn records_of_others_in_the_registry_have_no_effect() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "a", "a.gguf", b"a");
    running.named("POST", "/v1/model/revoke", "a");
    // Somebody with write access to the folder, and without the key, takes the revocation back.
    let git = |arguments: &[&str]| {
        let registry = home.registry().join(".refmark");
        let done = std::process::Command::new("git").arg("-C").arg(registry).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    let before = git(&["rev-parse", "main~1"]);
    git(&["update-ref", "refs/heads/main", &before]);
    assert_eq!(running.named("GET", "/v1/model", "a").status, 503);
    assert_eq!(running.named("GET", "/v1/model/path", "a").status, 503);
    running.kill();
    assert_eq!(home.try_start().err().unwrap().0, Some(1));
}

#[test]
fn a_large_record_is_kept_whole() {
    let home = Home::new();
    let running = home.start();
    let sha256 = home.drop_file("a.gguf", b"a");
    running.acquire("a", "a.gguf", &sha256);
    running.named("POST", "/v1/model/quarantine", "a");
    let mut body = promotion("a", "a.gguf", &sha256);
    body["gguf_guard_fingerprint"] = json!({"list": vec!["\"".repeat(4000); 100]});
    let promoted = running.post("/v1/model/promote", &body);
    assert_eq!(promoted.status, 201, "{}", promoted.text());
    running.kill();
    assert_eq!(home.start().named("GET", "/v1/model", "a").json(), promoted.json());
}

#[test]
fn kills_at_random_moments_lose_nothing_that_was_acknowledged_and_leave_nothing_behind() {
    let rounds: u64 = std::env::var("REFMARK_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(8);
    let home = Home::new();
    // Each name with the states that it may be in: the one that was acknowledged, and the one that was asked for last.
    let mut acknowledged: Vec<(String, Vec<&str>)> = Vec::new();
    for round in 0..rounds {
        let running = home.start();
        for (name, states) in &acknowledged {
            assert!(states.contains(&running.state(name).as_str()), "{name}: {states:?}");
        }
        let done = AtomicBool::new(false);
        let fresh = std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let mut fresh = Vec::new();
                for number in 0.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let name = format!("m{round}-{number}");
                    let file = format!("{name}.gguf");
                    let sha256 = home.drop_file(&file, name.as_bytes());
                    let ask = |method: &str, target: &str, body: String| {
                        let token = format!("Bearer {}", super::support::TOKEN);
                        let headers = [("Authorization", token.as_str())];
                        running
                            .try_ask(method, target, &headers, body.as_bytes())
                            .map(|answer| answer.status)
                            .unwrap_or(0)
                    };
                    let body = json!({"name": name, "filename": file, "sha256": sha256}).to_string();
                    if ask("POST", "/v1/model/acquire", body) != 201 {
                        break;
                    }
                    fresh.push((name.clone(), vec!["acquired"]));
                    let steps = [
                        ("POST", format!("/v1/model/quarantine?name={name}"), String::new(), "quarantined"),
                        (
                            "POST",
                            "/v1/model/promote".to_owned(),
                            promotion(&name, &file, &sha256).to_string(),
                            "trusted",
                        ),
                        ("DELETE", format!("/v1/model/delete?name={name}"), String::new(), "deleted"),
                    ];
                    for (method, target, body, state) in steps {
                        let states = &mut fresh.last_mut().unwrap().1;
                        if !matches!(ask(method, &target, body), 200 | 201) {
                            states.push(state);
                            return fresh;
                        }
                        *states = vec![state];
                    }
                }
                fresh
            });
            std::thread::sleep(std::time::Duration::from_millis(250 + (round * 7919) % 700));
            let server = rustix::process::Pid::from_child(&running.child);
            rustix::process::kill_process(server, rustix::process::Signal::KILL).unwrap();
            done.store(true, Ordering::Relaxed);
            worker.join().unwrap()
        });
        acknowledged.extend(fresh);
    }
    let running = home.start();
    assert!(acknowledged.len() as u64 > rounds, "only {} were acknowledged", acknowledged.len());
    for (name, states) in &acknowledged {
        assert!(states.contains(&running.state(name).as_str()), "{name}: {states:?}");
    }
    let (_, log) = running.stop();
    for file in files_below(&home.registry()) {
        assert!(!file.contains(".tmp"), "{file} was left behind: {log}");
    }
}
