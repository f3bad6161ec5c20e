//! `catalog list|show|add|deprecate|disable`: the stable ids that records may name.

use crate::registry::Reader;
use crate::registry::Writer;
use serde::Serialize;

use crate::view::View;
use crate::write::transaction::Written;
use refmark_engine::plan::{self, EntryRequest};
pub use refmark_query::answer::catalog::CatalogAnswer;
use refmark_query::answer::catalog::catalog;
use refmark_records::catalog::{CatalogEntry, EntryState, Family};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::EntryId;
use refmark_types::oid::Oid;

/// An entry after a change.
#[derive(Debug, Clone, Serialize)]
pub struct EntryAnswer {
    /// The family.
    pub family: Family,
    /// The stable id.
    pub id: EntryId,
    /// The number of its text.
    pub sequence: u64,
    /// Whether it may be named.
    pub state: EntryState,
    /// The commit.
    pub commit: Oid,
}

impl<'r> Reader<'r> {
    /// The entries of a family, or of all.
    pub fn catalog(&self, view: &View<'_>, family: Option<Family>) -> Result<CatalogAnswer> {
        catalog(view.facts()?, family)
    }

    /// One entry, as it stands.
    pub fn catalog_show(&self, view: &View<'_>, family: Family, id: &EntryId) -> Result<CatalogEntry> {
        match view.facts()?.catalog(family, id)? {
            Some(entry) => Ok((*entry).clone()),
            None => Err(Error::new(Code::NotFound, format!("{} {id} is not in the catalog", family.as_str())).hint(
                Hint::of("to see those that are: ").then(Next::CatalogList { family: family.as_str().to_owned() }),
            )),
        }
    }
}

impl Writer<'_> {
    /// Adds an entry.
    pub fn catalog_add(&self, request: &EntryRequest) -> Result<EntryAnswer> {
        let written = self.change(|view, author| plan::catalog_entry(view.facts()?, author, request))?;
        self.entry(written, request.family, &request.id)
    }

    /// Deprecates an entry, disables it, or lets it be named again. What names it already stays as it is.
    pub fn catalog_state(&self, family: Family, id: &EntryId, state: EntryState) -> Result<EntryAnswer> {
        let written = self.change(|view, author| plan::catalog_state(view.facts()?, author, family, id, state))?;
        self.entry(written, family, id)
    }

    fn entry(&self, written: Written, family: Family, id: &EntryId) -> Result<EntryAnswer> {
        let view = self.registry.view_of(written.commit)?;
        let entry = self.registry.read().catalog_show(&view, family, id)?;
        Ok(EntryAnswer { family, id: entry.id, sequence: entry.sequence, state: entry.state, commit: written.commit })
    }
}
