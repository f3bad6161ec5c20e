//! TensorFlow Lite: a FlatBuffer of operators, tensors and buffers.
//!
//! References: `tensorflow/lite/schema/schema.fbs`; the FlatBuffers binary format (a table begins with the distance back
//! to its vtable, which has the place of each field; vectors and texts are reached by a distance forward).

use super::bytes::{Cursor, Parse, lying, too_large};
use super::format::{FileClass, Format};
use super::report::{Inspection, Tensor, elements, shown};
use super::source::Source;
use refmark_types::error::Result;

const NAME_LIMIT: u64 = 4096;
const VECTOR_LIMIT: u64 = 1 << 20;
const DIMENSIONS_LIMIT: u64 = 64;

/// Whether a file that starts so is one.
pub(super) fn claims(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"TFL3")
}

/// Reads operators, tensors and where their bytes are.
pub(super) fn inspect(source: &dyn Source) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Tflite, FileClass::Tensors);
    let read = Buffer { source }.model(&mut found);
    found.settle(read)?;
    if found.tensors.is_empty() && found.class == FileClass::Tensors {
        found.class = FileClass::NotScanned;
    }
    Ok(found)
}

struct Buffer<'a> {
    source: &'a dyn Source,
}

/// A table: where it is, and where the places of its fields are.
#[derive(Clone, Copy)]
struct Table {
    at: u64,
    vtable: u64,
    vtable_size: u64,
}

