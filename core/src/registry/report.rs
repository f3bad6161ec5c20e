//! `report`: one dossier per version.

use super::open::Registry;
use super::view::View;
use crate::judgement::answer::explain::report;
use crate::judgement::report::Dossier;
use crate::words::fault::Result;
use crate::words::reference::Reference;

#[cfg(test)]
mod tests;

impl Registry {
    /// The dossier of the version that a reference names: the same from the same commit.
    pub fn report(&self, view: &View<'_>, reference: &Reference) -> Result<Dossier> {
        report(&view.basis()?, reference)
    }
}
