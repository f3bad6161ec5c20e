//! A page for a terminal: tables in columns, colours only where asked for, and no control character but ours.

use super::{Block, Line, Mark, Page, Span, Table, Tone};
use refmark_types::text::one_line;

pub(super) fn page(page: &Page, colour: bool) -> String {
    let mut out = String::new();
    blocks(&mut out, &page.0, colour, "");
    out
}

fn blocks(out: &mut String, blocks: &[Block], colour: bool, indent: &str) {
    for block in blocks {
        if !out.is_empty() && !matches!(block, Block::Hidden(_)) {
            out.push('\n');
        }
        match block {
            Block::Heading(_, title) => {
                out.push_str(&format!("{indent}{}\n", paint("1", &line(title, false), colour)));
            }
            Block::Lines(lines) => {
                for text in lines {
                    out.push_str(&format!("{indent}{}\n", line(text, colour)));
                }
            }
            Block::Table(rows) => table(out, rows, colour, indent),
            Block::Folded(summary, inner) => {
                out.push_str(&format!("{indent}{}\n", line(summary, colour)));
                let mut folded = String::new();
                self::blocks(&mut folded, inner, colour, &format!("{indent}  "));
                out.push_str(&folded);
            }
            Block::Small(text) => out.push_str(&format!("{indent}{}\n", paint("2", &line(text, false), colour))),
            Block::Hidden(_) => {}
        }
    }
}

fn table(out: &mut String, table: &Table, colour: bool, indent: &str) {
    let head: Vec<Line> = table.head.iter().map(|(name, _)| name.clone()).collect();
    let mut widths = vec![0; head.len()];
    for row in std::iter::once(&head).chain(&table.rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(line(cell, false).chars().count());
        }
    }
    for (number, row) in std::iter::once(&head).chain(&table.rows).enumerate() {
        let mut text = indent.to_owned();
        for (at, cell) in row.iter().enumerate() {
            let width = widths.get(at).copied().unwrap_or(0);
            let pad = " ".repeat(width.saturating_sub(line(cell, false).chars().count()));
            let cell = if number == 0 { paint("2", &line(cell, false), colour) } else { line(cell, colour) };
            let right = table.head.get(at).is_some_and(|head| head.1);
            text.push_str(&if right { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") });
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    if let Some(more) = &table.more {
        out.push_str(&format!("{indent}{}\n", one_line(more)));
    }
}

fn paint(code: &str, text: &str, colour: bool) -> String {
    if colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

fn line(line: &Line, colour: bool) -> String {
    let mut out = String::new();
    for span in &line.0 {
        match span {
            Span::Mark(mark) => {
                let (sign, code) = match mark {
                    Mark::Good => ("✓", "32"),
                    Mark::Waits => ("…", "33"),
                    Mark::Bad => ("✗", "31"),
                    Mark::Open => ("○", "33"),
                    Mark::Waived => ("~", "33"),
                    Mark::Danger => ("‼", "31"),
                    Mark::Caution => ("!", "33"),
                };
                out.push_str(&paint(code, sign, colour));
            }
            Span::Link(to) => out.push_str(&paint("4", &one_line(to), colour)),
            Span::Text(tone, text) => {
                let code = match tone {
                    Tone::Plain => "",
                    Tone::Code => "36",
                    Tone::Strong => "1",
                    Tone::Apart => "3",
                };
                out.push_str(&paint(code, &one_line(text), colour && !code.is_empty()));
            }
        }
    }
    out
}
