//! What a reader saw belongs to one copy on one disk: another copy begins anew, and the same copy never goes back without a
//! word.

use crate::environment::TestEnvironment;

fn copied(env: &TestEnvironment, from: &str, to: &str) {
    assert!(env.program("cp").args(["-a", from, to]).status().unwrap().success());
}

/// What becomes of the registry `models`, of which `backup` and `clone` are older copies: how, and what it is called after
/// that.
type Way = (&'static str, fn(&TestEnvironment), &'static str);

/// Other copies. What was seen of the old one says nothing of them.
const OTHER_COPIES: &[Way] = &[
    (
        "a folder that was put back from a backup",
        |env| {
            std::fs::remove_dir_all(env.path("models")).unwrap();
            copied(env, "backup", "models");
        },
        "models",
    ),
    (
        "a clone at the old place",
        |env| {
            std::fs::remove_dir_all(env.path("models")).unwrap();
            env.git(".", &["clone", "-q", "--bare", "clone", "models"]);
        },
        "models",
    ),
    (
        "a folder that another one was moved in the place of",
        |env| {
            std::fs::rename(env.path("models"), env.path("away")).unwrap();
            std::fs::rename(env.path("backup"), env.path("models")).unwrap();
        },
        "models",
    ),
    (
        "a link that leads to another copy now",
        |env| {
            std::os::unix::fs::symlink("models", env.path("link")).unwrap();
            env.ok(&["-R", "link", "list"]);
            std::fs::remove_file(env.path("link")).unwrap();
            std::os::unix::fs::symlink("backup", env.path("link")).unwrap();
        },
        "link",
    ),
    ("a copy under a name of its own", |env| copied(env, "backup", "other"), "other"),
    ("a backup that was always there", |_| {}, "backup"),
];

/// The same copy, which is older than what was seen of it.
const WENT_BACK: &[Way] = &[
    (
        "a branch that was set back",
        |env| {
            let older = env.git("backup", &["rev-parse", "main"]);
            env.git("models", &["update-ref", "refs/heads/main", older.trim()]);
        },
        "models",
    ),
    (
        "a file of the branch that was put back",
        |env| {
            std::fs::remove_file(env.path("models/refs/heads/main")).unwrap();
            copied(env, "backup/refs/heads/main", "models/refs/heads/main");
        },
        "models",
    ),
    (
        "a branch in packed-refs that was put back",
        |env| {
            env.git("models", &["pack-refs", "--all"]);
            env.git("backup", &["pack-refs", "--all"]);
            copied(env, "backup/packed-refs", "models/packed-refs");
        },
        "models",
    ),
    ("all files, copied over those that are there", |env| copied(env, "backup/.", "models/"), "models"),
    (
        "a fetch of an older branch by force",
        |env| drop(env.git("models", &["fetch", "-q", "../backup", "+main:main"])),
        "models",
    ),
    (
        "a copy that was moved away, set back, and moved home",
        |env| {
            std::fs::rename(env.path("models"), env.path("away")).unwrap();
            let older = env.git("backup", &["rev-parse", "main"]);
            env.git("away", &["update-ref", "refs/heads/main", older.trim()]);
            std::fs::rename(env.path("away"), env.path("models")).unwrap();
        },
        "models",
    ),
];

/// A registry whose newest move was seen here, and two older copies of it.
fn seen() -> TestEnvironment {
    let env = TestEnvironment::with_models();
    copied(&env, "models", "backup");
    env.git(".", &["clone", "-q", "--bare", "models", "clone"]);
    env.ok(&["promote", "sentiment@champion", "2"]);
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 2);
    env
}

#[test]
fn another_copy_at_an_old_place_begins_anew() {
    for (what, change, at) in OTHER_COPIES {
        let env = seen();
        change(&env);
        let found = env.json(&["-R", at, "resolve", "sentiment@champion"]);
        assert_eq!(found["version"], 1, "{what}");
        assert_eq!(env.json(&["-R", at, "verify", "--history-only"])["verdict"], "ok", "{what}");
    }
}

#[test]
fn the_same_copy_never_goes_back_without_a_word_and_goes_on_by_a_named_decision() {
    for (what, change, at) in WENT_BACK {
        let env = seen();
        change(&env);
        for verb in [&["resolve", "sentiment@champion"][..], &["list"], &["promote", "sentiment@blue", "1"]] {
            let error = env.fails(&[&["-R", at], verb].concat(), 4, "history-rewritten");
            assert!(error["hint"].as_str().unwrap().contains("trust accept-head"), "{what}: {error:#}");
        }
        let head = env.git(at, &["rev-parse", "main"]);
        env.ok(&["-R", at, "trust", "accept-head", head.trim()]);
        env.ok(&["-R", at, "list"]);
    }
}
