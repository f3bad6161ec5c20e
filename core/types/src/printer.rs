//! The one printer of stored JSON, made for people who review a change line by line.
//!
//! Members stand one a line at the top and, in a record, down to `predicate`; the items of an array of objects stand one
//! a line there; all else is on its member's line. One newline ends the file.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::error::{Result, bug};
use super::number;
use super::value::{Value, to_value};

/// The printed form: what is stored.
///
/// ```
/// let printed = refmark_types::printer::print(&serde_json::json!({"a": 1.0, "b": [{"c": []}]})).unwrap();
/// assert_eq!(printed, "{\n  \"a\": 1,\n  \"b\": [\n    {\"c\": []}\n  ]\n}\n");
/// ```
pub fn print(value: &(impl Serialize + ?Sized)) -> Result<String> {
    let mut printed = Vec::with_capacity(1024);
    open_value(&mut printed, &to_value(value), 0)?;
    printed.push(b'\n');
    String::from_utf8(printed).map_err(bug)
}

/// A value that has room for itself: its members one a line.
fn open_value(printed: &mut Vec<u8>, value: &Value, indent: usize) -> Result<()> {
    match value {
        Value::Object(members) if !members.is_empty() => {
            printed.push(b'{');
            for (at, (key, member)) in members.iter().enumerate() {
                new_line(printed, at, indent + 2);
                line(printed, key)?;
                printed.extend_from_slice(b": ");
                match (indent, key.as_str()) {
                    (0, "statement") | (2, "predicate") => open_value(printed, member, indent + 2)?,
                    _ => member_value(printed, member, indent + 2)?,
                }
            }
            new_line(printed, 0, indent);
            printed.push(b'}');
            Ok(())
        }
        other => line(printed, other),
    }
}

/// A member's value: on its line, but for the items of an array of objects.
fn member_value(printed: &mut Vec<u8>, value: &Value, indent: usize) -> Result<()> {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_object) => {
            printed.push(b'[');
            for (at, item) in items.iter().enumerate() {
                new_line(printed, at, indent + 2);
                line(printed, item)?;
            }
            new_line(printed, 0, indent);
            printed.push(b']');
            Ok(())
        }
        other => line(printed, other),
    }
}

/// The next line, after a comma where something stands before it.
fn new_line(printed: &mut Vec<u8>, position: usize, indent: usize) {
    printed.extend_from_slice(if position == 0 { b"\n" } else { b",\n" });
    printed.extend(std::iter::repeat_n(b' ', indent));
}

/// On one line, with a space after each comma and colon.
fn line(printed: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> Result<()> {
    append(printed, value, Spelling { comma: b", ", colon: b": " })
}

/// Without a blank.
pub(crate) fn compact(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut printed = Vec::with_capacity(1024);
    append(&mut printed, value, Spelling { comma: b",", colon: b":" })?;
    Ok(printed)
}

fn append(printed: &mut Vec<u8>, value: &(impl Serialize + ?Sized), spelling: Spelling) -> Result<()> {
    value.serialize(&mut Serializer::with_formatter(printed, spelling)).map_err(bug)
}

/// RFC 8785's spelling. Strings are spelled so by `serde_json` itself.
struct Spelling {
    comma: &'static [u8],
    colon: &'static [u8],
}

impl Spelling {
    fn separate<W: ?Sized + io::Write>(&self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(self.comma) }
    }
}

impl Formatter for Spelling {
    /// As ECMAScript prints it.
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(number::print(value).as_bytes())
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.separate(writer, first)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.separate(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(self.colon)
    }
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
