//! `bridge`, `assert-served` and `doctor`: from a promotion to what runs, and what may go wrong some day.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::environment::TestEnvironment;
use serde_json::Value;

const DEPLOYMENT: &str = "# what serves\nspec:\n  storageUri: \"models:/sentiment/1\"  # {\"$refmark\": \"sentiment@champion:uri\"}\n  replicas: 3\n";

/// A runtime that answers every request with this.
fn runtime(answer: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/info", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let body = answer.to_string();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn a_promotion_is_written_into_the_marked_values_and_nowhere_else() {
    let env = TestEnvironment::with_models();
    env.write("deploy/kserve.yaml", DEPLOYMENT);
    env.write("deploy/app/.env", "# {\"$refmark\": \"sentiment@champion:version\"}\nMODEL_VERSION=1\nOTHER=1\n");
    env.write("deploy/untouched.yml", "a:   [1,2]\n");
    assert!(env.ok(&["bridge", "check", "deploy"]).contains("as approved"));
    env.ok(&["promote", "sentiment@champion", "2", "-m", "better on the March set"]);
    assert_eq!(env.run(&["bridge", "check", "deploy"]).status, 3);
    let dry = env.ok(&["bridge", "apply", "deploy", "--dry-run"]);
    assert!(dry.contains("2 values would be written"), "{dry}");
    assert_eq!(std::fs::read_to_string(env.path("deploy/kserve.yaml")).unwrap(), DEPLOYMENT);
    let done = env.json(&["bridge", "apply", "deploy", "--message-file", "message"]);
    assert_eq!((&done["written"], done["edits"].as_array().unwrap().len()), (&true.into(), 2), "{done:#}");
    let new = std::fs::read_to_string(env.path("deploy/kserve.yaml")).unwrap();
    assert_eq!(new, DEPLOYMENT.replace("models:/sentiment/1", "models:/sentiment/2"));
    assert!(std::fs::read_to_string(env.path("deploy/app/.env")).unwrap().ends_with("MODEL_VERSION=2\nOTHER=1\n"));
    let message = std::fs::read_to_string(env.path("message")).unwrap();
    for part in ["deploy sentiment@champion at version 2", "better on the March set", "Refmark-Statement: ", "by ada"] {
        assert!(message.contains(part), "{part} is missing in {message}");
    }
    assert!(env.ok(&["bridge", "apply", "deploy"]).contains("as approved already"));
    // A manifest that names an alias, or `latest`, runs what nobody approved for it.
    env.write("deploy/loose.yaml", "image: registry.example/sentiment:latest\n");
    let checked = env.run(&["bridge", "check", "deploy", "--json"]);
    let found: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!((checked.status, &found["current"], &found["moving"][0]["line"]), (3, &false.into(), &1.into()));
}

#[test]
fn what_is_revoked_and_what_cannot_be_read_stops_the_bridge_before_a_byte_is_written() {
    let env = TestEnvironment::with_models();
    env.ok(&["promote", "sentiment@champion", "2", "-m", "better"]);
    env.write("deploy/a.yaml", DEPLOYMENT);
    env.write("deploy/b.yaml", "a: 1 # {\"$refmark\": \"sentiment@champion:colour\"}\n");
    let stopped = env.run(&["bridge", "apply", "deploy"]);
    assert_eq!(stopped.status, 3, "{}", stopped.stdout);
    assert!(stopped.stdout.contains("b.yaml") && stopped.stdout.contains("nothing was written"), "{}", stopped.stdout);
    std::fs::remove_file(env.path("deploy/b.yaml")).unwrap();
    env.ok(&["revoke", "sentiment/2", "-m", "wrong data"]);
    assert_eq!(env.run(&["bridge", "apply", "deploy"]).status, 3);
    assert_eq!(std::fs::read_to_string(env.path("deploy/a.yaml")).unwrap(), DEPLOYMENT);
}

