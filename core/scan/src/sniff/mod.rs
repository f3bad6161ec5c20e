//! The order in which a file is asked what it is.
//!
//! Formats with a structure that can be checked come first and win when they parse whole; guesses come last. One thing
//! overrides them all: bytes that run to a call when they are unpickled are a pickle, whatever else they are, because an
//! unpickler looks at nothing but opcodes.

use std::cell::Cell;

use super::format::{FileClass, Format};
use super::look::{INFLATE_LIMIT, Look};
use super::report::Inspection;
use super::source::{Part, Source, read_up_to};
use super::{
    code, coreml, ggml, gguf, hdf5, image, npy, onnx, pickle, safetensors, saved_model, text, tflite, values, zip,
};
use refmark_types::error::{Code, Error, Result};

mod archive;
mod compressed;
mod tar;

const HEAD: usize = 8 * 1024;
/// joblib before 0.10 put this, and the length in hex filled up to 19 characters, before a zlib stream.
const OLD_JOBLIB: &[u8] = b"ZF0x";
const OLD_JOBLIB_HEADER: u64 = 21;

/// Says what a file is, by its content. The name only ever adds suspicion.
///
/// Hostile or damaged content is an answer, with its problems.
///
/// # Errors
///
/// Only where the source cannot be read.
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
    let walk = pickle::walk(source)?;
    let head = read_up_to(source, 0, HEAD)?;
    if walk.runs() {
        // The P of a zip archive's `PK` is an opcode too: it takes a line, and an array of objects may follow.
        if zip::claims(&head) {
            let found = archive::inspect(source, look)?;
            if found.class == FileClass::UnsafeFormat {
                return Ok(found);
            }
        }
        return Ok(as_pickle(&walk));
    }
    let found = recognise(name, source, &head, look)?;
    // A harmless pickle begins like many things. What was recognised and is sound is no pickle, and prose is a guess too.
    let guess = matches!(found.format, Format::Unknown | Format::Text) || !found.is_sound();
    if guess && walk.is_pickle(source.len()) {
        return Ok(as_pickle(&walk));
    }
    with_archive_at_end(found, source, look)
}

fn as_pickle(walk: &pickle::Walk) -> Inspection {
    let mut found = Inspection::new(Format::Pickle, FileClass::UnsafeFormat);
    pickle::report(walk, &mut found);
    found
}

/// Readers of zip look at a file's end only, whatever it begins with.
fn with_archive_at_end(mut found: Inspection, source: &dyn Source, look: Look<'_>) -> Result<Inspection> {
    let archived =
        matches!(found.format, Format::Npz | Format::PytorchZip | Format::Torchscript | Format::KerasZip | Format::Zip);
    if archived || !zip::ends_in_archive(source)? {
        return Ok(found);
    }
    // The last file of a tar archive may be a zip archive, and was looked into as that.
    let whole_tar = matches!(found.format, Format::Tar | Format::Nemo) && found.is_sound();
    if whole_tar && tar::holds_archive(source)? {
        return Ok(found);
    }
    let inner = archive::inspect(source, look.deeper())?;
    found.absorb(&inner, "the zip archive at the end");
    if found.format == Format::Llamafile {
        return Ok(found);
    }
    found.problem(
        Error::new(Code::Inconsistent, format!("the file is {} and a zip archive at once", found.format))
            .hint("readers of zip look at a file's end only; such files are made to be taken for something else"),
    );
    Ok(found)
}

fn recognise(name: &str, source: &dyn Source, head: &[u8], look: Look<'_>) -> Result<Inspection> {
    if look.is_too_deep() {
        let mut found = Inspection::new(Format::Unknown, FileClass::NotScanned);
        found.note("archives nest deeper than was looked into");
        return Ok(found);
    }
    if let Some(found) = structured(source, head)? {
        return Ok(found);
    }
    // A text may start like anything (`GGUF is a format…`); what is not text has a byte that no text has.
    if text::claims(head)
        && let Some(found) = text::inspect(name, source)?
    {
        return Ok(found);
    }
    if let Some(found) = by_magic(name, source, head, look)? {
        return Ok(found);
    }
    if let Some(format) = compressed::may_be(head)
        && let Some(found) = compressed::inspect(format, name, source, look)?
    {
        return Ok(found);
    }
    if let Some(found) = values::inspect(source, head)? {
        return Ok(found);
    }
    // What claims a structure and does not hold it is told as that, with its problem.
    if safetensors::claims(head) {
        safetensors::inspect(source)
    } else if coreml::claims(source, head)? {
        coreml::inspect(source)
    } else if onnx::claims(head) {
        onnx::inspect(source)
    } else {
        Ok(Inspection::new(named_only(head), FileClass::NotScanned))
    }
}

/// Formats whose whole structure is checked, and that have no magic or a weak one.
fn structured(source: &dyn Source, head: &[u8]) -> Result<Option<Inspection>> {
    if safetensors::claims(head) {
        let found = safetensors::inspect(source)?;
        if found.is_sound() {
            return Ok(Some(found));
        }
    }
    if saved_model::claims(head)
        && let Some(found) = saved_model::inspect(source)?
    {
        return Ok(Some(found));
    }
    Ok(None)
}

/// Formats with a magic.
fn by_magic(name: &str, source: &dyn Source, head: &[u8], look: Look<'_>) -> Result<Option<Inspection>> {
    if head.starts_with(OLD_JOBLIB) {
        let stream = Part::new(source, OLD_JOBLIB_HEADER, u64::MAX);
        return compressed::inspect(Format::Zlib, name, &stream, look);
    }
    if let Some(found) = code::claims(head) {
        return Ok(Some(found));
    }
    if let Some(format) = image::claims(head) {
        return image::inspect(format, source).map(Some);
    }
    if let Some(format) = compressed::claims(head) {
        return compressed::inspect(format, name, source, look);
    }
    let found = if gguf::claims(head) {
        gguf::inspect(source)?
    } else if npy::claims(head) {
        npy::inspect(source)?
    } else if zip::claims(head) {
        archive::inspect(source, look)?
    } else if hdf5::claims(head) {
        hdf5::inspect(source)?
    } else if tflite::claims(head) {
        tflite::inspect(source)?
    } else if tar::claims(head) {
        tar::inspect(source, look)?
    } else if ggml::claims(head) {
        ggml::inspect(source)?
    } else {
        return Ok(None);
    };
    Ok(Some(found))
}

/// Formats that are named and not read.
fn named_only(head: &[u8]) -> Format {
    const MAGICS: &[(&[u8], Format)] = &[
        (b"PAR1", Format::Parquet),
        (b"CBM1", Format::Catboost),
        (b"binf", Format::XgboostBinary),
        (b"bs64", Format::XgboostBinary),
    ];
    MAGICS.iter().find(|(magic, _)| head.starts_with(magic)).map_or(Format::Unknown, |(_, format)| *format)
}
