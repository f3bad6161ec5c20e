//! Marked values of YAML: found by the parser's own comments and places, never by the look of a line.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle};

use super::{MARKER, Marked, on_line, read_comment};
use refmark_types::error::Result;

/// A scalar or a comment, where it stands.
struct Token {
    range: Range<usize>,
    line: usize,
    end_line: usize,
    what: What,
}

enum What {
    /// A value, or a key.
    Scalar {
        value: String,
        style: ScalarStyle,
        is_key: bool,
    },
    Comment(String),
}

pub(super) fn marked(text: &str) -> Result<Vec<Marked>> {
    let tokens = tokens(text)?;
    let mut found: Vec<Marked> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let What::Comment(comment) = &token.what else { continue };
        let Some(wanted) = read_comment(comment, token.line)? else { continue };
        // On the value's own line, or on a line of its own before that of the value.
        let before = tokens[..at].iter().rev().find(|it| matches!(it.what, What::Scalar { .. }));
        let after = tokens[at + 1..].iter().find(|it| matches!(it.what, What::Scalar { .. }));
        let scalar = match (before.filter(|it| it.end_line == token.line), after) {
            (Some(before), _) => Some(before),
            (None, Some(after)) if after.line == token.line + 1 => {
                tokens[at + 1..].iter().rev().find(|it| it.line == after.line && matches!(it.what, What::Scalar { .. }))
            }
            _ => None,
        };
        let Some((scalar, value, quote)) = scalar.and_then(as_value) else {
            return Err(on_line(token.line, "the marker stands beside no value on one line"));
        };
        found.push(Marked {
            line: scalar.line,
            wanted,
            value: value.to_owned(),
            span: scalar.range.clone(),
            comment: token.range.clone(),
            quote,
        });
    }
    found.sort_by_key(|it| it.span.start);
    if let Some(pair) = found.windows(2).find(|pair| pair[0].span.end > pair[1].span.start) {
        return Err(on_line(pair[0].line, "two markers mark one value"));
    }
    let seen = found.len();
    // A marker that the parser takes for a part of a text is one that somebody relies on.
    match text.lines().filter(|line| line.contains(MARKER)).count() {
        lines if lines == seen => Ok(found),
        _ => Err(on_line(
            text.lines().position(|line| line.contains(MARKER)).unwrap_or_default() + 1,
            "a marker is not a comment of its own: one a line, and in no text",
        )),
    }
}

fn as_value(token: &Token) -> Option<(&Token, &str, Option<char>)> {
    let What::Scalar { value, style, is_key: false } = &token.what else { return None };
    let quote = match style {
        ScalarStyle::Plain => None,
        ScalarStyle::SingleQuoted => Some('\''),
        ScalarStyle::DoubleQuoted => Some('"'),
        _ => return None,
    };
    (token.line == token.end_line && !token.range.is_empty()).then_some((token, value, quote))
}

/// Whether two texts have the same scalars and comments, but for the marked ones of each.
pub(super) fn same_but(one: &str, marked_in_one: &[Marked], other: &str, marked_in_other: &[Marked]) -> bool {
    let (Ok(one), Ok(other)) = (tokens(one), tokens(other)) else { return false };
    let is = |token: &Token, marked: &[Marked]| marked.iter().any(|it| it.span == token.range);
    one.len() == other.len()
        && one.iter().zip(&other).all(|(a, b)| match (&a.what, &b.what) {
            (What::Comment(a), What::Comment(b)) => a == b,
            (What::Scalar { value: x, style: s, is_key: k }, What::Scalar { value: y, style: t, is_key: l }) => {
                let both = is(a, marked_in_one) && is(b, marked_in_other);
                (both || x == y) && s == t && k == l
            }
            _ => false,
        })
}

/// Scalars and comments in the order in which they stand.
fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    // Of each open collection: none for a list, else whether a key comes next.
    let mut open: Vec<Option<bool>> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| on_line(error.marker().line(), "this is no YAML"))?;
        let range = span.byte_range().unwrap_or_default();
        let (line, end_line) = (span.start.line(), span.end.line());
        match event {
            Event::Comment(comment, _) => {
                tokens.push(Token { range, line, end_line, what: What::Comment(comment.into_owned()) });
            }
            Event::Scalar(value, style, ..) => {
                let is_key = next(&mut open);
                let what = What::Scalar { value: value.into_owned(), style, is_key };
                tokens.push(Token { range, line, end_line, what });
            }
            Event::Alias(..) => drop(next(&mut open)),
            Event::SequenceStart(..) => {
                next(&mut open);
                open.push(None);
            }
            Event::MappingStart(..) => {
                next(&mut open);
                open.push(Some(true));
            }
            Event::SequenceEnd | Event::MappingEnd => drop(open.pop()),
            _ => {}
        }
    }
    tokens.sort_by_key(|it| it.range.start);
    Ok(tokens)
}

/// Takes a node into the innermost collection, and says whether it is a key there.
fn next(open: &mut [Option<bool>]) -> bool {
    match open.last_mut() {
        Some(Some(is_key)) => std::mem::replace(is_key, !*is_key),
        _ => false,
    }
}
