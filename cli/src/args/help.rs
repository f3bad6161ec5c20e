//! The help of the whole command: commands in groups, in the order in which people meet them.

use std::fmt::Write as _;

use clap::CommandFactory;

/// The groups of the help, each with its commands in order. Every command stands in exactly one.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("Start", &["demo", "init", "clone", "use", "status"]),
    (
        "Versions",
        &["register", "list", "show", "log", "search", "inspect", "diff", "resolve", "pull", "path", "describe"],
    ),
    (
        "Change",
        &[
            "promote",
            "rollback",
            "unset",
            "approve",
            "renew",
            "land",
            "attach",
            "scan",
            "transition",
            "revoke",
            "delete",
            "sunset",
            "explain",
        ],
    ),
    ("Check", &["review", "check", "verify", "report"]),
    ("Consume", &["pin"]),
    ("Keep", &["trust", "policy", "members", "catalog", "hook", "setup-ci", "setup-git", "index", "gc", "unlock"]),
    (
        "Places",
        &[
            "remote",
            "sync",
            "fetch",
            "push",
            "view",
            "export-site",
            "serve",
            "ctl",
            "token",
            "backup",
            "restore",
            "import",
            "bridge",
        ],
    ),
    ("Help", &["completions", "man", "help"]),
];

/// The command with its grouped help.
pub fn command() -> clap::Command {
    let command = super::Cli::command();
    let template = format!(
        "{{about}}\n\n{{usage-heading}} refmark [OPTIONS] COMMAND\n\n{}{{options}}\n\n{}",
        groups(&command),
        "A reference is MODEL/VERSION, MODEL/RELEASE, MODEL@ALIAS, MODEL (its pin) or an artifact's sha256-….\n\
         `refmark help COMMAND` says more; `refmark help errors` lists every error. Exit: 0 ok, 1 failed, 2 usage,\n\
         3 refused by policy, 4 integrity, 5 conflict, 70 bug."
    );
    command.help_template(template)
}

fn groups(command: &clap::Command) -> String {
    let mut text = String::new();
    for (heading, names) in GROUPS {
        let here: Vec<_> = names.iter().filter_map(|name| command.find_subcommand(name)).collect();
        if here.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{heading}:");
        for command in here {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {:<12} {about}", command.get_name());
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_exactly_one_group_of_the_help() {
        for sub in command().get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let count = GROUPS.iter().flat_map(|(_, names)| *names).filter(|name| **name == sub.get_name()).count();
            assert_eq!(count, 1, "{}", sub.get_name());
            assert!(sub.get_about().is_some(), "{} says nothing of itself", sub.get_name());
        }
    }

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }

    #[derive(serde::Deserialize)]
    struct Step {
        command: String,
    }

    /// How the command says a step is held by tests/voices; this holds that the command line takes it.
    #[test]
    fn a_hints_step_is_a_command_line_that_the_command_takes() {
        let steps: Vec<Step> =
            serde_json::from_str(include_str!("../../../tests/vectors/hints/steps.json")).expect("the vectors");
        for Step { command: said } in steps {
            if let Some(line) = said.strip_prefix("`refmark ") {
                let words = ["refmark".to_owned()].into_iter().chain(split(line.trim_end_matches('`')));
                let parsed = command().try_get_matches_from(words);
                assert!(parsed.is_ok(), "{said}: {}", parsed.err().map(|error| error.to_string()).unwrap_or_default());
            }
        }
    }

    /// Words as a shell splits them; quotes are single ones.
    fn split(line: &str) -> Vec<String> {
        line.split('\'').enumerate().fold(Vec::new(), |mut words, (at, part)| {
            match at % 2 {
                0 => words.extend(part.split_whitespace().map(str::to_owned)),
                _ => words.push(part.to_owned()),
            }
            words
        })
    }
}
