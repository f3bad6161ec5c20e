//! Ctrl-C, and readers that go away.

use std::process::Stdio;
use std::time::{Duration, Instant};

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
