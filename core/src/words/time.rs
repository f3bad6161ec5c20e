//! Points in time: UTC, whole seconds, one spelling.

use std::fmt;

use chrono::{DateTime, NaiveDateTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fault::{Code, Fault, Result};

/// A point in time in UTC with whole seconds, written `2026-11-20T14:02:00Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const FORM: &str = "%Y-%m-%dT%H:%M:%SZ";
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what the written form can hold.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

impl Timestamp {
    /// A time from seconds since 1970. What the written form cannot hold is cut to its ends.
    pub fn from_unix(seconds: i64) -> Timestamp {
        Timestamp(seconds.clamp(*RANGE.start(), *RANGE.end()))
    }

    /// Seconds since 1970.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// Reads exactly the written form.
    pub fn parse(text: &str) -> Result<Timestamp> {
        NaiveDateTime::parse_from_str(text, FORM)
            .ok()
            .map(|time| Timestamp(time.and_utc().timestamp()))
            .filter(|time| RANGE.contains(&time.0) && time.to_string() == text)
            .ok_or_else(|| {
                Fault::new(Code::BadTime, format!("`{}` is not a time", text.escape_debug()))
                    .hint("write it in UTC with whole seconds, such as 2026-11-20T14:02:00Z")
            })
    }

    /// Reads what people type: the written form, any RFC 3339 time, or a date (its first second, in UTC).
    pub fn parse_lenient(text: &str) -> Result<Timestamp> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Timestamp::from_unix(time.timestamp()));
        }
        Timestamp::parse(&format!("{text}T00:00:00Z")).or_else(|_| Timestamp::parse(text))
    }

    /// This time and some seconds more (or less).
    pub fn plus(self, seconds: i64) -> Timestamp {
        Timestamp::from_unix(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this time; negative where it is later.
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_timestamp(self.0, 0) {
            Some(time) => write!(f, "{}", time.format(FORM)),
            None => write!(f, "{}s", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Timestamp::parse(&text).map_err(|fault| serde::de::Error::custom(fault.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_spelling_of_a_second_is_read() {
        let text = "2026-11-20T14:02:00Z";
        assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        for wrong in [
            "2026-11-20T14:02:00.0Z",
            "2026-11-20 14:02:00Z",
            "2026-11-20T14:02:00+00:00",
            "2026-1-20T14:02:00Z",
            "+2026-11-20T14:02:00Z",
            "2026-11-20T14:02:60Z",
            "10000-01-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(wrong).unwrap_err().code, Code::BadTime, "{wrong}");
        }
    }

    #[test]
    fn people_may_type_a_date_or_an_offset() {
        assert_eq!(Timestamp::parse_lenient("2026-11-20").unwrap().to_string(), "2026-11-20T00:00:00Z");
        assert_eq!(Timestamp::parse_lenient("2026-11-20T16:00:00+02:00").unwrap().to_string(), "2026-11-20T14:00:00Z");
    }
}
