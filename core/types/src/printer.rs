//! The one printer of stored JSON, made for people who review a change line by line.
//!
//! Members stand one a line at the top and, in a record, down to `predicate`; the items of an array of objects stand one
//! a line there; all else is on its member's line. One newline ends the file.

use serde::Serialize;

use super::digest::encode_hex;
use super::error::Result;
use super::json::NUMBER_LIMIT;
use super::number;
use super::value::{Value, to_value};

/// The printed form: what is stored.
pub fn print(value: &impl Serialize) -> Result<String> {
    Ok(print_value(&to_value(value)))
}

/// The printed form of a value.
pub fn print_value(value: &Value) -> String {
    let mut text = String::with_capacity(1024);
    open_value(&mut text, value, 0);
    text.push('\n');
    text
}

/// A value that has room for itself: its members one a line.
fn open_value(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('{');
            for (at, (key, member)) in members.iter().enumerate() {
                text.push_str(if at == 0 { "\n" } else { ",\n" });
                spaces(text, indent + 2);
                string(text, key);
                text.push_str(": ");
                match (indent, key.as_str()) {
                    (0, "statement") | (2, "predicate") => open_value(text, member, indent + 2),
                    _ => member_value(text, member, indent + 2),
                }
            }
            text.push('\n');
            spaces(text, indent);
            text.push('}');
        }
        other => line(text, other),
    }
}

/// A member's value: on its line, but for the items of an array of objects.
fn member_value(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(|it| it.as_object().is_some()) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "\n" } else { ",\n" });
                spaces(text, indent + 2);
                line(text, item);
            }
            text.push('\n');
            spaces(text, indent);
            text.push(']');
        }
        other => line(text, other),
    }
}

fn spaces(text: &mut String, count: usize) {
    text.extend(std::iter::repeat_n(' ', count));
}

/// On one line, with a space after each comma and colon.
fn line(text: &mut String, value: &Value) {
    on_a_line(text, value, ", ", ": ", &|members| members.iter().collect());
}

/// How the members of an object follow each other.
pub(crate) type Order<'a> = &'a dyn for<'v> Fn(&'v [(String, Value)]) -> Vec<&'v (String, Value)>;

/// Without a blank.
pub(crate) fn compact(text: &mut String, value: &Value, order: Order<'_>) {
    on_a_line(text, value, ",", ":", order);
}

fn on_a_line(text: &mut String, value: &Value, comma: &str, colon: &str, order: Order<'_>) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(it) => push_number(text, *it),
        Value::String(it) => string(text, it),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push_str(comma);
                }
                on_a_line(text, item, comma, colon, order);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (at, (key, member)) in order(members).into_iter().enumerate() {
                if at > 0 {
                    text.push_str(comma);
                }
                string(text, key);
                text.push_str(colon);
                on_a_line(text, member, comma, colon, order);
            }
            text.push('}');
        }
    }
}

/// A number as ECMAScript prints it, which is RFC 8785's form.
fn push_number(text: &mut String, it: f64) {
    if it.fract() == 0.0 && it.abs() <= NUMBER_LIMIT {
        text.push_str(&(it as i64).to_string());
    } else {
        text.push_str(&number::print(it));
    }
}

/// A string with RFC 8785's escapes: the seven short ones, other controls as \u00xx in lower case, all else as it is, and in
/// one piece from escape to escape.
fn string(text: &mut String, it: &str) {
    text.push('"');
    let mut written = 0;
    for (at, byte) in it.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x8 => "\\b",
            0x9 => "\\t",
            0xa => "\\n",
            0xc => "\\f",
            0xd => "\\r",
            0..b' ' => "\\u00",
            _ => continue,
        };
        text.push_str(it.get(written..at).unwrap_or_default());
        text.push_str(escape);
        if escape.len() > 2 {
            text.push_str(&encode_hex(&[byte]));
        }
        written = at + 1;
    }
    text.push_str(it.get(written..).unwrap_or_default());
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_shows_one_member_a_line_down_to_its_predicate() {
        let record = json!({
            "statement": {"_type": "t", "subject": [{"name": "a", "digest": {"sha256": "00"}}],
                "predicate": {"model": "m", "to": {"version": 1, "tags": [1, 2]}, "pins": [{"a": 1}, {"a": 2}], "none": []}},
            "signatures": [{"keyid": "k", "sig": "s"}],
        });
        let expected = r#"{
  "statement": {
    "_type": "t",
    "subject": [
      {"name": "a", "digest": {"sha256": "00"}}
    ],
    "predicate": {
      "model": "m",
      "to": {"version": 1, "tags": [1, 2]},
      "pins": [
        {"a": 1},
        {"a": 2}
      ],
      "none": []
    }
  },
  "signatures": [
    {"keyid": "k", "sig": "s"}
  ]
}
"#;
        assert_eq!(print(&record).unwrap(), expected);
    }

    #[test]
    fn numbers_and_strings_are_spelled_as_rfc_8785_spells_them() {
        let value = json!([0.1, 1e-7, 123456789.125, -0.5, 1, "\u{1}\n\u{7f}é\u{1f600}\""]);
        let line = print(&value).unwrap();
        assert_eq!(line.trim_end().replace(", ", ","), serde_json_canonicalizer::to_string(&value).unwrap());
    }
}
