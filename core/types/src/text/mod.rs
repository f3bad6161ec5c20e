//! Text for people: foreign words made harmless for a terminal, Markdown and HTML, and quantities that read well.

mod measure;

use crate::time::Timestamp;

pub use measure::{duration, percent, round, short, signed, size};

/// A zero-width space, written so that it shows in the source: it parts `@` from a name without changing what is read.
const APART: &str = "&#8203;";

/// Whether a character is not seen as itself: controls, direction changers, zero-width and filler characters, tags.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// One line for a terminal: what is not seen as itself is spelled out as `\u{…}`, so that a text can neither move the
/// cursor, nor colour, nor turn what stands around it.
pub fn terminal_safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        spell(&mut safe, c);
    }
    safe
}

fn spell(into: &mut String, c: char) {
    if is_unseen(c) { into.extend(c.escape_unicode()) } else { into.push(c) }
}

/// One line: line breaks and tabs become spaces, and what else is not seen as itself is spelled out.
pub fn one_line(text: &str) -> String {
    terminal_safe(&text.replace("\r\n", " ").replace(['\n', '\r', '\t'], " "))
}

/// Text for HTML, in an element or a quoted attribute.
pub fn escape_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            plain => html.push(plain),
        }
    }
    html
}

/// Text for Markdown, within a paragraph or a table's cell: it reads as [`one_line`] gives it and is nothing else, no
/// emphasis, link, heading, list, cell, HTML, mention, reference to an issue, emoji, address or forge's command.
pub fn escape_markdown(text: &str) -> String {
    escape(text, true)
}

/// The same for text that goes on within a line, or stands in a table's cell, where no block can start.
pub fn escape_markdown_inline(text: &str) -> String {
    escape(text, false)
}

fn escape(text: &str, starts_a_line: bool) -> String {
    let line: Vec<char> = one_line(text).chars().collect();
    let mut markdown = String::with_capacity(text.len() + 16);
    for (at, &c) in line.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| line.get(at)).copied();
        let after = line.get(at + 1).copied();
        escape_one(&mut markdown, c, before, after, starts_a_line && starts_a_block(&line, at));
        if is_forge_word(&line, at) {
            markdown.push_str(APART);
        }
    }
    markdown
}

fn escape_one(markdown: &mut String, c: char, before: Option<char>, after: Option<char>, starts_a_block: bool) {
    let in_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    match c {
        '&' => markdown.push_str("&amp;"),
        '<' => markdown.push_str("&lt;"),
        '>' => markdown.push_str("&gt;"),
        // Spaces at the ends would be dropped, and four before a text make a block of code.
        ' ' if before.is_none() || after.is_none() => markdown.push_str("&#32;"),
        ' ' if before == Some(' ') || after == Some(' ') => markdown.push_str("&#32;"),
        // Within a word it never is emphasis, and names of metrics stay legible in the source.
        '_' if in_word(before) && in_word(after) => markdown.push('_'),
        '\\' | '`' | '*' | '_' | '[' | ']' | '{' | '}' | '|' | '~' | '^' | '$' => {
            markdown.push('\\');
            markdown.push(c);
        }
        _ if starts_a_block => {
            markdown.push('\\');
            markdown.push(c);
        }
        plain => markdown.push(plain),
    }
}

/// Whether a character at this place would make its line a heading, a list, a rule or a forge's command.
fn starts_a_block(line: &[char], at: usize) -> bool {
    match line.get(at) {
        Some('#' | '-' | '+' | '=' | ':' | '/') => at == 0,
        Some('.' | ')') if line.get(at + 1).is_none_or(|c| *c == ' ') => {
            at > 0 && at < 10 && line.iter().take(at).all(char::is_ascii_digit)
        }
        _ => false,
    }
}

/// Whether a forge reads what starts here as a mention, a reference, an emoji or an address.
fn is_forge_word(line: &[char], at: usize) -> bool {
    let next = line.get(at + 1).copied().unwrap_or(' ');
    let behind = |word: &str| {
        let from = (at + 1).checked_sub(word.len());
        let have = from.and_then(|from| line.get(from..=at));
        have.is_some_and(|have| have.iter().collect::<String>().eq_ignore_ascii_case(word))
    };
    match line.get(at) {
        Some('@' | '#' | '!' | '%' | '&' | '~' | '$' | '^') => {
            next.is_alphanumeric() || matches!(next, '"' | '_' | '-' | '+' | '/')
        }
        // A number is an emoji only where another colon ends it (`:100:`): a time of day stays legible.
        Some(':') if next.is_ascii_digit() => {
            let name = |c: &&char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+');
            let rest = line.get(at + 1..).unwrap_or_default();
            rest.get(rest.iter().take_while(name).count()) == Some(&':')
        }
        Some(':') => next.is_alphanumeric() || matches!(next, '"' | '_' | '-' | '+' | '/'),
        Some('-') => next.is_ascii_digit() && behind("gh-"),
        Some('w' | 'W') => next == '.' && behind("www"),
        _ => false,
    }
}

/// At most so many characters; where more stood there, the last one is `…`.
pub fn bounded(text: &str, chars: usize) -> String {
    if text.chars().nth(chars).is_none() {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(chars.saturating_sub(1)).collect();
    if chars > 0 {
        cut.push('…');
    }
    cut
}

/// `1 file`, `2 files`: a count and its noun.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `2026-11-20 14:02 UTC`.
pub fn when(time: Timestamp) -> String {
    let text = time.to_string();
    format!("{} {} UTC", text.get(..10).unwrap_or(&text), text.get(11..16).unwrap_or_default())
}

/// `2026-11-20`.
pub fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests;
