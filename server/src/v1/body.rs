//! Bodies of requests: one JSON object with known fields. Field names match without regard to case; of one that stands twice
//! the last one counts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The body is not what the endpoint takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadBody;

/// The fields of a body that were not taken yet.
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body whose fields are among `known`.
    pub fn read(body: &[u8], known: &[&str]) -> Result<Fields, BadBody> {
        // Bytes that are no UTF-8 stand for themselves as a replacement, as clients of this interface are used to.
        let text = String::from_utf8_lossy(body);
        let members = match serde_json::from_str(&text).map_err(|_| BadBody)? {
            Value::Object(members) => members,
            Value::Null => Map::new(),
            _ => return Err(BadBody),
        };
        let mut fields = Map::new();
        for (name, value) in members {
            let name = folded(&name);
            if !known.contains(&name.as_str()) {
                return Err(BadBody);
            }
            fields.insert(name, value);
        }
        Ok(Fields(fields))
    }

    /// A text; empty where it is not there.
    pub fn text(&mut self, name: &str) -> Result<String, BadBody> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(BadBody),
        }
    }

    /// A whole number; 0 where it is not there.
    pub fn number(&mut self, name: &str) -> Result<i64, BadBody> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(0),
            Some(value) => value.as_i64().ok_or(BadBody),
        }
    }

    /// Texts by name; none where it is not there.
    pub fn texts(&mut self, name: &str) -> Result<BTreeMap<String, String>, BadBody> {
        let members = match self.0.remove(name) {
            None | Some(Value::Null) => return Ok(BTreeMap::new()),
            Some(Value::Object(members)) => members,
            Some(_) => return Err(BadBody),
        };
        let text = |(key, value)| match value {
            Value::String(text) => Ok((key, text)),
            Value::Null => Ok((key, String::new())),
            _ => Err(BadBody),
        };
        members.into_iter().map(text).collect()
    }

    /// Any object; null where it is not there.
    pub fn object(&mut self, name: &str) -> Result<Value, BadBody> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(Value::Null),
            Some(object @ Value::Object(_)) => Ok(object),
            Some(_) => Err(BadBody),
        }
    }
}

/// A name without regard to case. Two letters beyond ASCII fold to letters of it.
fn folded(name: &str) -> String {
    name.chars()
        .map(|letter| match letter {
            'ſ' => 's',
            '\u{212a}' => 'k',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_without_case_unknown_ones_are_refused_and_null_is_absent() {
        let mut fields =
            Fields::read(br#"{"NAME":"a","Size_Bytes":7,"source":null}"#, &["name", "size_bytes", "source"]).unwrap();
        assert_eq!(fields.text("name").as_deref(), Ok("a"));
        assert_eq!(fields.number("size_bytes"), Ok(7));
        assert_eq!(fields.text("source").as_deref(), Ok(""));
        for bad in [&b"{"[..], b"[]", b"\"a\"", b"{} {}", br#"{"other":1}"#, b"", b"1"] {
            assert!(Fields::read(bad, &["name"]).is_err(), "{bad:?}");
        }
        assert!(Fields::read(b" null ", &["name"]).is_ok());
        assert!(Fields::read(br#"{"name":1}"#, &["name"]).unwrap().text("name").is_err());
        assert!(Fields::read(br#"{"size":1.0}"#, &["size"]).unwrap().number("size").is_err());
    }
}
