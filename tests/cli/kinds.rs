//! Kinds of trouble among people, each with its siblings in a table: what one of them comes to, all come to.

use crate::environment::{Ran, TestEnvironment};

const BO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGnJ1XzrYcBgX8LWEcKtPGQFFhO2KEDUc9QmT5LgmZEJ";

/// What two people do in two clones at once, with `M` for a model of the row's own: whoever pushes second ends with this
/// status. 0: both changes stand. 5: one cannot be made again, and stays on a branch of its own.
const AT_ONCE: &[(&str, &[&str], &[&str], i32)] = &[
    ("moves of two aliases", &["promote", "M@a", "1"], &["promote", "M@b", "2"], 0),
    ("two moves of one alias", &["promote", "M@a", "1"], &["promote", "M@a", "2"], 5),
    ("one move twice", &["promote", "M@a", "1"], &["promote", "M@a", "1"], 0),
    ("two versions of one number", &["register", "M", "x"], &["register", "M", "y"], 0),
    ("one version twice", &["register", "M", "x"], &["register", "M", "x"], 0),
    ("stages of two versions", &["transition", "M/1", "staging"], &["transition", "M/2", "staging"], 0),
    ("two stages of one version", &["transition", "M/1", "staging"], &["transition", "M/1", "production"], 5),
    ("one stage twice", &["transition", "M/1", "staging"], &["transition", "M/1", "staging"], 0),
    ("a revocation, and a move to it", &["revoke", "M/2", "-m", "bad"], &["promote", "M@a", "2"], 5),
    ("a move, and a revocation of its version", &["promote", "M@a", "2"], &["revoke", "M/2", "-m", "bad"], 0),
    ("a deletion, and a revocation", &["delete", "M/2", "-m", "gone"], &["revoke", "M/2", "-m", "bad"], 5),
    ("evidence of two versions", &["attach", "M/1", "runbook", "notes"], &["attach", "M/2", "runbook", "notes"], 0),
    (
        "descriptions of one model",
        &["describe", "M", "--description", "a"],
        &["describe", "M", "--description", "b"],
        5,
    ),
    ("labels of two versions", &["describe", "M/1", "--tag", "a=1"], &["describe", "M/2", "--tag", "b=2"], 0),
    ("labels of one version", &["describe", "M/1", "--tag", "a=1"], &["describe", "M/1", "--tag", "b=2"], 5),
    ("a version, and its model's owner", &["register", "M", "x"], &["describe", "M", "--owner", "nlp"], 0),
    (
        "two entries of the catalog",
        &["catalog", "add", "evidence-type", "M-a", "--meaning", "a"],
        &["catalog", "add", "evidence-type", "M-b", "--meaning", "b"],
        0,
    ),
    (
        "one entry of the catalog twice",
        &["catalog", "add", "evidence-type", "M", "--meaning", "a"],
        &["catalog", "add", "evidence-type", "M", "--meaning", "b"],
        5,
    ),
    (
        "pins of two projects",
        &["pin", "publish", "--as", "M-a", "--gone"],
        &["pin", "publish", "--as", "M-b", "--gone"],
        0,
    ),
    (
        "a policy, and a move",
        &["members", "add", "M", "--public-key", BO, "--role", "owner"],
        &["promote", "M@a", "1"],
        0,
    ),
    (
        "two policies",
        &["members", "add", "M-a", "--public-key", "k1.pub", "--role", "owner"],
        &["members", "add", "M-b", "--public-key", "k2.pub", "--role", "owner"],
        5,
    ),
];

#[test]
fn whatever_two_people_do_at_once_lands_or_is_kept_with_its_reason() {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--as", "ada"]);
    env.write("notes", "whom to call");
    env.key("k1");
    env.key("k2");
    env.write("x/config.json", "{\"x\": 1}");
    env.write("y/config.json", "{\"y\": 1}");
    let mut list = String::new();
    for row in 0..AT_ONCE.len() {
        for version in ["one", "two"] {
            env.write(&format!("m{row}-{version}/config.json"), format!("{{\"{row}\": \"{version}\"}}"));
            list.push_str(&format!("{{\"model\": \"m{row}\", \"paths\": [\"m{row}-{version}\"]}}\n"));
        }
    }
    env.write("list.jsonl", list);
    env.ok(&["register", "--from", "list.jsonl"]);
    env.ok(&["clone", "models", "ann"]);
    env.ok(&["clone", "models", "ben"]);
    env.ok(&["-R", "ann", "sync"]);
    env.ok(&["-R", "ben", "sync"]);
    let kept = || env.git("ben", &["branch", "--list", "unpushed/*"]).lines().count();
    for (row, (what, ann, ben, status)) in AT_ONCE.iter().enumerate() {
        let model = format!("m{row}");
        let say = |clone: &str, words: &[&str]| {
            let mut all = vec!["-R".to_owned(), clone.to_owned()];
            all.extend(
                words
                    .iter()
                    .map(|word| if word.contains("AAAA") { (*word).to_owned() } else { word.replace('M', &model) }),
            );
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            env.run(&all)
        };
        let done = |ran: &Ran| assert_eq!(ran.status, 0, "{what}: {}{}", ran.stdout, ran.stderr);
        let before = kept();
        done(&say("ann", ann));
        done(&say("ben", ben));
        done(&say("ann", &["push"]));
        let second = say("ben", &["push"]);
        assert_eq!(second.status, *status, "{what}: {}{}", second.stdout, second.stderr);
        assert_eq!(kept() - before, usize::from(*status == 5), "{what}");
        if *status == 5 {
            assert!(
                second.stdout.contains("not made again") && second.stdout.contains("unpushed/"),
                "{}",
                second.stdout
            );
        }
        done(&say("ann", &["fetch"]));
        let heads: Vec<String> = ["models", "ann", "ben"].map(|at| env.git(at, &["rev-parse", "main"])).to_vec();
        assert!(heads.iter().all(|head| *head == heads[0]), "{what}: {heads:?}");
    }
    for clone in ["models", "ann", "ben"] {
        assert_eq!(env.json(&["-R", clone, "verify"])["verdict"], "ok");
    }
}

