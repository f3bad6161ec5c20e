//! Entries of the catalog: added, deprecated, disabled.

use super::{Author, Plan, not_before};
use crate::schema::check_schema;
use crate::state_reader::StateReader;
use refmark_records::catalog::{ArtifactRules, CatalogEntry, EntryState, Family};
use refmark_records::template;
use refmark_types::canonical::FreeJson;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::EntryId;

/// A new entry of the catalog.
#[derive(Debug, Clone)]
pub struct EntryRequest {
    /// The family.
    pub family: Family,
    /// The stable id.
    pub id: EntryId,
    /// Who answers for it; the author where nobody is named.
    pub owner: Option<String>,
    /// What the id means, in a sentence.
    pub meaning: String,
    /// What sort of entry it is.
    pub entry_kind: String,
    /// A JSON Schema of what names it, in the part that is read; null where there is none.
    pub schema: FreeJson,
    /// Its page in the documentation.
    pub docs: Option<String>,
    /// Its status page.
    pub status_page: Option<String>,
    /// How many days records that name it are kept.
    pub retention_days: Option<u64>,
    /// Whether its use is billed.
    pub billable: bool,
    /// For an artifact type: what may become of its artifacts.
    pub artifacts: ArtifactRules,
    /// For a notification template: its text.
    pub template: Option<String>,
}

/// Plans a new entry, active from the start.
pub fn catalog_entry(reader: StateReader<'_>, author: &Author, request: &EntryRequest) -> Result<Plan> {
    let EntryRequest { family, id, .. } = request;
    if reader.catalog(*family, id)?.is_some() {
        return Err(Error::new(Code::Exists, format!("{} {id} is in the catalog already", family.as_str()))
            .hint("the meaning of an id never changes: deprecate this one and add another"));
    }
    if !request.schema.0.is_null() {
        check_schema(&request.schema.0)?;
    }
    if *family != Family::ArtifactType && !request.artifacts.is_empty() {
        return Err(Error::new(Code::BadArgument, format!("{} {id} has no artifacts", family.as_str()))
            .hint("whether artifacts are trusted and promoted is said by their artifact-type"));
    }
    is_template(*family, request.template.as_deref())?;
    if request.meaning.trim().is_empty() {
        return Err(
            Error::new(Code::BadArgument, format!("{id} has no meaning")).hint("say in one sentence what the id means")
        );
    }
    let mut plan = Plan { subject: format!("catalog add {} {id}", family.as_str()), ..Plan::default() };
    plan.sign(CatalogEntry {
        family: *family,
        id: id.clone(),
        sequence: 1,
        state: EntryState::Active,
        owner: request.owner.clone().unwrap_or_else(|| author.by.to_string()),
        meaning: request.meaning.clone(),
        entry_kind: request.entry_kind.clone(),
        schema: request.schema.clone(),
        docs: request.docs.clone(),
        status_page: request.status_page.clone(),
        retention_days: request.retention_days,
        billable: request.billable,
        artifacts: request.artifacts.clone(),
        template: request.template.clone(),
        by: author.by.clone(),
        time: author.time,
        previous: None,
        base: author.base,
        path: String::new(),
        registry: author.registry,
    })?;
    Ok(plan)
}

/// Plans another state of an entry: deprecated, disabled, or active again.
pub fn catalog_state(
    reader: StateReader<'_>,
    author: &Author,
    family: Family,
    id: &EntryId,
    state: EntryState,
) -> Result<Plan> {
    let Some(now) = reader.catalog(family, id)? else { return Err(not_in_catalog(family, id)) };
    if now.state == state {
        return Err(Error::new(Code::NothingToDo, format!("{} {id} is {} already", family.as_str(), state.as_str())));
    }
    let mut plan = Plan { subject: format!("catalog {} {id}: {}", family.as_str(), state.as_str()), ..Plan::default() };
    plan.sign(CatalogEntry {
        sequence: now.sequence + 1,
        state,
        by: author.by.clone(),
        time: not_before(author, Some(now.time)),
        previous: Some(now.record.digest()),
        base: author.base,
        path: String::new(),
        ..(*now).clone()
    })?;
    Ok(plan)
}

/// What of an entry changes; what is not named stays. What an id means never changes.
#[derive(Debug, Clone, Default)]
pub struct EntryChange {
    /// Who answers for it.
    pub owner: Option<String>,
    /// A JSON Schema of what names it.
    pub schema: Option<FreeJson>,
    /// Its page in the documentation.
    pub docs: Option<String>,
    /// Its status page.
    pub status_page: Option<String>,
    /// How many days records that name it are kept.
    pub retention_days: Option<u64>,
    /// Whether its use is billed.
    pub billable: Option<bool>,
    /// For an artifact type: what may become of its artifacts.
    pub artifacts: Option<ArtifactRules>,
    /// For a notification template: its text.
    pub template: Option<String>,
}

/// Plans an entry's next version.
pub fn catalog_change(
    reader: StateReader<'_>,
    author: &Author,
    (family, id): (Family, &EntryId),
    change: &EntryChange,
) -> Result<Plan> {
    let Some(now) = reader.catalog(family, id)? else { return Err(not_in_catalog(family, id)) };
    if let Some(schema) = change.schema.as_ref().filter(|schema| !schema.0.is_null()) {
        check_schema(&schema.0)?;
    }
    let mut next = (*now).clone();
    change.owner.clone_into_some(&mut next.owner);
    change.schema.clone_into_some(&mut next.schema);
    change.billable.clone_into_some(&mut next.billable);
    change.artifacts.clone_into_some(&mut next.artifacts);
    next.docs = change.docs.clone().or(next.docs);
    next.status_page = change.status_page.clone().or(next.status_page);
    is_template(family, change.template.as_deref())?;
    next.template = change.template.clone().or(next.template);
    next.retention_days = change.retention_days.or(next.retention_days);
    if next == *now {
        return Err(Error::new(Code::NothingToDo, format!("{} {id} says that already", family.as_str())));
    }
    let mut plan = Plan { subject: format!("catalog change {} {id}", family.as_str()), ..Plan::default() };
    next.sequence += 1;
    next.by = author.by.clone();
    next.time = not_before(author, Some(now.time));
    next.previous = Some(now.record.digest());
    next.base = author.base;
    next.path = String::new();
    plan.sign(next)?;
    Ok(plan)
}

/// A template is one, and of a notification.
fn is_template(family: Family, template: Option<&str>) -> Result<()> {
    match template {
        None => Ok(()),
        Some(text) if family == Family::NotificationTemplate => template::check(text),
        Some(_) => Err(Error::new(Code::BadArgument, format!("a {} has no template", family.as_str()))
            .hint("events are rendered by entries of the family notification-template")),
    }
}

fn not_in_catalog(family: Family, id: &EntryId) -> Box<Error> {
    Error::new(Code::NotFound, format!("{} {id} is not in the catalog", family.as_str()))
        .hint(Hint::of("the known ones: ").then(Next::CatalogList { family: family.as_str().to_owned() }))
}

/// Sets something where a change names it.
trait CloneIntoSome<T> {
    fn clone_into_some(&self, into: &mut T);
}

impl<T: Clone> CloneIntoSome<T> for Option<T> {
    fn clone_into_some(&self, into: &mut T) {
        if let Some(value) = self {
            into.clone_from(value);
        }
    }
}
