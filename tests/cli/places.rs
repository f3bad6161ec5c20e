//! Places: whatever a folder is, what writes there finishes, or leaves nothing behind.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use crate::environment::TestEnvironment;

/// A place to write to: how it is made, its name, and whether it can take what is written.
type Place = (&'static str, fn(&Path), &'static str, bool);

const PLACES: &[Place] = &[
    ("a new name", |_| {}, "new", true),
    ("a new name with a slash at its end", |_| {}, "new/", true),
    ("a folder in folders that are not there", |_| {}, "a/b/c", true),
    ("an empty folder, as a volume is", |at| std::fs::create_dir(at.join("volume")).unwrap(), "volume", true),
    (
        "a link to an empty folder",
        |at| {
            std::fs::create_dir(at.join("real")).unwrap();
            symlink("real", at.join("link")).unwrap();
        },
        "link",
        true,
    ),
    ("a name with a space and an accent", |_| {}, "été 2026", true),
    ("a name that begins like an option", |_| {}, "./-o", true),
    (
        "a folder with a file in it",
        |at| {
            std::fs::create_dir(at.join("full")).unwrap();
            std::fs::write(at.join("full/mine.txt"), "mine").unwrap();
        },
        "full",
        false,
    ),
    ("a file", |at| std::fs::write(at.join("file"), "mine").unwrap(), "file", false),
    ("a link to nothing", |at| symlink("nowhere", at.join("dangling")).unwrap(), "dangling", false),
    ("below a file", |at| std::fs::write(at.join("file"), "mine").unwrap(), "file/below", false),
];

/// Everything below a folder: links by where they lead, files by what they hold.
fn all(at: &Path, into: &mut Vec<String>) {
    let mut entries: Vec<_> = std::fs::read_dir(at).unwrap().map(|it| it.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let found = std::fs::symlink_metadata(&path).unwrap();
        let name = path.display().to_string();
        if found.is_symlink() {
            into.push(format!("{name} -> {}", std::fs::read_link(&path).unwrap().display()));
        } else if found.is_dir() {
            into.push(name);
            all(&path, into);
        } else {
            into.push(format!("{name} {:?}", std::fs::read(&path).unwrap()));
        }
    }
}

fn listing(at: &Path) -> Vec<String> {
    let mut found = Vec::new();
    all(at, &mut found);
    found
}

#[test]
fn what_is_pulled_synced_or_cloned_into_any_place_is_whole_or_leaves_nothing() {
    let env = TestEnvironment::with_models();
    env.ok(&["pin", "add", "sentiment/1"]);
    let verbs: [(&[&str], &str); 3] = [
        (&["pull", "sentiment/2", "-o"], "config.json"),
        (&["pin", "sync", "-o"], "sentiment/config.json"),
        (&["clone", "../models"], "HEAD"),
    ];
    for (verb, whole) in verbs {
        for (what, make, name, takes) in PLACES {
            let at = env.path("places");
            std::fs::create_dir(&at).unwrap();
            make(&at);
            let before = listing(&at);
            let mut command = env.refmark(verb);
            command.arg(name).env("REFMARK_REGISTRY", env.path("models")).current_dir(&at);
            if verb[0] == "pin" {
                std::fs::copy(env.path("refmark.lock"), at.join("refmark.lock")).unwrap();
            }
            let ran = command.output().unwrap();
            let said = format!("{} into {what}: {}", verb[0], String::from_utf8_lossy(&ran.stderr));
            if verb[0] == "pin" {
                std::fs::remove_file(at.join("refmark.lock")).unwrap();
            }
            // `pin sync` adds its pins to a folder that has other files; a single file is not in its way either.
            match ran.status.success() {
                true => {
                    assert!(*takes || (verb[0] == "pin" && *name == "full"), "{said}");
                    assert!(at.join(name).join(whole).is_file(), "{said}");
                    if *name == "full" {
                        assert!(at.join("full/mine.txt").is_file(), "{said}");
                    }
                }
                false => {
                    assert!(!takes, "{said}");
                    assert_eq!(listing(&at), before, "{said}");
                }
            }
            std::fs::remove_dir_all(&at).unwrap();
        }
    }
}

