//! Safetensors: eight bytes of header length, a JSON header, then tensors without holes.
//!
//! The header is read strictly: no key twice (which the reference reader allows), no unknown field, no hole, no overlap
//! and nothing behind the last tensor, so that the file can be nothing else as well.

use serde::Deserialize;

use super::bytes::{Cursor, Parse, lying, too_large};
use super::format::{FileClass, Format};
use super::report::{Inspection, Tensor, elements, shown};
use super::source::Source;
use refmark_types::canonical::DEPTH_LIMIT;
use refmark_types::error::Result;
use refmark_types::json;
use refmark_types::value::from_value;
use std::collections::BTreeMap;

/// The largest header that the format's own readers take.
const FORMAT_LIMIT: u64 = 100_000_000;
/// The largest header that refmark takes; about 150,000 tensors.
const HEADER_LIMIT: u64 = 16 << 20;

/// Whether a file that starts so claims to be safetensors: a believable header length and an opening brace.
pub(super) fn claims(head: &[u8]) -> bool {
    let length = head.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
    head.get(8) == Some(&b'{') && length.is_some_and(|length| (2..=FORMAT_LIMIT).contains(&length))
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
    let (metadata, tensors) = header(&json).map_err(|said| lying(format!("the header: {said}")))?;
    for (key, value) in &metadata {
        found.keep(key, value);
    }
    found.tensors = place(tensors, cursor.at(), source.len())?;
    Ok(())
}

/// What a header says of the whole file, and each tensor by its name.
type Header = (BTreeMap<String, String>, Vec<(String, Entry)>);

/// The texts under `__metadata__`, and the tensors.
fn header(json: &[u8]) -> Result<Header, String> {
    let text = std::str::from_utf8(json).map_err(|error| error.to_string())?;
    let value = json::read(text, DEPTH_LIMIT).map_err(|mistake| mistake.said)?;
    let (mut metadata, mut tensors) = (BTreeMap::new(), Vec::new());
    for (name, value) in value.as_object().ok_or("expected an object of tensors")? {
        if name == "__metadata__" {
            metadata = from_value(value).map_err(|wrong| wrong.to_string())?;
        } else {
            tensors.push((name.clone(), from_value(value).map_err(|wrong| wrong.to_string())?));
        }
    }
    Ok((metadata, tensors))
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
            return Err(lying(format!("tensor `{name}` lies at {from}..{to} of {data} bytes of data")));
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
        tensors.push(Tensor { name, dtype, shape, offset: start + from, bytes: to - from });
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
