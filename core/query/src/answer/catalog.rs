//! The stable ids that records may name.

use serde::Serialize;

use refmark_engine::schema;
use refmark_engine::state_reader::StateReader;
use refmark_records::catalog::{CatalogEntry, Family};
use refmark_records::layout::{Document, Place};
use refmark_types::error::Result;
use refmark_types::name::EntryId;
use refmark_types::value::{Value, to_value};
use std::collections::BTreeSet;

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

/// What stands in the registry, held against a schema that an entry is to have: what would have to be made again.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Migration {
    /// How many records or manifests name the entry.
    pub named: u64,
    /// How many of them are not as the schema says.
    pub unfit: u64,
    /// The first of these, with what is wrong.
    pub examples: Vec<Unfit>,
}

/// Something that is not as a schema says.
#[derive(Debug, Clone, Serialize)]
pub struct Unfit {
    /// A version that it is about.
    pub version: String,
    /// The path of the record, or of the manifest.
    pub path: String,
    /// What is wrong.
    pub why: String,
}

/// So many are told.
const EXAMPLES: usize = 20;

/// Holds what names an entry against a schema: evidence of an `evidence-type`, manifests of an `artifact-type`. Costs the
/// reading of all of these. What stands stays as it is, whatever comes of it.
pub fn migration(reader: StateReader<'_>, family: Family, id: &EntryId, wanted: &Value) -> Result<Migration> {
    let mut found = Migration::default();
    let mut seen = BTreeSet::new();
    for model in reader.models()? {
        for number in reader.versions(&model)? {
            let Some(version) = reader.version(&model, number)? else { continue };
            if !seen.insert(version.artifact) {
                continue;
            }
            let mut hold = |path: &str, value: &Value| {
                found.named += 1;
                if let Err(error) = schema::check(wanted, value) {
                    found.unfit += 1;
                    if found.examples.len() < EXAMPLES {
                        let version = format!("{model}/{number}");
                        found.examples.push(Unfit { version, path: path.to_owned(), why: error.message });
                    }
                }
            };
            match family {
                Family::EvidenceType => {
                    for piece in reader.evidence(&version.artifact)?.iter().filter(|it| it.evidence_type == *id) {
                        hold(&piece.path, &to_value(&**piece));
                    }
                }
                Family::ArtifactType => {
                    if let Some(manifest) = reader.manifest(&version.artifact)?.filter(|it| it.artifact_type == *id) {
                        let place = Place::Document(version.artifact, Document::Manifest);
                        hold(&place.path(), &to_value(&*manifest));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(found)
}