#[test]
fn jobs_that_fill_the_same_folder_at_once_are_all_served() {
    let env = TestEnvironment::with_models();
    env.ok(&["pin", "add", "sentiment/1", "other=sentiment/2"]);
    for round in 0..3 {
        let into = format!("volume-{round}");
        let start = || env.refmark(&["pin", "sync", "-o", &into]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn();
        let jobs: Vec<_> = (0..5).map(|_| start().unwrap()).collect();
        for job in jobs {
            let ran = job.wait_with_output().unwrap();
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        }
        assert!(env.path(&into).join("other/config.json").exists());
    }
    let start = || env.refmark(&["init", "twice", "--as", "ada"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn();
    let made: Vec<_> = (0..4).map(|_| start().unwrap()).collect();
    let made: Vec<_> = made.into_iter().map(|job| job.wait_with_output().unwrap()).collect();
    assert_eq!(made.iter().filter(|ran| ran.status.success()).count(), 1);
    for ran in made.iter().filter(|ran| !ran.status.success()) {
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(said.contains("[exists]") && said.contains("hint:"), "{said}");
    }
}

#[test]
fn a_path_with_a_control_character_makes_no_lock_that_cannot_be_read() {
    let env = TestEnvironment::new();
    env.write("one/config.json", "{}");
    let registry = "with\na line";
    env.ok(&["init", registry, "--as", "ada"]);
    env.ok(&["-R", registry, "register", "sentiment", "one"]);
    env.fails(&["-R", registry, "pin", "add", "sentiment/1"], 4, "bad-record");
    assert!(!env.path("refmark.lock").exists());
}

#[test]
fn a_path_that_is_not_utf8_is_no_default_and_no_bug() {
    let env = TestEnvironment::new();
    let odd = std::ffi::OsStr::from_bytes(b"odd-\xff");
    let run = |words: &[&str]| env.refmark(words).arg(odd).args(["--json"]).output().unwrap();
    assert!(run(&["init", "--as", "ada"]).status.success());
    let ran = run(&["use"]);
    assert_eq!(ran.status.code(), Some(2), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_damaged_lock_file_has_a_next_step() {
    let env = TestEnvironment::with_models();
    env.ok(&["pin", "add", "sentiment/1"]);
    env.write("refmark.lock", b"\xff\xfe");
    let error = env.fails(&["pin", "check"], 2, "bad-argument");
    assert!(error["hint"].as_str().unwrap().contains("put the file back"), "{error}");
}

#[test]
fn a_lock_file_that_is_a_link_stays_one() {
    let env = TestEnvironment::with_models();
    std::fs::create_dir(env.path("shared")).unwrap();
    env.ok(&["pin", "add", "sentiment/1"]);
    std::fs::rename(env.path("refmark.lock"), env.path("shared/team.lock")).unwrap();
    symlink("shared/team.lock", env.path("refmark.lock")).unwrap();
    env.ok(&["pin", "add", "other=sentiment/2"]);
    assert!(std::fs::symlink_metadata(env.path("refmark.lock")).unwrap().is_symlink(), "the link is a file now");
    assert!(std::fs::read_to_string(env.path("shared/team.lock")).unwrap().contains("other"));
    assert_eq!(env.json(&["pin", "list"])["pins"].as_array().unwrap().len(), 2);
}

#[test]
fn a_remote_whose_disk_is_away_is_never_filled_and_never_read_as_empty() {
    let env = TestEnvironment::with_models();
    let added = env.json(&["remote", "add", "disk", "mount"]);
    assert_eq!(added["marked"], true);
    env.ok(&["sync"]);
    // The disk is not mounted: its mount point is an empty folder.
    std::fs::rename(env.path("mount"), env.path("disk")).unwrap();
    std::fs::create_dir(env.path("mount")).unwrap();
    let error = env.fails(&["sync"], 1, "io");
    assert!(error["message"].as_str().unwrap().contains("mark"), "{error:#}");
    assert!(env.files("mount").is_empty(), "the mount point was filled");
    // Another registry's disk is not it, either.
    env.ok(&["init", "other", "--as", "ada"]);
    env.ok(&["-R", "other", "remote", "add", "disk", "mount"]);
    env.fails(&["-R", "models", "sync"], 1, "io");
    std::fs::remove_dir_all(env.path("mount")).unwrap();
    env.fails(&["-R", "models", "sync"], 1, "io");
    std::fs::rename(env.path("disk"), env.path("mount")).unwrap();
    env.ok(&["-R", "models", "sync"]);
    std::fs::remove_dir_all(env.path("models/refmark/blobs")).unwrap();
    env.ok(&["-R", "models", "pull", "sentiment/1", "-o", "out"]);
}

#[test]
fn a_status_after_damage_says_damaged_and_no_old_verdict() {
    let env = TestEnvironment::with_models();
    env.ok(&["verify", "--save"]);
    assert!(env.ok(&["status"]).contains("verified  ok"));
    let name = env.files("models/refmark/blobs").into_iter().find(|it| it.len() > 32).unwrap();
    let blob = env.path("models/refmark/blobs").join(name);
    let good = std::fs::read(&blob).unwrap();
    let put = |bytes: &[u8]| {
        let _ = std::fs::remove_file(&blob);
        std::fs::write(&blob, bytes).unwrap();
    };
    put(b"cut");
    let status = env.json(&["status"]);
    assert_eq!((&status["damaged_blobs"], &status["absent_blobs"]), (&1.into(), &0.into()), "{status:#}");
    assert!(status["last_verify"].is_null());
    put(&good.iter().map(|byte| byte ^ 1).collect::<Vec<u8>>());
    env.run(&["verify"]);
    let page = env.ok(&["status"]);
    assert!(page.contains("damaged") && !page.contains("verified") && !page.contains("absent"), "{page}");
}
