//! `report`: one dossier per version.

use crate::registry::Reader;
use crate::view::View;
use refmark_query::answer::explain::report;
use refmark_query::report::{Dossier, Usage, usage};
use refmark_types::error::Result;
use refmark_types::reference::Reference;

mod pack;
#[cfg(test)]
mod tests;

impl<'r> Reader<'r> {
    /// The dossier of the version that a reference names: the same from the same commit.
    pub fn report(&self, view: &View<'_>, reference: &Reference) -> Result<Dossier> {
        report(&view.basis()?, reference)
    }

    /// What is used of the registry, in the units of the catalog: the same from the same commit.
    pub fn usage(&self, view: &View<'_>) -> Result<Usage> {
        usage(&view.basis()?)
    }
}
