//! Errors: their codes, their help, their shape.

use refmark_core::types::error::Code;

use crate::environment::TestEnvironment;

#[test]
fn every_code_has_its_help_and_its_exit_status() {
    let env = TestEnvironment::new();
    let all = env.ok(&["help", "errors"]);
    for code in Code::ALL {
        let text = env.ok(&["help", "error", code.as_str()]);
        assert!(text.contains(code.as_str()) && text.contains(code.about()), "{text}");
        let value = env.json(&["help", "error", code.as_str()]);
        assert_eq!(value["exit"].as_u64(), Some(u64::from(code.exit().status())));
        assert!(all.contains(code.as_str()), "{code} is missing in the list");
    }
    env.fails(&["help", "error", "nonsense"], 2, "bad-argument");
    env.fails(&["help", "nonsense"], 2, "bad-argument");
}

#[test]
fn usage_errors_end_with_2_and_have_the_same_shape_for_programs() {
    let env = TestEnvironment::new();
    for wrong in
        [&["frobnicate"][..], &["pull"], &["init"], &["list", "--nonsense"], &["init", "m", "--object-format", "md5"]]
    {
        let error = env.fails(wrong, 2, "bad-argument");
        assert!(error["hint"].as_str().unwrap().contains("--help"), "{error:#}");
    }
    assert_eq!(env.run(&[]).status, 2, "no command at all is a usage error, and shows the help");
}

#[test]
fn a_name_or_reference_that_breaks_a_rule_says_which() {
    let env = TestEnvironment::with_models();
    env.fails(&["resolve", "sentiment@latest"], 2, "bad-name");
    env.fails(&["resolve", "sha256-abc"], 2, "bad-reference");
    env.fails(&["show", "../etc"], 2, "bad-name");
    let error = env.fails(&["resolve", "sentimant@champion"], 1, "not-found");
    assert!(error["hint"].is_string());
    let error = env.fails(&["resolve", "sentiment"], 1, "not-pinned");
    assert!(error["hint"].as_str().unwrap().contains("pin"), "{error:#}");
}

#[test]
fn hostile_text_cannot_move_the_terminals_cursor() {
    let env = TestEnvironment::with_models();
    env.ok(&["promote", "sentiment@champion", "2", "--reason", "nice\u{1b}[2J\u{202e}evil"]);
    let log = env.ok(&["log"]);
    assert!(!log.contains('\u{1b}') && !log.contains('\u{202e}'), "{log:?}");
    assert!(log.contains(r"nice\u{1b}[2J"), "{log}");
}
