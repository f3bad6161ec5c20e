//! HDF5: not parsed, only searched for what makes Keras run code.

use super::format::{FileClass, Format};
use super::report::Inspection;
use super::source::{Source, read_up_to};
use refmark_types::error::Result;

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Keras writes the model's configuration as an attribute, near the start.
const SEARCH_LIMIT: usize = 32 << 20;

/// Whether there is an HDF5 signature: at the start, or behind a user block of 512, 1024 or 2048 bytes.
pub(super) fn claims(head: &[u8]) -> bool {
    [0usize, 512, 1024, 2048].iter().any(|&at| head.get(at..).is_some_and(|rest| rest.starts_with(SIGNATURE)))
}

/// Searches the first 32 MiB for a Lambda layer.
pub(super) fn inspect(source: &dyn Source) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Hdf5, FileClass::NotScanned);
    let bytes = read_up_to(source, 0, SEARCH_LIMIT)?;
    if has_lambda(&bytes) {
        found.class = FileClass::Code;
        found.note("a Keras Lambda layer holds Python bytecode");
    }
    found.note("HDF5 is searched for Lambda layers in its first 32 MiB, and not parsed");
    Ok(found)
}

fn has_lambda(bytes: &[u8]) -> bool {
    const KEY: &[u8] = b"\"class_name\"";
    bytes.windows(KEY.len()).enumerate().filter(|(_, window)| *window == KEY).any(|(at, _)| {
        let rest = bytes.get(at + KEY.len()..).unwrap_or_default().trim_ascii_start();
        let value = rest.strip_prefix(b":").unwrap_or_default().trim_ascii_start();
        value.starts_with(b"\"Lambda\"") || value.starts_with(b"\"__lambda__\"")
    })
}
