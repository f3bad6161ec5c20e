//! Canonical bytes (RFC 8785) and the strict reading that goes with them.
//!
//! A stored JSON file is accepted only where it equals `print(parse(file))`. That one comparison refuses duplicate
//! keys, other spellings of a number or a string and every layout but ours; what it cannot see (depth, size, the value
//! of a number) is refused here before.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::{Code, Error, Result};
pub use super::json::NUMBER_LIMIT;
use super::json::{self, Mistake, Spelling, Strict};
use super::printer;
use super::value::{Value, order, sorted, to_value};

/// The largest record, in bytes.
pub const RECORD_LIMIT: u64 = 1 << 20;
/// The largest manifest and document, in bytes.
pub const MANIFEST_LIMIT: u64 = 16 << 20;
/// The deepest nesting of objects and arrays.
pub const DEPTH_LIMIT: usize = 16;

/// The RFC 8785 form: what is hashed and signed.
pub fn canonical_bytes(value: &impl Serialize) -> Result<Vec<u8>> {
    canonical(&to_value(value))
}

/// The RFC 8785 form of a value.
pub fn canonical(value: &Value) -> Result<Vec<u8>> {
    printer::compact(&InOrder(value))
}

/// Reads a stored JSON file of ours: strict, and byte for byte what the printer writes.
pub fn parse_printed<T>(bytes: &[u8], limit: u64) -> Result<T>
where
    T: Serialize + for<'de> Deserialize<'de>,
{
    let text = stored(bytes, limit)?;
    let read: T = read_part(text, text)?;
    same_as_printed(bytes, &to_value(&read))?;
    Ok(read)
}

/// Refuses bytes that are not what the printer writes for this value, with the offset where they part.
pub fn same_as_printed(bytes: &[u8], value: &Value) -> Result<()> {
    let printed = printer::print(value)?;
    let printed = printed.as_bytes();
    if printed == bytes {
        return Ok(());
    }
    let offset = printed.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    let around = |from: &[u8]| {
        let end = from.len().min(offset + 24);
        String::from_utf8_lossy(&from[offset.min(end)..end]).escape_debug().to_string()
    };
    Err(Error::new(
        Code::NotCanonical,
        format!(
            "byte {offset} is not what the printer writes: expected `{}`, found `{}`",
            around(printed),
            around(bytes)
        ),
    )
    .hint(
        "records are written by refmark, never edited; take the file back from Git and make the change with a command",
    )
    .field("offset", offset))
}

/// JSON that people give is no longer than the longest record, a manifest: 16 MiB.
pub const DOCUMENT_LIMIT: u64 = 16 << 20;

/// Checks size, UTF-8, JSON, depth and the value of every number; returns the text and what it says.
pub fn strict(bytes: &[u8], limit: u64) -> Result<(&str, Value)> {
    read_strictly(bytes, limit, Spelling::Any)
}

/// Checks what [`strict`] checks, and that every whole number is written as an integer, as the printer does: so that types are
/// read from the text itself, where `1.0` would be told as another type and is only another spelling.
pub fn stored(bytes: &[u8], limit: u64) -> Result<&str> {
    read_strictly(bytes, limit, Spelling::AsPrinted).map(|(text, _)| text)
}

fn read_strictly(bytes: &[u8], limit: u64, spelling: Spelling) -> Result<(&str, Value)> {
    if bytes.len() as u64 > limit {
        return Err(Error::new(Code::TooLarge, format!("{} bytes are over the limit of {limit}", bytes.len()))
            .field("size", bytes.len())
            .field("limit", limit));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        Error::new(Code::NotCanonical, format!("byte {offset} is not UTF-8")).field("offset", offset)
    })?;
    let value =
        json::read_spelled(text, DEPTH_LIMIT, spelling).map_err(|mistake| at_byte(Code::NotCanonical, mistake))?;
    Ok((text, value))
}

