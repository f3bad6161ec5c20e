//! Several people, each with a clone, and what they read: one command goes on, and nothing is lost without a word.

use std::process::Stdio;

use crate::environment::{Ran, TestEnvironment};

/// A registry, and two clones of it with homes of their own paths.
fn two_clones() -> TestEnvironment {
    let env = TestEnvironment::with_models();
    env.ok(&["clone", "models", "ann"]);
    env.ok(&["clone", "models", "ben"]);
    env
}

#[test]
fn a_fresh_clone_of_either_kind_promotes_and_the_bytes_come_by_themselves() {
    let env = two_clones();
    env.git(".", &["clone", "-q", "models", "plain"]);
    for clone in ["ann", "plain"] {
        let absent = || env.json(&["-R", clone, "show", "sentiment/1"])["absent"].clone();
        assert_eq!(absent(), 1, "{clone}");
        env.ok(&["-R", clone, "promote", "sentiment@blue", "1"]);
        assert_eq!(absent(), 0, "{clone}");
    }
    // Nobody moves an alias to bytes that are nowhere.
    let blobs = env.path("models/refmark/blobs");
    std::fs::rename(&blobs, env.path("away")).unwrap();
    let error = env.fails(&["-R", "ben", "promote", "sentiment@blue", "1"], 1, "absent");
    assert!(error["hint"].as_str().unwrap().contains("refmark sync"), "{error}");
    std::fs::rename(env.path("away"), blobs).unwrap();
    env.ok(&["-R", "ben", "promote", "sentiment@blue", "1"]);
}

#[test]
fn what_is_registered_in_a_plain_git_clone_is_pushed_with_its_bytes() {
    let env = TestEnvironment::with_models();
    env.git(".", &["clone", "-q", "models", "plain"]);
    env.write("third/config.json", "{\"made\": \"in a clone\"}");
    env.ok(&["-R", "plain", "register", "sentiment", "third"]);
    assert_eq!(env.json(&["-R", "plain", "push"])["blobs"], 1);
    env.ok(&["-R", "models", "pull", "sentiment/3", "-o", "out"]);
    assert_eq!(std::fs::read(env.path("out/config.json")).unwrap(), b"{\"made\": \"in a clone\"}");
}

#[test]
fn an_origin_that_is_another_registry_now_is_told_as_that_and_accepted_by_nobody() {
    let env = two_clones();
    std::fs::rename(env.path("models"), env.path("old")).unwrap();
    env.ok(&["init", "models", "--as", "eve"]);
    let error = env.fails(&["-R", "ann", "fetch"], 4, "wrong-registry");
    assert!(error["message"].as_str().unwrap().contains("the origin holds another registry, models"), "{error}");
    let theirs = env.git("models", &["rev-parse", "main"]);
    env.fails(&["-R", "ann", "trust", "accept-head", theirs.trim()], 4, "wrong-registry");
    // A repository that is no registry at all says so, too.
    std::fs::remove_dir_all(env.path("models")).unwrap();
    env.git(".", &["init", "-q", "-b", "main", "models"]);
    let somebody = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
    env.git("models", &[&somebody[..], &["commit", "-q", "--allow-empty", "-m", "a project"]].concat());
    let error = env.fails(&["-R", "ben", "fetch"], 4, "wrong-registry");
    assert!(error["message"].as_str().unwrap().contains("is no registry"), "{error}");
    std::fs::remove_dir_all(env.path("models")).unwrap();
    std::fs::rename(env.path("old"), env.path("models")).unwrap();
    env.ok(&["-R", "ben", "fetch"]);
}

