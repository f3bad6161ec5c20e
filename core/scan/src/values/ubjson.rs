//! Universal Binary JSON, draft 12, in which XGBoost writes its models.
//!
//! References: ubjson.org; `src/common/json.cc` of XGBoost (typed arrays, keys with an eight-byte length).

use super::{DEPTH_LIMIT, Gathered, TEXT_KEPT, Value};
use crate::bytes::{Cursor, Parse, lying};
use crate::format::Format;
use crate::report::Inspection;
use crate::source::Source;

/// Whether a file that starts so may be a map whose first key has a length.
pub(super) fn claims(head: &[u8]) -> bool {
    matches!(head, [b'{', b'i' | b'U' | b'I' | b'l' | b'L' | b'#' | b'$', ..])
}

/// Reads the one value that fills the file; nothing where there is none.
pub(super) fn read(source: &dyn Source) -> Parse<Option<Inspection>> {
    let mut reader = Reader { cursor: Cursor::new(source, 0, source.len()), found: Gathered::new() };
    let first = reader.cursor.u8("a value")?;
    reader.value(first, 0)?;
    if reader.cursor.left() > 0 {
        return Ok(None);
    }
    let has = |key: &str| reader.found.keys.iter().any(|have| have == key);
    let format = if has("learner") && has("version") { Format::XgboostUbj } else { Format::Ubjson };
    Ok(Some(reader.found.answer(format)))
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    found: Gathered,
}

/// Bytes of a value of a fixed size.
fn width(kind: u8) -> Option<u64> {
    match kind {
        b'Z' | b'N' | b'T' | b'F' => Some(0),
        b'i' | b'U' | b'C' => Some(1),
        b'I' => Some(2),
        b'l' | b'd' => Some(4),
        b'L' | b'D' => Some(8),
        _ => None,
    }
}

impl Reader<'_> {
    fn value(&mut self, kind: u8, depth: u32) -> Parse<()> {
        self.found.count()?;
        if depth > DEPTH_LIMIT {
            return Err(lying("values nest too deep"));
        }
        match (kind, width(kind)) {
            (_, Some(width)) => self.cursor.skip(width, "a value"),
            (b'S' | b'H', _) => {
                let len = self.number()?;
                self.cursor.skip(len, "a text")
            }
            (b'[', _) => self.list(depth),
            (b'{', _) => self.map(depth),
            _ => Err(lying("a value of a type that is not defined")),
        }
    }

    fn number(&mut self) -> Parse<u64> {
        let what = "a length";
        let signed = match self.cursor.u8(what)? {
            b'i' => i64::from(self.cursor.u8(what)?.cast_signed()),
            b'U' => i64::from(self.cursor.u8(what)?),
            b'I' => i64::from(self.cursor.u16_be(what)?.cast_signed()),
            b'l' => i64::from(self.cursor.u32_be(what)?.cast_signed()),
            b'L' => self.cursor.u64_be(what)?.cast_signed(),
            _ => return Err(lying("a length is no number")),
        };
        u64::try_from(signed).map_err(|_| lying("a length is below zero"))
    }

    /// The type and count that a list or map may begin with, and the byte behind them where there is no count.
    fn head(&mut self) -> Parse<(Option<u8>, Option<u64>, u8)> {
        let mut next = self.cursor.u8("an item")?;
        let mut kind = None;
        if next == b'$' {
            kind = Some(self.cursor.u8("a type")?);
            next = self.cursor.u8("a count")?;
            if next != b'#' {
                return Err(lying("a type without a count"));
            }
        }
        let count = if next == b'#' { Some(self.number()?) } else { None };
        Ok((kind, count, next))
    }

    fn list(&mut self, depth: u32) -> Parse<()> {
        let (kind, count, mut next) = self.head()?;
        match (kind.and_then(width), count) {
            (Some(width), Some(count)) => {
                let len = count.checked_mul(width).ok_or_else(|| lying("a list's size overflows"))?;
                return self.cursor.skip(len, "a list");
            }
            (_, Some(count)) => {
                for _ in 0..count {
                    let kind = kind.map_or_else(|| self.cursor.u8("an item"), Ok)?;
                    self.value(kind, depth + 1)?;
                }
            }
            (_, None) => {
                while next != b']' {
                    self.value(next, depth + 1)?;
                    next = self.cursor.u8("an item")?;
                }
            }
        }
        Ok(())
    }

    fn map(&mut self, depth: u32) -> Parse<()> {
        let (kind, count, mut next) = self.head()?;
        let mut left = count;
        loop {
            let len = match left {
                Some(0) => return Ok(()),
                Some(more) => {
                    left = Some(more - 1);
                    self.number()?
                }
                None if next == b'}' => return Ok(()),
                None => self.number_of(next)?,
            };
            let key = self.cursor.text(len, TEXT_KEPT, "a key")?;
            self.found.key(depth, &Value::Text(key));
            let kind = kind.map_or_else(|| self.cursor.u8("a value"), Ok)?;
            self.value(kind, depth + 1)?;
            self.found.path.pop();
            if left.is_none() {
                next = self.cursor.u8("a key")?;
            }
        }
    }

    fn number_of(&mut self, kind: u8) -> Parse<u64> {
        let what = "a length";
        Ok(match kind {
            b'i' | b'U' => u64::from(self.cursor.u8(what)?),
            b'I' => u64::from(self.cursor.u16_be(what)?),
            b'l' => u64::from(self.cursor.u32_be(what)?),
            b'L' => self.cursor.u64_be(what)?,
            _ => return Err(lying("a key has no length")),
        })
    }
}
