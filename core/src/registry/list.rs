//! `list`: models, and the versions of one.

use serde::Serialize;

use super::open::Registry;
use super::view::View;
use crate::judgement::facts::Facts;
use crate::records::trust::TrustState;
use crate::records::version::Stage;
use crate::words::digest::ArtifactId;
use crate::words::fault::{Code, Fault, Result};
use crate::words::name::{AliasName, ModelName, PrincipalId, Release};
use crate::words::time::Timestamp;

/// A model in a list.
#[derive(Debug, Clone, Serialize)]
pub struct ModelRow {
    /// The model.
    pub model: ModelName,
    /// How many versions it has.
    pub versions: u64,
    /// What its aliases hold.
    pub aliases: Vec<(AliasName, u64)>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it is.
    pub description: Option<String>,
}

/// A version in a list.
#[derive(Debug, Clone, Serialize)]
pub struct VersionRow {
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// Its release.
    pub release: Option<Release>,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The artifact's trust state.
    pub trust: TrustState,
    /// The version's stage.
    pub stage: Stage,
    /// The aliases that hold it.
    pub aliases: Vec<AliasName>,
    /// The sum of its files' sizes.
    pub size: u64,
    /// Its claimed metrics.
    pub metrics: std::collections::BTreeMap<String, serde_json::Value>,
    /// Who registered it.
    pub by: PrincipalId,
    /// When, by that person's clock.
    pub time: Timestamp,
}

impl Registry {
    /// Every model.
    pub fn list_models(&self, view: &View<'_>) -> Result<Vec<ModelRow>> {
        let facts = view.facts()?;
        let mut rows = Vec::new();
        for model in facts.models()? {
            let Some(newest) = facts.newest_version(&model)? else { continue };
            let about = facts.about(&model)?;
            if about.as_ref().is_some_and(|it| it.hidden) {
                continue;
            }
            let held = held_by_alias(facts, &model)?;
            rows.push(ModelRow {
                versions: newest,
                aliases: held,
                owner: about.as_ref().and_then(|it| it.owner.clone()),
                description: about.as_ref().and_then(|it| it.description.clone()),
                model,
            });
        }
        Ok(rows)
    }

    /// The versions of a model, newest first.
    pub fn list_versions(&self, view: &View<'_>, model: &ModelName) -> Result<Vec<VersionRow>> {
        let facts = view.facts()?;
        let held = held_by_alias(facts, model)?;
        let mut rows = Vec::new();
        for version in facts.versions(model)?.into_iter().rev() {
            rows.extend(version_row(facts, model, version, &held)?);
        }
        if rows.is_empty() {
            return Err(Fault::new(Code::NotFound, format!("there is no model {model}"))
                .hint("`refmark list` shows the models"));
        }
        Ok(rows)
    }
}

/// What each alias of a model holds.
pub(super) fn held_by_alias(facts: Facts<'_>, model: &ModelName) -> Result<Vec<(AliasName, u64)>> {
    let mut held = Vec::new();
    for alias in facts.aliases(model)? {
        if let Some(to) = facts.alias(model, &alias)?.and_then(|it| it.to) {
            held.push((alias, to.version));
        }
    }
    Ok(held)
}

pub(super) fn version_row(
    facts: Facts<'_>,
    model: &ModelName,
    version: u64,
    held: &[(AliasName, u64)],
) -> Result<Option<VersionRow>> {
    let Some(record) = facts.version(model, version)? else { return Ok(None) };
    let manifest = facts.manifest(&record.artifact)?;
    let metrics = manifest
        .iter()
        .flat_map(|it| it.metrics.iter())
        .map(|(name, value)| (name.to_owned(), serde_json::to_value(value).unwrap_or_default()));
    Ok(Some(VersionRow {
        model: model.clone(),
        version,
        release: record.release.clone(),
        artifact: record.artifact,
        trust: facts.trust(&record.artifact)?.0,
        stage: facts.stage(model, version)?.0,
        aliases: held.iter().filter(|(_, at)| *at == version).map(|(alias, _)| alias.clone()).collect(),
        size: manifest.as_ref().map_or(0, |it| it.size()),
        metrics: metrics.collect(),
        by: record.by.clone(),
        time: record.time,
    }))
}
