//! Points in time: UTC, whole seconds, one spelling.

use std::fmt;

use chrono::DateTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::{Code, Error, Result};

/// A point in time in UTC with whole seconds, written `2026-11-20T14:02:00Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The seconds of a day.
const DAY: i64 = 86_400;
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

    /// Reads exactly the written form, which is the only one in records.
    ///
    /// # Errors
    /// `bad-time` for any other spelling.
    pub fn parse(text: &str) -> Result<Timestamp> {
        read(text).ok_or_else(|| {
            Error::new(Code::BadTime, format!("`{}` is not a time", text.escape_debug()))
                .hint("write it in UTC with whole seconds, such as 2026-11-20T14:02:00Z")
        })
    }

    /// Reads what people type: the written form, any RFC 3339 time, or a date (its first second, in UTC).
    ///
    /// # Errors
    /// `bad-time` where it is none of these.
    ///
    /// ```
    /// use refmark_types::time::Timestamp;
    ///
    /// let noon = Timestamp::parse_lenient("2026-11-20T13:00:00+01:00").unwrap();
    /// assert_eq!(noon.to_string(), "2026-11-20T12:00:00Z");
    /// assert_eq!(noon.since(Timestamp::parse_lenient("2026-11-20").unwrap()), 12 * 3_600);
    /// ```
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

/// The days from 1970-01-01 to a date of the Gregorian calendar. The year is taken to begin in March, so that the day that
/// some years have more is their last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a count of days from 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Reads the written form: what prints as the same text again.
fn read(text: &str) -> Option<Timestamp> {
    let part = |range: std::ops::Range<usize>| {
        let digits = text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        digits.and_then(|digits| digits.parse::<i64>().ok())
    };
    let day = days(part(0..4)?, part(5..7)?, part(8..10)?);
    let time = Timestamp(day * DAY + part(11..13)? * 3600 + part(14..16)? * 60 + part(17..19)?);
    (RANGE.contains(&time.0) && time.to_string() == text).then_some(time)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.0.div_euclid(DAY));
        let second = self.0.rem_euclid(DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
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
        Timestamp::parse(&text).map_err(|error| serde::de::Error::custom(error.message))
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
    fn every_day_and_second_is_as_chrono_has_it() {
        let form = "%Y-%m-%dT%H:%M:%SZ";
        for at in (*RANGE.start()..=*RANGE.end()).step_by(86_400 / 3 + 86_399 * 7) {
            let text = DateTime::from_timestamp(at, 0).unwrap().format(form).to_string();
            assert_eq!(Timestamp(at).to_string(), text);
            assert_eq!(Timestamp::parse(&text).unwrap(), Timestamp(at));
        }
        for year in [1, 1600, 1700, 1970, 1999, 2000, 2023, 2024, 2100, 9999] {
            for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
                let text = format!("{year:04}-{month:02}-{day:02}T23:59:59Z");
                let expected = chrono::NaiveDateTime::parse_from_str(&text, form).ok();
                let found = Timestamp::parse(&text).ok();
                assert_eq!(found.map(Timestamp::unix), expected.map(|time| time.and_utc().timestamp()), "{text}");
            }
        }
    }

    #[test]
    fn people_may_type_a_date_or_an_offset() {
        assert_eq!(Timestamp::parse_lenient("2026-11-20").unwrap().to_string(), "2026-11-20T00:00:00Z");
        assert_eq!(Timestamp::parse_lenient("2026-11-20T16:00:00+02:00").unwrap().to_string(), "2026-11-20T14:00:00Z");
    }
}
