//! Pages for people: aligned tables, colour on a terminal only, and nothing foreign that could move the cursor.

pub mod diff;
pub mod error;
pub mod finding;
pub mod keeping;
pub mod moves;
pub mod plain;
pub mod proposals;
pub mod report;
pub mod site;
pub mod status;
pub mod versions;

use std::fmt::Display;

use owo_colors::OwoColorize;
use refmark_core::types::text::{one_line, terminal_safe};

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

/// A table: a head, and rows with aligned columns. Columns that are empty throughout are left out.
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// A cell: its text, and how it looks.
pub struct Cell {
    text: String,
    look: fn(String) -> String,
    right: bool,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell { text: safe(&text.into()), look: |text| text, right: false }
    }
}

impl Cell {
    /// A cell that looks so.
    pub fn of(text: impl Into<String>, look: fn(String) -> String) -> Cell {
        Cell { look, ..Cell::from(text.into()) }
    }

    /// A cell with a number, to the right.
    pub fn number(text: impl Display) -> Cell {
        Cell { right: true, ..Cell::from(text.to_string()) }
    }
}

impl Table {
    /// A table with these columns.
    pub fn new<const N: usize>(head: [&'static str; N]) -> Table {
        Table::of(head.iter().map(|name| (*name).to_owned()).collect())
    }

    /// A table with as many columns as there are heads.
    pub fn of(head: Vec<String>) -> Table {
        Table { head, rows: Vec::new() }
    }

    /// Adds a row of as many cells.
    pub fn cells(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.into());
    }

    fn print(&self) -> String {
        let columns = self.head.len();
        let used = |column: usize| self.rows.iter().any(|row| row.get(column).is_some_and(|it| !it.text.is_empty()));
        let shown: Vec<usize> = (0..columns).filter(|column| used(*column)).collect();
        let wide = |text: &str| text.chars().count();
        let width = |column: &usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(*column)).map(|it| wide(&it.text));
            cells.chain(self.head.get(*column).map(|it| wide(it))).max().unwrap_or(0)
        };
        let widths: Vec<usize> = shown.iter().map(width).collect();
        let mut text = String::new();
        if self.head.iter().any(|it| !it.is_empty()) {
            let head = shown.iter().zip(&widths).map(|(column, width)| {
                let name = self.head.get(*column).map(String::as_str).unwrap_or_default();
                let right = self.rows.first().and_then(|row| row.get(*column)).is_some_and(|it| it.right);
                if right { format!("{name:>width$}") } else { format!("{name:<width$}") }
            });
            let head = head.collect::<Vec<_>>().join("  ");
            text.push_str(&faint(head.trim_end()));
            text.push('\n');
        }
        for row in &self.rows {
            let mut line = String::new();
            for (at, (column, width)) in shown.iter().zip(&widths).enumerate() {
                let Some(cell) = row.get(*column) else { continue };
                let gap = " ".repeat(width - wide(&cell.text).min(*width));
                let last = at + 1 == shown.len();
                let look = (cell.look)(cell.text.clone());
                match (cell.right, last) {
                    (true, _) => line.push_str(&format!("{gap}{look}")),
                    (false, true) => line.push_str(&look),
                    (false, false) => line.push_str(&format!("{look}{gap}")),
                }
                if !last {
                    line.push_str("  ");
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_aligns_its_columns_and_leaves_empty_ones_out() {
        let mut table = Table::new(["NAME", "NOTE", "SIZE"]);
        table.row(["a".into(), "".into(), Cell::number(7)]);
        table.row(["long name".into(), "".into(), Cell::number(1234)]);
        let text = anstream::adapter::strip_str(&table.print()).to_string();
        assert_eq!(text, "NAME       SIZE\na             7\nlong name  1234\n");
    }

    #[test]
    fn foreign_text_cannot_colour_or_move_the_cursor() {
        let cell = Cell::from("a\u{1b}[31mb\nc\u{202e}d");
        assert_eq!(cell.text, "a\\u{1b}[31mb c\\u{202e}d");
    }
}
