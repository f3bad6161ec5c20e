//! The order in which a file is asked what it is.

use std::cell::Cell;

use super::format::{FileClass, Format};
use super::look::{INFLATE_LIMIT, Look};
use super::report::Inspection;
use super::source::{Part, Source, read_up_to};
use super::{archive, code, compressed, gguf, hdf5, image, npy, onnx, pickle, safetensors, tar, text, zip};
use refmark_types::error::{Code, Error, Result};

const HEAD: usize = 8 * 1024;
/// joblib before 0.10 put this, and the length in hex filled up to 19 characters, before a zlib stream.
const OLD_JOBLIB: &[u8] = b"ZF0x";
const OLD_JOBLIB_HEADER: u64 = 21;

/// Says what a file is, by its content. The name only ever adds suspicion.
///
/// Hostile or damaged content is an answer, with its problems; an error is returned only where the source cannot be read.
pub fn inspect(name: &str, source: &dyn Source) -> Result<Inspection> {
    let mut found = sniff(name, source, Look::new(&Cell::new(INFLATE_LIMIT)))?;
    let claimed = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let claimed = claimed.as_deref().and_then(|ending| match ending {
        "safetensors" | "gguf" | "onnx" | "npy" | "npz" => Format::parse(ending).ok(),
        _ => None,
    });
    if let Some(claimed) = claimed
        && claimed != found.format
    {
        found.note(format!("its name says {claimed}, its content {}", found.format));
    }
    Ok(found)
}

/// Says what bytes are, at the top or within archives.
pub(super) fn sniff(name: &str, source: &dyn Source, look: Look<'_>) -> Result<Inspection> {
    if source.is_empty() {
        return Ok(Inspection::new(Format::Empty, FileClass::Data));
    }
    // First of all: an unpickler looks at nothing but opcodes, so a pickle can look like anything else too.
    let walk = pickle::walk(source)?;
    let head = read_up_to(source, 0, HEAD)?;
    // The P of a zip archive's `PK` is an opcode too: it takes a line, and an array of objects may follow.
    if walk.is_pickle(source.len()) && zip::claims(&head) {
        let found = archive::inspect(source, look)?;
        if found.class == FileClass::UnsafeFormat {
            return Ok(found);
        }
    }
    if walk.is_pickle(source.len()) {
        let mut found = Inspection::new(Format::Pickle, FileClass::UnsafeFormat);
        pickle::report(&walk, &mut found);
        return Ok(found);
    }
    let mut found = recognise(name, source, &head, look)?;
    let archived = matches!(found.format, Format::Npz | Format::PytorchZip | Format::KerasZip | Format::Zip);
    if !archived && zip::ends_in_archive(source)? {
        let inner = archive::inspect(source, look.deeper())?;
        merge(&mut found, &inner, "the zip archive at the end");
        found.problem(
            Error::new(Code::Inconsistent, format!("the file is {} and a zip archive at once", found.format))
                .hint("readers of zip look at a file's end only; such files are made to be taken for something else"),
        );
    }
    Ok(found)
}

fn recognise(name: &str, source: &dyn Source, head: &[u8], look: Look<'_>) -> Result<Inspection> {
    if look.is_too_deep() {
        let mut found = Inspection::new(Format::Unknown, FileClass::NotScanned);
        found.note("archives nest deeper than was looked into");
        return Ok(found);
    }
    if head.starts_with(OLD_JOBLIB) {
        let stream = Part::new(source, OLD_JOBLIB_HEADER, u64::MAX);
        let found = compressed::inspect(Format::Zlib, name, &stream, look)?;
        return Ok(found.unwrap_or_else(|| Inspection::new(Format::Unknown, FileClass::NotScanned)));
    }
    if compressed::may_be_zlib(head)
        && let Some(found) = compressed::inspect(Format::Zlib, name, source, look)?
    {
        return Ok(found);
    }
    // A text may start like anything (`GGUF is a format…`); what is not text has a byte that no text has.
    if text::claims(head)
        && let Some(found) = text::inspect(name, source)?
    {
        return Ok(found);
    }
    if let Some(found) = code::claims(head) {
        return Ok(found);
    }
    if let Some(format) = image::claims(head) {
        return image::inspect(format, source);
    }
    if let Some(format) = compressed::claims(head)
        && let Some(found) = compressed::inspect(format, name, source, look)?
    {
        return Ok(found);
    }
    if gguf::claims(head) {
        gguf::inspect(source)
    } else if npy::claims(head) {
        npy::inspect(source)
    } else if zip::claims(head) {
        archive::inspect(source, look)
    } else if hdf5::claims(head) {
        hdf5::inspect(source)
    } else if tar::claims(head) {
        tar::inspect(source, look)
    } else if safetensors::claims(head) {
        safetensors::inspect(source)
    } else if onnx::claims(head) {
        onnx::inspect(source)
    } else {
        Ok(Inspection::new(named_only(head), FileClass::NotScanned))
    }
}

/// Formats that are named and not read.
fn named_only(head: &[u8]) -> Format {
    if onnx::is_saved_model(head) {
        Format::TensorflowSavedModel
    } else if head.get(4..8) == Some(b"TFL3") {
        Format::Tflite
    } else if head.starts_with(b"PAR1") {
        Format::Parquet
    } else {
        Format::Unknown
    }
}

/// Takes over from a part of a file what makes the whole worse.
pub(super) fn merge(found: &mut Inspection, inner: &Inspection, place: &str) {
    let worse = match inner.class {
        FileClass::UnsafeFormat => true,
        FileClass::Code => found.class != FileClass::UnsafeFormat,
        _ => false,
    };
    if worse {
        found.class = inner.class;
        found.note(format!("{place} is {}", inner.format));
    }
    if matches!(inner.class, FileClass::UnsafeFormat | FileClass::Code) {
        for note in &inner.notes {
            found.note(note.clone());
        }
    }
}
