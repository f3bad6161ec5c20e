//! MLflow's filter strings: comparisons with `AND` between them, such as ``name LIKE 'nlp%' AND tags.`team` = 'search'``.

use super::failure::{Failure, Result};

/// The longest filter, in bytes.
const LONGEST: usize = 64 << 10;

/// What a comparison is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A tag.
    Tag(String),
    /// An attribute.
    Attribute(String),
}

/// What is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// One of several texts.
    List(Vec<String>),
}

/// How.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `LIKE`
    Like,
    /// `ILIKE`
    Ilike,
    /// `IN`
    In,
    /// `NOT IN`
    NotIn,
}

/// A comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Of what.
    pub key: Key,
    /// How.
    pub comparator: Comparator,
    /// With what.
    pub operand: Operand,
}

impl Clause {
    /// Whether a text fits; what is not there fits nothing.
    pub fn fits_text(&self, found: Option<&str>) -> bool {
        let Some(found) = found else { return false };
        match (&self.operand, self.comparator) {
            (Operand::List(all), Comparator::In) => all.iter().any(|it| it == found),
            (Operand::List(all), Comparator::NotIn) => !all.iter().any(|it| it == found),
            (Operand::Text(text), Comparator::Is) => text == found,
            (Operand::Text(text), Comparator::IsNot) => text != found,
            (Operand::Text(pattern), Comparator::Like) => like(pattern, found),
            (Operand::Text(pattern), Comparator::Ilike) => like(&pattern.to_lowercase(), &found.to_lowercase()),
            _ => false,
        }
    }

    /// Whether a number fits.
    pub fn fits_number(&self, found: i64) -> bool {
        let value = match &self.operand {
            Operand::Number(number) => *number,
            Operand::Text(text) => match text.parse() {
                Ok(number) => number,
                Err(_) => return false,
            },
            Operand::List(_) => return false,
        };
        match self.comparator {
            Comparator::Is => found == value,
            Comparator::IsNot => found != value,
            Comparator::Less => found < value,
            Comparator::AtMost => found <= value,
            Comparator::More => found > value,
            Comparator::AtLeast => found >= value,
            _ => false,
        }
    }
}

/// Whether a text fits a pattern of `LIKE`: `%` is any run of characters, `_` any one.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    let mut again: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('%') => {
                again = Some((at + 1, from));
                at += 1;
            }
            Some(char) if *char == '_' || *char == text[from] => (at, from) = (at + 1, from + 1),
            _ => match again {
                Some((back, tried)) => {
                    again = Some((back, tried + 1));
                    (at, from) = (back, tried + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|char| *char == '%')
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Number(i64),
    Sign(&'static str),
}

/// Reads a filter; none where it is empty.
pub fn parse(filter: Option<&str>) -> Result<Vec<Clause>> {
    let filter = filter.unwrap_or_default();
    if filter.len() > LONGEST {
        return Err(Failure::parameter("the filter is over 64 KiB"));
    }
    let tokens = tokens(filter)?;
    let mut rest = tokens.as_slice();
    let mut clauses = Vec::new();
    while !rest.is_empty() {
        if !clauses.is_empty() {
            rest = word(rest, "AND").ok_or_else(|| wrong(filter))?;
        }
        let (clause, after) = clause(rest, filter)?;
        clauses.push(clause);
        rest = after;
    }
    Ok(clauses)
}

fn wrong(filter: &str) -> Failure {
    Failure::parameter(format!("Invalid clause(s) in filter string: {filter}"))
}

fn word<'t>(tokens: &'t [Token], expected: &str) -> Option<&'t [Token]> {
    match tokens.split_first() {
        Some((Token::Word(word), rest)) if word.eq_ignore_ascii_case(expected) => Some(rest),
        _ => None,
    }
}

fn clause<'t>(tokens: &'t [Token], filter: &str) -> Result<(Clause, &'t [Token])> {
    let (key, rest) = match tokens {
        [Token::Word(name), rest @ ..] => (key(name)?, rest),
        _ => return Err(wrong(filter)),
    };
    let (comparator, rest) = comparator(rest).ok_or_else(|| wrong(filter))?;
    let (operand, rest) = match rest {
        [Token::Text(text), rest @ ..] => (Operand::Text(text.clone()), rest),
        [Token::Number(number), rest @ ..] => (Operand::Number(*number), rest),
        [Token::Sign("("), rest @ ..] => list(rest).ok_or_else(|| wrong(filter))?,
        _ => return Err(wrong(filter)),
    };
    let is_list = matches!(operand, Operand::List(_));
    if is_list != matches!(comparator, Comparator::In | Comparator::NotIn) {
        return Err(wrong(filter));
    }
    Ok((Clause { key, comparator, operand }, rest))
}

