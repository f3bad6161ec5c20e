//! GGUF versions 1 to 3: counts, metadata, tensor descriptions, then aligned tensors.

use super::bytes::{Cursor, Parse, lying, too_large};
use super::format::{FileClass, Format};
use super::report::{Inspection, Tensor, elements, shown};
use super::source::{Source, read_up_to};
use refmark_types::error::Result;
use refmark_types::number::print;
use std::collections::BTreeSet;

const STRING_LIMIT: u64 = 1 << 20;
const KEY_LIMIT: u64 = 64 * 1024;
const NAME_LIMIT: u64 = 4096;
const KEYS_LIMIT: u64 = 65_536;
const TENSORS_LIMIT: u64 = 262_144;
const DIMENSIONS_LIMIT: u32 = 8;
const ARRAY_DEPTH: u32 = 4;
/// Arrays of arrays and of texts are walked item by item, so their number is bounded over the whole file.
const ITEMS_LIMIT: u64 = 16 << 20;
const ALIGNMENT_LIMIT: u64 = 65_536;

/// Whether a file that starts so claims to be GGUF.
pub(super) fn claims(head: &[u8]) -> bool {
    head.starts_with(b"GGUF")
}

/// Reads the header.
pub(super) fn inspect(source: &dyn Source) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Gguf, FileClass::Tensors);
    let cursor = Cursor::new(source, 0, source.len());
    let parsed = Reader { cursor, wide: true, items: 0 }.read(source, &mut found);
    found.settle(parsed)?;
    Ok(found)
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    /// Counts and lengths take eight bytes; four in version 1.
    wide: bool,
    items: u64,
}

/// A tensor's description before the data's start is known.
struct Described {
    tensor: Tensor,
    relative: u64,
}

