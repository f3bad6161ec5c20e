//! Model versions and aliases.

use refmark_core::engine::plan::{LabelRequest, PromoteRequest, UnsetRequest};
use refmark_core::engine::verify::Subject;
use refmark_core::types::error::Code;
use refmark_core::types::name::AliasName;
use refmark_core::types::reference::Reference;
use refmark_core::{DetailRequest, ModelDetail, TransitionRequest, VersionDetail, View};
use serde_json::{Value, json};

use super::call::Call;
use super::entities::{self, canonical_stage, now_ms, stage_of, times};
use super::failure::{Failure, Result};
use super::{checks, models, names, sources};

/// A version as the answer of a change.
fn answer(call: &Call<'_>, version: &VersionDetail) -> Result<Value> {
    let view = call.view()?;
    let found = call.registry()?.read().version_detail(&view, &version.model, version.version)?;
    let found = found.ok_or_else(|| Failure::internal("the version is gone"))?;
    Ok(json!({"model_version": entities::version(&found, true)}))
}

/// `model-versions/create`: stores the files of a source, signs what they are, and gives them the model's next number.
pub fn create(call: &Call<'_>) -> Result<Value> {
    let (source, tags) = (call.said.needed("source")?, call.said.tags()?);
    for (key, value) in &tags {
        checks::tag(key, value)?;
    }
    let view = call.view()?;
    let model = call.model(&view)?;
    let asked = sources::asked(call, &model, &source)?;
    let number = call.service.once.made(asked, || sources::register(call, &view, &model, &source, tags))?;
    let view = call.view()?;
    let version = call.version_of(&view, Some(&model), model.model.as_str(), number)?;
    Ok(json!({"model_version": entities::version(&version, true)}))
}

/// Changes the words of a version; a tag is no change, so that its time stays.
fn label(call: &Call<'_>, version: &VersionDetail, updated: Option<i64>, mut request: LabelRequest) -> Result<()> {
    let updated = updated.unwrap_or_else(|| entities::version_updated(version));
    request.tags.push(times(None, updated, entities::version_moved(version)));
    let writer = call.registry()?.write(call.signer()?).on_behalf_of(&call.caller.name);
    writer.label(&version.model, version.version, &request)?;
    Ok(())
}

/// `model-versions/update`.
pub fn update(call: &Call<'_>) -> Result<Value> {
    let version = call.version(&call.view()?)?;
    let description = Some(call.said.text("description")?.unwrap_or_default());
    label(call, &version, Some(now_ms()), LabelRequest { description, ..LabelRequest::default() })?;
    answer(call, &version)
}

/// `model-versions/set-tag`.
pub fn set_tag(call: &Call<'_>) -> Result<Value> {
    let (key, value) = (call.said.needed("key")?, call.said.text("value")?.unwrap_or_default());
    checks::tag(&key, &value)?;
    let version = call.version(&call.view()?)?;
    label(call, &version, None, LabelRequest { tags: vec![(key, value)], ..LabelRequest::default() })?;
    Ok(json!({}))
}

/// `model-versions/delete-tag`.
pub fn delete_tag(call: &Call<'_>) -> Result<Value> {
    let key = call.said.needed("key")?;
    checks::tag(&key, "")?;
    let version = call.version(&call.view()?)?;
    if entities::shown_tags(&version.tags).contains_key(key.as_str()) {
        label(call, &version, None, LabelRequest { untag: vec![key], ..LabelRequest::default() })?;
    }
    Ok(json!({}))
}

/// `model-versions/transition-stage`: moves a version along the lifecycle, as MLflow's deprecated stages name it. The policy judges it.
pub fn transition(call: &Call<'_>) -> Result<Value> {
    let asked = call.said.needed("stage")?;
    let Some((stage, to)) = canonical_stage(&asked) else {
        return Err(Failure::parameter(format!(
            "Invalid Model Version stage: {asked}. Value must be one of {}.",
            entities::STAGES.join(", ")
        )));
    };
    let view = call.view()?;
    let version = call.version(&view)?;
    if call.said.flag("archive_existing_versions")? {
        if !matches!(stage, "Staging" | "Production") {
            return Err(Failure::parameter(format!(
                "Model version transition cannot archive existing model versions because '{asked}' is not an Active stage."
            )));
        }
        for other in call.registry()?.read().version_details(&view, &DetailRequest::of(&version.model))? {
            if other.version != version.version && !other.hidden && stage_of(other.stage) == stage {
                moved(call, &other, "Archived", "archived")?;
            }
        }
    }
    moved(call, &version, stage, to.as_str())?;
    answer(call, &version)
}

fn moved(call: &Call<'_>, version: &VersionDetail, stage: &str, to: &str) -> Result<()> {
    let writer = call.registry()?.write(call.signer()?).on_behalf_of(&call.caller.name);
    if stage_of(version.stage) != stage {
        writer.transition(&TransitionRequest {
            reference: Reference::Version(version.model.clone(), version.version),
            to: to.to_owned(),
            reason: call.reason(&format!("moved to {stage}")),
            replacement: None,
            sunset: None,
            evidence: Vec::new(),
        })?;
    }
    let now = now_ms();
    let tags = vec![times(None, now, Some(now))];
    writer.label(&version.model, version.version, &LabelRequest { tags, ..LabelRequest::default() })?;
    Ok(())
}