#[test]
fn a_clone_that_git_made_with_reftables_is_cloned_into_one_that_is_read() {
    let env = TestEnvironment::with_models();
    let made = env.program("git").args(["clone", "-q", "--ref-format=reftable", "models", "tables"]).status().unwrap();
    if !made.success() {
        return; // This Git has none.
    }
    let error = env.fails(&["-R", "tables", "list"], 1, "unsupported");
    assert!(error["hint"].as_str().unwrap().contains("git refs migrate"), "{error}");
    env.ok(&["clone", "tables", "copy"]);
    env.ok(&["-R", "copy", "list"]);
    env.git(".", &["init", "-q", "--ref-format=reftable", "project"]);
    let error = env.fails(&["-R", "project", "init", "project", "--here", "--as", "ada"], 1, "unsupported");
    assert!(error["hint"].as_str().unwrap().contains("git refs migrate"), "{error}");
}

#[test]
fn who_clones_what_is_not_there_is_not_told_to_make_a_registry() {
    let env = TestEnvironment::with_models();
    for place in ["mnt/models", "one"] {
        let error = env.fails(&["clone", place, "copy"], 1, "not-a-registry");
        assert!(!error["hint"].as_str().unwrap().contains("init"), "{error}");
    }
}

#[test]
fn a_registry_on_a_branch_of_any_name_keeps_a_project_from_a_second_one() {
    let env = TestEnvironment::with_models();
    env.git("models", &["branch", "-q", "-m", "main", "production"]);
    env.git(".", &["init", "-q", "project"]);
    env.git("project", &["remote", "add", "upstream", "../models"]);
    env.git("project", &["fetch", "-q", "upstream"]);
    let error = env.fails(&["init", "project", "--here", "--as", "ada"], 1, "exists");
    assert!(error["message"].as_str().unwrap().contains("upstream/production"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("refmark clone"), "{error}");
}

#[test]
fn a_commit_that_wipes_a_registry_is_a_bad_tip_and_no_end_of_it() {
    let env = two_clones();
    env.git(".", &["clone", "-q", "models", "work"]);
    let somebody = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
    env.git("work", &["rm", "-rq", "."]);
    env.git("work", &[&somebody[..], &["commit", "-q", "-m", "all of it"]].concat());
    env.git("work", &["push", "-q"]);
    env.fails(&["resolve", "sentiment@champion"], 4, "bad-tip");
    assert_eq!(env.json(&["resolve", "sentiment@champion", "--last-good"])["version"], 1);
    env.fails(&["-R", "ann", "fetch"], 4, "bad-tip");
    env.git("work", &[&somebody[..], &["revert", "--no-edit", "HEAD"]].concat());
    env.git("work", &["push", "-q"]);
    env.ok(&["resolve", "sentiment@champion"]);
    env.ok(&["-R", "ann", "fetch"]);
}

#[test]
fn a_submodule_that_is_left_behind_is_named_by_its_own_folder() {
    let env = TestEnvironment::with_models();
    env.git(".", &["init", "-q", "a project"]);
    let models = env.path("models").display().to_string();
    env.git("a project", &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &models, "models"]);
    let ran = env.run(&["-R", "a project/models", "promote", "sentiment@blue", "2"]);
    let command = ran.stderr.split("Before that: ").nth(1).unwrap().trim();
    let mut shell = env.program("sh");
    assert!(shell.args(["-c", command]).status().unwrap().success(), "{command}");
    assert_eq!(env.git("a project/models", &["status", "--porcelain"]), "");
}

#[test]
fn a_push_that_comes_second_lands_and_says_what_it_did() {
    let env = two_clones();
    env.ok(&["-R", "ann", "promote", "sentiment@blue", "1"]);
    env.ok(&["-R", "ben", "promote", "sentiment@green", "2"]);
    env.ok(&["-R", "ann", "push"]);
    let said = env.ok(&["-R", "ben", "push"]);
    assert!(said.contains("made again  promote sentiment@green: (none) → 2"), "{said}");
    assert_eq!(env.json(&["-R", "models", "resolve", "sentiment@green"])["version"], 2);
    env.ok(&["-R", "ann", "fetch"]);
    assert_eq!(env.json(&["-R", "ann", "verify"])["verdict"], "ok");
}

