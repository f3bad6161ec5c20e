//! `members`: who may do what.

use std::path::Path;

use refmark_core::judgement::policy::TeamMember;
use refmark_core::records::policy::MemberKind;
use refmark_core::records::signature::PublicKey;
use refmark_core::registry::{MemberChange, MembersAnswer, MembersRequest, Writer, keys_of_text};
use refmark_core::words::fault::Result;
use refmark_core::words::name::{PrincipalId, Role};
use serde::Serialize;

use super::values::read_text;
use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::governing::{How, MembersAction, MembersArgs};
use crate::render::plain::Plain;
use crate::render::{Cell, Page, Table, bold};

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
                Cell::of(it.id.as_str(), bold),
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
            reply(Members(registry.members(&view)?))
        }
        MembersAction::Add { id, keys, roles, name, agent, how } => {
            let member = TeamMember {
                id: PrincipalId::parse(id)?,
                kind: if *agent { MemberKind::Agent } else { MemberKind::Person },
                name: name.clone(),
                roles: parsed(roles)?,
                keys: public_keys(keys)?,
            };
            change(app, MemberChange::Add(member), how)
        }
        MembersAction::Remove { id, how } => change(app, MemberChange::Remove(PrincipalId::parse(id)?), how),
        MembersAction::Roles { id, roles, how } => {
            change(app, MemberChange::Roles(PrincipalId::parse(id)?, parsed(roles)?), how)
        }
    }
}

fn parsed(roles: &[String]) -> Result<Vec<Role>> {
    roles.iter().map(|role| Role::parse(role)).collect()
}

pub(super) fn public_keys(texts: &[String]) -> Result<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for text in texts {
        let text = if text.contains(' ') { text.clone() } else { read_text(Path::new(text))? };
        keys.extend(keys_of_text(&text)?.0);
    }
    Ok(keys)
}

fn change(app: &App, change: MemberChange, how: &How) -> Reply {
    let registry = app.registry()?;
    let signer = app.signer(&registry)?;
    let request = MembersRequest { changes: vec![change], reason: how.reason.clone(), out: how.out.clone() };
    let value = registry.members_change(&Writer::new(&*signer), &request)?;
    reply(Plain { title: format!("policy {}", value.number), value })
}