/// `model-versions/delete`: leaves a version out of everything and closes its aliases. Its number is never given again.
pub fn delete(call: &Call<'_>) -> Result<Value> {
    let view = call.view()?;
    let (model, version) = (call.model(&view)?, call.version(&view)?);
    let writer = call.registry()?.write(call.signer()?).on_behalf_of(&call.caller.name);
    writer.hide_version(&version.model, version.version, &call.reason("deleted"))?;
    models::touch(call, &model)?;
    Ok(json!({}))
}

/// `model-versions/get`.
pub fn get(call: &Call<'_>) -> Result<Value> {
    Ok(json!({"model_version": entities::version(&call.version(&call.view()?)?, true)}))
}

/// `registered-models/get-latest-versions`: the newest version of each stage.
pub fn latest(call: &Call<'_>) -> Result<Value> {
    let view = call.view()?;
    let model = call.model(&view)?;
    let mut wanted = Vec::new();
    for stage in call.said.texts("stages")? {
        let known = canonical_stage(&stage).ok_or_else(|| {
            Failure::parameter(format!(
                "Invalid Model Version stage: {stage}. Value must be one of {}.",
                entities::STAGES.join(", ")
            ))
        })?;
        wanted.push(known.0);
    }
    let newest = call.newest(&view, &model.model)?;
    let newest = entities::newest_of_stages(&newest);
    let found = newest.into_iter().filter(|it| wanted.is_empty() || wanted.contains(&stage_of(it.stage)));
    Ok(json!({"model_versions": found.map(|it| entities::version(it, true)).collect::<Vec<_>>()}))
}

/// `model-versions/get-download-uri`: where a stock client reads the files, each of them verified before it leaves.
pub fn download_uri(call: &Call<'_>) -> Result<Value> {
    let view = call.view()?;
    let version = call.version(&view)?;
    check_taint(&view, &version, None)?;
    let place = format!("models/{}/{}", names::written(version.model.as_str()), version.version);
    Ok(json!({"artifact_uri": format!("{}/api/2.0/mlflow-artifacts/artifacts/{place}", call.base)}))
}

/// Refuses an answer that rests on a key which was distrusted, as `pull` does.
fn check_taint(view: &View<'_>, version: &VersionDetail, alias: Option<&AliasName>) -> Result<()> {
    let facts = view.facts()?;
    let sequence = match alias {
        None => None,
        Some(alias) => facts.alias(&version.model, alias)?.map(|held| (alias, held.sequence)),
    };
    let named = Some((&version.model, version.version));
    view.check_taint(&Subject { artifact: &version.artifact, version: named, alias: sequence })?;
    Ok(())
}

/// `POST registered-models/alias`: promotes a version, a signed move that the policy judges.
pub fn set_alias(call: &Call<'_>) -> Result<Value> {
    let alias = call.said.text("alias")?.unwrap_or_default();
    checks::new_alias(&alias)?;
    let version = call.version(&call.view()?)?;
    let request = PromoteRequest {
        model: version.model.clone(),
        alias: AliasName::parse(&names::alias_here(&alias))?,
        version: version.version,
        reason: call.reason("set"),
        expect: None,
        evidence: Vec::new(),
    };
    let writer = call.registry()?.write(call.signer()?).on_behalf_of(&call.caller.name);
    match writer.promote(&request) {
        Err(error) if error.code != Code::NothingToDo => Err(error.into()),
        _ => Ok(json!({})),
    }
}

/// `DELETE registered-models/alias`: closes an alias; one that holds nothing stays as it is.
pub fn delete_alias(call: &Call<'_>) -> Result<Value> {
    let alias = call.said.text("alias")?.unwrap_or_default();
    checks::alias(&alias)?;
    let model = call.model(&call.view()?)?;
    if let Some((alias, _)) = held(&model, &alias) {
        let request =
            UnsetRequest { model: model.model.clone(), alias: alias.clone(), reason: call.reason("alias deleted") };
        call.registry()?.write(call.signer()?).on_behalf_of(&call.caller.name).unset(&request)?;
    }
    Ok(json!({}))
}

fn held<'m>(model: &'m ModelDetail, alias: &str) -> Option<&'m (AliasName, u64)> {
    let here = names::alias_here(alias);
    model.aliases.iter().find(|(name, _)| name.as_str() == here)
}

/// `GET registered-models/alias`: the version that an alias holds; of `latest`, as MLflow means it, the one with the highest number.
pub fn by_alias(call: &Call<'_>) -> Result<Value> {
    let alias = call.said.text("alias")?.unwrap_or_default();
    checks::alias(&alias)?;
    let view = call.view()?;
    let model = call.model(&view)?;
    let version = match checks::is_latest(&alias) {
        true => {
            let newest = call.newest(&view, &model.model)?.into_iter().max_by_key(|version| version.version);
            let none = || Failure::missing(format!("Latest version not found for model {}.", model.model));
            newest.ok_or_else(none)?
        }
        false => {
            let none = || Failure::parameter(format!("Registered model alias {alias} not found."));
            let (alias, number) = held(&model, &alias).ok_or_else(none)?;
            let version = call.version_of(&view, Some(&model), model.model.as_str(), *number)?;
            check_taint(&view, &version, Some(alias))?;
            version
        }
    };
    Ok(json!({"model_version": entities::version(&version, true)}))
}
