//! Models, and the versions of one.

use crate::index::{ModelRow, VersionRow};
use refmark_engine::state_reader::StateReader;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{AliasName, ModelName};

/// The versions, or the error of a model that has none.
pub fn some_versions(model: &ModelName, rows: Vec<VersionRow>) -> Result<Vec<VersionRow>> {
    match rows.is_empty() {
        true => Err(Error::new(Code::NotFound, format!("there is no model {model}"))
            .hint(Hint::of("the models: ").then(Next::List { model: None }))),
        false => Ok(rows),
    }
}

/// Every model that lists show, by name.
pub fn models_of(reader: StateReader<'_>) -> Result<Vec<ModelRow>> {
    let mut rows = Vec::new();
    for model in reader.models()? {
        let Some(newest) = reader.newest_version(&model)? else { continue };
        let about = reader.about(&model)?;
        if about.as_ref().is_some_and(|about| about.hidden) {
            continue;
        }
        let held = held_by_alias(reader, &model)?;
        rows.push(ModelRow {
            versions: newest,
            aliases: held,
            owner: about.as_ref().and_then(|about| about.owner.clone()),
            description: about.as_ref().and_then(|about| about.description.clone()),
            model,
        });
    }
    Ok(rows)
}

/// The versions of a model, newest first, hidden ones too; none where there is no such model.
pub fn versions_of(reader: StateReader<'_>, model: &ModelName) -> Result<Vec<VersionRow>> {
    let held = held_by_alias(reader, model)?;
    let mut rows = Vec::new();
    for version in reader.versions(model)?.into_iter().rev() {
        rows.extend(version_row(reader, model, version, &held)?);
    }
    Ok(rows)
}

/// What each alias of a model holds.
pub fn held_by_alias(reader: StateReader<'_>, model: &ModelName) -> Result<Vec<(AliasName, u64)>> {
    let mut held = Vec::new();
    for alias in reader.aliases(model)? {
        if let Some(to) = reader.alias(model, &alias)?.and_then(|alias_move| alias_move.to) {
            held.push((alias, to.version));
        }
    }
    Ok(held)
}

/// One version of a model whose aliases hold `held`; nothing where there is none.
pub fn version_row(
    reader: StateReader<'_>,
    model: &ModelName,
    version: u64,
    held: &[(AliasName, u64)],
) -> Result<Option<VersionRow>> {
    let Some(record) = reader.version(model, version)? else { return Ok(None) };
    let manifest = reader.manifest(&record.artifact)?;
    let metrics = manifest
        .iter()
        .flat_map(|manifest| manifest.metrics.iter())
        .map(|(name, value)| (name.to_owned(), value.clone()));
    Ok(Some(VersionRow {
        model: model.clone(),
        version,
        release: record.release.clone(),
        artifact: record.artifact,
        trust: reader.trust(&record.artifact)?.0,
        stage: reader.stage(model, version)?.0,
        aliases: held.iter().filter(|(_, at)| *at == version).map(|(alias, _)| alias.clone()).collect(),
        size: manifest.as_ref().map_or(0, |manifest| manifest.size()),
        metrics: metrics.collect(),
        by: record.by.clone(),
        time: record.time,
        hidden: reader.label(model, version)?.is_some_and(|label| label.hidden),
        tainted: false,
    }))
}
