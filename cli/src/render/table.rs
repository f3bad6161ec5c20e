//! Tables for people: columns aligned by what a terminal shows (a Chinese character takes two places), and wrapped where
//! the terminal is too narrow.

use std::fmt::Display;

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, CellAlignment, Color, ColumnConstraint, ContentArrangement};

use super::{bad, bold, doubtful, faint, good, safe};

/// How a text looks, where there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// As it is.
    #[default]
    Plain,
    /// A name.
    Bold,
    /// Beside the point.
    Faint,
    /// What was checked and holds.
    Good,
    /// What people should look at.
    Doubtful,
    /// What does not hold.
    Bad,
}

impl Look {
    /// The text with this look.
    pub fn paint(self, text: impl Display) -> String {
        match self {
            Look::Plain => text.to_string(),
            Look::Bold => bold(text),
            Look::Faint => faint(text),
            Look::Good => good(text),
            Look::Doubtful => doubtful(text),
            Look::Bad => bad(text),
        }
    }

    fn on(self, cell: comfy_table::Cell) -> comfy_table::Cell {
        match self {
            Look::Plain => cell,
            Look::Bold => cell.add_attribute(Attribute::Bold),
            Look::Faint => cell.add_attribute(Attribute::Dim),
            Look::Good => cell.fg(Color::DarkGreen),
            Look::Doubtful => cell.fg(Color::DarkYellow),
            Look::Bad => cell.fg(Color::DarkRed),
        }
    }
}

/// A cell: its text, and how it looks.
pub struct Cell {
    text: String,
    look: Look,
    right: bool,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell { text: safe(&text.into()), look: Look::Plain, right: false }
    }
}

impl Cell {
    /// A cell that looks so.
    pub fn of(text: impl Into<String>, look: Look) -> Cell {
        Cell { look, ..Cell::from(text.into()) }
    }

    /// A cell with a number, to the right.
    pub fn number(text: impl Display) -> Cell {
        Cell { right: true, ..Cell::from(text.to_string()) }
    }

    fn shown(&self) -> comfy_table::Cell {
        let alignment = if self.right { CellAlignment::Right } else { CellAlignment::Left };
        self.look.on(comfy_table::Cell::new(&self.text).set_alignment(alignment))
    }
}

/// A table: a head, and rows with aligned columns. Columns that are empty throughout are left out.
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
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

    /// The table's lines. They carry colour: the printer takes it out where it is not wanted.
    pub fn print(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.enforce_styling().style_text_only();
        if self.head.iter().any(|name| !name.is_empty()) {
            let right = |at: usize| self.rows.first().and_then(|row| row.get(at)).is_some_and(|cell| cell.right);
            let name = |(at, name): (usize, &String)| Cell { right: right(at), ..Cell::of(name, Look::Faint) }.shown();
            table.set_header(self.head.iter().enumerate().map(name));
        }
        for row in &self.rows {
            table.add_row(row.iter().map(Cell::shown));
        }
        for column in table.column_iter_mut() {
            let filled = |row: &Vec<Cell>| row.get(column.index).is_some_and(|cell| !cell.text.is_empty());
            match self.rows.iter().any(filled) {
                true => column.set_padding((0, 2)),
                false => column.set_constraint(ColumnConstraint::Hidden),
            };
        }
        table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(table: &Table) -> String {
        anstream::adapter::strip_str(&table.print()).to_string()
    }

    #[test]
    fn a_table_aligns_its_columns_and_leaves_empty_ones_out() {
        let mut table = Table::new(["NAME", "NOTE", "SIZE"]);
        table.row(["a".into(), "".into(), Cell::number(7)]);
        table.row(["long name".into(), "".into(), Cell::number(1234)]);
        assert_eq!(plain(&table), "NAME       SIZE\na             7\nlong name  1234\n");
    }

    #[test]
    fn a_character_that_takes_two_places_does_not_push_its_row_out() {
        let mut table = Table::new(["MODEL", "STAGE"]);
        table.row(["\u{611f}\u{60c5}".into(), "staging".into()]);
        table.row(["abcd".into(), "staging".into()]);
        assert_eq!(plain(&table), "MODEL  STAGE\n\u{611f}\u{60c5}   staging\nabcd   staging\n");
    }

    #[test]
    fn colour_does_not_count_as_width() {
        let mut table = Table::new(["", ""]);
        table.row([Cell::of("ok", Look::Good), "x".into()]);
        table.row([Cell::of("failed", Look::Bad), "x".into()]);
        assert!(table.print().contains('\u{1b}'));
        assert_eq!(plain(&table), "ok      x\nfailed  x\n");
    }

    #[test]
    fn foreign_text_cannot_colour_or_move_the_cursor() {
        let cell = Cell::from("a\u{1b}[31mb\nc\u{202e}d");
        assert_eq!(cell.text, "a\\u{1b}[31mb c\\u{202e}d");
    }
}
