//! refmark's models and versions as MLflow's entities.

use std::collections::BTreeMap;

use refmark_core::records::version::Stage;
use refmark_core::types::canonical::FreeMap;
use refmark_core::types::time::Timestamp;
use refmark_core::{ModelDetail, VersionDetail};
use serde_json::{Value, json};

use super::names::shown;

/// MLflow's deprecated stages, in its order.
pub const STAGES: [&str; 4] = ["None", "Staging", "Production", "Archived"];
/// Lineage that a version of MLflow's carries.
pub const RUN_ID: &str = "training_run";
/// The same.
pub const RUN_LINK: &str = "mlflow_run_link";
/// The same.
pub const SOURCE: &str = "mlflow_source";
/// The same.
pub const MODEL_ID: &str = "mlflow_model_id";
/// Makes each version an artifact of its own, as MLflow counts: the same files twice are two versions.
pub const REQUEST: &str = "mlflow_request";
/// When a version began, in milliseconds: records count seconds.
pub const CREATED: &str = "mlflow_created_ms";
/// The tag that keeps a model's or a version's times in milliseconds, and that MLflow does not show.
const TIMES: &str = "refmark.mlflow.times";
/// Milliseconds that may pass between MLflow's clock reading and the record's.
const SLACK: i64 = 10_000;

/// Now, in milliseconds.
#[allow(clippy::disallowed_methods, reason = "a face reads the clock")]
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The tag that keeps times, in milliseconds: when it began, when it last changed, when this was written; and of a version when its
/// stage last moved, which is a change of its model.
pub fn times(created: Option<i64>, updated: i64, moved: Option<i64>) -> (String, String) {
    let created = created.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let moved = moved.map_or_else(String::new, |it| format!(" {it}"));
    (TIMES.to_owned(), format!("{created} {updated} {}{moved}", now_ms()))
}

/// Created, updated, written, moved.
fn told(tags: &FreeMap<String>) -> [Option<i64>; 4] {
    let text = tags.get(TIMES).map(String::as_str).unwrap_or_default();
    let parts: Vec<Option<i64>> = text.split(' ').map(|part| part.parse().ok()).collect();
    match parts.as_slice() {
        [created, updated, written] => [*created, *updated, *written, None],
        [created, updated, written, moved] => [*created, *updated, *written, *moved],
        _ => [None; 4],
    }
}

fn whole(at: Option<Timestamp>) -> i64 {
    at.map_or(0, |at| at.unix().saturating_mul(1000))
}

/// The updated time that tags tell, where nobody wrote since who keeps no milliseconds.
fn updated_of(tags: &FreeMap<String>, created: i64, times: (i64, i64)) -> i64 {
    let (began, changed) = times;
    match told(tags) {
        [_, Some(updated), Some(written), _] if changed <= written + SLACK => updated,
        _ if began == changed => created,
        _ => changed,
    }
}

/// When a version began.
pub fn version_created(version: &VersionDetail) -> i64 {
    let told = version.lineage.get(CREATED).and_then(|it| it.parse().ok());
    told.unwrap_or_else(|| whole(Some(version.created)))
}

/// When a version last changed.
pub fn version_updated(version: &VersionDetail) -> i64 {
    let created = version_created(version);
    updated_of(&version.tags, created, (whole(Some(version.created)), whole(Some(version.updated)))).max(created)
}

/// When a version's stage last moved through MLflow.
pub fn version_moved(version: &VersionDetail) -> Option<i64> {
    told(&version.tags)[3]
}

/// When a model began.
pub fn model_created(model: &ModelDetail) -> i64 {
    told(&model.tags)[0].unwrap_or_else(|| whole(model.created))
}

/// When a model's words last changed.
pub fn model_updated(model: &ModelDetail) -> i64 {
    updated_of(&model.tags, model_created(model), (whole(model.created), whole(model.updated)))
}

