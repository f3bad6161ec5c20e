//! GGUF versions 1 to 3, in both byte orders: counts, metadata, tensor descriptions, then aligned tensors.
//!
//! Reference: `docs/gguf.md` and `src/gguf.cpp` of ggml-org/ggml, `gguf-py/gguf/gguf_reader.py` of llama.cpp.

use super::bytes::{Cursor, Parse, lying, too_large, truncated};
use super::format::{FileClass, Format};
use super::report::{Inspection, Reference, Tensor, elements, shown};
use super::source::{Source, read_up_to};
use refmark_types::digest::Hasher;
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
/// Arrays of up to so many items and bytes are shown whole.
const SHOWN_ITEMS: u64 = 16;
const SHOWN_BYTES: u64 = 1024;
const CHUNK: usize = 1 << 20;
const ALIGNMENT_LIMIT: u64 = 65_536;

/// Whether a file that starts so claims to be GGUF.
pub(super) fn claims(head: &[u8]) -> bool {
    head.starts_with(b"GGUF")
}

/// Reads the header.
pub(super) fn inspect(source: &dyn Source) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Gguf, FileClass::Tensors);
    let cursor = Cursor::new(source, 0, source.len());
    let parsed = Reader { source, cursor, big: false, wide: true, items: 0 }.read(&mut found);
    found.settle(parsed)?;
    Ok(found)
}

