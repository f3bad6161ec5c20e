//! Changes, and how they are refused.

use crate::environment::{TestEnvironment, has_keys};

#[test]
fn an_alias_that_moved_meanwhile_is_a_conflict_and_says_by_whom() {
    let env = TestEnvironment::with_models();
    let error = env.fails(&["promote", "sentiment@champion", "2", "--expect", "none"], 5, "alias-moved");
    assert_eq!(error["fields"]["by"], "ada");
    env.ok(&["promote", "sentiment@champion", "2", "--expect", "1"]);
    env.fails(&["promote", "sentiment@champion", "2"], 1, "nothing-to-do");
}

#[test]
fn promote_takes_a_number_or_a_release_and_unset_closes_the_alias() {
    let env = TestEnvironment::with_models();
    env.write("three/a.txt", "3\n");
    env.ok(&["register", "sentiment", "three", "--release", "1.4.0"]);
    let moved = env.json(&["promote", "sentiment@canary", "1.4.0"]);
    assert_eq!(moved["to"]["version"], 3);
    assert_eq!(env.json(&["promote", "models:/sentiment@canary", "sentiment/2"])["to"]["version"], 2);
    env.fails(&["promote", "sentiment@canary", "9.9"], 1, "not-found");
    env.fails(&["promote", "sentiment@canary", "other/1"], 2, "bad-argument");
    env.fails(&["promote", "sentiment/1", "2"], 2, "bad-reference");
    let closed = env.json(&["unset", "sentiment@canary", "--reason", "over"]);
    assert!(closed["to"].is_null());
    env.fails(&["resolve", "sentiment@canary"], 1, "not-found");
}

#[test]
fn the_note_on_an_alias_that_is_named_like_a_stage_is_printed_and_not_only_in_the_json() {
    let env = TestEnvironment::with_models();
    let text = env.ok(&["promote", "sentiment@staging", "2"]);
    assert!(text.contains("note:") && text.contains("refmark transition sentiment/2 staging"), "{text}");
    assert!(env.json(&["promote", "sentiment@production", "2"])["notes"][0].as_str().unwrap().contains("is an alias"));
}

#[test]
fn a_stranger_is_refused_and_told_whose_registry_it_is() {
    let env = TestEnvironment::with_models();
    let key = env.path("stranger");
    let made = env.program("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status().unwrap();
    assert!(made.success());
    let error = env.fails(&["promote", "sentiment@champion", "2", "--key", "stranger"], 3, "refused");
    assert!(error["hint"].as_str().unwrap().contains("ada"), "{error:#}");
    assert!(error["fields"]["keyid"].as_str().unwrap().starts_with("SHA256:"));
    env.fails(&["promote", "sentiment@champion", "2", "--key", "nowhere"], 1, "no-key");
}

#[test]
fn a_locked_key_is_named_and_never_asked_for_without_a_terminal() {
    let env = TestEnvironment::with_models();
    let key = env.path("locked");
    let made = env.program("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "secret", "-f"]).arg(&key).status();
    assert!(made.unwrap().success());
    env.fails(&["promote", "sentiment@champion", "2", "--key", "locked"], 1, "bad-key");
}

#[test]
fn stages_and_trust_states_move_by_transition() {
    let env = TestEnvironment::with_models();
    let moved = env.json(&["transition", "sentiment/2", "staging", "-m", "ready"]);
    has_keys(&moved, &["artifact", "version", "from", "to", "commit"]);
    assert_eq!((moved["from"].as_str(), moved["to"].as_str()), (Some("experimental"), Some("staging")));
    assert_eq!(env.json(&["resolve", "sentiment/2"])["stage"], "staging");
    let error = env.fails(&["transition", "sentiment/2", "stagin"], 2, "bad-argument");
    assert!(error["hint"].as_str().unwrap().contains("quarantined"));
}

#[test]
fn revoked_bytes_are_handed_out_to_nobody_and_the_alias_says_so() {
    let env = TestEnvironment::with_models();
    let revoked = env.json(&["revoke", "sentiment/1", "--reason", "leaks names"]);
    has_keys(&revoked, &["artifact", "to", "commit", "versions", "aliases"]);
    env.fails(&["resolve", "sentiment@champion"], 3, "revoked");
    env.fails(&["pull", "sentiment/1", "-o", "out"], 3, "revoked");
    let refused = env.run(&["promote", "sentiment@canary", "1"]);
    assert_eq!(refused.status, 3);
    for word in ["refused", "GATE", "failed", "EXPECTED"] {
        assert!(refused.stderr.contains(word), "the whole table of gates is shown:\n{}", refused.stderr);
    }
    let usage = env.fails(&["revoke", "sentiment/2"], 2, "bad-argument");
    assert!(usage["message"].as_str().unwrap().contains("--reason"), "{usage:#}");
}

#[test]
fn deleted_bytes_are_gone_and_the_records_stay() {
    let env = TestEnvironment::with_models();
    let deleted = env.json(&["delete", "sentiment/2", "--reason", "a person asked"]);
    assert_eq!(deleted["removed"].as_array().unwrap().len(), 1);
    env.fails(&["pull", "sentiment/2", "-o", "out"], 3, "deleted");
    assert_eq!(env.json(&["show", "sentiment/2"])["trust"], "deleted");
    assert_eq!(env.json(&["verify"])["verdict"], "ok", "what was deleted is not missing");
    assert_eq!(env.json(&["gc", "--dry-run"])["trash_kept"], 1);
}