/// The tags that MLflow shows: all but the one that keeps its times.
pub fn shown_tags(tags: &FreeMap<String>) -> BTreeMap<&str, &str> {
    tags.iter().filter(|(key, _)| *key != TIMES).map(|(key, value)| (key, value.as_str())).collect()
}

fn tags(all: &FreeMap<String>) -> Vec<Value> {
    shown_tags(all).iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// MLflow's stage of a lifecycle's.
pub fn stage_of(stage: Stage) -> &'static str {
    match stage {
        Stage::Experimental => "None",
        Stage::Staging => "Staging",
        Stage::Production => "Production",
        Stage::Retired | Stage::Archived => "Archived",
    }
}

/// The lifecycle's stage of MLflow's, however it is written.
pub fn canonical_stage(stage: &str) -> Option<(&'static str, Stage)> {
    let name = STAGES.into_iter().find(|known| known.eq_ignore_ascii_case(stage))?;
    let stage = match name {
        "None" => Stage::Experimental,
        "Staging" => Stage::Staging,
        "Production" => Stage::Production,
        _ => Stage::Archived,
    };
    Some((name, stage))
}

/// Where MLflow says that a version's files came from.
pub fn source_of(version: &VersionDetail) -> &str {
    version.lineage.get(SOURCE).or(version.source.as_ref()).map(String::as_str).unwrap_or_default()
}

/// A version as MLflow's entity.
pub fn version(version: &VersionDetail, aliases: bool) -> Value {
    let lineage = |key: &str| version.lineage.get(key).map(String::as_str);
    let aliases = version.aliases.iter().filter(|_| aliases).map(|alias| shown(alias.as_str()));
    let mut entity = json!({
        "name": shown(version.model.as_str()), "version": version.version.to_string(),
        "creation_timestamp": version_created(version), "last_updated_timestamp": version_updated(version),
        "user_id": version.by.as_str(), "current_stage": stage_of(version.stage), "source": source_of(version),
        "status": if version.tainted { "FAILED_REGISTRATION" } else { "READY" },
        "tags": tags(&version.tags), "aliases": aliases.collect::<Vec<_>>(),
    });
    let more = [
        ("description", version.description.as_deref()),
        ("run_id", lineage(RUN_ID)),
        ("run_link", lineage(RUN_LINK)),
        ("model_id", lineage(MODEL_ID)),
        ("status_message", version.tainted.then_some("what is said of it rests on a key that was distrusted")),
    ];
    for (key, value) in more {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            entity[key] = Value::String(value.to_owned());
        }
    }
    entity
}

/// A model as MLflow's entity, with the newest version of each stage.
pub fn model(model: &ModelDetail, latest: &[VersionDetail]) -> Value {
    // A version's words are no change of its model: that it was made is, and that its stage moved.
    let changed = latest.iter().flat_map(|it| [version_created(it), version_moved(it).unwrap_or_default()]);
    let changed = changed.chain([model_created(model), model_updated(model)]).max();
    let aliases = model.aliases.iter();
    let aliases: Vec<Value> = aliases
        .map(|(alias, version)| json!({"alias": shown(alias.as_str()), "version": version.to_string()}))
        .collect();
    let latest: Vec<Value> = newest_of_stages(latest).into_iter().map(|it| version(it, false)).collect();
    let mut entity = json!({
        "name": shown(model.model.as_str()), "creation_timestamp": model_created(model), "last_updated_timestamp": changed,
        "latest_versions": latest, "tags": tags(&model.tags), "aliases": aliases,
    });
    if let Some(description) = model.description.as_ref().filter(|it| !it.is_empty()) {
        entity["description"] = Value::String(description.clone());
    }
    entity
}

/// The newest version of each of MLflow's stages, in their order.
pub fn newest_of_stages(versions: &[VersionDetail]) -> Vec<&VersionDetail> {
    let of = |stage: &str| {
        versions.iter().filter(|it| !it.hidden && stage_of(it.stage) == stage).max_by_key(|version| version.version)
    };
    STAGES.into_iter().filter_map(of).collect()
}
