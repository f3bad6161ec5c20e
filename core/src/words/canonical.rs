//! Canonical bytes (RFC 8785) and the strict reading that goes with them.
//!
//! A stored JSON file is accepted only where it equals `print(parse(file))`. That one comparison refuses duplicate
//! keys, other spellings of a number or a string and every layout but ours; what it cannot see (depth, size, the value
//! of a number) is refused here before.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::fault::{Code, Fault, Result, bug};

/// The largest record, in bytes.
pub const RECORD_LIMIT: u64 = 1 << 20;
/// The largest manifest and document, in bytes.
pub const MANIFEST_LIMIT: u64 = 16 << 20;
/// The deepest nesting of objects and arrays.
pub const DEPTH_LIMIT: usize = 16;
/// The largest magnitude that a number may have: what every reader holds exactly as an integer.
pub const NUMBER_LIMIT: f64 = 9_007_199_254_740_991.0;

/// The RFC 8785 form: what is hashed and signed.
pub fn canonical_bytes(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json_canonicalizer::to_vec(value).map_err(bug)
}

/// Reads a stored JSON file of ours: strict, and byte for byte what the printer writes.
pub fn parse_printed<T>(bytes: &[u8], limit: u64) -> Result<T>
where
    T: Serialize + for<'de> Deserialize<'de>,
{
    let text = strict(bytes, limit)?;
    let value: T = serde_json::from_str(text).map_err(|error| json_fault(text, &error, Code::BadRecord))?;
    same_as_printed(bytes, &value)?;
    Ok(value)
}

/// Refuses bytes that are not what the printer writes for this value, with the offset where they part.
pub fn same_as_printed(bytes: &[u8], value: &impl Serialize) -> Result<()> {
    let printed = super::printer::print(value)?;
    let printed = printed.as_bytes();
    if printed == bytes {
        return Ok(());
    }
    let offset = printed.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    let around = |from: &[u8]| {
        let end = from.len().min(offset + 24);
        String::from_utf8_lossy(&from[offset.min(end)..end]).escape_debug().to_string()
    };
    Err(Fault::new(
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

/// Checks size, UTF-8, JSON, depth and the value of every number; returns the text.
pub fn strict(bytes: &[u8], limit: u64) -> Result<&str> {
    if bytes.len() as u64 > limit {
        return Err(Fault::new(Code::TooLarge, format!("{} bytes are over the limit of {limit}", bytes.len()))
            .field("size", bytes.len())
            .field("limit", limit));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        Fault::new(Code::NotCanonical, format!("byte {offset} is not UTF-8")).field("offset", offset)
    })?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Strict { depth: 0 }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| json_fault(text, &error, Code::NotCanonical))?;
    Ok(text)
}

/// A fault of serde_json with its line and column as a byte offset.
pub(crate) fn json_fault(text: &str, error: &serde_json::Error, code: Code) -> Box<Fault> {
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = (line_start + error.column().saturating_sub(1)).min(text.len());
    let message = error.to_string();
    let said = message.split(" at line ").next().unwrap_or(&message);
    Fault::new(code, format!("at byte {offset}: {said}")).field("offset", offset)
}

/// Walks a JSON text without keeping it.
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(&self) -> Result<Strict, E> {
        if self.depth >= DEPTH_LIMIT {
            return Err(E::custom(format_args!("nested deeper than {DEPTH_LIMIT}")));
        }
        Ok(Strict { depth: self.depth + 1 })
    }
}

fn in_range<E: serde::de::Error>(number: f64) -> Result<(), E> {
    if number.abs() <= NUMBER_LIMIT {
        return Ok(());
    }
    Err(E::custom("a number beyond ±(2^53−1)"))
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        in_range(number as f64)
    }
    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        in_range(number as f64)
    }
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        in_range(number)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?.depth;
        while items.next_element_seed(Strict { depth: inner })?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.deeper()?.depth;
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(serde::de::Error::custom(format_args!("the key `{}` stands twice", key.escape_debug())));
            }
            members.next_value_seed(Strict { depth: inner })?;
        }
        Ok(())
    }
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
        self.0.binary_search_by(|(have, _)| have.encode_utf16().cmp(key.encode_utf16())).ok().map(|at| &self.0[at].1)
    }

    /// Sets a key.
    pub fn insert(&mut self, key: String, value: V) {
        match self.0.binary_search_by(|(have, _)| have.encode_utf16().cmp(key.encode_utf16())) {
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
        match &self.0 {
            Value::Array(items) => serializer.collect_seq(items.iter().map(Borrowed)),
            Value::Object(_) => Borrowed(&self.0).serialize(serializer),
            plain => plain.serialize(serializer),
        }
    }
}

struct Borrowed<'a>(&'a Value);

impl Serialize for Borrowed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => serializer.collect_seq(items.iter().map(Borrowed)),
            Value::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
                serializer.collect_map(sorted.into_iter().map(|(key, value)| (key, Borrowed(value))))
            }
            plain => plain.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for FreeJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(FreeJson)
    }
}
