//! Paths in answers: what is not UTF-8 is shown as well as it can be, and never an error.

use std::path::Path;

use serde::Serializer;

/// A path as text, with U+FFFD for what is not UTF-8.
pub(crate) fn shown<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}
