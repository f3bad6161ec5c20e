//! JSON values: those of `serde_json`, with every whole number held as an integer.
//!
//! `serde_json` tells `1` from `1.0`; JSON, RFC 8785 and people do not. What is made here ([`to_value`]) or read by
//! [`json::read`](super::json::read) holds whole numbers as integers, so that equality is equality by value.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Number;

use super::number::NUMBER_LIMIT;

pub use serde_json::{Map, Value, json};

/// What a serialisable thing is as a value. A number that is not finite becomes `null`.
///
/// Every type of refmark can be written. What cannot (a map whose keys are neither texts nor numbers) becomes `null`.
pub fn to_value(source: &(impl Serialize + ?Sized)) -> Value {
    let mut value = serde_json::to_value(source).unwrap_or_default();
    make_integers(&mut value);
    value
}

/// Reads a thing from a value.
///
/// # Errors
/// `serde_json`'s own, which says what was expected and what was found.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> serde_json::Result<T> {
    T::deserialize(value)
}

fn make_integers(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(same) = number.as_f64().and_then(number_of) {
                *number = same;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_integers),
        Value::Object(members) => members.values_mut().for_each(make_integers),
        _ => {}
    }
}

/// A number as a value holds it; none where it is not finite.
pub(crate) fn number_of(number: f64) -> Option<Number> {
    if number.fract() == 0.0 && number.abs() <= NUMBER_LIMIT {
        return Some(Number::from(number as i64));
    }
    Number::from_f64(number)
}

/// The members of an object in the order of RFC 8785: by UTF-16 code units.
pub(crate) fn sorted(members: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| order(a, b));
    sorted
}

/// The order of two names by UTF-16 code units, which is that of their bytes but for characters beyond the first plane.
pub(crate) fn order(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_by_value_and_objects_whatever_their_order() {
        assert_eq!(to_value(&1u8), to_value(&1.0f64));
        assert_eq!(to_value(&json!({"a": [1.0, 0.5], "b": -0.0})), json!({"b": 0, "a": [1, 0.5]}));
        assert_eq!(to_value(&f64::NAN), Value::Null);
        assert_eq!(to_value(&1e300).as_f64(), Some(1e300));
    }
}
