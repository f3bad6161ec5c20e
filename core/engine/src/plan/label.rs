//! Labelling a version, and the tombstones of versions and models that lists leave out.

use super::about::nothing_said;
use super::{
    AboutRequest, Author, Plan, RegisterRequest, UnsetRequest, describe, not_before, promote, register::carry, unset,
};
use super::{Batch, PromoteRequest};
use crate::state_reader::StateReader;
use refmark_records::layout::Document;
use refmark_records::version::Label;
use refmark_types::canonical::FreeMap;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{ModelName, folded};

/// What shall change of a version's label; what is none stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelRequest {
    /// What the version is.
    pub description: Option<String>,
    /// Tags to set.
    pub tags: Vec<(String, String)>,
    /// Tags to take away.
    pub untag: Vec<String>,
    /// Whether lists leave the version out.
    pub hidden: Option<bool>,
}

/// Plans a new label.
pub fn label(
    reader: StateReader<'_>,
    author: &Author,
    model: &ModelName,
    version: u64,
    request: &LabelRequest,
) -> Result<Plan> {
    let target = super::target(reader, model, version)?;
    if *request == LabelRequest::default() {
        return Err(nothing_said());
    }
    let now = reader.label(model, version)?;
    let mut tags: FreeMap<String> = FreeMap::new();
    for (key, value) in now.iter().flat_map(|now| now.tags.iter()) {
        if !request.untag.iter().any(|untag| untag == key) {
            tags.insert(key.to_owned(), value.clone());
        }
    }
    for (key, value) in &request.tags {
        tags.insert(key.clone(), value.clone());
    }
    let mut plan = Plan { subject: format!("label {model}/{version}"), ..Plan::default() };
    plan.sign(Label {
        model: model.clone(),
        version,
        artifact: target.artifact,
        sequence: now.as_ref().map_or(1, |now| now.sequence + 1),
        description: request.description.clone().or_else(|| now.as_ref().and_then(|now| now.description.clone())),
        tags,
        hidden: request.hidden.unwrap_or_else(|| now.as_ref().is_some_and(|now| now.hidden)),
        by: author.by.clone(),
        time: not_before(author, now.as_ref().map(|now| now.time)),
        previous: now.as_ref().map(|now| now.record.digest()),
        base: author.base,
        path: String::new(),
        registry: author.registry,
    })?;
    plan.concerns(target.artifact);
    Ok(plan)
}

/// Plans the tombstone of a version: lists leave it out, and the aliases that hold it are closed.
pub fn hide_version(
    reader: StateReader<'_>,
    author: &Author,
    model: &ModelName,
    version: u64,
    reason: &str,
) -> Result<Plan> {
    let mut plan = Plan { subject: format!("hide {model}/{version}"), body: reason.to_owned(), ..Plan::default() };
    if reader.label(model, version)?.is_some_and(|label| label.hidden) {
        return Err(Error::new(Code::NothingToDo, format!("{model}/{version} is hidden already")));
    }
    close_aliases(reader, author, model, Some(version), reason, &mut plan)?;
    let request = LabelRequest { hidden: Some(true), ..LabelRequest::default() };
    plan.absorb(label(reader, author, model, version, &request)?);
    Ok(plan)
}

/// Plans the tombstone of a model: lists leave it and its versions out, and its aliases are closed.
pub fn hide_model(
    reader: StateReader<'_>,
    author: &Author,
    model: &ModelName,
    renamed_to: Option<&ModelName>,
    reason: &str,
) -> Result<Plan> {
    let mut plan = Plan { subject: format!("hide {model}"), body: reason.to_owned(), ..Plan::default() };
    close_aliases(reader, author, model, None, reason, &mut plan)?;
    let hide = LabelRequest { hidden: Some(true), ..LabelRequest::default() };
    for version in reader.versions(model)? {
        if !reader.label(model, version)?.is_some_and(|label| label.hidden) {
            plan.absorb(label(reader, author, model, version, &hide)?);
        }
    }
    let request = AboutRequest { hidden: Some(true), renamed_to: renamed_to.cloned(), ..AboutRequest::default() };
    plan.absorb(describe(reader, author, model, &request)?);
    Ok(plan)
}

/// Plans a model's move to a new name: every version with its number, label, stage and aliases; the old name becomes a
/// tombstone that names the new one.
pub fn rename(reader: StateReader<'_>, author: &Author, from: &ModelName, to: &ModelName) -> Result<Plan> {
    check_free(reader, from, to)?;
    let mut batch = Batch::new();
    let mut plan = Plan::default();
    for version in reader.versions(from)? {
        let Some(record) = reader.version(from, version)? else { continue };
        let Some(manifest) = reader.manifest(&record.artifact)? else { continue };
        let mut documents = Vec::new();
        for document in Document::ALL.into_iter().filter(|document| *document != Document::Manifest) {
            documents.extend(reader.document(&record.artifact, document)?.map(|bytes| (document, bytes)));
        }
        let request = RegisterRequest {
            model: to.clone(),
            manifest: (*manifest).clone(),
            documents,
            release: record.release.clone(),
            description: record.description.clone(),
            owner: None,
            trust: None,
            imported: Some(record.imported.unwrap_or(record.time)),
        };
        let (registered, done) = carry(reader, author, &request, &mut batch)?;
        if done.version != version {
            return Err(other_numbers(to));
        }
        plan.absorb(registered);
        plan.absorb(copy_of_version(reader, author, (from, to), version)?);
    }
    plan.absorb(copy_of_about(reader, author, from, to)?);
    for alias in reader.aliases(from)? {
        if let Some(held) = reader.alias(from, &alias)?.and_then(|alias_move| alias_move.to) {
            let request = PromoteRequest {
                model: to.clone(),
                alias,
                version: held.version,
                reason: format!("renamed from {from}"),
                expect: None,
                evidence: Vec::new(),
            };
            let standing = reader.alias(to, &request.alias)?;
            plan.sign(promote::next_move(author, &request, standing.as_ref(), Some(held)))?;
        }
    }
    plan.absorb(hide_model(reader, author, from, Some(to), &format!("renamed to {to}"))?);
    plan.subject = format!("rename {from} to {to}");
    Ok(plan)
}