impl Reader<'_> {
    fn read(mut self, source: &dyn Source, found: &mut Inspection) -> Parse<()> {
        self.cursor.skip(4, "the magic")?;
        let version = self.cursor.u32("the version")?;
        if !(1..=3).contains(&version) {
            return Err(lying(format!("GGUF version {version}: expected 1, 2 or 3 (least byte first)")));
        }
        self.wide = version > 1;
        found.keep("gguf.version", &version.to_string());
        let tensors = self.count("the number of tensors")?;
        let keys = self.count("the number of metadata keys")?;
        // A description takes at least 24 bytes, a key 9: larger counts cannot be true.
        if tensors > TENSORS_LIMIT || keys > KEYS_LIMIT {
            return Err(too_large(format!(
                "{tensors} tensors and {keys} keys; the limits are {TENSORS_LIMIT} and {KEYS_LIMIT}"
            )));
        }
        if tensors.saturating_mul(24).saturating_add(keys.saturating_mul(9)) > self.cursor.left() {
            return Err(lying(format!("{tensors} tensors and {keys} keys do not fit into the file")));
        }
        let mut alignment = 32;
        let mut seen = BTreeSet::new();
        for _ in 0..keys {
            let key = self.text(KEY_LIMIT, "a key")?;
            if let Some(value) = self.value(&key)? {
                if key == "general.alignment" {
                    alignment = value.parse().unwrap_or(0);
                }
                found.keep(&key, &value);
            }
            if !seen.insert(key.clone()) {
                return Err(lying(format!("the key `{}` stands twice", shown(&key))));
            }
        }
        if !u64::is_power_of_two(alignment) || alignment > ALIGNMENT_LIMIT {
            return Err(lying(format!("alignment {alignment} is not a power of two up to {ALIGNMENT_LIMIT}")));
        }
        let described = self.descriptions(tensors)?;
        found.tensors = place(described, self.cursor.at().next_multiple_of(alignment), alignment, source)?;
        Ok(())
    }

    fn count(&mut self, what: &str) -> Parse<u64> {
        if self.wide { self.cursor.u64(what) } else { self.cursor.u32(what).map(u64::from) }
    }

    fn text(&mut self, limit: u64, what: &str) -> Parse<String> {
        let length = self.count(what)?;
        self.cursor.text(length, limit, what)
    }

    /// Reads a value; arrays are passed over and shown by their length only.
    fn value(&mut self, key: &str) -> Parse<Option<String>> {
        let kind = self.cursor.u32("a value's type")?;
        let cursor = &mut self.cursor;
        Ok(Some(match kind {
            0 => cursor.u8("a value")?.to_string(),
            1 => cursor.u8("a value")?.cast_signed().to_string(),
            2 => cursor.u16("a value")?.to_string(),
            3 => cursor.u16("a value")?.cast_signed().to_string(),
            4 => cursor.u32("a value")?.to_string(),
            5 => cursor.u32("a value")?.cast_signed().to_string(),
            6 => print(f32::from_bits(cursor.u32("a value")?)),
            7 => match cursor.u8("a value")? {
                0 => "false".into(),
                1 => "true".into(),
                other => return Err(lying(format!("the key `{}` has the truth value {other}", shown(key)))),
            },
            8 => self.text(STRING_LIMIT, "a text")?,
            9 => {
                self.array(key, ARRAY_DEPTH)?;
                return Ok(None);
            }
            10 => cursor.u64("a value")?.to_string(),
            11 => cursor.u64("a value")?.cast_signed().to_string(),
            12 => print(f64::from_bits(cursor.u64("a value")?)),
            other => return Err(lying(format!("the key `{}` has the unknown type {other}", shown(key)))),
        }))
    }

    fn array(&mut self, key: &str, depth: u32) -> Parse<()> {
        let kind = self.cursor.u32("an array's type")?;
        let count = self.count("an array's length")?;
        let fixed = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 | 9 => 0,
            other => return Err(lying(format!("the key `{}` is an array of the unknown type {other}", shown(key)))),
        };
        if fixed > 0 {
            return self.cursor.skip(count.saturating_mul(fixed), "an array");
        }
        if depth == 0 {
            return Err(lying(format!("the key `{}` nests arrays more than {ARRAY_DEPTH} deep", shown(key))));
        }
        self.items = self.items.saturating_add(count);
        if self.items > ITEMS_LIMIT {
            return Err(too_large(format!("the metadata has more than {ITEMS_LIMIT} array items")));
        }
        for _ in 0..count {
            if kind == 9 {
                self.array(key, depth - 1)?;
            } else {
                let length = self.count("a text's length")?;
                if length > STRING_LIMIT {
                    return Err(too_large(format!("a text of `{}` has {length} bytes", shown(key))));
                }
                self.cursor.skip(length, "a text")?;
            }
        }
        Ok(())
    }

    fn descriptions(&mut self, count: u64) -> Parse<Vec<Described>> {
        let mut all = Vec::new();
        let mut seen = BTreeSet::new();
        for _ in 0..count {
            let name = self.text(NAME_LIMIT, "a tensor's name")?;
            if !seen.insert(name.clone()) {
                return Err(lying(format!("the tensor `{}` stands twice", shown(&name))));
            }
            let dimensions = self.cursor.u32("a tensor's dimensions")?;
            if dimensions > DIMENSIONS_LIMIT {
                return Err(lying(format!("tensor `{}` has {dimensions} dimensions", shown(&name))));
            }
            let shape = (0..dimensions).map(|_| self.count("a dimension")).collect::<Parse<Vec<u64>>>()?;
            let kind = self.cursor.u32("a tensor's type")?;
            let relative = self.cursor.u64("a tensor's offset")?;
            let (dtype, block, size) =
                ggml(kind).ok_or_else(|| lying(format!("tensor `{}` has the unknown type {kind}", shown(&name))))?;
            let row = shape.first().copied().unwrap_or(1);
            let bytes = elements(&name, &shape)?
                .checked_div(block)
                .filter(|_| row % block == 0)
                .and_then(|blocks| blocks.checked_mul(size))
                .ok_or_else(|| lying(format!("tensor `{}` of {dtype} {shape:?} has no whole size", shown(&name))))?;
            all.push(Described { tensor: Tensor { name, dtype: dtype.into(), shape, offset: 0, bytes }, relative });
        }
        Ok(all)
    }
}

