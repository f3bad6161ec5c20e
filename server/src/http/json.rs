//! JSON as the service writes it: compact, safe inside of a page (`<`, `>`, `&`, U+2028 and U+2029 are escaped), numbers as
//! JavaScript prints them.

use std::io::{self, Write};

use refmark_core::types::number;
use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

struct Safe;

impl Formatter for Safe {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(number::print(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let Some(special) = from.chars().next() else { break };
            write!(writer, "\\u{:04x}", u32::from(special))?;
            rest = &from[special.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        CompactFormatter.write_char_escape(writer, escape)
    }
}

/// The bytes of a value, without a newline.
pub fn compact(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to memory fails only where a value cannot be JSON, which none of ours is.
    let _ = value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Safe));
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_could_end_a_script_is_escaped_and_numbers_look_as_in_javascript() {
        let value =
            serde_json::json!({"a<b>": "x & y\u{2028}\u{2029}\n\"", "n": [1.5, 1e21, 1e-7, 9_007_199_254_740_993_u64]});
        let text = String::from_utf8(super::compact(&value)).unwrap();
        assert_eq!(text, r#"{"a\u003cb\u003e":"x \u0026 y\u2028\u2029\n\"","n":[1.5,1e+21,1e-7,9007199254740993]}"#);
    }
}
