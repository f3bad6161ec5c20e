//! Ctrl-C, and readers that go away.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, mkfifoat};

use crate::environment::{Ran, Signal, TestEnvironment, send};

#[test]
fn ctrl_c_in_a_long_register_leaves_nothing_behind() {
    let env = TestEnvironment::with_models();
    // Holes cost no disk; copying and hashing them takes seconds.
    std::fs::File::create(env.path("large.bin")).unwrap().set_len(6 << 30).unwrap();
    let before = env.files("models/refmark/blobs");
    let mut register = env.refmark(&["register", "large", "large.bin", "--json"]);
    let child = register.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while env.files("models/refmark/tmp").is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "the copy never began");
        std::thread::sleep(Duration::from_millis(2));
    }
    send(&child, Signal::INT);
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("\"cancelled\""), "{}", ran.stdout);
    assert_eq!(env.files("models/refmark/tmp"), Vec::<String>::new());
    assert_eq!(env.files("models/refmark/blobs"), before);
    assert!(!env.path("models/refmark/lock").exists());
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
    env.fails(&["list", "large"], 1, "not-found");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let env = TestEnvironment::new();
    for arguments in [&["help", "errors"][..], &["completions", "bash"], &["help"]] {
        let mut child = env.refmark(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran: Ran = child.wait_with_output().unwrap().into();
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

/// A server that takes every connection and never answers.
fn silent_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept() {
            held.push(stream);
        }
    });
    format!("http://{at}")
}

#[test]
fn a_sigterm_ends_every_wait() {
    let env = TestEnvironment::with_models();
    let server = silent_server();
    let sleeper = |name: &str| {
        env.write(name, "#!/bin/sh\nexec sleep 600\n");
        std::fs::set_permissions(env.path(name), PermissionsExt::from_mode(0o755)).unwrap();
        env.path(name)
    };
    let python = sleeper("python");
    sleeper("modelscan");
    let fifo = env.path("fifo");
    mkfifoat(CWD, &fifo, Mode::from_raw_mode(0o600)).unwrap();
    let url = format!("{server}/models.git");
    env.ok(&["clone", "models", "copy"]);
    env.git("copy", &["remote", "set-url", "origin", &url]);
    let lock = serde_json::json!({"host": "trainer-7", "boot": "b", "pid": 1, "start": "1",
        "since": "2026-11-21T09:00:00Z", "nonce": "n"});
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", env.work().display());
    // What each waits for: a server by Git, by ourselves, another writer, a person's pipe, other programs, standard input.
    let waits: &[&[&str]] = &[
        &["clone", &url, "other"],
        &["fetch", "-R", "copy"],
        &["assert-served", "sentiment@champion", "--url", &server],
        &["promote", "sentiment@champion", "2", "--wait", "600"],
        &["policy", "check", "fifo"],
        &["import", "mlflow", "mlruns"],
        &["scan", "sentiment/1", "--with", "modelscan"],
        &["hook", "pre-receive"],
    ];
    for arguments in waits {
        let locked = arguments.contains(&"promote");
        if locked {
            env.write("models/refmark/lock", lock.to_string());
        }
        let mut command = env.refmark(arguments);
        command.env("REFMARK_PYTHON", &python).env("PATH", &path).env("GIT_DIR", env.path("models"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(1500));
        if let Some(status) = child.try_wait().unwrap() {
            let ran: Ran = child.wait_with_output().unwrap().into();
            panic!("{arguments:?} does not wait: {status} {}{}", ran.stdout, ran.stderr);
        }
        let asked = Instant::now();
        send(&child, Signal::TERM);
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(asked.elapsed() < Duration::from_secs(20), "{arguments:?} waits on");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(!ended.success(), "{arguments:?}");
        if locked {
            env.ok(&["unlock"]);
        }
    }
    assert!(!env.path("other").exists());
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
}
