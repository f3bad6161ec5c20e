//! `inspect`: what a file is, without a registry.

use std::path::Path;

use crate::write::register::look;
use refmark_scan::Inspection;
use refmark_types::error::Result;

/// What a file is, by its content: format, class, tensors and what it says of itself. Reads headers, and text and small
/// pickles whole. Errors: `not-a-file`, `not-found` or `io` where it cannot be read.
pub fn inspect_file(path: &Path) -> Result<Inspection> {
    look(path, &path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default())
}
