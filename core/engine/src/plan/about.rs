//! Describing a model.

use super::{Author, Plan, not_before};
use crate::state_reader::StateReader;
use refmark_records::about::About;
use refmark_types::canonical::FreeMap;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{ModelName, folded};

/// What shall change of a model's description; what is none stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AboutRequest {
    /// What the model is.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Tags to set.
    pub tags: Vec<(String, String)>,
    /// Tags to take away.
    pub untag: Vec<String>,
    /// The model's new name.
    pub renamed_to: Option<ModelName>,
    /// Whether lists leave the model out.
    pub hidden: Option<bool>,
}

/// Plans a model that has no version yet: its name is taken, and what it is is said.
pub fn announce(reader: StateReader<'_>, author: &Author, model: &ModelName, request: &AboutRequest) -> Result<Plan> {
    let standing = reader.about(model)?;
    if standing.as_ref().is_some_and(|standing| !standing.hidden)
        || (standing.is_none() && reader.newest_version(model)?.is_some())
    {
        return Err(Error::new(Code::Exists, format!("there is a model {model} already")).field("model", model));
    }
    let near =
        reader.models()?.into_iter().find(|other| other != model && folded(other.as_str()) == folded(model.as_str()));
    if let Some(near) = near {
        return Err(Error::new(
            Code::BadName,
            format!("model name `{model}` differs from `{near}` only in case or in `. _ -` and spaces"),
        )
        .hint("choose a name that nobody can mix up")
        .field("standing", near));
    }
    let standing = standing.as_deref();
    // A tombstone that is lifted begins anew: nothing of the old text, owner or tags comes back.
    let fresh =
        standing.map(|standing| About { description: None, owner: None, tags: FreeMap::new(), ..standing.clone() });
    let mut record = about_record(author, model, fresh.as_ref(), request);
    (record.hidden, record.renamed_to) = (false, None);
    record.previous = reader.about(model)?.map(|now| now.record.digest());
    let mut plan = Plan { subject: format!("announce {model}"), ..Plan::default() };
    plan.sign(record)?;
    Ok(plan)
}

/// Plans a new description.
pub fn describe(reader: StateReader<'_>, author: &Author, model: &ModelName, request: &AboutRequest) -> Result<Plan> {
    if reader.newest_version(model)?.is_none() && reader.about(model)?.is_none() {
        return Err(Error::new(Code::NotFound, format!("there is no model {model}")).hint("register a version first"));
    }
    if *request == AboutRequest::default() {
        return Err(nothing_said());
    }
    let now = reader.about(model)?;
    let mut record = about_record(author, model, now.as_deref(), request);
    record.previous = now.as_ref().map(|now| now.record.digest());
    let mut plan = Plan { subject: format!("describe {model}"), ..Plan::default() };
    plan.sign(record)?;
    Ok(plan)
}

/// The error of a description that describes nothing.
pub(super) fn nothing_said() -> Box<Error> {
    Error::new(Code::BadArgument, "nothing was said of it").hint("give a description, an owner, a tag or a new name")
}

/// The next description, on what stands now. `previous` is the caller's to set.
pub(super) fn about_record(author: &Author, model: &ModelName, now: Option<&About>, request: &AboutRequest) -> About {
    let mut tags: FreeMap<String> = FreeMap::new();
    for (key, value) in now.iter().flat_map(|now| now.tags.iter()) {
        if !request.untag.iter().any(|untag| untag == key) {
            tags.insert(key.to_owned(), value.clone());
        }
    }
    for (key, value) in &request.tags {
        tags.insert(key.clone(), value.clone());
    }
    About {
        model: model.clone(),
        sequence: now.map_or(1, |now| now.sequence + 1),
        description: request.description.clone().or_else(|| now.and_then(|now| now.description.clone())),
        owner: request.owner.clone().or_else(|| now.and_then(|now| now.owner.clone())),
        tags,
        renamed_to: request.renamed_to.clone().or_else(|| now.and_then(|now| now.renamed_to.clone())),
        hidden: request.hidden.unwrap_or_else(|| now.is_some_and(|now| now.hidden)),
        by: author.by.clone(),
        time: not_before(author, now.map(|now| now.time)),
        previous: None,
        base: author.base,
        path: String::new(),
        registry: author.registry,
    }
}
