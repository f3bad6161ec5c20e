//! A page as Markdown, as forges read it.

use super::{Block, Line, Mark, Page, Span, Table, Tone, shown_address};
use refmark_types::text::{escape_html, escape_markdown, escape_markdown_inline, is_unseen};

pub(super) fn page(page: &Page, limit: usize) -> (String, usize) {
    let blocks: Vec<String> = page.0.iter().map(block).collect();
    let kept = fitting(&page.0, &blocks, limit.saturating_sub(200));
    let cut = kept.iter().filter(|kept| !**kept).count();
    let mut out = String::new();
    let mut told = cut == 0;
    for (at, text) in blocks.iter().enumerate() {
        if kept[at] {
            push(&mut out, text);
        } else if !told {
            told = true;
            push(
                &mut out,
                &format!(
                    "**Cut**: {cut} of {} parts are left out here ({limit} characters are the limit); the whole is in the text and JSON forms.\n",
                    blocks.len()
                ),
            );
        }
    }
    (out, cut)
}

fn push(out: &mut String, text: &str) {
    if !out.is_empty() && !text.is_empty() {
        out.push('\n');
    }
    out.push_str(text);
}

/// Which blocks fit. Marker, headings and small print come first, then the others in their order.
fn fitting(blocks: &[Block], texts: &[String], limit: usize) -> Vec<bool> {
    let mut kept = vec![false; texts.len()];
    let mut used = 0;
    for first in [true, false] {
        for (at, text) in texts.iter().enumerate() {
            let early = matches!(blocks[at], Block::Hidden(_) | Block::Heading(1, _) | Block::Small(_));
            let size = text.chars().count() + 1;
            if early == first && used + size <= limit {
                used += size;
                kept[at] = true;
            }
        }
    }
    kept
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(level, title) => format!("{} {}\n", "#".repeat(usize::from(*level) + 2), line(title)),
        // Two spaces at a line's end break the line on every forge.
        Block::Lines(lines) => {
            format!("{}\n", lines.iter().map(|line| spans(line, true)).collect::<Vec<_>>().join("  \n"))
        }
        Block::Table(rows) => table(rows),
        Block::Folded(summary, blocks) => {
            let inner: Vec<String> = blocks.iter().map(self::block).collect();
            format!("<details><summary>{}</summary>\n\n{}\n</details>\n", self::summary(summary), inner.join("\n"))
        }
        Block::Small(text) => format!("<sub>{}</sub>\n", line(text)),
        Block::Hidden(text) => format!("<!-- {} -->\n", text.replace(['<', '>', '\n'], " ").replace("--", "- -")),
    }
}

fn table(table: &Table) -> String {
    let mut out = String::from("|");
    for (name, _) in &table.head {
        let name = line(name);
        out.push_str(&if name.is_empty() { " |".to_owned() } else { format!(" {name} |") });
    }
    out.push_str("\n|");
    for (_, right) in &table.head {
        out.push_str(if *right { "--:|" } else { "---|" });
    }
    out.push('\n');
    for row in &table.rows {
        out.push('|');
        for cell in row {
            out.push_str(&format!(" {} |", line(cell)));
        }
        out.push('\n');
    }
    if let Some(more) = &table.more {
        out.push_str(&format!("\n{}\n", escape_markdown(more)));
    }
    out
}

fn line(line: &Line) -> String {
    spans(line, false)
}

fn spans(line: &Line, starts_a_line: bool) -> String {
    let mut out = String::new();
    for (at, span) in line.0.iter().enumerate() {
        match span {
            Span::Mark(mark) => out.push_str(sign(*mark)),
            Span::Link(to) => out.push_str(&format!("[{}]({to})", escape_markdown_inline(&shown_address(to)))),
            Span::Text(tone, text) => spoken(&mut out, *tone, text, starts_a_line && at == 0),
        }
    }
    out.trim().to_owned()
}

/// Forges read no Markdown in a summary, but still look for mentions and references there.
fn summary(line: &Line) -> String {
    let texts = line.0.iter().filter_map(|span| match span {
        Span::Text(_, text) => Some(text.split_inclusive(['@', '#']).map(escape_html).collect::<Vec<_>>()),
        Span::Link(to) => Some(vec![escape_html(&shown_address(to))]),
        Span::Mark(_) => None,
    });
    texts.map(|parts| parts.join("&#8203;")).collect()
}

/// Spaces at a run's ends stay spaces: they only part it from its neighbours.
fn spoken(out: &mut String, tone: Tone, text: &str, first: bool) {
    let core = text.trim_matches(' ');
    if text.starts_with(' ') {
        out.push(' ');
    }
    match tone {
        _ if core.is_empty() => return,
        Tone::Plain if first => out.push_str(&escape_markdown(core)),
        Tone::Plain => out.push_str(&escape_markdown_inline(core)),
        Tone::Strong => out.push_str(&format!("**{}**", escape_markdown_inline(core))),
        Tone::Apart => out.push_str(&format!("*{}*", escape_markdown_inline(core))),
        Tone::Code if core.chars().any(|c| is_unseen(c) || matches!(c, '`' | '|' | '\\')) => {
            out.push_str(&escape_markdown_inline(core));
        }
        Tone::Code => out.push_str(&format!("`{core}`")),
    }
    if text.ends_with(' ') {
        out.push(' ');
    }
}

fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Good => "✅",
        Mark::Waits => "⏳",
        Mark::Bad => "❌",
        Mark::Open => "⬜",
        Mark::Waived => "🟡",
        Mark::Danger => "🛑",
        Mark::Caution => "⚠️",
    }
}
