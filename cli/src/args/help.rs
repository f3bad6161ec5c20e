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
            "proposals",
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
    ("Check", &["review", "check", "verify", "checkpoint", "report"]),
    ("Consume", &["pin"]),
    (
        "Keep",
        &["trust", "policy", "members", "catalog", "hook", "setup-ci", "setup-git", "index", "gc", "unlock", "doctor"],
    ),
    (
        "Places",
        &[
            "remote",
            "sync",
            "fetch",
            "push",
            "events",
            "webhook",
            "view",
            "export-site",
            "serve",
            "ctl",
            "token",
            "backup",
            "restore",
            "import",
            "bridge",
            "assert-served",
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

    /// Every `refmark VERB …` that stands in a text of this project parses, and every option that one names exists.
    #[test]
    fn a_text_names_only_verbs_and_options_that_exist() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let options = options(&command());
        let verbs: Vec<String> = command().get_subcommands().map(|it| it.get_name().to_owned()).collect();
        let mut wrong = Vec::new();
        for file in sources(&[root.join("core"), root.join("cli/src")]) {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            for said in literals(&text) {
                for line in lines_of(&said, &verbs) {
                    let words = ["refmark".to_owned()].into_iter().chain(line.iter().cloned());
                    use clap::error::ErrorKind::{InvalidSubcommand, UnknownArgument};
                    if let Err(error) = command().try_get_matches_from(words)
                        && matches!(error.kind(), InvalidSubcommand | UnknownArgument)
                    {
                        wrong.push(format!("{}: refmark {}", file.display(), line.join(" ")));
                    }
                }
                // An argument of a program is one word; what is said of one stands in a sentence.
                let sentence = said.contains(' ')
                    && !said.trim_start().starts_with("--")
                    && !said.contains("git ")
                    && !said.contains("python3 verify.py")
                    && !said.contains("<style>");
                for option in said.split([' ', '`', '\'', '(', ')', ',']).filter(|_| sentence) {
                    let option = option.trim_end_matches(['.', ';', ':', '?']);
                    let is_name = |it: &str| it.len() > 1 && it.bytes().all(|it| it.is_ascii_lowercase() || it == b'-');
                    if option.strip_prefix("--").is_some_and(is_name) && !options.contains(option) {
                        wrong.push(format!("{}: {option} in {said:?}", file.display()));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    fn options(of: &clap::Command) -> std::collections::BTreeSet<String> {
        let mut built = of.clone();
        built.build();
        let mut all: std::collections::BTreeSet<String> =
            built.get_arguments().filter_map(|it| it.get_long()).map(|it| format!("--{it}")).collect();
        built.get_subcommands().for_each(|sub| all.extend(options(sub)));
        all
    }

    fn sources(folders: &[std::path::PathBuf]) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        let mut open = folders.to_vec();
        while let Some(folder) = open.pop() {
            for path in std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|it| it.path()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if path.is_dir() && !["target", "tests", "testing", "stories", "corpora"].contains(&name.as_str()) {
                    open.push(path);
                } else if name.ends_with(".rs") && !name.contains("test") {
                    found.push(path);
                }
            }
        }
        found
    }

    /// The string literals of a source before its tests, with continued lines joined.
    fn literals(text: &str) -> Vec<String> {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: String =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
        let joined = code.split("\\\n").map(str::trim_start).collect::<Vec<_>>().join("");
        joined.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// The command lines that a text names: `refmark` before a verb, up to what ends a command in a sentence.
    fn lines_of(said: &str, verbs: &[String]) -> Vec<Vec<String>> {
        let mut lines = Vec::new();
        for (at, _) in said.match_indices("refmark ") {
            let rest = &said[at + "refmark ".len()..];
            let end = rest.find(['`', '\n', ';', ',', ')', '(']).unwrap_or(rest.len());
            // An example's words stand apart from it.
            let end = end.min(rest.find("  ").unwrap_or(end));
            let mut words = Vec::new();
            for word in rest[..end].split_whitespace() {
                let last = word.ends_with([':', '.']);
                let word = word.trim_end_matches([':', '.', '?']);
                if word.is_empty() || ["&&", "or", "and", "then", "to", "is", "in", "on", "does"].contains(&word) {
                    break;
                }
                words.push(word.to_owned());
                if last {
                    break;
                }
            }
            if words.first().is_some_and(|verb| verbs.contains(verb)) {
                lines.push(words);
            }
        }
        lines
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
