//! `report usage`: what is used of the registry, counted in the units of the catalog, product by product.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::answer::QueryContext;
use refmark_engine::state_reader::StateReader;
use refmark_records::catalog::{EntryState, Family};
use refmark_records::trust::TrustState;
use refmark_types::digest::Digest;
use refmark_types::error::Result;
use refmark_types::name::{EntryId, ModelName};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// What is used, at one commit: the same from the same commit.
#[derive(Debug, Clone, Serialize)]
pub struct Usage {
    /// The commit.
    pub head: Oid,
    /// That commit's time, as its committer claims it.
    pub as_of: Timestamp,
    /// Whether the history was verified against a pinned root.
    pub verified: bool,
    /// Every unit of the catalog, by id.
    pub units: Vec<UnitUse>,
}

/// How much of a unit is used.
#[derive(Debug, Clone, Serialize)]
pub struct UnitUse {
    /// The unit's id.
    pub unit: EntryId,
    /// What it means.
    pub meaning: String,
    /// Whether it may be named.
    pub state: EntryState,
    /// Whether its use is billed.
    pub billable: bool,
    /// How much, in all; nothing for a unit that the registry's records do not tell of.
    pub total: Option<u64>,
    /// How much of it by the models of each product, by its id. What belongs to none is under nothing.
    pub products: Vec<ProductUse>,
}

/// How much a product's models use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProductUse {
    /// The product; nothing for models of none.
    pub product: Option<EntryId>,
    /// How much.
    pub count: u64,
}

/// What the models of one product use.
#[derive(Default)]
struct Counted {
    versions: u64,
    pins: u64,
    /// Each file once, however many versions have it.
    blobs: BTreeMap<Digest, u64>,
}

/// Counts what is used. Costs the reading of every version's manifest.
pub fn usage(context: &QueryContext<'_, '_>) -> Result<Usage> {
    let reader = context.reader();
    let counted = counted(reader)?;
    let mut units = Vec::new();
    for entry in reader.catalog_entries(Family::UsageUnit)? {
        let count: Option<fn(&Counted) -> u64> = match entry.id.as_str() {
            "version" => Some(|it| it.versions),
            "published-pin" => Some(|it| it.pins),
            "stored-byte" => Some(|it| it.blobs.values().fold(0, |sum, size| sum.saturating_add(*size))),
            _ => None,
        };
        let rows = |count: fn(&Counted) -> u64| -> Vec<ProductUse> {
            let rows = counted.iter().map(|(product, it)| ProductUse { product: product.clone(), count: count(it) });
            rows.filter(|row| row.count > 0).collect()
        };
        units.push(UnitUse {
            unit: entry.id.clone(),
            meaning: entry.meaning.clone(),
            state: entry.state,
            billable: entry.billable,
            total: match entry.id.as_str() {
                // A file that several products have is stored once.
                "stored-byte" => Some(stored(&counted)),
                _ => count.map(|count| counted.values().map(count).fold(0, u64::saturating_add)),
            },
            products: count.map(rows).unwrap_or_default(),
        });
    }
    let as_of = context.as_of()?.time;
    Ok(Usage { head: context.head, as_of, verified: context.is_vouched_for(), units })
}

fn stored(counted: &BTreeMap<Option<EntryId>, Counted>) -> u64 {
    let all: BTreeMap<Digest, u64> = counted.values().flat_map(|it| it.blobs.clone()).collect();
    all.values().fold(0, |sum, size| sum.saturating_add(*size))
}

fn counted(reader: StateReader<'_>) -> Result<BTreeMap<Option<EntryId>, Counted>> {
    let products: BTreeSet<EntryId> =
        reader.catalog_entries(Family::Product)?.iter().map(|entry| entry.id.clone()).collect();
    // A model belongs to the product whose id its name begins with, up to a dot.
    let product_of = |model: &ModelName| {
        let (product, _) = model.as_str().split_once('.')?;
        EntryId::parse(product).ok().filter(|id| products.contains(id))
    };
    let mut counted: BTreeMap<Option<EntryId>, Counted> = BTreeMap::new();
    for model in reader.models()? {
        // What was renamed is counted under its new name.
        if reader.about(&model)?.is_some_and(|about| about.hidden && about.renamed_to.is_some()) {
            continue;
        }
        let mine = counted.entry(product_of(&model)).or_default();
        for number in reader.versions(&model)? {
            let Some(version) = reader.version(&model, number)? else { continue };
            mine.versions += 1;
            if reader.trust(&version.artifact)?.0 == TrustState::Deleted {
                continue;
            }
            if let Some(manifest) = reader.manifest(&version.artifact)? {
                mine.blobs.extend(manifest.files.iter().map(|file| (file.sha256, file.known_size().unwrap_or(0))));
            }
        }
    }
    for consumer in reader.consumers()? {
        for pin in &consumer.pins {
            counted.entry(product_of(&pin.model)).or_default().pins += 1;
        }
    }
    Ok(counted)
}