#[test]
fn from_promotion_to_what_is_served_each_step_names_the_one_before() {
    let env = TestEnvironment::with_models();
    // What is deployed from: a repository of its own, with a bare one that stands for the forge.
    env.write("site/apps/kserve.yaml", DEPLOYMENT);
    env.git("site", &["init", "-q", "-b", "main"]);
    env.git("site", &["add", "."]);
    env.git("site", &["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "deploy"]);
    env.git("site", &["clone", "-q", "--bare", ".", "../forge"]);
    env.ok(&["promote", "sentiment@champion", "2", "-m", "better"]);
    let run = ["-R", "models", "bridge", "run", "--repo", "forge", "--branch", "main"];
    let proposed = env.json(&[&run[..], &["--to", "refmark/sentiment"]].concat());
    assert_eq!(proposed["branch"], "refmark/sentiment", "{proposed:#}");
    // A merge request that is open is not made again, and nothing went to the branch that is deployed from.
    assert!(env.json(&[&run[..], &["--to", "refmark/sentiment"]].concat())["commit"].is_null());
    assert!(env.git("forge", &["show", "main:apps/kserve.yaml"]).contains("sentiment/1"));
    let done = env.json(&run);
    let commit = done["commit"].as_str().unwrap();
    assert_eq!(env.git("forge", &["rev-parse", "main"]).trim(), commit);
    let shown = env.git("forge", &["show", "--format=raw", "main"]);
    assert!(shown.contains("Refmark-Statement: ") && shown.contains("gpgsig"), "{shown}");
    assert_eq!(shown.matches("\n+").count() - 1, 1, "more than the marked line changed: {shown}");
    assert!(env.ok(&run).contains("as approved already"));
    // A controller would bring the runtime there.
    let artifact = env.json(&["-R", "models", "resolve", "sentiment/2"])["artifact"].clone();
    let url = runtime(serde_json::json!({"model": {"artifact": artifact}, "old": {"version": 1}}));
    let assert = |more: &[&str]| {
        env.run(&[&["-R", "models", "assert-served", "sentiment@champion", "--url", &url], more].concat())
    };
    assert_eq!(assert(&[]).status, 0, "{}", assert(&[]).stderr);
    let other = assert(&["--path", ".old.version"]);
    assert_eq!(other.status, 3);
    assert!(other.stdout.contains("the runtime says 1"), "{}", other.stdout);
    assert_eq!(assert(&["--path", ".nothing.here"]).status, 3);
    assert_eq!(assert(&["--path", "nothing"]).status, 2);
    env.fails(
        &["-R", "models", "assert-served", "sentiment@champion", "--url", "http://127.0.0.1:1/"],
        1,
        "unreachable",
    );
    env.fails(&[&run[..], &["--to", "x", "--allow-unverified", "--branch", "none"]].concat()[..], 2, "bad-argument");
}

#[test]
fn doctor_says_on_one_screen_what_to_do() {
    let env = TestEnvironment::with_models();
    let page = env.ok(&["doctor"]);
    assert!(page.lines().count() < 25, "{page}");
    for part in ["history", "clock", "disk", "backup", "next: backup: `refmark backup DIR`"] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    let of = |answer: &Value, what: &str| {
        answer["checks"].as_array().unwrap().iter().find(|it| it["what"] == what).unwrap()["health"].clone()
    };
    let before = env.json(&["doctor"]);
    assert_eq!((of(&before, "drill"), of(&before, "root")), ("doubtful".into(), "good".into()), "{before:#}");
    env.ok(&["backup", "../kept"]);
    env.ok(&["backup", "check", "../kept", "--drill"]);
    let after = env.json(&["doctor"]);
    assert_eq!((of(&after, "backup"), of(&after, "drill")), ("good".into(), "good".into()), "{after:#}");
    let blob = env.files("models/refmark/blobs").into_iter().find(|it| it.len() > 32).unwrap();
    std::fs::remove_file(env.path("models/refmark/blobs").join(blob)).unwrap();
    assert_eq!(of(&env.json(&["doctor"]), "files"), "doubtful");
    env.ok(&["remote", "add", "disk", "mount"]);
    std::fs::remove_dir_all(env.path("mount")).unwrap();
    assert_eq!(of(&env.json(&["doctor"]), "remotes"), "doubtful");
}
