//! Pages for people: what is stable of them, colour, completions, man pages.

use crate::environment::TestEnvironment;

/// A page with what differs from run to run replaced.
fn stable(text: &str) -> String {
    let word = |word: &str| {
        let hex = |text: &str| text.len() >= 7 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let bare = word.trim_end_matches([',', ')', '…']);
        match bare {
            _ if bare.len() == 20 && bare.ends_with('Z') && bare.contains('T') => word.replace(bare, "TIME"),
            _ if bare.strip_prefix("sha256-").is_some_and(hex) => word.replace(bare, "ARTIFACT"),
            _ if bare.strip_prefix("sha256:").is_some_and(hex) => word.replace(bare, "DIGEST"),
            _ if hex(bare) => word.replace(bare, "COMMIT"),
            _ => word.to_owned(),
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn tables_line_up_and_say_what_matters() {
    let env = TestEnvironment::with_models();
    assert_eq!(stable(&env.ok(&["list"])), "MODEL      VERSIONS  ALIASES\nsentiment         2  champion → 1");
    let log = stable(&env.ok(&["log"]));
    assert!(log.contains("\nsentiment@champion     1  (none) → 1  ada  TIME  COMMIT  first"), "{log}");
    let list = stable(&env.ok(&["list", "sentiment"]));
    let two = "\nsentiment/2            experimental  trusted  12 B  accuracy 0.9       ada  TIME  ARTIFACT";
    assert!(list.contains(two), "{list}");
    let moved = stable(&env.ok(&["promote", "sentiment@champion", "2", "-m", "better"]));
    assert_eq!(moved, "promoted sentiment@champion 1 → 2  commit COMMIT\nreason: better");
    let diff = stable(&env.ok(&["diff", "sentiment/1", "sentiment/2"]));
    assert!(diff.starts_with("sentiment 1 → 2\n\nMetric"), "{diff}");
    let accuracy: Vec<&str> =
        diff.lines().find(|line| line.starts_with("accuracy")).unwrap_or_default().split_whitespace().collect();
    assert_eq!(accuracy.join(" "), "accuracy ↑ – 0.8 (claim) 0.9 (claim) +0.1 better –", "{diff}");
    assert!(env.ok(&["diff", "sentiment/1", "sentiment/2", "--markdown"]).contains("| "));
    let verified = stable(&env.ok(&["verify"]));
    assert!(verified.starts_with("ok  5 commits, ") && verified.contains("held to the root DIGEST"), "{verified}");
}

#[test]
fn there_is_colour_on_a_terminal_and_nowhere_else() {
    let env = TestEnvironment::with_models();
    assert!(!env.ok(&["list"]).contains('\u{1b}'));
    // `script` gives the command a terminal; it is in every Debian.
    let on_terminal = |no_color: bool| {
        let line = format!("{} -R models list", env!("CARGO_BIN_EXE_refmark"));
        let mut script = env.program("script");
        script.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm-256color");
        if no_color {
            script.env("NO_COLOR", "1");
        }
        String::from_utf8(script.output().expect("script is missing: install bsdutils").stdout).unwrap()
    };
    assert!(on_terminal(false).contains('\u{1b}'));
    assert!(!on_terminal(true).contains('\u{1b}'));
}

#[test]
fn completions_and_man_pages_name_every_command() {
    let env = TestEnvironment::new();
    let help = env.ok(&["help"]);
    let commands: Vec<&str> = help
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   ") && !line.trim().starts_with('-'))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 20, "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = env.ok(&["completions", shell]);
        for command in &commands {
            assert!(script.contains(command), "{command} is missing for {shell}");
        }
    }
    env.fails(&["completions", "cmd"], 2, "bad-argument");
    env.ok(&["man", "pages"]);
    let pages = env.files("pages");
    for command in commands {
        assert!(pages.contains(&format!("refmark-{command}.1")), "{pages:?}");
        let text = env.ok(&["help", command]);
        assert!(text.contains("Usage: refmark"), "{text}");
    }
    let page = std::fs::read_to_string(env.path("pages/refmark-pull.1")).unwrap();
    assert!(page.contains("refmark pull") || page.contains("refmark\\-pull"), "{page}");
}

#[test]
fn the_version_is_the_packages() {
    let env = TestEnvironment::new();
    assert_eq!(env.ok(&["--version"]), format!("refmark {}\n", env!("CARGO_PKG_VERSION")));
}
