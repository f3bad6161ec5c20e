//! A page for people, as a value: built once, shown on a terminal, as Markdown and as HTML. Its words are raw, also those
//! from manifests; only the renderers escape, so that none can be forgotten.

mod html;
mod markdown;
mod terminal;

#[cfg(test)]
mod tests;

use refmark_types::text::bounded;

/// So many characters of a foreign word are shown.
const WORD: usize = 120;

/// How a run of text is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// A name for machines.
    Code,
    /// Said with weight.
    Strong,
    /// Said apart.
    Apart,
}

/// A sign in front of a line or in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It holds.
    Good,
    /// It waits.
    Waits,
    /// It does not hold.
    Bad,
    /// It is not there yet.
    Open,
    /// Somebody let it pass.
    Waived,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Text.
    Text(Tone, String),
    /// A sign.
    Mark(Mark),
}

/// A line of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

impl Line {
    /// A line that says this.
    pub fn of(text: impl AsRef<str>) -> Line {
        Line::default().say(text)
    }

    /// A line that begins with a sign.
    pub fn mark(mark: Mark) -> Line {
        Line(vec![Span::Mark(mark)])
    }

    fn add(mut self, tone: Tone, text: &str) -> Line {
        match self.0.last_mut() {
            // One run, so that a renderer sees what stands beside what.
            Some(Span::Text(last, run)) if *last == tone && tone == Tone::Plain => run.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Span::Text(tone, text.to_owned())),
        }
        self
    }

    /// Goes on with plain text.
    pub fn say(self, text: impl AsRef<str>) -> Line {
        self.add(Tone::Plain, text.as_ref())
    }

    /// Goes on with a word that somebody else chose: at most 120 characters of it.
    pub fn word(self, text: &str) -> Line {
        self.add(Tone::Plain, &bounded(text, WORD))
    }

    /// Goes on with a name for machines.
    pub fn code(self, text: impl AsRef<str>) -> Line {
        self.add(Tone::Code, text.as_ref())
    }

    /// Goes on with weight.
    pub fn strong(self, text: impl AsRef<str>) -> Line {
        self.add(Tone::Strong, text.as_ref())
    }

    /// Goes on apart.
    pub fn apart(self, text: impl AsRef<str>) -> Line {
        self.add(Tone::Apart, text.as_ref())
    }

    /// Goes on with another line's parts.
    pub fn line(mut self, other: Line) -> Line {
        for span in other.0 {
            match span {
                Span::Text(tone, text) => self = self.add(tone, &text),
                mark => self.0.push(mark),
            }
        }
        self
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lines in a row with something in between.
    pub fn join(lines: impl IntoIterator<Item = Line>, between: &str) -> Line {
        let mut all = Line::default();
        for (at, line) in lines.into_iter().enumerate() {
            all = if at == 0 { all } else { all.say(between) };
            all = all.line(line);
        }
        all
    }
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns' names, and whether they stand to the right.
    pub head: Vec<(Line, bool)>,
    /// The rows.
    pub rows: Vec<Vec<Line>>,
    /// What to say of rows that were left out, if any were.
    pub more: Option<String>,
}

impl Table {
    /// A table with these columns; `>` before a name puts its column to the right.
    pub fn new(columns: &[&str]) -> Table {
        let column = |name: &&str| match name.strip_prefix('>') {
            Some(name) => (Line::of(name), true),
            None => (Line::of(name), false),
        };
        Table { head: columns.iter().map(column).collect(), ..Table::default() }
    }
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading; 1 is the largest.
    Heading(u8, Line),
    /// Lines, one below the other.
    Lines(Vec<Line>),
    /// A table.
    Table(Table),
    /// Something folded away behind a summary.
    Folded(Line, Vec<Block>),
    /// Small print.
    Small(Line),
    /// A comment that only Markdown has, and nobody sees: what makes a forge's comment findable again.
    Hidden(String),
}

/// A page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page(pub Vec<Block>);

impl Page {
    /// Adds a block; a table without rows and lines without words are left out.
    pub fn push(&mut self, block: Block) {
        let empty = match &block {
            Block::Table(table) => table.rows.is_empty(),
            Block::Lines(lines) => lines.iter().all(Line::is_empty),
            _ => false,
        };
        if !empty {
            self.0.push(block);
        }
    }

    /// As Markdown for a forge, within so many characters: whole blocks are left out from the end (small print and what
    /// stands before it last), and it is said how many.
    pub fn markdown(&self, limit: usize) -> String {
        self.markdown_within(limit).0
    }

    /// The same, with the number of blocks that were left out.
    pub fn markdown_within(&self, limit: usize) -> (String, usize) {
        markdown::page(self, limit)
    }

    /// For a terminal, with or without colours.
    pub fn terminal(&self, colour: bool) -> String {
        terminal::page(self, colour)
    }

    /// As a piece of HTML that brings its own style, light and dark, and runs nothing.
    pub fn html(&self) -> String {
        html::fragment(self)
    }

    /// As a whole HTML document.
    pub fn html_page(&self, title: &str) -> String {
        html::document(self, title)
    }
}
