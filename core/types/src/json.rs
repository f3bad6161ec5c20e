//! The strict reading of JSON, over `serde_json`: each name once, bounded depth, every number in range, with byte offsets.
//!
//! `serde_json` by itself keeps the last of two members with one name, and takes integers that other readers round. Here
//! both are refused.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::value::{Map, Value, number_of};

pub use super::number::NUMBER_LIMIT;

/// What is not as it should be in a text, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The byte at which reading stopped, from 0: the last one of what is wrong.
    pub offset: usize,
    /// What is wrong.
    pub said: String,
}

impl Mistake {
    fn new(text: &str, error: &serde_json::Error) -> Mistake {
        let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let offset = (line_start + error.column().saturating_sub(1)).min(text.len());
        let mut said = error.to_string();
        said.truncate(said.rfind(" at line ").unwrap_or(said.len()));
        Mistake { offset, said }
    }
}

/// Reads a whole text as a value, one pass, in time proportional to the text.
///
/// # Errors
/// Where the text is not JSON, is nested deeper than `depth` objects and arrays (128 at most), has a name twice in one
/// object, or a number beyond [`NUMBER_LIMIT`].
///
/// ```
/// use refmark_types::json;
///
/// assert_eq!(json::read(r#"{"a": [1]}"#, 16).unwrap()["a"][0], 1);
/// let mistake = json::read(r#"{"a": 1, "a": 2}"#, 16).unwrap_err();
/// assert_eq!((mistake.offset, mistake.said.as_str()), (11, "the key `a` stands twice"));
/// ```
pub fn read(text: &str, depth: usize) -> Result<Value, Mistake> {
    read_spelled(text, depth, Spelling::Any)
}

/// How numbers may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// In any way that JSON has.
    Any,
    /// A whole number as an integer: `1`, never `1.0`, `1e0` or `-0`.
    AsPrinted,
}

/// Reads a whole text as [`read`] does, and holds its numbers to a spelling.
pub(crate) fn read_spelled(text: &str, depth: usize, spelling: Spelling) -> Result<Value, Mistake> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let strict = Strict { depth, largest: NUMBER_LIMIT, spelling };
    let value = strict.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| Mistake::new(text, &error))
}

/// Reads a whole text, which [`read`] takes, as a type.
///
/// # Errors
/// Where the text does not say what the type holds.
pub fn read_as<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Mistake> {
    serde_json::from_str(text).map_err(|error| Mistake::new(text, &error))
}

/// Reads a value as [`read`] does, from any format.
pub(crate) struct Strict {
    /// How many objects and arrays may still be nested.
    pub(crate) depth: usize,
    /// The largest magnitude of a number.
    pub(crate) largest: f64,
    pub(crate) spelling: Spelling,
}

impl Strict {
    fn inner<E: Error>(&self) -> Result<Strict, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Strict { depth, ..*self })
    }

    fn number<E: Error>(&self, number: f64) -> Result<Value, E> {
        let held = number_of(number).ok_or_else(|| E::custom("a number that is not finite"))?;
        if number.abs() > self.largest {
            return Err(E::custom("a number beyond ±(2^53−1)"));
        }
        Ok(Value::Number(held))
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true or false, a list or a table")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        self.number(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        self.number(number as f64)
    }

    // JSON's reader gives a whole number as a float only where it is spelled as one.
    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        if self.spelling == Spelling::AsPrinted && number.fract() == 0.0 && number.abs() <= NUMBER_LIMIT {
            return Err(E::custom("a whole number is written as an integer: `1`, never `1.0`, `1e0` or `-0`"));
        }
        self.number(number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(self.inner()?)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut members = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the key `{}` stands twice", name.escape_debug())));
            }
            let member = from.next_value_seed(Strict { ..inner })?;
            members.insert(name, member);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{json, to_value};

    #[test]
    fn what_is_json_is_read_and_nothing_else() {
        for (text, value) in [
            ("null", json!(null)),
            (" true ", json!(true)),
            ("-0", json!(0)),
            ("-1.5e3", json!(-1500)),
            ("0.1", json!(0.1)),
            ("1E-7", json!(1e-7)),
            ("9007199254740991", json!(9_007_199_254_740_991_u64)),
            ("-9007199254740991.0", json!(-9_007_199_254_740_991_i64)),
            (r#""é😀\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t""#, json!("é😀é😀\"\\/\u{8}\u{c}\n\r\t")),
            ("[1,[2 , 3],{\"a\" :[]}]", json!([1, [2, 3], {"a": []}])),
            ("\t{\r\n\"b\":1, \"a\":{}}", json!({"a": {}, "b": 1})),
        ] {
            assert_eq!(read(text, 16), Ok(to_value(&value)), "{text}");
        }
        for text in [
            "",
            " ",
            "nul",
            "nullx",
            "True",
            "NaN",
            "-",
            "01",
            "-01",
            "1.",
            ".1",
            "1e",
            "1e+",
            "+1",
            "0x1",
            "1_0",
            "- 1",
            "Infinity",
            "inf",
            "\"",
            "\"\\",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            r#""\ud800""#,
            r#""\ud800A""#,
            r#""\udc00""#,
            "\"\n\"",
            "\"\u{0}\"",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,]",
            "]",
            "{",
            "{1:2}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":1 \"b\":2}",
            "1 2",
            "[]]",
            "'a'",
            "\u{feff}1",
            "\u{a0}1",
        ] {
            let mistake = read(text, 16).unwrap_err();
            assert!(mistake.offset <= text.len(), "{text}: {mistake:?}");
        }
    }

    #[test]
    fn what_json_allows_and_records_do_not_is_refused_with_its_byte() {
        for (text, offset, said) in [
            ("[1, 9007199254740992]", 19, "beyond"),
            ("[1, -9007199254740992.0]", 22, "beyond"),
            ("[100000000000000000000]", 21, "beyond"),
            ("[1e400]", 5, "out of range"),
            ("{\"a\": 1,\n \"b\": 2, \"a\": 3}", 20, "`a` stands twice"),
            ("[[[1]]]", 2, "too deep"),
            ("[1] x", 4, "trailing"),
            ("[tru]", 4, "expected ident"),
        ] {
            let mistake = read(text, 2).unwrap_err();
            assert!(mistake.said.contains(said), "{text}: {}", mistake.said);
            assert_eq!(mistake.offset, offset, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_a_type_is_told_with_its_byte() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        struct Sample {
            a: u64,
        }
        for (text, offset, said) in [
            ("{\n\"a\": -1}", 8, "expected u64"),
            ("{\n\"b\": 1}", 4, "unknown field `b`"),
            ("{}", 1, "missing field `a`"),
        ] {
            let mistake = read_as::<Sample>(text).unwrap_err();
            assert!(mistake.said.contains(said), "{text}: {}", mistake.said);
            assert_eq!(mistake.offset, offset, "{text}");
        }
    }
}
