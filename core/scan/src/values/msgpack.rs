//! MessagePack, with the arrays that Flax and msgpack-numpy (spaCy's way) put into it.
//!
//! References: the MessagePack specification; `flax/serialization.py` (extension 1 is an array: shape, type, bytes);
//! `msgpack_numpy.py` (a map of `nd`, `type`, `kind`, `shape`, `data`; kind `O` is a pickle).

use super::{DEPTH_LIMIT, Gathered, TEXT_KEPT, Value};
use crate::bytes::{Cursor, Parse, lying};
use crate::format::{FileClass, Format};
use crate::npy;
use crate::report::{Finding, FindingKind, Inspection};
use crate::source::Source;

/// Whether a file that starts so may be a map or a list.
pub(super) fn claims(head: &[u8]) -> bool {
    matches!(head.first(), Some(0x80..=0x9f | 0xdc..=0xdf))
}

/// Reads the one value that fills the file; nothing where there is none.
pub(super) fn read(source: &dyn Source) -> Parse<Option<Inspection>> {
    let mut reader = Reader {
        source,
        cursor: Cursor::new(source, 0, source.len()),
        found: Gathered::new(),
        flax: false,
        extension: None,
        objects: None,
    };
    reader.value(0)?;
    if reader.cursor.left() > 0 {
        return Ok(None);
    }
    let has = |key: &str| reader.found.keys.iter().any(|have| have == key);
    let format = if reader.flax {
        Format::FlaxMsgpack
    } else if has("nodes") && has("attrs") && has("params") && has("shims") {
        Format::SpacyMsgpack
    } else {
        Format::Msgpack
    };
    let (extension, objects) = (reader.extension, reader.objects);
    let mut found = reader.found.answer(format);
    if let Some((name, offset)) = objects {
        found.class = FileClass::UnsafeFormat;
        found.tensors.clear();
        found.note("an array of Python objects: its bytes are a pickle");
        found.find(Finding { path: name, offset: Some(offset), ..Finding::new(FindingKind::Pickle, "") });
    }
    if let Some(kind) = extension {
        found.note(format!("extension type {kind} is an application's own and was not looked into"));
        if found.class.severity() < FileClass::NotScanned.severity() {
            found.class = FileClass::NotScanned;
            found.tensors.clear();
        }
    }
    Ok(Some(found))
}

struct Reader<'a> {
    source: &'a dyn Source,
    cursor: Cursor<'a>,
    found: Gathered,
    flax: bool,
    /// An extension type that is not known here.
    extension: Option<i8>,
    /// The first array of objects.
    objects: Option<(String, u64)>,
}

/// An array as msgpack-numpy writes it, member by member.
#[derive(Default)]
struct Described {
    nd: bool,
    descr: Option<String>,
    object: bool,
    shape: Option<Vec<u64>>,
    data: Option<(u64, u64)>,
}