#[test]
fn what_cannot_be_made_again_is_told_with_the_branch_that_keeps_it_and_a_status_of_its_own() {
    let env = two_clones();
    env.ok(&["-R", "ann", "promote", "sentiment@blue", "1"]);
    env.ok(&["-R", "ben", "promote", "sentiment@blue", "2"]);
    env.ok(&["-R", "ann", "push"]);
    let ran = env.run(&["-R", "ben", "fetch"]);
    assert_eq!(ran.status, 5, "{}{}", ran.stdout, ran.stderr);
    for part in
        ["not made again  promote sentiment@blue", "ada moved it", "alias-moved", "1 change stays on branch unpushed/"]
    {
        assert!(ran.stdout.contains(part), "{part} is missing in {}", ran.stdout);
    }
    let kept = env.git("ben", &["branch", "--list", "unpushed/*", "--format=%(refname:short)"]);
    assert!(env.git("ben", &["log", "-1", "--format=%s", kept.trim()]).contains("promote sentiment@blue"));
    assert_eq!(env.run(&["-R", "ben", "fetch"]).status, 0, "it is told once");
}

#[test]
fn an_older_head_is_accepted_by_name_and_never_by_a_script_that_did_not_name_it() {
    let env = TestEnvironment::with_models();
    let older = env.git("models", &["rev-parse", "main"]).trim().to_owned();
    env.ok(&["promote", "sentiment@champion", "2"]);
    env.git("models", &["update-ref", "refs/heads/main", &older]);
    let error = env.fails(&["list"], 4, "history-rewritten");
    let accept = format!("refmark trust accept-head {older}");
    assert!(error["hint"].as_str().unwrap().contains(&accept), "{error:#}");
    assert!(env.ok(&["help", "error", "history-rewritten"]).contains("accept the older head"));
    let refused = env.run(&["trust", "accept-head"]);
    assert_eq!(refused.status, 3);
    for part in ["promote sentiment@champion: 1 → 2", "was not accepted", &accept] {
        assert!(refused.stderr.contains(part), "{part} is missing in {}", refused.stderr);
    }
    let said = env.ok(&["trust", "accept-head", &older]);
    assert!(said.contains("is accepted") && said.contains("1 commit no longer seen"), "{said}");
    env.ok(&["list"]);
    env.fails(&["trust", "accept-head"], 1, "nothing-to-do");
}

#[test]
fn a_checked_out_branch_is_told_with_a_command_that_works() {
    let env = TestEnvironment::with_models();
    env.git(".", &["clone", "-q", "models", "work"]);
    let ran = env.run(&["-R", "work", "promote", "sentiment@blue", "2"]);
    assert!(ran.stderr.contains("is checked out at"), "{}", ran.stderr);
    let command = ran.stderr.split("Before that: ").nth(1).unwrap().trim();
    let words: Vec<&str> = command.split(' ').skip(3).collect();
    env.write("work/README.md", "# somebody's own\n");
    env.git("work", &words);
    assert_eq!(env.git("work", &["status", "--porcelain"]).trim(), "?? README.md");
    assert!(!env.run(&["-R", "work", "list"]).stderr.contains("checked out"), "reading leaves nothing behind");
}

#[test]
fn a_default_that_is_away_is_not_made_anew() {
    let env = TestEnvironment::with_models();
    std::fs::rename(env.path("models"), env.path("elsewhere")).unwrap();
    let error = env.fails(&["list"], 2, "no-registry");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("mount") && hint.contains("refmark use") && !hint.contains("refmark init"), "{error:#}");
    // Nor does a new one take its place unasked.
    env.ok(&["init", "other", "--as", "ada"]);
    assert!(env.run(&["list"]).stderr.contains("models"));
    env.ok(&["use", "elsewhere"]);
    env.ok(&["list"]);
}

