//! CBOR: reference RFC 8949.

use super::{DEPTH_LIMIT, Gathered, TEXT_KEPT, Value};
use crate::bytes::{Cursor, Parse, lying};
use crate::format::Format;
use crate::report::Inspection;
use crate::source::Source;

/// Whether a file that starts so may be a list, a map, or CBOR's own mark before one.
pub(super) fn claims(head: &[u8]) -> bool {
    matches!(head, [0x80..=0xbf, ..] | [0xd9, 0xd9, 0xf7, ..])
}

/// Reads the one value that fills the file; nothing where there is none.
pub(super) fn read(source: &dyn Source) -> Parse<Option<Inspection>> {
    let mut reader = Reader { source, cursor: Cursor::new(source, 0, source.len()), found: Gathered::new() };
    reader.value(0)?;
    Ok((reader.cursor.left() == 0).then(|| reader.found.answer(Format::Cbor)))
}

struct Reader<'a> {
    source: &'a dyn Source,
    cursor: Cursor<'a>,
    found: Gathered,
}

/// How long what follows is.
enum Length {
    Known(u64),
    /// To a break.
    Open,
}

impl Reader<'_> {
    fn value(&mut self, depth: u32) -> Parse<Value> {
        let first = self.cursor.u8("a value")?;
        self.item(first, depth)
    }

    fn item(&mut self, first: u8, depth: u32) -> Parse<Value> {
        self.found.count()?;
        if depth > DEPTH_LIMIT {
            return Err(lying("values nest too deep"));
        }
        let (major, length) = (first >> 5, self.length(first & 31)?);
        match (major, length) {
            (0, Length::Known(number)) => Ok(Value::Number(number)),
            (1, Length::Known(_)) => Ok(Value::Other),
            (2 | 3, Length::Known(len)) => self.string(major, len),
            (2 | 3, Length::Open) => self.pieces(major, depth),
            (4, length) => self.list(length, depth),
            (5, length) => self.map(length, depth),
            (6, Length::Known(_)) => self.value(depth + 1),
            (7, Length::Known(number)) => match first & 31 {
                21 => Ok(Value::True),
                24 if number < 32 => Err(lying("a simple value has a form of its own")),
                _ => Ok(Value::Other),
            },
            _ => Err(lying("a break where none may be")),
        }
    }

    fn length(&mut self, low: u8) -> Parse<Length> {
        let what = "a length";
        Ok(Length::Known(match low {
            0..=23 => u64::from(low),
            24 => u64::from(self.cursor.u8(what)?),
            25 => u64::from(self.cursor.u16_be(what)?),
            26 => u64::from(self.cursor.u32_be(what)?),
            27 => self.cursor.u64_be(what)?,
            31 => return Ok(Length::Open),
            _ => return Err(lying("a length of a kind that is not defined")),
        }))
    }

    fn string(&mut self, major: u8, len: u64) -> Parse<Value> {
        let start = self.cursor.at();
        if major == 2 || len > TEXT_KEPT {
            self.cursor.skip(len, "a string")?;
            if major == 2 {
                self.found.bytes(self.source, start, len)?;
            }
            return Ok(Value::Bytes { start, len });
        }
        Ok(Value::Text(self.cursor.text(len, TEXT_KEPT, "a text")?))
    }

    /// A string in pieces, each of the same kind.
    fn pieces(&mut self, major: u8, depth: u32) -> Parse<Value> {
        loop {
            match self.cursor.u8("a piece of a string")? {
                0xff => return Ok(Value::Other),
                first if first >> 5 == major && first & 31 != 31 => {
                    self.item(first, depth + 1)?;
                }
                _ => return Err(lying("a piece of a string is of another kind")),
            }
        }
    }

    /// The next item of a list or map; nothing at its end.
    fn next(&mut self, length: &mut Length) -> Parse<Option<u8>> {
        match length {
            Length::Known(0) => Ok(None),
            Length::Known(left) => {
                *left -= 1;
                self.cursor.u8("an item").map(Some)
            }
            Length::Open => match self.cursor.u8("an item")? {
                0xff => Ok(None),
                first => Ok(Some(first)),
            },
        }
    }

    fn list(&mut self, mut length: Length, depth: u32) -> Parse<Value> {
        let mut index = 0u64;
        while let Some(first) = self.next(&mut length)? {
            self.found.path.push(index.to_string());
            self.item(first, depth + 1)?;
            self.found.path.pop();
            index += 1;
        }
        Ok(Value::Other)
    }

    fn map(&mut self, mut length: Length, depth: u32) -> Parse<Value> {
        while let Some(first) = self.next(&mut length)? {
            let key = self.item(first, depth + 1)?;
            self.found.key(depth, &key);
            self.value(depth + 1)?;
            self.found.path.pop();
        }
        Ok(Value::Other)
    }
}
