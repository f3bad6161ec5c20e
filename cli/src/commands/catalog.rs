//! `catalog`: stable ids that records name.

use refmark_core::engine::plan::{EntryChange, EntryRequest};
use refmark_core::records::catalog::{ArtifactRules, EntryState, Family};
use refmark_core::store::fs::input::read_json;
use refmark_core::types::canonical::FreeJson;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::EntryId;
use refmark_core::{CatalogAnswer, Registry};
use serde::Serialize;

use super::propose;
use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::evidence::{CatalogAction, CatalogArgs, EntrySays};
use crate::args::proposals::Proposal;
use crate::render::plain::Plain;
use crate::render::{Cell, Look, Page, Table};

/// The entries.
#[derive(Serialize)]
#[serde(transparent)]
struct Entries(CatalogAnswer);

impl Render for Entries {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new(["FAMILY", "ID", "STATE", "OWNER", "MEANING"]);
        for it in &self.0.entries {
            table.row([
                it.family.as_str().into(),
                Cell::of(it.id.as_str(), Look::Bold),
                it.state.as_str().into(),
                it.owner.to_string().into(),
                it.meaning.as_str().into(),
            ]);
        }
        page.table(table);
    }
}

/// Runs the command.
pub fn run(app: &App, args: &CatalogArgs) -> Reply {
    let registry = app.registry()?;
    match &args.action {
        CatalogAction::List { family: only } => {
            let only = only.as_deref().map(family).transpose()?;
            reply(Entries(registry.read().catalog(&app.view(&registry)?, only)?))
        }
        CatalogAction::Show { family: of, id } => {
            let value = registry.read().catalog_show(&app.view(&registry)?, family(of)?, &EntryId::parse(id)?)?;
            reply(Plain { title: String::new(), value })
        }
        CatalogAction::Add { family: of, id, meaning, kind, owner, schema, says, proposal } => {
            let schema = schema.as_deref().map(|path| read_json::<FreeJson>(path, "the schema")).transpose()?;
            let request = EntryRequest {
                family: family(of)?,
                id: EntryId::parse(id)?,
                owner: owner.clone(),
                meaning: meaning.clone(),
                entry_kind: kind.clone(),
                schema: schema.unwrap_or_default(),
                docs: says.docs.clone(),
                status_page: says.status_page.clone(),
                retention_days: says.retention_days,
                billable: says.billable.unwrap_or_default(),
                artifacts: artifacts(says)?.unwrap_or_default(),
                template: says.template.clone(),
            };
            propose::change(app, &registry, proposal, |writer| {
                reply(Plain { title: String::new(), value: writer.catalog_add(&request)? })
            })
        }
        CatalogAction::Change { family: of, id, owner, schema, says, dry_run, force, proposal } => {
            let (of, id) = (family(of)?, EntryId::parse(id)?);
            let change = EntryChange {
                owner: owner.clone(),
                schema: schema.as_deref().map(|path| read_json::<FreeJson>(path, "the schema")).transpose()?,
                docs: says.docs.clone(),
                status_page: says.status_page.clone(),
                retention_days: says.retention_days,
                billable: says.billable,
                artifacts: artifacts(says)?,
                template: says.template.clone(),
            };
            if *dry_run {
                let found = registry.read().catalog_migration(&app.view(&registry)?, (of, &id), &change)?;
                return reply(Plain { title: "what stands, held against the schema".to_owned(), value: found });
            }
            propose::change(app, &registry, proposal, |writer| {
                let value = writer.catalog_change(of, &id, &change, *force)?;
                reply(Plain { title: String::new(), value })
            })
        }
        CatalogAction::Deprecate { family, id, proposal } => {
            state(app, &registry, (family, id), EntryState::Deprecated, proposal)
        }
        CatalogAction::Disable { family, id, proposal } => {
            state(app, &registry, (family, id), EntryState::Disabled, proposal)
        }
        CatalogAction::Activate { family, id, proposal } => {
            state(app, &registry, (family, id), EntryState::Active, proposal)
        }
    }
}

/// What may become of the artifacts of a type; nothing where nothing is said.
fn artifacts(says: &EntrySays) -> Result<Option<ArtifactRules>> {
    let rules = ArtifactRules {
        never_trusted: says.never_trusted,
        never_promoted: says.never_promoted,
        evidence: says.needs.iter().map(|id| EntryId::parse(id)).collect::<Result<_>>()?,
    };
    Ok(Some(rules).filter(|rules| !rules.is_empty()))
}

fn state(app: &App, registry: &Registry, entry: (&str, &str), state: EntryState, proposal: &Proposal) -> Reply {
    let (of, id) = (family(entry.0)?, EntryId::parse(entry.1)?);
    propose::change(app, registry, proposal, |writer| {
        let value = writer.catalog_state(of, &id, state)?;
        reply(Plain { title: format!("{} {id} is {} now", of.as_str(), state.as_str()), value })
    })
}

fn family(text: &str) -> Result<Family> {
    Family::parse(text).ok_or_else(|| {
        let all = Family::ALL.into_iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
        Error::new(Code::BadArgument, format!("`{}` is not a family of the catalog", text.escape_debug()))
            .hint(format!("they are {all}"))
    })
}
