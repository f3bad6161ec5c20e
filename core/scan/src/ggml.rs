//! The forms of ggml before GGUF: named, and their header checked. llama.cpp no longer reads them.
//!
//! Reference: `llama.cpp` before August 2023 (`llama_file_version`) and whisper.cpp, which still writes `ggml`.

use super::bytes::Cursor;
use super::format::{FileClass, Format};
use super::report::Inspection;
use super::source::Source;
use refmark_types::error::Result;

/// The magic, a number written least byte first, and its name.
const MAGICS: &[(&[u8; 4], &str)] =
    &[(b"lmgg", "ggml"), (b"fmgg", "ggmf"), (b"tjgg", "ggjt"), (b"algg", "ggla"), (b"nsgg", "ggsn")];

/// Whether a file that starts so is one.
pub(super) fn claims(head: &[u8]) -> bool {
    MAGICS.iter().any(|(magic, _)| head.starts_with(*magic))
}

/// Names the form and its version.
pub(super) fn inspect(source: &dyn Source) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Ggml, FileClass::NotScanned);
    let head = super::source::read_up_to(source, 0, 4)?;
    if let Some((_, name)) = MAGICS.iter().find(|(magic, _)| head == *magic) {
        found.keep("ggml.form", name);
        if *name != "ggml"
            && let Ok(version) = Cursor::new(source, 4, source.len()).u32("the version")
        {
            found.keep("ggml.version", &version.to_string());
        }
    }
    found.note("a form of ggml before GGUF, whose tensors are not listed");
    Ok(found)
}
