//! The stable ids that records may name.

use serde::Serialize;

use refmark_engine::state_reader::StateReader;
use refmark_records::catalog::{CatalogEntry, Family};
use refmark_types::error::Result;

/// Entries of the catalog, by family and id.
#[derive(Debug, Clone, Serialize)]
pub struct CatalogAnswer {
    /// The entries, as they stand.
    pub entries: Vec<CatalogEntry>,
}

/// The entries of a family, or of all.
pub fn catalog(reader: StateReader<'_>, family: Option<Family>) -> Result<CatalogAnswer> {
    let mut entries = Vec::new();
    for one in Family::ALL.into_iter().filter(|one| family.is_none_or(|family| family == *one)) {
        entries.extend(reader.catalog_entries(one)?.iter().map(|catalog_entry| (**catalog_entry).clone()));
    }
    Ok(CatalogAnswer { entries })
}