impl Reader<'_> {
    fn value(&mut self, depth: u32) -> Parse<Value> {
        self.found.count()?;
        if depth > DEPTH_LIMIT {
            return Err(lying("values nest too deep"));
        }
        let what = "a value";
        let byte = self.cursor.u8(what)?;
        match byte {
            0x00..=0x7f => Ok(Value::Number(u64::from(byte))),
            0x80..=0x8f => self.map(u64::from(byte & 15), depth),
            0x90..=0x9f => self.list(u64::from(byte & 15), depth),
            0xa0..=0xbf => self.text(u64::from(byte & 31)),
            0xc0 | 0xc2 | 0xe0..=0xff => Ok(Value::Other),
            0xc3 => Ok(Value::True),
            0xc4..=0xc6 => {
                let len = self.length(byte - 0xc4)?;
                self.bytes(len)
            }
            0xc7..=0xc9 => {
                let len = self.length(byte - 0xc7)?;
                self.extension(len)
            }
            0xca => self.skip(4),
            0xcb => self.skip(8),
            0xcc => Ok(Value::Number(u64::from(self.cursor.u8(what)?))),
            0xcd => Ok(Value::Number(u64::from(self.cursor.u16_be(what)?))),
            0xce => Ok(Value::Number(u64::from(self.cursor.u32_be(what)?))),
            0xcf => Ok(Value::Number(self.cursor.u64_be(what)?)),
            0xd0..=0xd3 => self.skip(1 << (byte - 0xd0)),
            0xd4..=0xd8 => self.extension(1 << (byte - 0xd4)),
            0xd9..=0xdb => {
                let len = self.length(byte - 0xd9)?;
                self.text(len)
            }
            0xdc | 0xdd => {
                let len = self.length(byte - 0xdc + 1)?;
                self.list(len, depth)
            }
            0xde | 0xdf => {
                let len = self.length(byte - 0xde + 1)?;
                self.map(len, depth)
            }
            0xc1 => Err(lying("a byte that is never used")),
        }
    }

    /// A length of one, two or four bytes.
    fn length(&mut self, width: u8) -> Parse<u64> {
        let what = "a length";
        Ok(match width {
            0 => u64::from(self.cursor.u8(what)?),
            1 => u64::from(self.cursor.u16_be(what)?),
            _ => u64::from(self.cursor.u32_be(what)?),
        })
    }

    fn skip(&mut self, count: u64) -> Parse<Value> {
        self.cursor.skip(count, "a number")?;
        Ok(Value::Other)
    }

    fn text(&mut self, len: u64) -> Parse<Value> {
        if len > TEXT_KEPT {
            self.cursor.skip(len, "a text")?;
            return Ok(Value::Other);
        }
        let bytes = self.cursor.take(len, TEXT_KEPT, "a text")?;
        Ok(Value::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn bytes(&mut self, len: u64) -> Parse<Value> {
        let start = self.cursor.at();
        self.cursor.skip(len, "a byte string")?;
        self.found.bytes(self.source, start, len)?;
        Ok(Value::Bytes { start, len })
    }

    fn list(&mut self, len: u64, depth: u32) -> Parse<Value> {
        let mut few = Vec::new();
        for index in 0..len {
            self.found.path.push(index.to_string());
            let value = self.value(depth + 1)?;
            self.found.path.pop();
            if len <= 64 {
                few.push(value);
            }
        }
        Ok(Value::List(few))
    }

    fn map(&mut self, len: u64, depth: u32) -> Parse<Value> {
        let mut array = Described::default();
        for _ in 0..len {
            let mut key = self.value(depth + 1)?;
            // Older writers have byte strings for keys.
            if let Value::Bytes { start, len: 0..=64 } = key {
                let name = crate::source::read_up_to(self.source, start, self.bytes_len(&key))?;
                key = Value::Text(String::from_utf8_lossy(&name).into_owned());
            }
            self.found.key(depth, &key);
            let value = self.value(depth + 1)?;
            self.found.path.pop();
            if let Value::Text(key) = key {
                self.member(&mut array, &key, value)?;
            }
        }
        self.described(array);
        Ok(Value::Other)
    }

    fn bytes_len(&self, value: &Value) -> usize {
        match value {
            Value::Bytes { len, .. } => usize::try_from(*len).unwrap_or_default(),
            _ => 0,
        }
    }

    fn member(&mut self, array: &mut Described, key: &str, value: Value) -> Parse<()> {
        let word = match &value {
            Value::Text(text) => Some(text.clone()),
            Value::Bytes { start, len: 0..=64 } => {
                let bytes = crate::source::read_up_to(self.source, *start, self.bytes_len(&value))?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        };
        match (key, value) {
            ("nd", Value::True) => array.nd = true,
            ("type", _) => array.descr = word,
            ("kind", _) => array.object = word.is_some_and(|kind| kind.starts_with('O')),
            ("shape", Value::List(sizes)) => array.shape = numbers(&sizes),
            ("data", Value::Bytes { start, len }) => array.data = Some((start, len)),
            _ => {}
        }
        Ok(())
    }

    fn described(&mut self, array: Described) {
        let (true, Some((start, len))) = (array.nd, array.data) else { return };
        if array.object {
            let name = self.found.name();
            self.objects.get_or_insert((name, start));
            return;
        }
        if let (Some(descr), Some(shape)) = (array.descr, array.shape)
            && let Some((dtype, size)) = npy::plain(&descr)
        {
            self.found.tensor(dtype, size * 8, shape, start, len);
        }
    }

    fn extension(&mut self, len: u64) -> Parse<Value> {
        let kind = self.cursor.u8("an extension's type")?.cast_signed();
        let start = self.cursor.at();
        self.cursor.skip(len, "an extension")?;
        match kind {
            // A time.
            -1 if matches!(len, 4 | 8 | 12) => {}
            1..=3 if self.array(start, len).is_ok() => self.flax = true,
            _ => self.extension = Some(kind),
        }
        Ok(Value::Other)
    }

    /// Flax: 1 is an array, 3 a scalar of NumPy (both: shape, type, bytes), 2 a complex number (two floats).
    fn array(&mut self, start: u64, len: u64) -> Parse<()> {
        let mut inner = Reader {
            source: self.source,
            cursor: Cursor::new(self.source, start, start + len),
            found: Gathered::new(),
            flax: false,
            extension: None,
            objects: None,
        };
        let value = inner.value(0)?;
        if inner.cursor.left() > 0 {
            return Err(lying("an array of Flax has bytes behind it"));
        }
        if let Value::List(parts) = value
            && let [Value::List(shape), Value::Text(dtype), Value::Bytes { start, len }] = parts.as_slice()
            && let (Some(shape), Some((dtype, bits))) = (numbers(shape), named(dtype))
        {
            self.found.tensor(dtype, bits, shape, *start, *len);
            return Ok(());
        }
        Ok(())
    }
}

fn numbers(values: &[Value]) -> Option<Vec<u64>> {
    values.iter().map(|value| if let Value::Number(number) = value { Some(*number) } else { None }).collect()
}

/// A type by its name in NumPy or ml_dtypes, and its bits.
fn named(name: &str) -> Option<(String, u64)> {
    let (word, bits) = match name {
        "bool" => ("BOOL", 8),
        "bfloat16" => ("BF16", 16),
        "float8_e4m3fn" => ("F8_E4M3", 8),
        "float8_e5m2" => ("F8_E5M2", 8),
        _ => {
            let digits = name.find(|c: char| c.is_ascii_digit())?;
            let (kind, bits) = name.split_at(digits);
            let bits: u64 = bits.parse().ok().filter(|bits| [8, 16, 32, 64, 128].contains(bits))?;
            let letter = match kind {
                "float" => "F",
                "int" => "I",
                "uint" => "U",
                "complex" => "C",
                _ => return None,
            };
            return Some((format!("{letter}{bits}"), bits));
        }
    };
    Some((word.to_owned(), bits))
}