#[test]
fn merge_marks_in_a_lock_file_are_told_as_such() {
    let env = TestEnvironment::with_models();
    env.ok(&["pin", "add", "sentiment/1"]);
    let lock = std::fs::read_to_string(env.path("refmark.lock")).unwrap();
    let merged = lock.replacen("[[pin]]", "<<<<<<< HEAD\n[[pin]]", 1) + "=======\n>>>>>>> other\n";
    env.write("refmark.lock", merged);
    let error = env.fails(&["pin", "check"], 4, "bad-record");
    assert!(error["message"].as_str().unwrap().contains("merge conflict"), "{error:#}");
    assert!(error["hint"].as_str().unwrap().contains("git checkout --ours"), "{error:#}");
}

#[test]
fn a_token_in_an_address_is_neither_written_nor_shown() {
    let env = two_clones();
    env.git("ann", &["remote", "set-url", "origin", "https://ci-token:hunter2secret@forge.invalid/g/p.git"]);
    env.ok(&["use", "ann"]);
    env.ok(&["pin", "add", "sentiment/1"]);
    let lock = std::fs::read_to_string(env.path("refmark.lock")).unwrap();
    assert!(lock.contains("https://forge.invalid/g/p.git") && !lock.contains("hunter2"), "{lock}");
    for words in [
        &["-R", "ann", "status"][..],
        &["-R", "ann", "status", "--json"],
        &["-R", "ann", "fetch"],
        &["-R", "ann", "push"],
    ] {
        let Ran { stdout, stderr, .. } = env.run(words);
        assert!(!format!("{stdout}{stderr}").contains("hunter2"), "{words:?}: {stdout}{stderr}");
    }
    // One that a colleague committed is stripped when it is read.
    env.write("refmark.lock", lock.replace("https://forge", "https://ci-token:hunter2secret@forge"));
    assert!(!env.ok(&["pin", "list", "--json"]).contains("hunter2"));
}

