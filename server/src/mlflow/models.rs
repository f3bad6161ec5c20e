//! Registered models.

use refmark_core::engine::plan::AboutRequest;
use refmark_core::types::error::Code;
use refmark_core::types::name::ModelName;
use refmark_core::{ModelDetail, View};
use serde_json::{Value, json};

use super::call::Call;
use super::checks;
use super::entities::{self, now_ms, times};
use super::failure::{Failure, Result};
use super::names::spellings;

/// A model as the answer of a change.
fn answer(call: &Call<'_>, name: &str) -> Result<Value> {
    let view = call.view()?;
    let model = call.model_named(&view, name)?;
    Ok(json!({"registered_model": entities::model(&model, &call.newest(&view, &model.model)?)}))
}

/// Refuses a model that the caller's token is not for.
fn check_scope(call: &Call<'_>, model: &ModelName) -> Result<()> {
    match call.caller.sees(model.as_str()) {
        true => Ok(()),
        false => Err(Failure::forbidden("the token is not for models of this name")),
    }
}

/// `registered-models/create`: takes a name as a signed record, before there is a version.
pub fn create(call: &Call<'_>) -> Result<Value> {
    let name = call.said.text("name")?.unwrap_or_default();
    checks::model(&name)?;
    let mut tags = call.said.tags()?;
    for (key, value) in &tags {
        checks::tag(key, value)?;
    }
    let now = now_ms();
    tags.push(times(Some(now), now, None));
    let standing = call.found(&call.view()?, &name)?;
    if standing.as_ref().is_some_and(|model| !model.hidden) {
        return Err(Failure::exists(format!("Registered Model (name={name}) already exists.")));
    }
    let spellings = standing.map_or_else(|| spellings(&name), |model| vec![model.model.to_string()]);
    let request = AboutRequest { description: call.said.text("description")?, tags, ..AboutRequest::default() };
    let writer = call.registry()?.write(call.signer()?).on_behalf_of(&call.caller.name);
    for (at, spelling) in spellings.iter().enumerate() {
        let model = ModelName::parse(spelling)?;
        check_scope(call, &model)?;
        match writer.announce(&model, &request) {
            Ok(_) => break,
            // Another's name is near: this one is written out.
            Err(error) if error.code == Code::BadName && at + 1 < spellings.len() => {}
            Err(error) => return Err(error.into()),
        }
    }
    answer(call, &name)
}

/// Changes the words of a model. For MLflow a description is a change, and a tag is none.
fn describe(call: &Call<'_>, model: &ModelDetail, mut request: AboutRequest) -> Result<()> {
    let updated = if request.description.is_some() { now_ms() } else { entities::model_updated(model) };
    request.tags.push(times(Some(entities::model_created(model)), updated, None));
    let writer = call.registry()?.write(call.signer()?).on_behalf_of(&call.caller.name);
    writer.describe(&model.model, &request)?;
    Ok(())
}

/// Marks a model as changed now.
pub fn touch(call: &Call<'_>, model: &ModelDetail) -> Result<()> {
    let tags = vec![times(Some(entities::model_created(model)), now_ms(), None)];
    let writer = call.registry()?.write(call.signer()?).on_behalf_of(&call.caller.name);
    writer.describe(&model.model, &AboutRequest { tags, ..AboutRequest::default() })?;
    Ok(())
}

/// `registered-models/update`.
pub fn update(call: &Call<'_>) -> Result<Value> {
    let model = call.model(&call.view()?)?;
    let description = Some(call.said.text("description")?.unwrap_or_default());
    describe(call, &model, AboutRequest { description, ..AboutRequest::default() })?;
    answer(call, &call.said.needed("name")?)
}

/// `registered-models/rename`: versions keep their numbers, the old name stays as a tombstone.
pub fn rename(call: &Call<'_>) -> Result<Value> {
    let (name, new_name) = (call.said.needed("name")?, call.said.needed("new_name")?);
    checks::model(&new_name)?;
    let view = call.view()?;
    let model = call.model(&view)?;
    if new_name == name {
        return answer(call, &name);
    }
    if taken(call, &view, &new_name)? {
        return Err(Failure::exists(format!("Registered Model (name={new_name}) already exists")));
    }
    let spellings = spellings(&new_name);
    let writer = call.registry()?.write(call.signer()?).on_behalf_of(&call.caller.name);
    for (at, spelling) in spellings.iter().enumerate() {
        let to = ModelName::parse(spelling)?;
        check_scope(call, &to)?;
        match writer.rename(&model.model, &to) {
            Ok(_) => break,
            Err(error) if error.code == Code::BadName && at + 1 < spellings.len() => {}
            Err(error) => return Err(error.into()),
        }
    }
    let renamed = call.model_named(&call.view()?, &new_name)?;
    let tags = vec![times(Some(entities::model_created(&model)), now_ms(), None)];
    writer.describe(&renamed.model, &AboutRequest { tags, ..AboutRequest::default() })?;
    answer(call, &new_name)
}

fn taken(call: &Call<'_>, view: &View<'_>, name: &str) -> Result<bool> {
    Ok(call.found(view, name)?.is_some_and(|model| !model.hidden))
}

/// `registered-models/delete`: leaves a model out of everything, with its versions and aliases. Its records stay.
pub fn delete(call: &Call<'_>) -> Result<Value> {
    let model = call.model(&call.view()?)?;
    let writer = call.registry()?.write(call.signer()?).on_behalf_of(&call.caller.name);
    writer.hide_model(&model.model, &call.reason("deleted"))?;
    Ok(json!({}))
}

/// `registered-models/get`.
pub fn get(call: &Call<'_>) -> Result<Value> {
    let view = call.view()?;
    let model = call.model(&view)?;
    Ok(json!({"registered_model": entities::model(&model, &call.newest(&view, &model.model)?)}))
}

/// `registered-models/set-tag`.
pub fn set_tag(call: &Call<'_>) -> Result<Value> {
    let (key, value) = (call.said.needed("key")?, call.said.text("value")?.unwrap_or_default());
    checks::tag(&key, &value)?;
    let model = call.model(&call.view()?)?;
    describe(call, &model, AboutRequest { tags: vec![(key, value)], ..AboutRequest::default() })?;
    Ok(json!({}))
}

/// `registered-models/delete-tag`.
pub fn delete_tag(call: &Call<'_>) -> Result<Value> {
    let key = call.said.needed("key")?;
    checks::tag(&key, "")?;
    let model = call.model(&call.view()?)?;
    if entities::shown_tags(&model.tags).contains_key(key.as_str()) {
        describe(call, &model, AboutRequest { untag: vec![key], ..AboutRequest::default() })?;
    }
    Ok(json!({}))
}
