//! `catalog list|show|add|deprecate|disable`: the stable ids that records may name.

use crate::registry::Reader;
use crate::registry::Writer;
use serde::Serialize;

use crate::view::View;
use crate::write::transaction::Written;
use refmark_engine::plan::{self, EntryChange, EntryRequest};
use refmark_engine::state_reader::StateReader;
pub use refmark_query::answer::catalog::{CatalogAnswer, Migration, Unfit};
use refmark_query::answer::catalog::{catalog, migration};
use refmark_records::catalog::{CatalogEntry, EntryState, Family};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::EntryId;
use refmark_types::oid::Oid;

/// An entry after a change.
#[derive(Debug, Clone, Serialize)]
pub struct EntryAnswer {
    /// The family.
    pub family: Family,
    /// The stable id.
    pub id: EntryId,
    /// The number of its text.
    pub sequence: u64,
    /// Whether it may be named.
    pub state: EntryState,
    /// What stands, held against a new schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<Migration>,
    /// The commit.
    pub commit: Oid,
}

/// A warning where an entry that is named should not be named any more.
pub(crate) fn deprecated(facts: StateReader<'_>, family: Family, id: &EntryId) -> Result<Option<String>> {
    let entry = facts.catalog(family, id)?.filter(|entry| entry.state == EntryState::Deprecated);
    Ok(entry.map(|entry| {
        let docs = entry.docs.as_ref().map(|docs| format!(": see {docs}")).unwrap_or_default();
        format!("{} {id} is deprecated in the catalog{docs}", family.as_str())
    }))
}

impl<'r> Reader<'r> {
    /// The entries of a family, or of all.
    pub fn catalog(&self, view: &View<'_>, family: Option<Family>) -> Result<CatalogAnswer> {
        catalog(view.facts()?, family)
    }

    /// One entry, as it stands.
    pub fn catalog_show(&self, view: &View<'_>, family: Family, id: &EntryId) -> Result<CatalogEntry> {
        match view.facts()?.catalog(family, id)? {
            Some(entry) => Ok((*entry).clone()),
            None => Err(Error::new(Code::NotFound, format!("{} {id} is not in the catalog", family.as_str())).hint(
                Hint::of("to see those that are: ").then(Next::CatalogList { family: family.as_str().to_owned() }),
            )),
        }
    }
}

impl<'r> Reader<'r> {
    /// The text of a notification template, and a warning where it is deprecated.
    ///
    /// # Errors
    ///
    /// `not-found` where there is none, `refused` where it is disabled, `bad-argument` where it has no text.
    pub fn notification_template(&self, view: &View<'_>, id: &EntryId) -> Result<(String, Option<String>)> {
        let family = Family::NotificationTemplate;
        let entry = self.catalog_show(view, family, id)?;
        let show = || Next::CatalogShow { family: family.as_str().to_owned(), id: id.to_string() };
        if entry.state == EntryState::Disabled {
            return Err(Error::new(Code::Refused, format!("notification-template {id} is disabled in the catalog"))
                .hint(Hint::of("what the catalog says of it: ").then(show())));
        }
        let Some(text) = entry.template else {
            return Err(Error::new(Code::BadArgument, format!("notification-template {id} has no text"))
                .hint(Hint::of("what the catalog says of it: ").then(show())));
        };
        Ok((text, deprecated(view.facts()?, family, id)?))
    }

    /// What stands, held against a schema that an entry is to have.
    pub fn catalog_migration(
        &self,
        view: &View<'_>,
        (family, id): (Family, &EntryId),
        change: &EntryChange,
    ) -> Result<Option<Migration>> {
        self.catalog_show(view, family, id)?;
        let schema = change.schema.as_ref().filter(|schema| !schema.0.is_null());
        schema.map(|schema| migration(view.facts()?, family, id, &schema.0)).transpose()
    }
}

impl Writer<'_> {
    /// Changes what an entry says, as its next numbered version; never what its id means. What stands is held against a new
    /// schema first.
    ///
    /// # Errors
    ///
    /// `refused` where something that stands is not as the new schema says, without `force`; its field `migration` tells what.
    pub fn catalog_change(
        &self,
        family: Family,
        id: &EntryId,
        change: &EntryChange,
        force: bool,
    ) -> Result<EntryAnswer> {
        let migration = self.registry.read().catalog_migration(&self.registry.view()?, (family, id), change)?;
        if let Some(unfit) = migration.as_ref().filter(|it| it.unfit > 0 && !force) {
            let first = unfit.examples.first().map(|it| format!(": {}, {}", it.version, it.why)).unwrap_or_default();
            let message = format!(
                "{} of {} that name {} {id} are not as the new schema says{first}",
                unfit.unfit,
                unfit.named,
                family.as_str()
            );
            return Err(Error::new(Code::Refused, message)
                .hint(
                    Hint::of("they stay as they are, and new ones must fit; to take it all the same: ")
                        .then(Next::With(Choice::Force)),
                )
                .field("migration", unfit));
        }
        let written =
            self.change_and_see(|view, author| plan::catalog_change(view.facts()?, author, (family, id), change))?;
        Ok(EntryAnswer { migration, ..self.entry(written, family, id)? })
    }

    /// Adds an entry.
    pub fn catalog_add(&self, request: &EntryRequest) -> Result<EntryAnswer> {
        let written = self.change_and_see(|view, author| plan::catalog_entry(view.facts()?, author, request))?;
        self.entry(written, request.family, &request.id)
    }

    /// Deprecates an entry, disables it, or lets it be named again. What names it already stays as it is.
    pub fn catalog_state(&self, family: Family, id: &EntryId, state: EntryState) -> Result<EntryAnswer> {
        let written =
            self.change_and_see(|view, author| plan::catalog_state(view.facts()?, author, family, id, state))?;
        self.entry(written, family, id)
    }

    fn entry(&self, (written, view): (Written, View<'_>), family: Family, id: &EntryId) -> Result<EntryAnswer> {
        let entry = self.registry.read().catalog_show(&view, family, id)?;
        Ok(EntryAnswer {
            family,
            id: entry.id,
            sequence: entry.sequence,
            state: entry.state,
            migration: None,
            commit: written.commit,
        })
    }
}
