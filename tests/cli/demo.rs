//! The demo: the first thing that people run.

use std::process::Command;

use crate::environment::TestEnvironment;

#[test]
fn the_demo_does_the_whole_job_and_touches_nothing_of_the_users() {
    let env = TestEnvironment::new();
    let text = env.ok(&["demo"]);
    let steps: Vec<&str> = text.lines().take(8).collect();
    for (at, word) in
        ["made", "registered", "promoted", "registered", "promoted", "reviewed", "pulled", "flipped"].iter().enumerate()
    {
        assert!(steps[at].starts_with(&format!("{}", at + 1)) && steps[at].contains(word), "{text}");
    }
    assert!(steps[5].contains("2 of 6 tensors changed") && steps[5].contains("better"), "{text}");
    assert!(steps[7].contains("refused") && steps[7].contains("(exit 4)"), "{text}");
    assert_eq!(std::fs::read_dir(env.home()).unwrap().count(), 0, "the user's home is as it was");
    let error = env.fails(&["demo"], 1, "exists");
    assert!(error["hint"].as_str().unwrap().contains("--dir"), "{error:#}");
}

#[test]
fn what_the_demo_says_to_type_next_works_when_it_is_typed() {
    let env = TestEnvironment::new();
    let done = env.json(&["demo", "--dir", "my demo"]);
    assert_eq!(done["steps"].as_array().unwrap().len(), 8);
    let next: Vec<&str> = done["next"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let script = format!("set -e\n{}", next.join("\n"));
    let mut shell: Command = env.program("sh");
    let ran = shell.args(["-c", &script]).output().unwrap();
    assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));
    let verified = env.json(&["-R", "my demo/models", "verify"]);
    assert_eq!((verified["verdict"].as_str(), verified["damaged"].as_array().unwrap().len()), (Some("ok"), 0));
}

#[test]
fn the_demo_takes_the_users_own_model_and_leaves_it_as_it_is() {
    let env = TestEnvironment::new();
    env.write("My Model/weights.txt", "w\n");
    env.write("My Model/config.json", "{}\n");
    let text = env.ok(&["demo", "My Model"]);
    assert!(text.contains("registered My-Model/2") && text.contains("model card added"), "{text}");
    assert_eq!(std::fs::read_to_string(env.path("My Model/weights.txt")).unwrap(), "w\n");
    assert_eq!(env.files("My Model"), ["config.json", "weights.txt"]);
    // A model that is not there leaves no half of a demo.
    let env = TestEnvironment::new();
    env.fails(&["demo", "nowhere"], 1, "io");
    assert!(!env.path("refmark-demo").exists());
}

#[test]
fn the_example_registry_is_the_same_each_time_and_holds_every_kind_of_change() {
    let env = TestEnvironment::new();
    let one = env.json(&["demo", "--site", "one", "--fixed"]);
    let two = env.json(&["demo", "--site", "two", "--fixed"]);
    assert_eq!((&one["head"], &one["trust_root"]), (&two["head"], &two["trust_root"]));
    let site = env.files("one/site");
    assert_eq!(site, env.files("two/site"));
    for file in &site {
        let bytes = |example: &str| std::fs::read(env.path(example).join("site").join(file)).unwrap();
        assert!(bytes("one") == bytes("two"), "{file} differs");
    }
    assert_eq!(std::fs::read_dir(env.home()).unwrap().count(), 0, "the user's home is as it was");
    let verified = env.json(&["-R", "one/models", "verify"]);
    assert_eq!((verified["verdict"].as_str(), verified["damaged"].as_array().unwrap().len()), (Some("ok"), 0));
    for (proposal, verdict) in [("pending", "pending"), ("blocked", "pending"), ("refused", "refused")] {
        let range = format!("main..{}", one[proposal].as_str().unwrap());
        assert_eq!(env.json(&["-R", "one/models", "review", &range])["verdict"], verdict, "{proposal}");
    }
    // What it says to type next lands the pending one.
    let bo = env.path("one/keys/bo").display().to_string();
    let pending = one["pending"].as_str().unwrap();
    let given = env.json(&["-R", "one/models", "--key", &bo, "approve", pending]);
    assert_eq!(given["complete"], true, "{given:#}");
    env.fails(&["demo", "--site", "one"], 1, "exists");
}
