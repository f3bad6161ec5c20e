//! Safetensors: eight bytes of header length, a JSON header, then tensors without holes.
//!
//! The header is read strictly: no key twice (which the reference reader allows), no unknown field, no hole, no overlap
//! and nothing behind the last tensor, so that the file can be nothing else as well. A number is a whole one as it stands:
//! the reference reader refuses `1.0` for a size, and so does this one.
//!
//! Reference: `safetensors/src/tensor.rs` of huggingface/safetensors.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};

use super::bytes::{Cursor, Parse, lying, too_large, truncated};
use super::format::{FileClass, Format};
use super::report::{Inspection, Tensor, elements, shown};
use super::source::Source;
use refmark_types::error::Result;

/// The largest header that the format's own readers take, and refmark: about a million tensors.
const HEADER_LIMIT: u64 = 100_000_000;

/// Whether a file that starts so claims to be safetensors: a believable header length and an opening brace.
pub(super) fn claims(head: &[u8]) -> bool {
    let length = head.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
    head.get(8) == Some(&b'{') && length.is_some_and(|length| (2..=HEADER_LIMIT).contains(&length))
}

/// Reads the header.
pub(super) fn inspect(source: &dyn Source) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Safetensors, FileClass::Tensors);
    let parsed = read(source, &mut found);
    found.settle(parsed)?;
    Ok(found)
}

fn read(source: &dyn Source, found: &mut Inspection) -> Parse<()> {
    let mut cursor = Cursor::new(source, 0, source.len());
    let length = cursor.u64("the header's length")?;
    if length > HEADER_LIMIT {
        return Err(too_large(format!("the header says it has {length} bytes; the limit is {HEADER_LIMIT}")));
    }
    let json = cursor.take(length, HEADER_LIMIT, "the header")?;
    let header: Header = serde_json::from_slice(&json).map_err(|said| lying(format!("the header: {said}")))?;
    for (key, value) in &header.metadata {
        found.keep(key, value);
    }
    found.tensors = place(header.tensors, cursor.at(), source.len())?;
    Ok(())
}

/// The texts under `__metadata__`, and each tensor by its name.
struct Header {
    metadata: BTreeMap<String, String>,
    tensors: Vec<(String, Entry)>,
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Header, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Header, A::Error> {
                let mut metadata = None;
                let mut tensors: BTreeMap<String, Entry> = BTreeMap::new();
                while let Some(name) = members.next_key::<String>()? {
                    if name == "__metadata__" {
                        if metadata.is_some() {
                            return Err(A::Error::custom("the key `__metadata__` stands twice"));
                        }
                        metadata = Some(members.next_value_seed(Texts)?);
                        continue;
                    }
                    match tensors.entry(name) {
                        Slot::Vacant(slot) => slot.insert(members.next_value()?),
                        Slot::Occupied(slot) => {
                            return Err(A::Error::custom(format!("the key `{}` stands twice", shown(slot.key()))));
                        }
                    };
                }
                Ok(Header { metadata: metadata.unwrap_or_default(), tensors: tensors.into_iter().collect() })
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// An object of texts, no key twice.
struct Texts;

impl<'de> DeserializeSeed<'de> for Texts {
    type Value = BTreeMap<String, String>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Texts {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut texts = BTreeMap::new();
        while let Some((key, value)) = members.next_entry::<String, String>()? {
            if let Some(_before) = texts.insert(key.clone(), value) {
                return Err(A::Error::custom(format!("the key `{}` stands twice", shown(&key))));
            }
        }
        Ok(texts)
    }
}

/// Turns the header's entries into absolute ranges that cover the data exactly.
fn place(entries: Vec<(String, Entry)>, start: u64, end: u64) -> Parse<Vec<Tensor>> {
    let mut entries = entries;
    entries.sort_by_key(|(_, entry)| entry.data_offsets);
    let data = end - start;
    let mut tensors = Vec::with_capacity(entries.len());
    let mut covered = 0;
    for (name, Entry { dtype, shape, data_offsets: (from, to) }) in entries {
        let bits = bits(&dtype).ok_or_else(|| {
            lying(format!("tensor `{}` has the unknown element type `{}`", shown(&name), shown(&dtype)))
        })?;
        let claimed = elements(&name, &shape)?.checked_mul(bits).filter(|bits| bits % 8 == 0).map(|bits| bits / 8);
        if to < from || to > data {
            let name = shown(&name);
            let stop = if to < from { lying } else { truncated };
            return Err(stop(format!("tensor `{name}` lies at {from}..{to} of {data} bytes of data")));
        }
        if from != covered {
            let what = if from < covered { "overlaps what is before it" } else { "leaves a hole before it" };
            return Err(lying(format!("tensor `{}` {what}: expected offset {covered}, found {from}", shown(&name))));
        }
        if claimed != Some(to - from) {
            return Err(lying(format!(
                "tensor `{}` of {dtype} {shape:?} takes {} bytes, which is not what they need",
                shown(&name),
                to - from
            )));
        }
        covered = to;
        tensors.push(Tensor::plain(name, &dtype, shape, start + from, to - from));
    }
    if covered != data {
        return Err(lying(format!("{} bytes behind the last tensor belong to none", data - covered)));
    }
    Ok(tensors)
}

/// Bits an element of a type takes.
fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ" => 8,
        "U16" | "I16" | "F16" | "BF16" => 16,
        "U32" | "I32" | "F32" => 32,
        "U64" | "I64" | "F64" | "C64" => 64,
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}
