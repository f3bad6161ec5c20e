//! Models, and the versions of one.

use crate::index::{ModelRow, VersionRow};
use refmark_engine::state_reader::StateReader;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{AliasName, ModelName};

/// The versions, or the error of a model that has none.
pub fn some_versions(model: &ModelName, rows: Vec<VersionRow>) -> Result<Vec<VersionRow>> {
    match rows.is_empty() {
        true => {
            Err(Error::new(Code::NotFound, format!("there is no model {model}"))
                .hint("`refmark list` shows the models"))
        }
        false => Ok(rows),
    }
}

/// Every model that lists show, by name.
pub fn models_of(facts: StateReader<'_>) -> Result<Vec<ModelRow>> {
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

/// The versions of a model, newest first, hidden ones too; none where there is no such model.
pub fn versions_of(facts: StateReader<'_>, model: &ModelName) -> Result<Vec<VersionRow>> {
    let held = held_by_alias(facts, model)?;
    let mut rows = Vec::new();
    for version in facts.versions(model)?.into_iter().rev() {
        rows.extend(version_row(facts, model, version, &held)?);
    }
    Ok(rows)
}

/// What each alias of a model holds.
pub fn held_by_alias(facts: StateReader<'_>, model: &ModelName) -> Result<Vec<(AliasName, u64)>> {
    let mut held = Vec::new();
    for alias in facts.aliases(model)? {
        if let Some(to) = facts.alias(model, &alias)?.and_then(|it| it.to) {
            held.push((alias, to.version));
        }
    }
    Ok(held)
}

/// One version of a model whose aliases hold `held`; nothing where there is none.
pub fn version_row(
    facts: StateReader<'_>,
    model: &ModelName,
    version: u64,
    held: &[(AliasName, u64)],
) -> Result<Option<VersionRow>> {
    let Some(record) = facts.version(model, version)? else { return Ok(None) };
    let manifest = facts.manifest(&record.artifact)?;
    let metrics =
        manifest.iter().flat_map(|it| it.metrics.iter()).map(|(name, value)| (name.to_owned(), value.clone()));
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
        hidden: facts.label(model, version)?.is_some_and(|it| it.hidden),
        tainted: false,
    }))
}
