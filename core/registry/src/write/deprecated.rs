//! Whoever names what the catalog advises against is told, whatever the record is.

use std::collections::BTreeSet;

use crate::registry::Writer;
use crate::write::catalog::deprecated;
use refmark_engine::plan::Plan;
use refmark_engine::rules::action_of;
use refmark_engine::state_reader::StateReader;
use refmark_records::catalog::Family;
use refmark_records::statement::Predicate;
use refmark_types::error::Result;
use refmark_types::name::EntryId;

/// Of a plan of more records the artifacts are not looked at.
const MOVES: usize = 64;

impl Writer<'_> {
    /// Takes note of the deprecated entries that a plan names: the actions that its records are, the types of the artifacts that
    /// it moves, and the product of an entry. Types of what is registered and attached are told by the answers themselves.
    pub(crate) fn note_deprecated(&self, facts: StateReader<'_>, plan: &Plan) -> Result<()> {
        let mut named: BTreeSet<(Family, EntryId)> = BTreeSet::new();
        for statement in &plan.statements {
            let predicate = statement.predicate();
            named.insert((Family::AuditAction, EntryId::parse(action_of(predicate))?));
            let artifact = match predicate {
                Predicate::Alias(moved) => moved.to.map(|to| to.artifact),
                Predicate::Stage(moved) => Some(moved.artifact),
                Predicate::Trust(moved) => Some(moved.artifact),
                _ => None,
            };
            // A batch brings its own, and says so.
            let artifact = artifact.filter(|_| plan.statements.len() <= MOVES);
            if let Some(manifest) = artifact.map(|artifact| facts.manifest(&artifact)).transpose()?.flatten() {
                named.insert((Family::ArtifactType, manifest.artifact_type.clone()));
            }
            if let Predicate::Catalog(entry) = predicate
                && let Some((product, _)) = entry.id.as_str().split_once('.')
                && let Ok(product) = EntryId::parse(product)
            {
                named.insert((Family::Product, product));
            }
        }
        for (family, id) in &named {
            if let Some(warning) = deprecated(facts, *family, id)? {
                self.registry.world.notices.add(warning);
            }
        }
        Ok(())
    }
}
