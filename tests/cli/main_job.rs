//! The main job, with the answers that programs rely on.

use crate::environment::{TestEnvironment, has_keys};

#[test]
fn init_makes_a_registry_a_key_and_a_pin_and_says_so() {
    let env = TestEnvironment::new();
    let made = env.json(&["init", "models"]);
    has_keys(&made, &["registry", "id", "trust_root", "head", "name", "by", "key"]);
    assert_eq!(made["by"], "ada", "the founder is the user");
    assert_eq!(made["key"]["made"], true);
    let key = env.home().join(".config/refmark/key");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let trust = std::fs::read_to_string(env.home().join(".config/refmark/trust.toml")).unwrap();
    assert!(trust.contains(made["id"].as_str().unwrap()), "{trust}");
    // The next one takes the key that is there, and leaves the default alone.
    let other = env.json(&["init", "other"]);
    assert_eq!((other["key"]["made"].as_bool(), other["is_default"].as_bool()), (Some(false), Some(false)));
    env.fails(&["init", "models"], 1, "exists");
}

#[test]
fn init_here_lives_on_a_branch_of_the_project() {
    let env = TestEnvironment::new();
    env.git(".", &["init", "--quiet", "-b", "trunk", "project"]);
    env.write("project/readme.txt", "hello\n");
    env.git("project", &["add", "."]);
    env.git("project", &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "first"]);
    let mut init = env.refmark(&["init", "--here", "--name", "ours"]);
    assert!(init.current_dir(env.path("project")).output().unwrap().status.success());
    assert_eq!(env.git("project", &["branch", "--list", "--format=%(refname:short)"]), "refmark\ntrunk\n");
    assert_eq!(env.git("project", &["status", "--short"]), "", "the project's files are left alone");
    env.write("m/a.txt", "a\n");
    env.ok(&["-R", "project", "register", "m", "m"]);
    assert!(env.home().join(".local/share/refmark").is_dir(), "the blobs lie outside the project");
    assert_eq!(env.json(&["-R", "project", "verify"])["verdict"], "ok");
}

#[test]
fn the_main_job_gives_programs_the_keys_that_they_rely_on() {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--as", "ada"]);
    env.write("one/config.json", "{}\n");
    let one = env.json(&["register", "sentiment", "one", "--metric", "f1=0.5", "--lineage", "run=7"]);
    has_keys(&one, &["model", "version", "artifact", "created", "files", "trust", "commit"]);
    has_keys(&one["files"][0], &["path", "size", "sha256", "class"]);
    assert_eq!((one["version"].as_u64(), one["created"].as_bool()), (Some(1), Some(true)));
    assert_eq!((one["trust"].as_str(), one["files"][0]["class"].as_str()), (Some("trusted"), Some("data")));
    let again = env.json(&["register", "sentiment", "one", "--metric", "f1=0.5", "--lineage", "run=7"]);
    assert_eq!((again["version"].as_u64(), again["created"].as_bool()), (Some(1), Some(false)));
    assert!(again["commit"].is_null());

    env.write("two/config.json", "{\"a\": 1}\n");
    env.ok(&["register", "sentiment", "two"]);
    env.ok(&["promote", "sentiment@champion", "1"]);
    let moved = env.json(&["promote", "sentiment@champion", "2", "--reason", "better", "--expect", "1"]);
    has_keys(&moved, &["model", "alias", "sequence", "from", "to", "commit", "reason"]);
    has_keys(&moved["to"], &["version", "artifact"]);
    assert_eq!((moved["sequence"].as_u64(), moved["from"]["version"].as_u64()), (Some(2), Some(1)));

    let resolved = env.json(&["resolve", "sentiment@champion"]);
    let keys = ["reference", "model", "version", "artifact", "alias", "sequence", "commit", "trust", "stage"];
    has_keys(&resolved, &keys);
    has_keys(&resolved["as_of"], &["head", "time"]);
    assert_eq!((resolved["verified"].as_bool(), resolved["trust"].as_str()), (Some(true), Some("trusted")));
    assert_eq!(resolved["commit"], moved["commit"]);

    let pulled = env.json(&["pull", "sentiment@champion"]);
    has_keys(&pulled, &["path", "artifact", "files"]);
    assert_eq!(pulled["path"], "sentiment-2", "the folder is named after the version");
    assert_eq!(std::fs::read_to_string(env.path("sentiment-2/config.json")).unwrap(), "{\"a\": 1}\n");
    assert_eq!(env.json(&["pull", "sentiment@champion"])["was_there"], true);

    let back = env.json(&["rollback", "sentiment@champion"]);
    assert_eq!((back["sequence"].as_u64(), back["to"]["version"].as_u64()), (Some(3), Some(1)));
    let log = env.json(&["log", "sentiment@champion"]);
    assert_eq!(log["moves"].as_array().unwrap().len(), 3);
    has_keys(&log["moves"][0], &["sequence", "from", "to", "by", "time", "reason", "commit"]);
    assert_eq!(log["moves"][0]["sequence"], 3, "the newest comes first");

    let verified = env.json(&["verify"]);
    has_keys(&verified, &["verdict", "commits", "records", "blobs", "absent", "damaged", "problems"]);
    assert_eq!((verified["verdict"].as_str(), verified["blobs"].as_u64()), (Some("ok"), Some(2)));
}

#[test]
fn a_flipped_byte_is_refused_by_verify_pull_and_path_with_exit_4() {
    let env = TestEnvironment::with_models();
    let blob = env.ok(&["path", "sentiment/1"]);
    let blob = std::path::Path::new(blob.trim());
    let break_it = || {
        std::fs::remove_file(blob).ok();
        std::fs::write(blob, "{\"size\": 7}\n").unwrap();
    };
    break_it();
    let ran = env.run(&["verify", "--json"]);
    assert_eq!(ran.status, 4, "{}", ran.stdout);
    let verdict: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(verdict["verdict"], "failed");
    has_keys(&verdict["problems"][0], &["code", "message"]);
    assert_eq!(verdict["problems"][0]["code"], "damaged");
    break_it();
    let ran = env.run(&["pull", "sentiment/1", "-o", "out", "--json"]);
    assert_eq!(ran.status, 4, "{}", ran.stdout);
    assert!(!env.path("out").exists(), "nothing half-written is left");
    break_it();
    let ran = env.run(&["path", "sentiment/1"]);
    assert_eq!(ran.status, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("config.json") && ran.stderr.contains("[damaged]"), "{}", ran.stderr);
}

#[test]
fn resolve_answers_for_the_past_too() {
    let env = TestEnvironment::with_models();
    let ran = env.fails(&["resolve", "sentiment@champion", "--at", "2001-01-01"], 1, "not-found");
    assert!(ran["message"].as_str().unwrap().contains("2001"), "{ran:#}");
    let now = env.json(&["resolve", "sentiment@champion", "--at", "2999-01-01T00:00:00Z"]);
    has_keys(&now["at"], &["time", "landed", "dated_by"]);
    assert_eq!(now["at"]["dated_by"], "claimed");
    env.fails(&["resolve", "sentiment@champion", "--at", "yesterday"], 2, "bad-time");
}