/// A name is free where nothing bears it, or where it was given up while it had the same versions: so that a new name can be
/// taken back.
fn check_free(reader: StateReader<'_>, from: &ModelName, to: &ModelName) -> Result<()> {
    let models = reader.models()?;
    if !models.contains(from) {
        return Err(Error::new(Code::NotFound, format!("there is no model {from}")));
    }
    if from == to {
        return Err(Error::new(Code::NothingToDo, format!("the model is {to} already")));
    }
    let given_up = reader.about(to)?.is_some_and(|about| about.hidden);
    let near = |other: &&ModelName| {
        *other != from && folded(other.as_str()) == folded(to.as_str()) && !(*other == to && given_up)
    };
    if let Some(taken) = models.iter().find(near) {
        return Err(Error::new(Code::Exists, format!("there is a model {taken} already")).field("standing", taken));
    }
    if reader.newest_version(to)? > reader.newest_version(from)? {
        return Err(other_numbers(to));
    }
    Ok(())
}

fn other_numbers(to: &ModelName) -> Box<Error> {
    Error::new(Code::Exists, format!("there was a model {to}, whose version numbers mean other artifacts"))
        .hint("numbers are never given again: choose another name")
        .field("standing", to)
}

/// The label and the stage of a version, for the same version of another model.
fn copy_of_version(
    reader: StateReader<'_>,
    author: &Author,
    (from, to): (&ModelName, &ModelName),
    version: u64,
) -> Result<Plan> {
    let mut plan = Plan::default();
    let (said, standing) = (reader.label(from, version)?, reader.label(to, version)?);
    if let Some(like) = said.as_ref().or(standing.as_ref()) {
        let mut copy = (**like).clone();
        if said.is_none() {
            (copy.description, copy.tags, copy.hidden) = (None, FreeMap::new(), false);
        }
        copy.model = to.clone();
        copy.sequence = standing.as_ref().map_or(1, |standing| standing.sequence + 1);
        copy.previous = standing.as_ref().map(|standing| standing.record.digest());
        (copy.by, copy.time, copy.base) = (author.by.clone(), not_before(author, Some(like.time)), author.base);
        plan.sign(copy)?;
    }
    let ((stage, said), (there, standing)) = (reader.stage(from, version)?, reader.stage(to, version)?);
    if let (true, Some(like)) = (stage != there, said.as_ref().or(standing.as_ref())) {
        let mut copy = (**like).clone();
        copy.model = to.clone();
        copy.sequence = standing.as_ref().map_or(1, |standing| standing.sequence + 1);
        copy.previous = standing.as_ref().map(|standing| standing.record.digest());
        (copy.from, copy.to, copy.reason) = (there, stage, format!("renamed from {from}"));
        (copy.by, copy.time, copy.base) = (author.by.clone(), not_before(author, Some(like.time)), author.base);
        plan.sign(copy)?;
    }
    Ok(plan)
}

fn copy_of_about(reader: StateReader<'_>, author: &Author, from: &ModelName, to: &ModelName) -> Result<Plan> {
    let mut plan = Plan::default();
    let (said, standing) = (reader.about(from)?, reader.about(to)?);
    if let Some(like) = said.as_ref().or(standing.as_ref()) {
        let mut copy = (**like).clone();
        if said.is_none() {
            (copy.description, copy.owner, copy.tags) = (None, None, FreeMap::new());
        }
        copy.model = to.clone();
        copy.sequence = standing.as_ref().map_or(1, |standing| standing.sequence + 1);
        copy.previous = standing.as_ref().map(|standing| standing.record.digest());
        (copy.by, copy.time, copy.base) = (author.by.clone(), not_before(author, Some(like.time)), author.base);
        (copy.hidden, copy.renamed_to) = (false, None);
        plan.sign(copy)?;
    }
    Ok(plan)
}

fn close_aliases(
    reader: StateReader<'_>,
    author: &Author,
    model: &ModelName,
    version: Option<u64>,
    reason: &str,
    plan: &mut Plan,
) -> Result<()> {
    for alias in reader.aliases(model)? {
        let held =
            reader.alias(model, &alias)?.and_then(|alias_move| alias_move.to).map(|alias_move| alias_move.version);
        if held.is_some() && (version.is_none() || held == version) {
            let request = UnsetRequest { model: model.clone(), alias, reason: reason.to_owned() };
            plan.absorb(unset(reader, author, &request)?);
        }
    }
    Ok(())
}