/// Reads a type from a part of a text that [`stored`] takes. An error with code `bad-record` names the byte in the whole.
pub fn read_part<'a, T: Deserialize<'a>>(whole: &str, part: &'a str) -> Result<T> {
    json::read_as(part).map_err(|Mistake { offset, said }| {
        let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
        at_byte(Code::BadRecord, Mistake { offset: start + offset, said })
    })
}

fn at_byte(code: Code, mistake: Mistake) -> Box<Error> {
    let Mistake { offset, said } = mistake;
    Error::new(code, format!("at byte {offset}: {said}")).field("offset", offset)
}

/// A map that people fill freely, kept in JCS order (UTF-16 code units).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeMap<V>(Vec<(String, V)>);

impl<V> Default for FreeMap<V> {
    fn default() -> FreeMap<V> {
        FreeMap(Vec::new())
    }
}

impl<V> FreeMap<V> {
    /// An empty map.
    pub const fn new() -> FreeMap<V> {
        FreeMap(Vec::new())
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.0.binary_search_by(|(have, _)| order(have, key)).ok().map(|at| &self.0[at].1)
    }

    /// Sets a key.
    pub fn insert(&mut self, key: String, value: V) {
        match self.0.binary_search_by(|(have, _)| order(have, &key)) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &V)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<V> FromIterator<(String, V)> for FreeMap<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(items: I) -> Self {
        let mut map = FreeMap(Vec::new());
        for (key, value) in items {
            map.insert(key, value);
        }
        map
    }
}

impl<V: Serialize> Serialize for FreeMap<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for FreeMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<V>(std::marker::PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Members<V> {
            type Value = FreeMap<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<FreeMap<V>, A::Error> {
                let mut map = FreeMap(Vec::new());
                while let Some((key, value)) = members.next_entry()? {
                    map.insert(key, value);
                }
                Ok(map)
            }
        }
        deserializer.deserialize_map(Members(std::marker::PhantomData))
    }
}

/// Any JSON that people attach, printed with its keys in JCS order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FreeJson(pub Value);

impl Serialize for FreeJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        InOrder(&self.0).serialize(serializer)
    }
}

/// A value that is written with the members of its objects in order.
struct InOrder<'a>(&'a Value);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => serializer.collect_seq(items.iter().map(InOrder)),
            Value::Object(members) => {
                serializer.collect_map(sorted(members).into_iter().map(|(name, value)| (name, InOrder(value))))
            }
            plain => plain.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for FreeJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::DeserializeSeed::deserialize(
            Strict { depth: usize::MAX, largest: f64::MAX, spelling: Spelling::Any },
            deserializer,
        )
        .map(FreeJson)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            (-9_007_199_254_740_991i64..=9_007_199_254_740_991).prop_map(Into::into),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::vec((".{0,3}", inner), 0..6).prop_map(|all| all.into_iter().collect()),
            ]
        })
    }

    #[test]
    fn another_spelling_of_a_number_is_not_canonical_and_another_type_is_a_bad_record() {
        #[derive(Debug, Serialize, Deserialize)]
        struct Sample {
            a: u64,
        }
        let code = |number: &str| {
            let text = format!("{{\n  \"a\": {number}\n}}\n");
            parse_printed::<Sample>(text.as_bytes(), RECORD_LIMIT)
                .map_err(|error| (error.code, error.fields["offset"].as_u64()))
        };
        assert_eq!(code("1").unwrap().a, 1);
        for spelling in ["1.0", "1e0", "10e-1"] {
            assert_eq!(code(spelling).unwrap_err().0, Code::NotCanonical, "{spelling}");
        }
        assert_eq!(code("-0").unwrap_err(), (Code::NotCanonical, Some(10)));
        assert_eq!(code("-1").unwrap_err(), (Code::BadRecord, Some(10)));
        assert_eq!(code("\"1\"").unwrap_err(), (Code::BadRecord, Some(11)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn canonical_bytes_are_those_of_another_implementation(value in values()) {
            let theirs = serde_json_canonicalizer::to_string(&value).unwrap();
            prop_assert_eq!(String::from_utf8(canonical_bytes(&value).unwrap()).unwrap(), theirs);
        }
    }
}
