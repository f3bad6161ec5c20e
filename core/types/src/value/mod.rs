//! JSON as a value: what every stored text is read into, and what every record is printed from.
//!
//! Records come from a value and go to a value by one reader and one writer ([`from_value`], [`to_value`]), whatever the
//! text around them is (JSON, TOML, a browser's object): the derived code of each type is there once.

mod read;
mod write;

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

pub use read::Wrong;

/// A JSON value. An object keeps the order in which it was written; two objects with the same members are equal.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// Members, each name once.
    Object(Vec<(String, Value)>),
}

/// What a serialisable thing is as a value.
pub fn to_value(of: &(impl Serialize + ?Sized)) -> Value {
    write::written(of)
}

/// Reads a thing from a value, or says what is wrong with it and where.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, Wrong> {
    T::deserialize(value)
}

/// The members of an object in the order of RFC 8785: by UTF-16 code units.
pub(crate) fn sorted(members: &[(String, Value)]) -> Vec<&(String, Value)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| order(a, b));
    sorted
}

/// The order of two names by UTF-16 code units, which is that of their bytes but for characters beyond the first plane.
pub(crate) fn order(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

impl Value {
    /// The member of this name, where it is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_object()?.iter().find_map(|(have, value)| (have == name).then_some(value))
    }

    /// The members, where it is an object.
    pub fn as_object(&self) -> Option<&[(String, Value)]> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The items, where it is a list.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The text, where it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, where it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, where it is a whole one and not below zero.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_f64().filter(|it| *it >= 0.0 && it.fract() == 0.0).map(|it| it as u64)
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::String(a), Value::String(b)) => a == b,
            (Value::Array(a), Value::Array(b)) => a == b,
            (Value::Object(a), Value::Object(b)) => a.len() == b.len() && sorted(a) == sorted(b),
            _ => false,
        }
    }
}

/// Every number is finite: the reader and the writer see to it.
impl Eq for Value {}

/// Compact JSON, each object in its own order.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        super::printer::compact(&mut text, self, &|members| members.iter().collect());
        f.write_str(&text)
    }
}

/// A value as a test writes it.
#[doc(hidden)]
#[macro_export]
macro_rules! json {
    ($($written:tt)*) => { $crate::value::to_value(&serde_json::json!($($written)*)) };
}
#[doc(hidden)]
pub use json;

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::String(text)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(it) => serializer.serialize_bool(*it),
            Value::Number(it) if it.fract() == 0.0 && it.abs() < 9e18 => serializer.serialize_i64(*it as i64),
            Value::Number(it) => serializer.serialize_f64(*it),
            Value::String(it) => serializer.serialize_str(it),
            Value::Array(items) => serializer.collect_seq(items),
            Value::Object(members) => serializer.collect_map(members.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
                Ok(Value::Bool(it))
            }
            fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
                Ok(Value::Number(it as f64))
            }
            fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
                Ok(Value::Number(it as f64))
            }
            fn visit_f64<E: serde::de::Error>(self, it: f64) -> Result<Value, E> {
                if it.is_finite() { Ok(Value::Number(it)) } else { Err(E::custom("a number that is not finite")) }
            }
            fn visit_str<E>(self, it: &str) -> Result<Value, E> {
                Ok(Value::String(it.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = from.next_element()? {
                    items.push(item);
                }
                Ok(Value::Array(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = from.next_entry()? {
                    members.push(member);
                }
                Ok(Value::Object(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_derive_check::Sample;

    use super::*;

    /// Every shape that derived code asks for.
    mod serde_derive_check {
        use super::*;

        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct Sample {
            pub(super) whole: u64,
            pub(super) below: i32,
            pub(super) real: f64,
            pub(super) yes: bool,
            pub(super) text: String,
            pub(super) letter: char,
            pub(super) nothing: (),
            pub(super) absent: Option<u8>,
            pub(super) there: Option<u8>,
            pub(super) list: Vec<Kind>,
            pub(super) pair: (u8, String),
            pub(super) map: BTreeMap<String, u64>,
            pub(super) wrapped: Wrapped,
        }

        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub(super) struct Wrapped(pub(super) u8);

        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub(super) enum Kind {
            PlainWord,
            OneThing(u8),
            TwoThings(u8, u8),
            WithNames { first: u8 },
        }
    }
    use serde_derive_check::{Kind, Wrapped};

    fn sample() -> Sample {
        Sample {
            whole: 9_007_199_254_740_991,
            below: -7,
            real: 0.1,
            yes: true,
            text: "é\u{1f600}".to_owned(),
            letter: 'x',
            nothing: (),
            absent: None,
            there: Some(1),
            list: vec![Kind::PlainWord, Kind::OneThing(1), Kind::TwoThings(1, 2), Kind::WithNames { first: 1 }],
            pair: (1, "b".to_owned()),
            map: BTreeMap::from([("k".to_owned(), 2)]),
            wrapped: Wrapped(3),
        }
    }

    #[test]
    fn a_value_is_what_serde_json_makes_of_the_same_thing() {
        let value = to_value(&sample());
        let text = serde_json::to_string(&sample()).unwrap();
        assert_eq!(value.to_string(), text);
        assert_eq!(serde_json::to_string(&value).unwrap(), text);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert_eq!(from_value::<Sample>(&value).unwrap(), sample());
        assert_eq!(from_value::<Value>(&value).unwrap(), value);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let spoilt = |name: &str, with: Value| {
            let Value::Object(mut members) = to_value(&sample()) else { panic!("an object") };
            members.retain(|(have, _)| have != name);
            members.push((name.to_owned(), with));
            from_value::<Sample>(&Value::Object(members)).unwrap_err()
        };
        let long = json!([1, "b", 3]);
        for (name, with, said) in [
            ("whole", Value::Number(0.5), "expected u64, found 0.5"),
            ("whole", Value::Number(-1.0), "expected u64, found -1"),
            ("below", Value::String("x".into()), "expected i32, found \"x\""),
            ("yes", Value::Null, "expected a boolean, found null"),
            ("text", Value::Bool(true), "expected a string, found true"),
            ("list", Value::String("x".into()), "expected a sequence"),
            ("pair", long, "1 too many"),
            ("map", Value::Array(Vec::new()), "expected a map"),
            ("odd", Value::Null, "unknown field `odd`"),
        ] {
            let wrong = spoilt(name, with);
            assert!(wrong.to_string().contains(said), "{name}: {wrong}");
            assert_eq!(wrong.place(), [name]);
        }
        let kinds = Value::Array(vec![Value::String("plain-word".into()), Value::String("other".into())]);
        let wrong = spoilt("list", kinds);
        assert!(wrong.to_string().contains("unknown variant `other`"), "{wrong}");
        assert_eq!(wrong.place(), ["list", "1"]);
    }

    #[test]
    fn objects_are_equal_whatever_their_order_and_numbers_by_value() {
        let object = |names: &[&str]| Value::Object(names.iter().map(|it| (it.to_string(), Value::Null)).collect());
        assert_eq!(object(&["a", "b"]), object(&["b", "a"]));
        assert_ne!(object(&["a", "b"]), object(&["a", "c"]));
        assert_eq!(to_value(&1u8), to_value(&1.0f64));
        assert_eq!(to_value(&f64::NAN), Value::Null);
    }
}
