//! Pages for people: aligned tables, colour on a terminal only, and nothing foreign that could move the cursor.

pub mod again;
pub mod backup;
pub mod diff;
pub mod error;
pub mod events;
pub mod finding;
pub mod keeping;
pub mod moves;
pub mod operating;
pub mod plain;
pub mod proposals;
pub mod report;
pub mod scanning;
pub mod site;
pub mod status;
pub mod table;
pub mod versions;

use std::fmt::Display;

use owo_colors::OwoColorize;
use refmark_core::types::text::{one_line, terminal_safe};

pub use table::{Cell, Look, Table};

/// Foreign text on one line, harmless.
pub fn safe(text: &str) -> String {
    one_line(text)
}

/// Foreign text on several lines, each harmless.
pub fn safe_lines(text: &str) -> String {
    text.lines().map(terminal_safe).collect::<Vec<_>>().join("\n")
}

/// Bold, where there is colour.
pub fn bold(text: impl Display) -> String {
    text.bold().to_string()
}

/// Faint, where there is colour.
pub fn faint(text: impl Display) -> String {
    text.dimmed().to_string()
}

/// Green, where there is colour: what was checked and holds.
pub fn good(text: impl Display) -> String {
    text.green().to_string()
}

/// Yellow, where there is colour: what people should look at.
pub fn doubtful(text: impl Display) -> String {
    text.yellow().to_string()
}

/// Red, where there is colour: what does not hold.
pub fn bad(text: impl Display) -> String {
    text.red().to_string()
}

/// A warning's line.
pub fn warning(text: &str) -> String {
    format!("{} {}", doubtful("warning:"), safe(text))
}

/// A page of text, with colour in it; the printer takes the colour out where it is not wanted.
#[derive(Default)]
pub struct Page(String);

/// So many files or problems of one thing are read by people; more only hide what stands above them.
pub const LISTED: usize = 100;

impl Page {
    /// Adds a line. What is foreign in it was made safe by whoever wrote it.
    pub fn line(&mut self, line: impl Display) {
        self.0.push_str(line.to_string().trim_end());
        self.0.push('\n');
    }

    /// Adds an empty line, but not at the beginning and not twice.
    pub fn gap(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    /// Adds text as it is.
    pub fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Adds names and their values, aligned. What has no value is left out.
    pub fn facts<const N: usize>(&mut self, facts: [(&str, String); N]) {
        let facts: Vec<_> = facts.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in facts {
            self.line(format!("{}  {value}", faint(format!("{name:<width$}"))));
        }
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) {
        self.0.push_str(&table.print());
    }

    /// Says how many items a list has beyond those that were shown.
    pub fn left_out(&mut self, all: usize, shown: usize) {
        if all > shown {
            self.line(faint(format!("and {} more; --json has all", all - shown)));
        }
    }

    /// The page's text.
    pub fn into_text(self) -> String {
        self.0
    }
}
