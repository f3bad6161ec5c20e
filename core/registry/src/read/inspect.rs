//! `inspect`: what a file is, without a registry.

use std::path::Path;

use crate::write::register::{FileSource, look};
use refmark_scan::{GgufManifest, Inspection};
use refmark_types::error::Result;

/// What a file is, by its content: format, class, tensors and what it says of itself. Reads headers, and text and small
/// pickles whole. Errors: `not-a-file`, `not-found` or `io` where it cannot be read.
pub fn inspect_file(path: &Path) -> Result<Inspection> {
    look(path, &path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default())
}

/// The manifest of a GGUF file: the digests of the file, of its structure and of each tensor. Reads the file once. Errors:
/// `bad-argument` where it is no whole GGUF file, and those of [`inspect_file`].
pub fn gguf_manifest(path: &Path) -> Result<GgufManifest> {
    let found = inspect_file(path)?;
    GgufManifest::of(&found, &FileSource::open(path)?)
}
