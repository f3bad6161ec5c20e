//! What differs between two versions.

use super::resolve::find;
use crate::diff::{ArtifactDiff, Side};
use refmark_engine::facts::Facts;
use refmark_types::fault::Result;
use refmark_types::reference::Reference;

/// What a reference names, whatever its trust state: the artifact, and its version where the reference has one. A
/// fault with code `not-found` where it names nothing.
pub fn side(facts: Facts<'_>, reference: &Reference) -> Result<Side> {
    let found = find(facts, reference)?;
    Ok(Side { artifact: found.artifact, version: found.model.zip(found.version) })
}

/// What differs between two versions or artifacts, `old` first.
pub fn diff(facts: Facts<'_>, old: &Reference, new: &Reference) -> Result<ArtifactDiff> {
    crate::diff::diff(facts, &side(facts, old)?, &side(facts, new)?)
}