fn comparator(tokens: &[Token]) -> Option<(Comparator, &[Token])> {
    let (first, rest) = tokens.split_first()?;
    let comparator = match first {
        Token::Sign("=") => Comparator::Is,
        Token::Sign("!=") => Comparator::IsNot,
        Token::Sign("<") => Comparator::Less,
        Token::Sign("<=") => Comparator::AtMost,
        Token::Sign(">") => Comparator::More,
        Token::Sign(">=") => Comparator::AtLeast,
        Token::Word(word) if word.eq_ignore_ascii_case("LIKE") => Comparator::Like,
        Token::Word(word) if word.eq_ignore_ascii_case("ILIKE") => Comparator::Ilike,
        Token::Word(word) if word.eq_ignore_ascii_case("IN") => Comparator::In,
        Token::Word(not) if not.eq_ignore_ascii_case("NOT") => return Some((Comparator::NotIn, word(rest, "IN")?)),
        _ => return None,
    };
    Some((comparator, rest))
}

fn list(mut tokens: &[Token]) -> Option<(Operand, &[Token])> {
    let mut all = Vec::new();
    loop {
        match tokens {
            [Token::Text(text), Token::Sign(","), rest @ ..] => {
                all.push(text.clone());
                tokens = rest;
            }
            [Token::Text(text), Token::Sign(")"), rest @ ..] => {
                all.push(text.clone());
                return Some((Operand::List(all), rest));
            }
            _ => return None,
        }
    }
}

fn key(name: &str) -> Result<Key> {
    let bare = |name: &str| name.trim_matches(['`', '"']).to_owned();
    match name.split_once('.') {
        Some(("tag" | "tags", key)) => Ok(Key::Tag(bare(key))),
        Some(("attribute" | "attributes", key)) => Ok(Key::Attribute(bare(key))),
        Some((entity, _)) => Err(Failure::parameter(format!(
            "Invalid entity type '{entity}'. Valid entity types are ('attribute', 'tag', 'tags')"
        ))),
        None => Ok(Key::Attribute(bare(name))),
    }
}

fn tokens(filter: &str) -> Result<Vec<Token>> {
    const SIGNS: [&str; 9] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", ","];
    let mut tokens = Vec::new();
    let mut rest = filter.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else if matches!(first, '\'' | '"') {
            let end = quoted(rest, first).ok_or_else(|| wrong(filter))?;
            (Token::Text(rest[1..end].to_owned()), end + 1)
        } else {
            let length = bare(rest).ok_or_else(|| wrong(filter))?;
            let text = &rest[..length];
            (text.parse().map_or_else(|_| Token::Word(text.to_owned()), Token::Number), length)
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// Where a quoted text ends: a doubled quote belongs to it.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut at = 1;
    loop {
        let end = at + text.get(at..)?.find(quote)?;
        match text[end + 1..].starts_with(quote) {
            true => at = end + 2,
            false => return Some(end),
        }
    }
}

/// How long a word is that stands at the beginning: what is in backticks or quotes in it belongs to it.
fn bare(text: &str) -> Option<usize> {
    let mut open: Option<char> = None;
    for (at, char) in text.char_indices() {
        match open {
            Some(quote) if char == quote => open = None,
            Some(_) => {}
            None if char == '`' || char == '"' => open = Some(char),
            None if char.is_whitespace() || "=<>!(),'".contains(char) => return (at > 0).then_some(at),
            None => {}
        }
    }
    open.is_none().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_as_mlflow_reads_them() {
        let all =
            parse(Some("name LIKE 'nlp%' AND tags.`a b` != \"x\" and version_number>=3 AND run_id NOT IN ('a','b')"));
        let all = all.unwrap();
        assert_eq!(all.len(), 4);
        assert_eq!(all[1].key, Key::Tag("a b".to_owned()));
        assert_eq!((all[2].comparator, &all[2].operand), (Comparator::AtLeast, &Operand::Number(3)));
        assert_eq!(all[3].operand, Operand::List(vec!["a".to_owned(), "b".to_owned()]));
        assert!(all[0].fits_text(Some("nlp-x")) && !all[0].fits_text(Some("xnlp")) && !all[1].fits_text(None));
        assert!(all[2].fits_number(3) && !all[2].fits_number(2) && all[3].fits_text(Some("c")));
        assert_eq!(parse(None).unwrap(), []);
        assert_eq!(parse(Some("name = 'it''s AND'")).unwrap()[0].operand, Operand::Text("it''s AND".to_owned()));
        for bad in [
            "name",
            "name =",
            "name = x",
            "name = 'x' OR name = 'y'",
            "name = 'x",
            "metrics.a = 'b'",
            "name IN 'x'",
            "AND",
            "`",
        ] {
            assert!(parse(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn like_knows_runs_and_single_characters_and_takes_no_time_over_hostile_patterns() {
        for (pattern, text, fits) in [
            ("a%", "abc", true),
            ("%c", "abc", true),
            ("a_c", "abc", true),
            ("a_c", "abbc", false),
            ("%b%", "abc", true),
            ("", "", true),
            ("%", "", true),
            ("_", "", false),
            ("a.c", "abc", false),
            ("gr_e", "größe", false),
            ("gr%e", "größe", true),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
        assert!(!like(&"%a".repeat(2000), &"a".repeat(1999)));
        let clause = parse(Some("name ILIKE 'NLP%'")).unwrap().remove(0);
        assert!(clause.fits_text(Some("nlp")));
    }
}
