//! The wire format of protocol buffers, field by field, within a range of a source.

use super::bytes::{Cursor, Parse, lying, too_large};
use super::source::Source;

/// Fields that one file may have in all; a large graph has some hundred thousand.
const FIELDS_LIMIT: u64 = 16 << 20;

/// A range of the source that holds a message or a byte string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// Where it starts.
    pub(super) start: u64,
    /// Where it ends.
    pub(super) end: u64,
}

impl Range {
    /// How many bytes it has.
    pub(super) fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// A field's value as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// A varint: integers, enums and truth values.
    Number(u64),
    /// Four or eight bytes.
    Fixed(u8),
    /// A byte string, a text or a message.
    Bytes(Range),
}

impl Wire {
    /// The range of a byte string.
    pub(super) fn bytes(self) -> Parse<Range> {
        match self {
            Wire::Bytes(range) => Ok(range),
            _ => Err(lying("a field has the wrong wire type: expected bytes")),
        }
    }

    /// The value of a varint.
    pub(super) fn number(self) -> Parse<u64> {
        match self {
            Wire::Number(number) => Ok(number),
            _ => Err(lying("a field has the wrong wire type: expected a number")),
        }
    }
}

/// Reads messages of one source, and counts their fields.
pub(super) struct Messages<'a> {
    source: &'a dyn Source,
    fields: u64,
}

impl<'a> Messages<'a> {
    /// A reader of this source.
    pub(super) fn new(source: &'a dyn Source) -> Messages<'a> {
        Messages { source, fields: 0 }
    }

    /// Reads every field of the message in this range. A field that does not fit is a lie.
    pub(super) fn each(
        &mut self,
        range: Range,
        take: &mut dyn FnMut(&mut Messages<'a>, u64, Wire) -> Parse<()>,
    ) -> Parse<()> {
        let mut cursor = Cursor::new(self.source, range.start, range.end);
        while cursor.left() > 0 {
            self.fields += 1;
            if self.fields > FIELDS_LIMIT {
                return Err(too_large(format!("the model has more than {FIELDS_LIMIT} fields")));
            }
            let tag = varint(&mut cursor)?;
            let wire = match tag & 7 {
                0 => Wire::Number(varint(&mut cursor)?),
                1 => {
                    cursor.skip(8, "a number")?;
                    Wire::Fixed(8)
                }
                2 => {
                    let length = varint(&mut cursor)?;
                    let start = cursor.at();
                    cursor.skip(length, "a field")?;
                    Wire::Bytes(Range { start, end: start + length })
                }
                5 => {
                    cursor.skip(4, "a number")?;
                    Wire::Fixed(4)
                }
                other => return Err(lying(format!("wire type {other} before byte {}", cursor.at()))),
            };
            if tag >> 3 == 0 {
                return Err(lying(format!("field number 0 before byte {}", cursor.at())));
            }
            take(self, tag >> 3, wire)?;
        }
        Ok(())
    }

    /// A text field's content.
    pub(super) fn text(&self, wire: Wire, limit: u64, what: &str) -> Parse<String> {
        let range = wire.bytes()?;
        Cursor::new(self.source, range.start, range.end).text(range.len(), limit, what)
    }

    /// A repeated number: one varint, or many in a packed field.
    pub(super) fn numbers(&self, wire: Wire, into: &mut Vec<u64>, limit: usize) -> Parse<()> {
        match wire {
            Wire::Number(number) => into.push(number),
            Wire::Fixed(_) => return Err(lying("a field has the wrong wire type: expected numbers")),
            Wire::Bytes(range) => {
                let mut cursor = Cursor::new(self.source, range.start, range.end);
                while cursor.left() > 0 && into.len() <= limit {
                    into.push(varint(&mut cursor)?);
                }
            }
        }
        if into.len() > limit { Err(too_large(format!("more than {limit} numbers in one field"))) } else { Ok(()) }
    }
}

/// How many varints fill a range.
pub(super) fn varints(messages: &Messages<'_>, range: Range) -> Parse<u64> {
    let mut cursor = Cursor::new(messages.source, range.start, range.end);
    let mut count = 0;
    while cursor.left() > 0 {
        varint(&mut cursor)?;
        count += 1;
    }
    Ok(count)
}

fn varint(cursor: &mut Cursor<'_>) -> Parse<u64> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let byte = cursor.u8("a number")?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            break;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(lying(format!("a number before byte {} is longer than 64 bits", cursor.at())))
}
