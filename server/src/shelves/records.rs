//! The signed records that speak of a package: its version, how it came to be trusted and staged, evidence, the moves of the aliases
//! that hold it, and the approvals of all of these.

use std::collections::BTreeSet;
use std::sync::Arc;

use refmark_core::engine::state_reader::StateReader;
use refmark_core::records::statement::Record;
use refmark_core::types::digest::ArtifactId;
use refmark_core::types::error::Result;
use refmark_core::types::name::ModelName;

use super::Package;
use crate::inventory::names::model_of;
use crate::objects::guard::Kind;
use crate::service::Service;

/// The records that took effect, in the order of a life. Blocks.
pub fn records(service: &Service, package: &Package) -> Result<Vec<Arc<Record>>> {
    let is_own = package.files.iter().any(|file| file.kind == Kind::Object);
    let (registry, model) = match (&service.library, is_own) {
        (Some(library), false) => (library.registry(), ModelName::parse(&package.model)?),
        _ => (service.inventory.registry(), model_of(&package.model)?),
    };
    let view = registry.read().view()?;
    view.check_tip()?;
    let facts = view.facts()?;
    let Ok(number) = package.version.parse() else { return Ok(Vec::new()) };
    let Some(version) = facts.version(&model, number)? else { return Ok(Vec::new()) };
    let artifact = version.artifact;
    let mut found = vec![version.record];
    found.extend(moves(facts, &model, number, &artifact)?);
    found.extend(facts.evidence(&artifact)?.into_iter().map(|it| it.record));
    for alias in facts.aliases(&model)? {
        let held = facts.alias(&model, &alias)?;
        found.extend(
            held.filter(|it| it.to.as_ref().is_some_and(|to| to.version == number && to.artifact == artifact))
                .map(|it| it.record),
        );
    }
    let mut approvals = Vec::new();
    for record in &found {
        approvals.extend(facts.approvals(&record.digest())?.into_iter().map(|it| it.record));
    }
    found.extend(approvals);
    let mut seen = BTreeSet::new();
    found.retain(|record| seen.insert(record.digest()));
    Ok(found)
}

fn moves(facts: StateReader<'_>, model: &ModelName, version: u64, artifact: &ArtifactId) -> Result<Vec<Arc<Record>>> {
    let mut found = Vec::new();
    for number in 1.. {
        let Some(moved) = facts.trust_move(artifact, number)? else { break };
        found.push(moved.record);
    }
    for number in 1.. {
        let Some(moved) = facts.stage_move(model, version, number)? else { break };
        found.push(moved.record);
    }
    Ok(found)
}
