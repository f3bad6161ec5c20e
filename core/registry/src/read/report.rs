//! `report`: one dossier per version.

use crate::registry::Reader;
use crate::view::View;
use refmark_query::answer::explain::report;
use refmark_query::report::Dossier;
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
}
