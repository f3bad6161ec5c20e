//! Texts that make something run where they are used as their name says: recipes of images and builds, lists of requirements
//! that are fetched from anywhere, documents that readers act on.

use super::format::{FileClass, Format};
use super::report::Inspection;

/// Names, in lower case, of what a builder runs line by line.
const BUILDS: &[&str] =
    &["containerfile", "dockerfile", "gnumakefile", "jenkinsfile", "justfile", "makefile", "rakefile"];

/// A text that is known by its name or its first bytes, and does more than to be read.
pub(super) fn claims(name: &str, text: &str) -> Option<Inspection> {
    let lower = name.to_ascii_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    // `Dockerfile.gpu`, `base.Dockerfile`.
    if BUILDS.contains(&stem) || lower.rsplit('.').next().is_some_and(|ending| BUILDS.contains(&ending)) {
        let mut found = Inspection::new(Format::Script, FileClass::Code);
        found.note("its name is that of a recipe, whose lines a builder runs");
        return Some(found);
    }
    let start = text.trim_start();
    if start.starts_with("%PDF-") {
        return Some(active("a PDF may hold scripts, which its reader runs"));
    }
    let prologue: String = start.chars().take(4096).collect();
    if start.starts_with('<') && prologue.contains("<!ENTITY") {
        return Some(active("it declares entities, which a reader of XML fetches"));
    }
    None
}

fn active(note: &str) -> Inspection {
    let mut found = Inspection::new(Format::Text, FileClass::ActiveContent);
    found.note(note);
    found
}

/// The lines of a list of Python requirements that name another place to fetch from than the installer's own.
pub(super) fn places<'t>(name: &str, text: &'t str) -> Vec<(String, &'t str)> {
    let lower = name.to_ascii_lowercase();
    if !(lower.contains("requirements") && lower.ends_with(".txt")) {
        return Vec::new();
    }
    let elsewhere = |line: &&str| {
        let options =
            ["-e", "--editable", "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host"];
        options.iter().any(|option| line.strip_prefix(option).is_some_and(|rest| rest.starts_with([' ', '=', '\t'])))
            || line.contains("://")
    };
    let lines = text.lines().enumerate().map(|(at, line)| (at, line.split(" #").next().unwrap_or_default().trim()));
    lines
        .filter(|(_, line)| !line.starts_with('#') && elsewhere(line))
        .map(|(at, line)| (format!("line {}", at + 1), line))
        .collect()
}
