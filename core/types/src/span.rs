//! A span of time as people write it: `30d`.

use serde::{Deserialize, Serialize};

use super::error::{Code, Error, Result};

/// A span of time in whole seconds, written as a number and `s`, `m`, `h`, `d` or `w`, such as `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(u64);

const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Span {
    /// Reads a span of at least a second and at most a hundred years.
    ///
    /// # Errors
    /// `bad-argument` for anything else.
    ///
    /// ```
    /// use refmark_types::span::Span;
    ///
    /// assert_eq!(Span::parse("30d").unwrap().seconds(), 30 * 86_400);
    /// assert_eq!(Span::parse("14d").unwrap().to_string(), "2w");
    /// assert!(Span::parse("30 days").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Span> {
        let bad = || {
            Error::new(Code::BadArgument, format!("`{}` is not a span of time", text.escape_debug()))
                .hint("write a number and s, m, h, d or w, such as 30d")
        };
        let unit = text.chars().next_back().ok_or_else(bad)?;
        let digits = text.strip_suffix(unit).unwrap_or_default();
        let (_, seconds) = UNITS.iter().find(|(letter, _)| *letter == unit).ok_or_else(bad)?;
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || digits.starts_with('0') {
            return Err(bad());
        }
        let span = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(*seconds)).ok_or_else(bad)?;
        if span > 100 * 366 * 86_400 {
            return Err(bad());
        }
        Ok(Span(span))
    }

    /// The span's length in seconds.
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (letter, seconds) = UNITS.iter().find(|(_, unit)| self.0.is_multiple_of(*unit)).unwrap_or(&('s', 1));
        write!(f, "{}{letter}", self.0 / seconds)
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Span::parse(&text).map_err(|error| serde::de::Error::custom(error.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_printed_in_the_largest_whole_unit() {
        for (text, printed) in [("30d", "30d"), ("14d", "2w"), ("90m", "90m"), ("3600s", "1h"), ("7s", "7s")] {
            assert_eq!(Span::parse(text).unwrap().to_string(), printed);
        }
        for wrong in ["", "d", "0d", "1", "-1d", "1y", "99999999999999999999d", "9999999w", "ü"] {
            assert!(Span::parse(wrong).is_err(), "{wrong}");
        }
    }
}
