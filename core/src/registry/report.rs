//! `report`: one dossier per version.

use super::open::Registry;
use super::resolve::find;
use super::view::View;
use crate::judgement::report::{Dossier, report};
use crate::words::fault::{Code, Fault, Result};
use crate::words::reference::Reference;

#[cfg(test)]
mod tests;

impl Registry {
    /// The dossier of the version that a reference names: the same from the same commit.
    pub fn report(&self, view: &View<'_>, reference: &Reference) -> Result<Dossier> {
        let found = find(view.facts()?, reference)?;
        match (&found.model, found.version) {
            (Some(model), Some(version)) => report(&self.ledger(view)?, model, version),
            _ => Err(Fault::new(Code::BadArgument, format!("{reference} names no version of a model")).hint(
                "a dossier is of MODEL/VERSION or MODEL@ALIAS: the same artifact may be a version of several models",
            )),
        }
    }
}
