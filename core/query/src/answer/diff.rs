//! What differs between two versions.

use super::resolve::find;
use crate::diff::{ArtifactDiff, Side};
use refmark_engine::state_reader::StateReader;
use refmark_types::error::Result;
use refmark_types::reference::Reference;

/// What a reference names, whatever its trust state: the artifact, and its version where the reference has one. A
/// error with code `not-found` where it names nothing.
pub fn side(reader: StateReader<'_>, reference: &Reference) -> Result<Side> {
    let found = find(reader, reference)?;
    Ok(Side { artifact: found.artifact, version: found.model.zip(found.version) })
}

/// What differs between two versions or artifacts, `old` first.
pub fn diff(reader: StateReader<'_>, old: &Reference, new: &Reference) -> Result<ArtifactDiff> {
    crate::diff::diff(reader, &side(reader, old)?, &side(reader, new)?)
}