/// Puts each tensor where it lies: one after the other, each aligned, nothing behind the last but its padding.
fn place(mut all: Vec<Described>, start: u64, alignment: u64, source: &dyn Source) -> Parse<Vec<Tensor>> {
    all.sort_by_key(|described| (described.relative, described.tensor.bytes));
    let end = source.len();
    let overflow = || lying("the tensors' sizes overflow");
    let mut expected = 0u64;
    let mut last = start;
    let mut tensors = Vec::with_capacity(all.len());
    for Described { mut tensor, relative } in all {
        if relative != expected {
            let name = shown(&tensor.name);
            return Err(lying(format!("tensor `{name}` lies at {relative} of the data: expected {expected}")));
        }
        tensor.offset = start.checked_add(relative).ok_or_else(overflow)?;
        last = tensor.offset.checked_add(tensor.bytes).ok_or_else(overflow)?;
        if last > end {
            let name = shown(&tensor.name);
            return Err(lying(format!("tensor `{name}` ends at byte {last}, and the file at {end}")));
        }
        let next = relative.checked_add(tensor.bytes);
        expected = next.and_then(|at| at.checked_next_multiple_of(alignment)).ok_or_else(overflow)?;
        tensors.push(tensor);
    }
    // Writers pad the last tensor too, and some leave that out; without tensors even the header may be unpadded.
    let padded = start.checked_add(expected).ok_or_else(overflow)?;
    if end != last && end != padded && !tensors.is_empty() || tensors.is_empty() && end > start {
        return Err(lying(format!("the last tensor ends at byte {last}, and the file at {end}")));
    }
    let padding = read_up_to(source, last, usize::try_from(end.saturating_sub(last)).unwrap_or_default())?;
    if padding.iter().any(|&byte| byte != 0) {
        return Err(lying(format!("the padding behind the last tensor, at byte {last}, is not empty")));
    }
    Ok(tensors)
}

/// A tensor type of ggml: its name, how many elements are in a block, and how many bytes a block takes.
fn ggml(kind: u32) -> Option<(&'static str, u64, u64)> {
    Some(match kind {
        0 => ("F32", 1, 4),
        1 => ("F16", 1, 2),
        2 => ("Q4_0", 32, 18),
        3 => ("Q4_1", 32, 20),
        6 => ("Q5_0", 32, 22),
        7 => ("Q5_1", 32, 24),
        8 => ("Q8_0", 32, 34),
        9 => ("Q8_1", 32, 40),
        10 => ("Q2_K", 256, 84),
        11 => ("Q3_K", 256, 110),
        12 => ("Q4_K", 256, 144),
        13 => ("Q5_K", 256, 176),
        14 => ("Q6_K", 256, 210),
        15 => ("Q8_K", 256, 292),
        16 => ("IQ2_XXS", 256, 66),
        17 => ("IQ2_XS", 256, 74),
        18 => ("IQ3_XXS", 256, 98),
        19 => ("IQ1_S", 256, 50),
        20 => ("IQ4_NL", 32, 18),
        21 => ("IQ3_S", 256, 110),
        22 => ("IQ2_S", 256, 82),
        23 => ("IQ4_XS", 256, 136),
        24 => ("I8", 1, 1),
        25 => ("I16", 1, 2),
        26 => ("I32", 1, 4),
        27 => ("I64", 1, 8),
        28 => ("F64", 1, 8),
        29 => ("IQ1_M", 256, 56),
        30 => ("BF16", 1, 2),
        34 => ("TQ1_0", 256, 54),
        35 => ("TQ2_0", 256, 66),
        39 => ("MXFP4", 32, 17),
        40 => ("NVFP4", 64, 36),
        41 => ("Q1_0", 128, 18),
        _ => return None,
    })
}