impl Buffer<'_> {
    fn u32(&self, at: u64) -> Parse<u64> {
        Ok(u64::from(Cursor::new(self.source, at, self.source.len()).u32("a number")?))
    }

    fn u16(&self, at: u64) -> Parse<u64> {
        Ok(u64::from(Cursor::new(self.source, at, self.source.len()).u16("a number")?))
    }

    fn table(&self, at: u64) -> Parse<Table> {
        let back = self.u32(at)? as u32;
        let vtable =
            at.checked_add_signed(-i64::from(back.cast_signed())).ok_or_else(|| lying("a table has no fields"))?;
        Ok(Table { at, vtable, vtable_size: self.u16(vtable)? })
    }

    /// Where a field of a table is; nothing where it is left out.
    fn field(&self, table: Table, index: u64) -> Parse<Option<u64>> {
        let slot = 4 + index * 2;
        if slot + 2 > table.vtable_size {
            return Ok(None);
        }
        let offset = self.u16(table.vtable + slot)?;
        Ok((offset > 0).then_some(table.at + offset))
    }

    /// Where what a field points at is.
    fn follow(&self, at: u64) -> Parse<u64> {
        Ok(at + self.u32(at)?)
    }

    /// A vector's length and its first item.
    fn vector(&self, table: Table, index: u64, limit: u64) -> Parse<Option<(u64, u64)>> {
        let Some(field) = self.field(table, index)? else { return Ok(None) };
        let at = self.follow(field)?;
        let length = self.u32(at)?;
        if length > limit { Err(too_large("a list is too long")) } else { Ok(Some((length, at + 4))) }
    }

    fn tables(&self, table: Table, index: u64) -> Parse<Vec<Table>> {
        let Some((length, first)) = self.vector(table, index, VECTOR_LIMIT)? else { return Ok(Vec::new()) };
        (0..length).map(|item| self.table(self.follow(first + item * 4)?)).collect()
    }

    fn text(&self, table: Table, index: u64) -> Parse<String> {
        let Some((length, first)) = self.vector(table, index, NAME_LIMIT)? else { return Ok(String::new()) };
        Cursor::new(self.source, first, self.source.len()).text(length, NAME_LIMIT, "a name")
    }

    fn model(&self, found: &mut Inspection) -> Parse<()> {
        let root = self.table(self.u32(0)?)?;
        if let Some(at) = self.field(root, 0)? {
            found.keep("tflite.version", &self.u32(at)?.to_string());
        }
        found.keep("tflite.description", &self.text(root, 3)?);
        for (number, code) in self.tables(root, 1)?.into_iter().enumerate() {
            let custom = self.text(code, 1)?;
            if !custom.is_empty() {
                found.names_code(&format!("operator_codes[{number}].custom_code"), &custom);
                found.note(format!("needs the custom operator {}, which is an application's own code", shown(&custom)));
            }
        }
        let buffers = self.buffers(root)?;
        for (number, graph) in self.tables(root, 2)?.into_iter().enumerate() {
            for tensor in self.tables(graph, 0)? {
                self.tensor(tensor, number, &buffers, found)?;
            }
        }
        found.tensors.sort_by_key(|tensor| (tensor.offset, tensor.bytes));
        // Equal constants share a buffer.
        found.tensors.dedup_by(|next, kept| next.offset == kept.offset && next.bytes == kept.bytes);
        Ok(())
    }

    /// Where each buffer's bytes are: in the table, or at an offset behind it (models over 2 GiB).
    fn buffers(&self, root: Table) -> Parse<Vec<Option<(u64, u64)>>> {
        let mut all = Vec::new();
        for buffer in self.tables(root, 4)? {
            let inline = self.vector(buffer, 0, u64::from(u32::MAX))?.filter(|(length, _)| *length > 0);
            let wide = |index| -> Parse<u64> {
                let Some(at) = self.field(buffer, index)? else { return Ok(0) };
                Cursor::new(self.source, at, self.source.len()).u64("an offset")
            };
            let place = match inline {
                Some((length, first)) => Some((first, length)),
                None => match (wide(1)?, wide(2)?) {
                    (offset, size) if offset > 1 && size > 0 => Some((offset, size)),
                    _ => None,
                },
            };
            if let Some((start, length)) = place
                && start.checked_add(length).is_none_or(|end| end > self.source.len())
            {
                return Err(lying(format!("a buffer of {length} bytes at {start} leads out of the file")));
            }
            all.push(place);
        }
        Ok(all)
    }

    fn tensor(&self, table: Table, graph: usize, buffers: &[Option<(u64, u64)>], found: &mut Inspection) -> Parse<()> {
        let mut name = self.text(table, 3)?;
        let Some(at) = self.field(table, 2)? else { return Ok(()) };
        let index = usize::try_from(self.u32(at)?).unwrap_or(usize::MAX);
        let place = buffers.get(index).ok_or_else(|| lying(format!("tensor `{}` names no buffer", shown(&name))))?;
        let Some((offset, bytes)) = *place else { return Ok(()) };
        let kind = match self.field(table, 1)? {
            Some(at) => Cursor::new(self.source, at, self.source.len()).u8("a type")?,
            None => 0,
        };
        let shape = match self.vector(table, 0, DIMENSIONS_LIMIT)? {
            Some((length, first)) => (0..length).map(|item| self.u32(first + item * 4)).collect::<Parse<Vec<u64>>>()?,
            None => Vec::new(),
        };
        let (dtype, bits) =
            dtype(kind).ok_or_else(|| lying(format!("tensor `{}` has the type {kind}", shown(&name))))?;
        let sparse = self.field(table, 6)?.is_some();
        let needed = elements(&name, &shape)?.checked_mul(bits).map(|bits| bits.div_ceil(8));
        if bits > 0 && !sparse && needed != Some(bytes) {
            return Err(lying(format!("tensor `{}` of {dtype} {shape:?} has {bytes} bytes", shown(&name))));
        }
        if graph > 0 {
            name = format!("{graph}/{name}");
        }
        found.tensors.push(Tensor::plain(name, dtype, shape, offset, bytes));
        Ok(())
    }
}

/// `TensorType`, and the bits of an element; none where they vary.
fn dtype(kind: u8) -> Option<(&'static str, u64)> {
    Some(match kind {
        0 => ("F32", 32),
        1 => ("F16", 16),
        2 => ("I32", 32),
        3 => ("U8", 8),
        4 => ("I64", 64),
        5 => ("STRING", 0),
        6 => ("BOOL", 8),
        7 => ("I16", 16),
        8 => ("C64", 64),
        9 => ("I8", 8),
        10 => ("F64", 64),
        11 => ("C128", 128),
        12 => ("U64", 64),
        13 => ("RESOURCE", 0),
        14 => ("VARIANT", 0),
        15 => ("U32", 32),
        16 => ("U16", 16),
        17 => ("I4", 4),
        18 => ("BF16", 16),
        19 => ("I2", 2),
        _ => return None,
    })
}
