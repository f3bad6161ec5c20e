//! `members`: who may do what.

use std::path::Path;

use refmark_core::engine::policy::TeamMember;
use refmark_core::records::policy::{MemberKind, Owners};
use refmark_core::records::signature::PublicKey;
use refmark_core::store::fs::input::read_text;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::{PrincipalId, Role};
use refmark_core::{MemberChange, MembersAnswer, MembersRequest, keys_of_text};
use serde::Serialize;

use super::propose;
use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::governing::{How, MembersAction, MembersArgs};
use crate::render::plain::Plain;
use crate::render::{Cell, Look, Page, Table};

/// The members.
#[derive(Serialize)]
#[serde(transparent)]
struct Members(MembersAnswer);

impl Render for Members {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new(["MEMBER", "NAME", "KIND", "ROLES"]);
        for it in &self.0.members {
            let kind = if it.kind == MemberKind::Agent { "agent" } else { "person" };
            let roles = it.roles.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            table.row([
                Cell::of(it.id.as_str(), Look::Bold),
                it.name.clone().unwrap_or_default().into(),
                kind.into(),
                roles.into(),
            ]);
        }
        page.table(table);
    }
}

/// Runs the command.
pub fn run(app: &App, args: &MembersArgs) -> Reply {
    match &args.action {
        MembersAction::List => {
            let registry = app.registry()?;
            let view = app.view(&registry)?;
            reply(Members(registry.govern().members(&view)?))
        }
        MembersAction::Add { ids, keys, roles, name, agent, how } => {
            let joining = Joining { keys, roles: parsed(roles)?, name: name.as_deref(), agent: *agent };
            change(app, joining.members(app, ids)?, how)
        }
        MembersAction::Remove { id, how } => change(app, vec![MemberChange::Remove(PrincipalId::parse(id)?)], how),
        MembersAction::Own { models, ids, name, how } => {
            let members = ids.iter().map(|id| PrincipalId::parse(id)).collect::<Result<Vec<_>>>()?;
            let owners = Owners { name: name.clone(), models: vec![models.clone()], members };
            change(app, vec![MemberChange::Own(owners)], how)
        }
        MembersAction::Set { id, roles, keys, how } => {
            let id = PrincipalId::parse(id)?;
            let mut changes = Vec::new();
            if !roles.is_empty() {
                changes.push(MemberChange::Roles(id.clone(), parsed(roles)?));
            }
            if !keys.is_empty() {
                changes.push(MemberChange::Keys(id, public_keys(app, keys)?));
            }
            change(app, changes, how)
        }
    }
}

/// What those who join have in common.
struct Joining<'a> {
    keys: &'a [String],
    roles: Vec<Role>,
    name: Option<&'a str>,
    agent: bool,
}

impl Joining<'_> {
    fn members(&self, app: &App, ids: &[String]) -> Result<Vec<MemberChange>> {
        if ids.len() > 1 && (!self.keys.is_empty() || self.name.is_some()) {
            return Err(Error::new(Code::BadArgument, "--public-key and --name are of one member")
                .hint("several at once: refmark members add bo=bo.keys chen=chen.keys --role ROLE"));
        }
        ids.iter().map(|it| self.member(app, it).map(MemberChange::Add)).collect()
    }

    fn member(&self, app: &App, text: &str) -> Result<TeamMember> {
        let (id, own) = match text.split_once('=') {
            Some((id, keys)) => (id, vec![keys.to_owned()]),
            None => (text, self.keys.to_vec()),
        };
        Ok(TeamMember {
            id: PrincipalId::parse(id)?,
            kind: if self.agent { MemberKind::Agent } else { MemberKind::Person },
            name: self.name.map(str::to_owned),
            roles: self.roles.clone(),
            keys: public_keys(app, &own)?,
        })
    }
}

fn parsed(roles: &[String]) -> Result<Vec<Role>> {
    roles.iter().map(|role| Role::parse(role)).collect()
}

/// The keys of texts and files; what is passed over, because it is no ed25519 key, is named.
pub(super) fn public_keys(app: &App, texts: &[String]) -> Result<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for text in texts {
        let content = if text.contains(' ') { text.clone() } else { read_text(Path::new(text))? };
        let (found, passed_over) = keys_of_text(&content)?;
        keys.extend(found);
        passed_over.iter().for_each(|it| app.note(&format!("passed over: {it}")));
    }
    Ok(keys)
}

fn change(app: &App, changes: Vec<MemberChange>, how: &How) -> Reply {
    let registry = app.registry()?;
    let request = MembersRequest { changes, reason: how.reason.clone(), out: how.out.clone() };
    propose::change(app, &registry, &how.proposal, |writer| {
        let value = writer.govern().members_change(&request)?;
        reply(Plain { title: format!("policy {}", value.number), value })
    })
}
