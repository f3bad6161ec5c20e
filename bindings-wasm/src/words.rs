//! What people say of models and versions beside the records that decide: descriptions, tags, cards, who uses them.

use refmark_engine::state_reader::StateReader;
use refmark_query::answer::QueryContext;
use refmark_query::answer::detail::model_detail;
use refmark_query::answer::resolve::find;
use refmark_query::index::{MetricBound, SearchRequest, TagFilter};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::canonical::FreeMap;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{AliasName, ConsumerId, ModelName, PrincipalId};
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;
use serde::Serialize;

/// What is said of a model.
#[derive(Serialize)]
pub(crate) struct ModelWords {
    /// What it is.
    description: Option<String>,
    /// Its tags.
    tags: FreeMap<String>,
    /// Its new name.
    renamed_to: Option<ModelName>,
}

/// What is said of a version.
#[derive(Serialize)]
pub(crate) struct VersionWords {
    /// What it is: by its label, else as it was registered.
    description: Option<String>,
    /// Its tags.
    tags: FreeMap<String>,
    /// The text of its evaluation card.
    evaluation_card: Option<String>,
    /// The projects that said that they are pinned to it.
    consumers: Vec<Consumer>,
    /// The newest checkpoint of the registry: until when claimed times are bounded.
    checkpoint: Option<Witness>,
}

/// A project that is pinned to a version.
#[derive(Serialize)]
struct Consumer {
    /// The project's id.
    id: ConsumerId,
    /// Where the project is, for people.
    project: Option<String>,
    /// The alias that it follows.
    alias: Option<AliasName>,
}

/// Who saw which head when.
#[derive(Serialize)]
struct Witness {
    /// The checkpoint's number.
    sequence: u64,
    /// How many commits it covers.
    commits: u64,
    /// Who signed it.
    by: PrincipalId,
    /// When.
    time: Timestamp,
}

/// What is said of a model; nothing where there is none.
pub(crate) fn of_model(facts: StateReader<'_>, model: &ModelName) -> Result<Option<ModelWords>> {
    let found = model_detail(facts, model)?;
    Ok(found.map(|it| ModelWords { description: it.description, tags: it.tags, renamed_to: it.renamed_to }))
}

/// What is said of a version, or of an artifact.
pub(crate) fn of_version(basis: &QueryContext<'_, '_>, reference: &Reference) -> Result<VersionWords> {
    let facts = basis.reader();
    let found = find(facts, reference)?;
    let version = found.model.as_ref().zip(found.version);
    let (mut description, mut tags) = (None, FreeMap::default());
    let mut consumers = Vec::new();
    if let Some((model, number)) = version {
        description = facts.version(model, number)?.and_then(|it| it.description.clone());
        if let Some(label) = facts.label(model, number)? {
            description = label.description.clone().or(description);
            tags = label.tags.clone();
        }
        for consumer in facts.consumers()? {
            let pin = consumer.pins.iter().find(|pin| pin.model == *model && pin.version == number);
            consumers.extend(pin.map(|pin| Consumer {
                id: consumer.consumer.clone(),
                project: consumer.project.clone(),
                alias: pin.alias.clone(),
            }));
        }
    }
    let card = facts.standing_evaluation_card(&found.artifact)?;
    let checkpoint = facts.checkpoint()?;
    Ok(VersionWords {
        description,
        tags,
        evaluation_card: card.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        consumers,
        checkpoint: checkpoint.map(|it| Witness {
            sequence: it.sequence,
            commits: it.commits,
            by: it.by.clone(),
            time: it.time,
        }),
    })
}

/// A filter of a search, `NAME:VALUE`, as the command has it in options.
pub(crate) fn narrow(request: &mut SearchRequest, filter: &str) -> Result<()> {
    let unknown = || Error::new(Code::BadArgument, format!("`{filter}` is no filter of a search"));
    let (name, value) = filter.split_once(':').ok_or_else(unknown)?;
    match name {
        "model" => request.model = Some(ModelName::parse(value)?),
        "stage" => request.stage = Some(named(&Stage::ALL, Stage::as_str, value).ok_or_else(unknown)?),
        "trust" => request.trust = Some(named(&TrustState::ALL, TrustState::as_str, value).ok_or_else(unknown)?),
        "tag" => {
            let (key, value) = value.split_once('=').map_or((value, None), |(key, value)| (key, Some(value)));
            request.tags.push(TagFilter { key: key.to_owned(), value: value.map(str::to_owned) });
        }
        "metric" => request.metrics.push(MetricBound::parse(value)?),
        "capability" => request.capability = Some(value.to_owned()),
        "format" => request.format = Some(value.to_owned()),
        "type" => request.artifact_type = Some(value.to_owned()),
        "file" => request.file = Some(Digest::parse(value)?),
        "artifact" => request.artifact = Some(ArtifactId::parse(value)?),
        _ => return Err(unknown()),
    }
    Ok(())
}

fn named<T: Copy>(all: &[T], word: fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|it| word(*it) == text)
}
