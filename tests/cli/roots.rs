//! Trust roots: pins, first use, another registry's root.

use crate::environment::{TestEnvironment, has_keys};

/// The registry as somebody sees it who has no pin.
fn stranger() -> (TestEnvironment, String) {
    let env = TestEnvironment::with_models();
    let root = env.json(&["trust", "show"])["trust_root"].as_str().unwrap().to_owned();
    std::fs::remove_dir_all(env.home().join(".config")).unwrap();
    (env, root)
}

#[test]
fn without_a_pin_reading_works_and_bytes_stay_in() {
    let (env, root) = stranger();
    let resolved = env.json(&["-R", "models", "resolve", "sentiment@champion"]);
    assert_eq!((resolved["trust"].as_str(), resolved["verified"].as_bool()), (Some("none"), Some(false)));
    let error = env.fails(&["-R", "models", "pull", "sentiment/1", "-o", "out"], 3, "unverified");
    assert_eq!(error["fields"]["found"], root);
    env.ok(&["-R", "models", "pull", "sentiment/1", "-o", "out", "--allow-unverified"]);
}

#[test]
fn a_root_is_pinned_by_its_digest_by_its_file_or_on_first_use() {
    let (env, root) = stranger();
    let error = env.fails(&["-R", "models", "trust", "pin"], 2, "bad-argument");
    assert!(error["hint"].as_str().unwrap().contains(&root), "{error:#}");
    let other = format!("sha256:{}", "0".repeat(64));
    env.fails(&["-R", "models", "trust", "pin", &other], 4, "wrong-root");
    let pinned = env.json(&["-R", "models", "trust", "pin", &root]);
    assert_eq!(pinned["is_pinned"], true);
    assert_eq!(env.json(&["-R", "models", "resolve", "sentiment@champion"])["verified"], true);

    let (env, root) = stranger();
    let file = env.git("models", &["show", "main:trust/0001.json"]);
    env.write("root.json", file);
    assert_eq!(env.json(&["-R", "models", "--trust-root", "root.json", "resolve", "sentiment/1"])["verified"], true);
    env.ok(&["-R", "models", "trust", "pin", "root.json"]);
    let shown = env.json(&["-R", "models", "trust", "show"]);
    assert_eq!((shown["pinned"].as_str(), shown["is_pinned"].as_bool()), (Some(root.as_str()), Some(true)));
    has_keys(&shown["keys"][0], &["principal", "keyid", "key"]);

    let (env, root) = stranger();
    let ran = env.run(&["-R", "models", "--tofu", "pull", "sentiment/1", "-o", "out"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains(&root) && ran.stderr.contains("SHA256:"), "fingerprints are shown: {}", ran.stderr);
}

#[test]
fn a_registry_with_another_root_than_the_pinned_one_answers_nothing() {
    let (env, _) = stranger();
    let other = format!("sha256:{}", "1".repeat(64));
    env.fails(&["-R", "models", "--trust-root", &other, "resolve", "sentiment/1"], 4, "wrong-root");
    let verify = env.run(&["-R", "models", "--trust-root", &other, "verify"]);
    assert_eq!(verify.status, 4, "{}{}", verify.stdout, verify.stderr);
    let empty = env.refmark(&["-R", "models", "list"]).env("REFMARK_TRUST_ROOT", "").output().unwrap();
    assert_eq!(empty.status.code(), Some(2), "an empty variable never counts as no pin");
    env.fails(&["-R", "models", "--trust-root", "missing.json", "list"], 1, "io");
}

#[test]
fn a_root_is_rotated_by_two_hands_and_a_lost_key_is_distrusted() {
    let env = TestEnvironment::with_models();
    env.key("bob");
    let joined = env.ok(&["members", "add", "bob", "--role", "owner", "--public-key", "bob.pub"]);
    assert!(joined.contains("signatures  ada\n"), "{joined}");
    let draft =
        ["trust", "rotate", "--add", "bob=bob.pub", "--root-threshold", "2", "--reason", "two", "--out", "r.json"];
    let drafted = env.json(&draft);
    assert_eq!((drafted["number"].as_u64(), drafted["signatures"]["lacking"].as_u64()), (Some(2), Some(1)));
    env.fails(&["trust", "land", "r.json"], 3, "refused");
    env.ok(&["--key", "bob", "trust", "sign", "r.json"]);
    env.ok(&["trust", "land", "r.json"]);
    assert!(env.ok(&["trust", "history"]).contains("root 2"));

    // Somebody may be told of any root of the chain; of one that never was, nobody is.
    let shown = env.json(&["trust", "show"]);
    let newest = shown["roots"][1]["digest"].as_str().unwrap();
    assert_eq!((shown["number"].as_u64(), shown["pinned"].as_str()), (Some(2), Some(newest)), "the pin went on");
    std::fs::remove_file(env.home().join(".config/refmark/trust.toml")).unwrap();
    for root in [newest, shown["trust_root"].as_str().unwrap()] {
        assert_eq!(env.json(&["trust", "pin", root])["is_pinned"], true);
    }
    env.fails(&["trust", "pin", &format!("sha256:{}", "0".repeat(64))], 4, "wrong-root");

    env.ok(&["--key", "bob", "promote", "sentiment@champion", "2", "--reason", "by a thief"]);
    let since = env.git("models", &["rev-parse", "main~1"]);
    env.ok(&["trust", "distrust", "bob", "--since", since.trim(), "--reason", "stolen"]);
    env.fails(&["resolve", "sentiment@champion"], 4, "distrusted");
    env.fails(&["--key", "bob", "unset", "sentiment@champion"], 4, "distrusted");
    env.ok(&["rollback", "sentiment@champion", "--reason", "back to ours"]);
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 1);
}