/// A place where a registry is or was, and is not found: how it came to that, and its path.
type Lost = (&'static str, fn(&TestEnvironment), &'static str);

const LOST: &[Lost] = &[
    (
        "a fresh clone, whose registry is the remote's branch",
        |env| {
            env.git(".", &["clone", "-q", "project", "copy"]);
        },
        "copy",
    ),
    (
        "a clone whose remote has another name",
        |env| {
            env.git(".", &["clone", "-q", "-o", "upstream", "project", "copy"]);
        },
        "copy",
    ),
    (
        "a copy that lost its HEAD",
        |env| {
            env.git(".", &["clone", "-q", "--bare", "models", "copy"]);
            std::fs::remove_file(env.path("copy/HEAD")).unwrap();
        },
        "copy",
    ),
    (
        "a copy that lost its objects",
        |env| {
            env.git(".", &["clone", "-q", "--bare", "models", "copy"]);
            std::fs::remove_dir_all(env.path("copy/objects")).unwrap();
        },
        "copy",
    ),
    (
        "a registry that lost its branches",
        |env| {
            let _ = std::fs::remove_file(env.path("models/packed-refs"));
            let _ = std::fs::remove_dir_all(env.path("models/refs"));
        },
        "models",
    ),
    (
        "a branch whose newest commit removed the root",
        |env| {
            env.git(".", &["clone", "-q", "models", "copy"]);
            env.git("copy", &["rm", "-q", "-r", "trust"]);
            env.git("copy", &["-c", "user.name=e", "-c", "user.email=e@x", "commit", "-qm", "tidy up"]);
        },
        "copy",
    ),
];

#[test]
fn where_a_registry_is_or_was_nobody_is_told_to_make_another_and_init_makes_none() {
    for (what, lose, at) in LOST {
        let env = TestEnvironment::with_models();
        env.git(".", &["init", "-q", "-b", "trunk", "project"]);
        env.git(
            "project",
            &["-c", "user.name=a", "-c", "user.email=a@x", "commit", "-q", "--allow-empty", "-m", "first"],
        );
        let here = env.refmark(&["init", "--here", "--as", "ada"]).current_dir(env.path("project")).output().unwrap();
        assert!(here.status.success());
        lose(&env);
        let found = env.run(&["-R", at, "resolve", "sentiment@champion"]);
        assert_ne!(found.status, 0, "{what}");
        assert!(!found.stderr.contains("refmark init"), "{what}: {}", found.stderr);
        assert!(found.stderr.contains("hint:"), "{what} has no next step: {}", found.stderr);
        for words in [&["init", at, "--as", "ada"][..], &["init", at, "--here", "--as", "ada"]] {
            let made = env.run(words);
            assert_ne!(made.status, 0, "{what}: {words:?} made a second registry: {}", made.stdout);
        }
    }
}

/// A file that people or tools got wrong: its name, what is in it, and what is run.
type Wrong = (&'static str, &'static [u8], &'static [&'static str]);

const WRONG: &[Wrong] = &[
    ("refmark.lock", b"", &["pin", "check"]),
    ("refmark.lock", b"\0\x01\x02", &["pin", "check"]),
    ("refmark.lock", b"format = 1\n[registry\n", &["pin", "check"]),
    ("refmark.lock", b"<<<<<<< HEAD\n=======\n>>>>>>> x\n", &["pin", "check"]),
    ("refmark.lock", b"format = 99\n", &["pin", "check"]),
    ("../home/.config/refmark/trust.toml", b"[roots", &["status"]),
    ("models/refmark/remotes.toml", b"remotes = 7\n", &["sync"]),
    ("key", b"", &["promote", "sentiment@blue", "1", "--key", "key"]),
    ("key", b"LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0K\n", &["promote", "sentiment@blue", "1", "--key", "key"]),
    (
        "key",
        b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        &["promote", "sentiment@blue", "1", "--key", "key"],
    ),
    ("key", BO.as_bytes(), &["promote", "sentiment@blue", "1", "--key", "key"]),
    ("root", b"not a root", &["--trust-root", "root", "list"]),
    ("list.jsonl", b"{\"model\": \"x\", \"paths\": [\"one\"]\n", &["register", "--from", "list.jsonl"]),
    ("policy.toml", b"[members", &["policy", "apply", "policy.toml"]),
    ("draft.json", b"{", &["policy", "sign", "draft.json"]),
];

#[test]
fn a_file_that_is_wrong_is_named_and_has_a_next_step() {
    for (name, content, words) in WRONG {
        let env = TestEnvironment::with_models();
        env.write(name, content);
        let mut all = vec!["-R", "models"];
        all.extend(*words);
        let ran = env.run(&all);
        let text = String::from_utf8_lossy(content).into_owned();
        assert_ne!(ran.status, 0, "{name} {text:?}: {}", ran.stdout);
        assert_ne!(ran.status, 70, "{name} {text:?}: {}", ran.stderr);
        let short = name.rsplit('/').next().unwrap();
        let told = ran.stderr.contains("hint:")
            && (ran.stderr.contains(short) || ["the lock file", "the policy"].iter().any(|it| ran.stderr.contains(it)));
        assert!(told, "{name} {text:?} with {words:?}: {}", ran.stderr);
    }
}
