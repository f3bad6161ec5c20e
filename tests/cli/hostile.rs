//! Files and places that somebody unlucky or hostile gives to the command.

use refmark_core::store::fs::host::unique_name;
use serde_json::Value;

use crate::environment::TestEnvironment;

#[test]
fn a_file_that_never_ends_is_too_large_wherever_a_person_names_one() {
    let env = TestEnvironment::with_models();
    let before = env.git("models", &["rev-parse", "main"]);
    let places: [&[&str]; 9] = [
        &["register", "sentiment", "two", "--contract", "/dev/zero"],
        &["register", "sentiment", "two", "--lineage", "/dev/zero"],
        &["register", "--from", "/dev/zero"],
        &["register", "sentiment", "--ref", "s3://bucket/a", "--sha256-list", "/dev/zero"],
        &["policy", "check", "/dev/zero"],
        &["policy", "sign", "/dev/zero"],
        &["members", "add", "--role", "owner", "bob=/dev/zero"],
        &["--trust-root", "/dev/zero", "resolve", "sentiment@champion"],
        &["catalog", "add", "evidence-type", "x", "--meaning", "x", "--schema", "/dev/zero"],
    ];
    for place in places {
        // Within so much memory, for the day that one of them reads on.
        let mut shell = env.program("sh");
        shell.args(["-c", "ulimit -v 4000000; exec \"$0\" \"$@\" --json", env!("CARGO_BIN_EXE_refmark")]).args(place);
        let output = shell.output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{place:?}: {output:?}"));
        assert_eq!((output.status.code(), &said["error"]["code"]), (Some(1), &"too-large".into()), "{place:?}");
        assert!(said["error"]["message"].as_str().unwrap().contains("/dev/zero"), "{place:?}: {said:#}");
    }
    assert_eq!(env.git("models", &["rev-parse", "main"]), before);
}

#[test]
fn a_policy_with_a_typing_error_is_a_usage_error_and_an_empty_one_locks_nobody_out() {
    let env = TestEnvironment::with_models();
    env.write("empty.toml", "");
    env.write("twice.toml", "format = 1\nformat = 1\n");
    env.write("unknown.toml", "colour = \"red\"\n");
    for file in ["empty.toml", "twice.toml", "unknown.toml"] {
        for verb in ["check", "apply"] {
            env.fails(&["policy", verb, file], 2, "bad-argument");
        }
    }
    assert_eq!(env.json(&["policy", "show"])["number"], 1);
    env.ok(&["promote", "sentiment@champion", "2"]);
}

#[test]
fn what_a_killed_process_left_is_told_by_status_and_swept_by_the_next_register() {
    let env = TestEnvironment::with_models();
    let mut dead: Vec<String> = unique_name().split('.').map(str::to_owned).collect();
    dead[2] = "1".to_owned();
    env.write(&format!("models/refmark/tmp/{}", dead.join(".")), vec![7; 3_000_000]);
    let status = env.json(&["status"]);
    assert_eq!((&status["leftovers"], &status["leftover_bytes"]), (&1.into(), &3_000_000.into()));
    assert!(env.ok(&["status"]).contains("1 file of killed processes (3.0 MB): refmark gc"));
    assert_eq!(env.json(&["gc", "--dry-run"])["leftover_bytes"], 3_000_000);
    env.write("new/config.json", "{\"new\": true}");
    env.ok(&["register", "sentiment", "new"]);
    assert_eq!(env.files("models/refmark/tmp"), Vec::<String>::new());
    assert_eq!(env.json(&["status"])["leftovers"], 0);
}

#[test]
fn a_document_that_is_too_large_is_named_with_its_size() {
    let env = TestEnvironment::with_models();
    env.write("card.md", "x".repeat(17 << 20));
    let error = env.fails(&["register", "sentiment", "two", "--card", "card.md", "--release", "9.0"], 1, "too-large");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("model-card.md would have 17825792 bytes"), "{message}");
}

#[test]
fn who_lost_a_part_of_the_registry_is_not_told_to_make_a_new_one_there() {
    let env = TestEnvironment::with_models();
    std::fs::remove_file(env.path("models/HEAD")).unwrap();
    let error = env.fails(&["-R", "models", "list"], 1, "not-a-registry");
    assert!(error["hint"].as_str().unwrap().contains("from a copy or a clone"), "{error:#}");
    let error = env.fails(&["-R", "nothing-here", "list"], 1, "not-a-registry");
    assert!(error["hint"].as_str().unwrap().contains("refmark init"), "{error:#}");
}

#[test]
fn a_version_of_many_files_and_a_store_that_rotted_are_told_on_one_screen() {
    let env = TestEnvironment::with_models();
    for n in 0..120 {
        env.write(&format!("many/f{n}.json"), format!("{{\"n\": {n}}}"));
    }
    env.ok(&["register", "many", "many"]);
    let shown = env.ok(&["show", "many/1"]);
    assert!(shown.contains("and 20 more; --json has all") && shown.lines().count() < 125, "{shown}");
    let files = env.json(&["show", "many/1"]);
    assert_eq!(files["manifest"]["files"].as_array().unwrap().len(), 120);
    for blob in env.files("models/refmark/blobs") {
        let path = env.path(&format!("models/refmark/blobs/{blob}"));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(path, "rotten").unwrap();
    }
    let said = env.run(&["verify"]);
    assert_eq!(said.status, 4);
    assert!(said.stdout.contains("more; --json has all") && said.stdout.lines().count() < 210, "{}", said.stdout);
}
