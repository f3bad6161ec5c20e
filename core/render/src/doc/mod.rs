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
/// A longer address is no link.
const MOST_OF_AN_ADDRESS: usize = 512;

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
    /// Agreeing without a look may do harm.
    Danger,
    /// Worth a look.
    Caution,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Text.
    Text(Tone, String),
    /// A sign.
    Mark(Mark),
    /// An address of the web that somebody else gave, and that a reader may follow.
    Link(String),
}

/// Whether an address may become a link as it is: of the web, without a user's name, of characters that mean nothing to
/// Markdown or HTML.
fn is_plain_address(address: &str) -> bool {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&+,;=%".contains(c);
    !host.is_empty() && !host.contains('@') && rest.chars().all(plain)
}

/// An address as it is shown: without its scheme, cut where it is long.
fn shown_address(address: &str) -> String {
    bounded(address.split_once("://").map_or(address, |(_, rest)| rest), WORD / 2)
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

    /// Goes on with an address that somebody else gave: a link where it is a plain address of the web, else a word.
    pub fn link(self, address: &str) -> Line {
        self.address_or(&bounded(address, MOST_OF_AN_ADDRESS), Tone::Plain)
    }

    /// Goes on with a text that may be an address: a link where it is a plain one of the web, else in this tone.
    pub fn address_or(mut self, text: &str, tone: Tone) -> Line {
        if !is_plain_address(text) {
            return self.add(tone, text);
        }
        self.0.push(Span::Link(text.to_owned()));
        self
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
                other => self.0.push(other),
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
