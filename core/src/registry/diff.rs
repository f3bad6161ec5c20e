//! `diff`: what differs between two versions.

use super::open::Registry;
use super::view::View;
use crate::judgement::answer::diff;
use crate::judgement::diff::{ArtifactDiff, Side};
use crate::words::fault::Result;
use crate::words::reference::Reference;

impl Registry {
    /// What a reference names, whatever its trust state: the artifact, and its version where the reference has one. A
    /// fault with code `not-found` where it names nothing.
    pub fn side(&self, view: &View<'_>, reference: &Reference) -> Result<Side> {
        diff::side(view.facts()?, reference)
    }

    /// What differs between two versions or artifacts, `old` first.
    pub fn diff(&self, view: &View<'_>, old: &Reference, new: &Reference) -> Result<ArtifactDiff> {
        diff::diff(view.facts()?, old, new)
    }
}
