//! Models and versions with their words: description, tags, times. What other registries' interfaces ask for.

use serde::Serialize;

use super::list::held_by_alias;
use refmark_engine::state_reader::StateReader;
use refmark_records::about::About;
use refmark_records::manifest::Lineage;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::canonical::FreeMap;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ModelName, PrincipalId, Release};
use refmark_types::time::Timestamp;

/// A model with its words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelDetail {
    /// The model.
    pub model: ModelName,
    /// What it is.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its tags.
    pub tags: FreeMap<String>,
    /// Its new name.
    pub renamed_to: Option<ModelName>,
    /// Whether lists leave it out.
    pub hidden: bool,
    /// What its aliases hold.
    pub aliases: Vec<(AliasName, u64)>,
    /// Its highest version; 0 without one.
    pub newest: u64,
    /// When it began, by its authors' clocks.
    pub created: Option<Timestamp>,
    /// When its words or versions last changed, by its authors' clocks.
    pub updated: Option<Timestamp>,
}

/// A version with its words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionDetail {
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// Its release.
    pub release: Option<Release>,
    /// The artifact.
    pub artifact: ArtifactId,
    /// What it is.
    pub description: Option<String>,
    /// Its tags.
    pub tags: FreeMap<String>,
    /// Whether lists leave it out.
    pub hidden: bool,
    /// Its stage.
    pub stage: Stage,
    /// The artifact's trust state.
    pub trust: TrustState,
    /// The aliases that hold it.
    pub aliases: Vec<AliasName>,
    /// Where its bytes came from.
    pub source: Option<String>,
    /// Where it came from.
    pub lineage: Lineage,
    /// Who registered it.
    pub by: PrincipalId,
    /// When, by that person's clock; for a version that was brought over, what the other registry claims.
    pub created: Timestamp,
    /// When its words or stage last changed, by their authors' clocks.
    pub updated: Timestamp,
    /// Whether what is said here rests on a key that was distrusted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tainted: bool,
}

/// Which versions are asked for with their words. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetailRequest {
    /// Only this model's.
    pub model: Option<ModelName>,
    /// Only those with these tags of their own: key and value.
    pub tags: Vec<(String, String)>,
    /// Of each model and stage only the newest that lists show.
    pub newest_of_stages: bool,
}

impl DetailRequest {
    /// All versions of a model.
    pub fn of(model: &ModelName) -> DetailRequest {
        DetailRequest { model: Some(model.clone()), ..DetailRequest::default() }
    }
}

/// Every model with its words, hidden ones too, by name.
pub fn model_details(reader: StateReader<'_>) -> Result<Vec<ModelDetail>> {
    let mut found = Vec::new();
    for model in reader.models()? {
        found.extend(model_detail(reader, &model)?);
    }
    found.sort_by(|a, b| a.model.as_str().cmp(b.model.as_str()));
    Ok(found)
}

/// The versions with their words that fit, by model, oldest first.
pub fn version_details(reader: StateReader<'_>, request: &DetailRequest) -> Result<Vec<VersionDetail>> {
    let mut models = match &request.model {
        Some(model) => vec![model.clone()],
        None => reader.models()?,
    };
    models.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    let mut found = Vec::new();
    for model in models {
        let held = held_by_alias(reader, &model)?;
        let mut newest = std::collections::BTreeSet::new();
        let mut of_model = Vec::new();
        for version in reader.versions(&model)?.into_iter().rev() {
            let Some(detail) = version_detail(reader, &model, version, &held)? else { continue };
            let tagged = request.tags.iter().all(|(key, value)| detail.tags.get(key) == Some(value));
            let wanted = !request.newest_of_stages || (!detail.hidden && newest.insert(detail.stage));
            of_model.extend((tagged && wanted).then_some(detail));
        }
        found.extend(of_model.into_iter().rev());
    }
    Ok(found)
}

/// A model with its words, hidden or not; nothing where it is not known.
pub fn model_detail(reader: StateReader<'_>, model: &ModelName) -> Result<Option<ModelDetail>> {
    let (about, newest) = (reader.about(model)?, reader.newest_version(model)?);
    if about.is_none() && newest.is_none() {
        return Ok(None);
    }
    let first = reader.first_about(model)?.map(|first_about| first_about.time);
    let oldest = reader.version(model, 1)?.map(|version| version.imported.unwrap_or(version.time));
    Ok(Some(ModelDetail {
        description: about.as_ref().and_then(|about| about.description.clone()),
        owner: about.as_ref().and_then(|about| about.owner.clone()),
        tags: about.as_ref().map(|about| about.tags.clone()).unwrap_or_default(),
        renamed_to: about.as_ref().and_then(|about| about.renamed_to.clone()),
        hidden: about.as_ref().is_some_and(|about| about.hidden),
        aliases: held_by_alias(reader, model)?,
        newest: newest.unwrap_or(0),
        created: [first, oldest].into_iter().flatten().min(),
        updated: last_changed(reader, model, about.as_deref(), newest)?,
        model: model.clone(),
    }))
}

/// When a model's words or versions last changed, by their authors' clocks; nothing where it is not known.
pub fn updated(reader: StateReader<'_>, model: &ModelName) -> Result<Option<Timestamp>> {
    last_changed(reader, model, reader.about(model)?.as_deref(), reader.newest_version(model)?)
}

fn last_changed(
    reader: StateReader<'_>,
    model: &ModelName,
    about: Option<&About>,
    newest: Option<u64>,
) -> Result<Option<Timestamp>> {
    let latest = newest.map(|number| reader.version(model, number)).transpose()?.flatten();
    let latest = latest.map(|latest| latest.imported.unwrap_or(latest.time));
    Ok([about.map(|about| about.time), latest].into_iter().flatten().max())
}

/// A version with its words, where the model's aliases hold `held`; nothing where there is none.
pub fn version_detail(
    reader: StateReader<'_>,
    model: &ModelName,
    version: u64,
    held: &[(AliasName, u64)],
) -> Result<Option<VersionDetail>> {
    let Some(record) = reader.version(model, version)? else { return Ok(None) };
    let (stage, moved) = reader.stage(model, version)?;
    let label = reader.label(model, version)?;
    let manifest = reader.manifest(&record.artifact)?;
    let created = record.imported.unwrap_or(record.time);
    let said = label.as_ref().and_then(|label| label.description.clone());
    let changed = [label.as_ref().map(|label| label.time), moved.map(|moved| moved.time)];
    Ok(Some(VersionDetail {
        model: model.clone(),
        version,
        release: record.release.clone(),
        artifact: record.artifact,
        description: said.or_else(|| record.description.clone()),
        tags: label.as_ref().map(|label| label.tags.clone()).unwrap_or_default(),
        hidden: label.as_ref().is_some_and(|label| label.hidden),
        stage,
        trust: reader.trust(&record.artifact)?.0,
        aliases: held.iter().filter(|(_, at)| *at == version).map(|(alias, _)| alias.clone()).collect(),
        source: manifest.and_then(|manifest| manifest.source.clone()),
        lineage: reader.lineage(&record.artifact)?.unwrap_or_default(),
        by: record.by.clone(),
        created,
        updated: changed.into_iter().flatten().max().unwrap_or(created),
        tainted: false,
    }))
}
