//! Marked values of `NAME=value` lines, as shells and container engines read them.

use super::{MARKER, Marked, on_line, read_comment};
use refmark_types::error::Result;

pub(super) fn marked(text: &str) -> Result<Vec<Marked>> {
    let mut found = Vec::new();
    let mut above = None;
    let mut start = 0;
    for (at, raw) in text.split_inclusive('\n').enumerate() {
        let (line, begin) = (raw.trim_end_matches(['\n', '\r']), start);
        start += raw.len();
        let number = at + 1;
        if line.trim_start().starts_with('#') {
            let hash = line.find('#').unwrap_or_default();
            if let Some(wanted) = read_comment(&line[hash + 1..], number)? {
                if above.is_some() {
                    return Err(on_line(number, "the marker before it stands above no value"));
                }
                above = Some((wanted, begin + hash..begin + line.len(), number));
            }
            continue;
        }
        let value = value(line);
        let comment = value.as_ref().map_or(line.len(), |it| it.end);
        let tail = line.get(comment..).unwrap_or_default();
        let own = match tail.trim_start().strip_prefix('#') {
            Some(text) if tail.starts_with([' ', '\t']) => {
                let hash = line.len() - text.len() - 1;
                read_comment(text, number)?.map(|wanted| (wanted, begin + hash..begin + line.len(), number))
            }
            _ if line.contains(MARKER) => return Err(on_line(number, "a marker is a comment, after a blank and `#`")),
            _ => None,
        };
        let Some((wanted, comment, marker)) = own.or(above.take()) else { continue };
        let Some(value) = value.filter(|_| above.is_none()) else {
            return Err(on_line(marker, "the marker stands beside no value"));
        };
        let (from, to) = (begin + value.start, begin + value.end);
        let inside = if value.quote.is_some() { from + 1..to - 1 } else { from..to };
        found.push(Marked {
            line: number,
            wanted,
            value: text.get(inside).unwrap_or_default().to_owned(),
            span: from..to,
            comment,
            quote: value.quote,
        });
    }
    match above {
        Some((_, _, line)) => Err(on_line(line, "the marker stands above no value")),
        None => Ok(found),
    }
}

/// Where a line's value stands, with its quotes.
struct Value {
    start: usize,
    end: usize,
    quote: Option<char>,
}

fn value(line: &str) -> Option<Value> {
    let (name, _) = line.split_once('=')?;
    let bare = name.trim_start();
    let bare = bare.strip_prefix("export ").unwrap_or(bare);
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    if bare.is_empty() || !bare.chars().all(is_name) || bare.starts_with(|it: char| it.is_ascii_digit()) {
        return None;
    }
    let start = name.len() + 1;
    let rest = line.get(start..)?;
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let length = rest.get(1..)?.find(quote)? + 2;
            Some(Value { start, end: start + length, quote: Some(quote) })
        }
        _ => {
            let length = rest.find([' ', '\t']).unwrap_or(rest.len());
            Some(Value { start, end: start + length, quote: None })
        }
    }
}
