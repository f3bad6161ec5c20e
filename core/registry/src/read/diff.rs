//! `diff`: what differs between two versions.

use crate::registry::Reader;
use crate::view::View;
use refmark_query::answer::diff;
use refmark_query::diff::{ArtifactDiff, Side};
use refmark_types::error::Result;
use refmark_types::reference::Reference;

impl<'r> Reader<'r> {
    /// What a reference names, whatever its trust state: the artifact, and its version where the reference has one. A
    /// error with code `not-found` where it names nothing.
    pub fn side(&self, view: &View<'_>, reference: &Reference) -> Result<Side> {
        diff::side(view.facts()?, reference)
    }

    /// What differs between two versions or artifacts, `old` first.
    pub fn diff(&self, view: &View<'_>, old: &Reference, new: &Reference) -> Result<ArtifactDiff> {
        let mut diff = diff::diff(view.facts()?, old, new)?;
        diff.classes.manifest_is = self.registry.manifest_is(&diff.new.artifact);
        Ok(diff)
    }
}