struct Reader<'a> {
    source: &'a dyn Source,
    cursor: Cursor<'a>,
    /// Numbers are stored greatest byte first.
    big: bool,
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
    fn u16(&mut self, what: &str) -> Parse<u16> {
        if self.big { self.cursor.u16_be(what) } else { self.cursor.u16(what) }
    }

    fn u32(&mut self, what: &str) -> Parse<u32> {
        if self.big { self.cursor.u32_be(what) } else { self.cursor.u32(what) }
    }

    fn u64(&mut self, what: &str) -> Parse<u64> {
        if self.big { self.cursor.u64_be(what) } else { self.cursor.u64(what) }
    }

    /// The version, in whichever byte order makes it one.
    fn version(&mut self) -> Parse<u32> {
        let version = self.cursor.u32("the version")?;
        if !(1..=3).contains(&version) {
            self.big = true;
            let version = version.swap_bytes();
            // Files with the greatest byte first exist since version 3.
            return if version == 3 { Ok(version) } else { Err(lying("the GGUF version is not 1, 2 or 3")) };
        }
        Ok(version)
    }

    fn read(mut self, found: &mut Inspection) -> Parse<()> {
        self.cursor.skip(4, "the magic")?;
        let version = self.version()?;
        self.wide = version > 1;
        found.keep("gguf.version", &version.to_string());
        if self.big {
            found.keep("gguf.byte_order", "big-endian");
        }
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
        let mut templates = Vec::new();
        let mut seen = BTreeSet::new();
        for _ in 0..keys {
            let key = self.text(KEY_LIMIT, "a key")?;
            let value = self.value(&key)?;
            if key == "general.alignment" {
                alignment = value.parse().unwrap_or(0);
            }
            if key.starts_with("tokenizer.chat_template") && !value.is_empty() {
                templates.push((key.clone(), value.clone()));
            }
            found.keep(&key, &value);
            if !seen.insert(key.clone()) {
                return Err(lying(format!("the key `{}` stands twice", shown(&key))));
            }
        }
        if !u64::is_power_of_two(alignment) || alignment > ALIGNMENT_LIMIT {
            return Err(lying(format!("alignment {alignment} is not a power of two up to {ALIGNMENT_LIMIT}")));
        }
        let described = self.descriptions(tensors)?;
        found.tensors = place(described, self.cursor.at().next_multiple_of(alignment), alignment, self.source)?;
        for (key, template) in templates {
            found.names_code(&key, &template);
        }
        split(found);
        Ok(())
    }

    fn count(&mut self, what: &str) -> Parse<u64> {
        if self.wide { self.u64(what) } else { self.u32(what).map(u64::from) }
    }

    fn text(&mut self, limit: u64, what: &str) -> Parse<String> {
        let length = self.count(what)?;
        self.cursor.text(length, limit, what)
    }

    /// Reads a value as text.
    fn value(&mut self, key: &str) -> Parse<String> {
        let kind = self.u32("a value's type")?;
        if kind != 9 {
            return self.scalar(key, kind);
        }
        let start = self.cursor.at();
        self.array(key, ARRAY_DEPTH)?;
        self.shown_array(key, start)
    }

    fn scalar(&mut self, key: &str, kind: u32) -> Parse<String> {
        let what = "a value";
        Ok(match kind {
            0 => self.cursor.u8(what)?.to_string(),
            1 => self.cursor.u8(what)?.cast_signed().to_string(),
            2 => self.u16(what)?.to_string(),
            3 => self.u16(what)?.cast_signed().to_string(),
            4 => self.u32(what)?.to_string(),
            5 => self.u32(what)?.cast_signed().to_string(),
            6 => print(f32::from_bits(self.u32(what)?)),
            7 => match self.cursor.u8(what)? {
                0 => "false".into(),
                1 => "true".into(),
                other => return Err(lying(format!("the key `{}` has the truth value {other}", shown(key)))),
            },
            8 => self.text(STRING_LIMIT, "a text")?,
            10 => self.u64(what)?.to_string(),
            11 => self.u64(what)?.cast_signed().to_string(),
            12 => print(f64::from_bits(self.u64(what)?)),
            other => return Err(lying(format!("the key `{}` has the unknown type {other}", shown(key)))),
        })
    }

    /// An array that began at an offset and ends here: its items where they are few and short, else a digest.
    fn shown_array(&mut self, key: &str, start: u64) -> Parse<String> {
        let end = self.cursor.at();
        let mut again = Reader {
            source: self.source,
            cursor: Cursor::new(self.source, start, end),
            big: self.big,
            wide: self.wide,
            items: 0,
        };
        let (kind, count) = (again.u32("an array's type")?, again.count("an array's length")?);
        if kind != 9 && count <= SHOWN_ITEMS && end - start <= SHOWN_BYTES {
            let items = (0..count).map(|_| again.scalar(key, kind)).collect::<Parse<Vec<String>>>()?;
            return Ok(format!("[{}]", items.join(", ")));
        }
        let mut hasher = Hasher::new();
        let mut at = start;
        while at < end {
            let count = usize::try_from(end - at).unwrap_or(CHUNK).min(CHUNK);
            hasher.update(&read_up_to(self.source, at, count)?);
            at += count as u64;
        }
        Ok(format!("{count} items, {}", hasher.finish()))
    }

    fn array(&mut self, key: &str, depth: u32) -> Parse<()> {
        let kind = self.u32("an array's type")?;
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
            let dimensions = self.u32("a tensor's dimensions")?;
            if dimensions > DIMENSIONS_LIMIT {
                return Err(lying(format!("tensor `{}` has {dimensions} dimensions", shown(&name))));
            }
            let shape = (0..dimensions).map(|_| self.count("a dimension")).collect::<Parse<Vec<u64>>>()?;
            let kind = self.u32("a tensor's type")?;
            let relative = self.u64("a tensor's offset")?;
            let (dtype, block, size) =
                ggml(kind).ok_or_else(|| lying(format!("tensor `{}` has the unknown type {kind}", shown(&name))))?;
            let row = shape.first().copied().unwrap_or(1);
            let bytes = elements(&name, &shape)?
                .checked_div(block)
                .filter(|_| row % block == 0)
                .and_then(|blocks| blocks.checked_mul(size))
                .ok_or_else(|| lying(format!("tensor `{}` of {dtype} {shape:?} has no whole size", shown(&name))))?;
            // What is stored greatest byte first is said so, but for what has one byte only.
            let dtype = if self.big && size > 1 { format!("{dtype}_BE") } else { dtype.to_owned() };
            all.push(Described { tensor: Tensor::plain(name, &dtype, shape, 0, bytes), relative });
        }
        Ok(all)
    }
}

/// What a file says of the others that make one model with it.
fn split(found: &mut Inspection) {
    let number = |key: &str| found.metadata.get(key).and_then(|value| value.parse::<u64>().ok());
    if let (Some(split), Some(count @ 2..)) = (number("split.no"), number("split.count")) {
        let tensors = number("split.tensors.count");
        found.references.push(Reference::Split { number: split, count, tensors });
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
            return Err(truncated(format!("tensor `{name}` ends at byte {last}, and the file at {end}")));
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