#[test]
fn twelve_who_pin_at_once_lose_no_pin() {
    let env = TestEnvironment::with_models();
    let running: Vec<_> = (0..12)
        .map(|n| {
            let pin = format!("p{n}=sentiment/1");
            let mut command = env.refmark(&["pin", "add", &pin]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in running {
        let ran = child.wait_with_output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    assert_eq!(env.json(&["pin", "list"])["pins"].as_array().unwrap().len(), 12);
    assert_eq!(env.files(".").iter().filter(|name| name.contains(".held")).count(), 0);
}

/// A settings file that several processes change at once: what each does, and how the outcome shows.
#[test]
fn every_settings_file_keeps_the_changes_of_all_who_make_them_at_once() {
    let env = TestEnvironment::with_models();
    let at_once = |words: &dyn Fn(usize) -> Vec<String>| {
        let running: Vec<_> = (0..6)
            .map(|n| {
                let words = words(n);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                env.refmark(&words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for child in running {
            let ran = child.wait_with_output().unwrap();
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        }
    };
    let words = |text: String| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    // The remotes of a registry.
    at_once(&|n| words(format!("remote add disk{n} disk{n}")));
    assert_eq!(env.json(&["remote", "list"])["remotes"].as_array().unwrap().len(), 6);
    // The user's pins and default registry.
    at_once(&|n| words(format!("init made{n} --as ada")));
    let trust = std::fs::read_to_string(env.home().join(".config/refmark/trust.toml")).unwrap();
    assert_eq!(trust.matches("[roots.").count(), 7, "{trust}");
    assert!(env.json(&["-R", "models", "status"])["is_default"].as_bool().unwrap());
    // A lock file that several add to and take from.
    at_once(&|n| words(format!("-R models pin add p{n}=sentiment/1")));
    at_once(&|n| match n % 2 {
        0 => words(format!("pin remove p{n}")),
        _ => words(format!("-R models pin add q{n}=sentiment/2")),
    });
    assert_eq!(env.json(&["pin", "list"])["pins"].as_array().unwrap().len(), 6);
    // The registry's own branch.
    at_once(&|n| words(format!("-R models promote sentiment@a{n} 1")));
    let aliases = env.json(&["-R", "models", "status"])["aliases"].as_u64();
    assert_eq!(aliases, Some(7));
}

#[test]
fn a_hook_judges_the_registry_that_was_pushed_to_whatever_the_pusher_says() {
    let env = TestEnvironment::with_models();
    env.ok(&["init", "other", "--as", "ada"]);
    env.ok(&["-R", "models", "hook", "install"]);
    env.git(".", &["clone", "-q", "models", "work"]);
    env.write("work/models/x/junk", "junk");
    env.git("work", &["add", "."]);
    env.git("work", &["-c", "user.name=eve", "-c", "user.email=e@x", "commit", "-qm", "junk"]);
    let mut push = env.program("git");
    push.current_dir(env.path("work")).args(["push", "-q", "origin", "HEAD:main"]);
    push.env("REFMARK_REGISTRY", env.path("other")).env("REFMARK_TRUST_ROOT", "sha256:00");
    // Nor does a folder with another pin for this registry speak for it.
    env.write("theirs/refmark/trust.toml", "no TOML of anybody's");
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "REFMARK_CACHE", "REFMARK_KEY"] {
        push.env(name, env.path("theirs"));
    }
    let ran = push.output().unwrap();
    assert!(!ran.status.success(), "junk was pushed past the hook");
    assert!(
        String::from_utf8_lossy(&ran.stderr).contains("refs/heads/main"),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert!(!String::from_utf8_lossy(&ran.stderr).contains("trust.toml"), "a pusher's settings were read");
}

#[test]
fn a_hook_that_git_would_not_run_is_not_installed() {
    let env = TestEnvironment::with_models();
    env.write("gitconfig", format!("[core]\n\thooksPath = {}\n", env.path("company").display()));
    let mut command = env.refmark(&["-R", "models", "hook", "install"]);
    let ran: Ran = command.env("GIT_CONFIG_GLOBAL", env.path("gitconfig")).output().unwrap().into();
    assert_ne!(ran.status, 0);
    assert!(ran.stderr.contains("core.hooksPath"), "{}", ran.stderr);
    let hooks = env.path("models/hooks").display().to_string();
    env.git("models", &["config", "core.hooksPath", &hooks]);
    let mut command = env.refmark(&["-R", "models", "hook", "install"]);
    let ran: Ran = command.env("GIT_CONFIG_GLOBAL", env.path("gitconfig")).output().unwrap().into();
    assert_eq!(ran.status, 0, "the registry's own goes before the user's: {}", ran.stderr);
}

#[test]
fn an_origin_by_a_relative_path_is_found_from_where_git_finds_it() {
    let env = TestEnvironment::with_models();
    env.git(".", &["init", "-q", "--bare", "-b", "main", "forge"]);
    env.git("models", &["remote", "add", "origin", "../forge"]);
    assert!(env.ok(&["status"]).contains("nothing of it was fetched or pushed yet"));
    env.ok(&["push"]);
    assert!(env.ok(&["status"]).contains("0 ahead, 0 behind"));
    env.git(".", &["clone", "-q", "forge", "copy"]);
    env.git("copy", &["remote", "set-url", "origin", "../forge"]);
    env.write("copy/below/x", "");
    env.ok(&["-R", "copy", "fetch"]);
    let below = env
        .refmark(&["promote", "sentiment@blue", "1", "--allow-absent"])
        .current_dir(env.path("copy/below"))
        .output()
        .unwrap();
    assert!(below.status.success());
    env.ok(&["-R", "copy", "push"]);
    assert_eq!(env.git("forge", &["rev-parse", "main"]), env.git("copy", &["rev-parse", "main"]));
}
