//! `members list|add|set|remove`: each a new signed policy, whose text keeps its comments.

use crate::govern::policy::PolicyApplyAnswer;
use crate::govern::policy_text::PolicyText;
use crate::registry::Governance;
use crate::registry::Governor;
use crate::view::View;
use refmark_engine::policy::TeamMember;
use refmark_query::answer::members::members;
pub use refmark_query::answer::members::{MemberRow, MembersAnswer};
use refmark_records::policy::{OWNER_ROLE, Owners, Policy};
use refmark_records::signature::PublicKey;
use refmark_store::key::read_public_keys;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{PrincipalId, Role};

/// One change of the members.
#[derive(Debug, Clone)]
pub enum MemberChange {
    /// Somebody joins.
    Add(TeamMember),
    /// Somebody leaves.
    Remove(PrincipalId),
    /// Somebody has these roles from now on.
    Roles(PrincipalId, Vec<Role>),
    /// Somebody has these keys from now on.
    Keys(PrincipalId, Vec<PublicKey>),
    /// These own the models of a pattern from now on; nobody where none is named.
    Own(Owners),
}

/// Changes of the members, all in one policy.
#[derive(Debug, Clone, Default)]
pub struct MembersRequest {
    /// The changes, in order.
    pub changes: Vec<MemberChange>,
    /// Why.
    pub reason: Option<String>,
    /// Write a draft here in place of landing it, where the policy needs several signatures.
    pub out: Option<std::path::PathBuf>,
}

/// The ed25519 keys of a text with one key a line: a `.pub` file, or the `.keys` page that a forge shows of an account.
/// The second value says which lines were passed over. An error with code `bad-key` where no line holds a usable key.
pub fn keys_of_text(text: &str) -> Result<(Vec<PublicKey>, Vec<String>)> {
    let (keys, passed_over) = read_public_keys(text);
    if keys.is_empty() {
        let mut error = Error::new(Code::BadKey, "no line of the text holds an ed25519 public key").hint(
            Hint::of("make an ed25519 key, which the forge's page of keys then shows: ")
                .then(Next::Run { command: "ssh-keygen -t ed25519".to_owned() }),
        );
        if !passed_over.is_empty() {
            error = error.field("passed_over", passed_over);
        }
        return Err(error);
    }
    Ok((keys, passed_over))
}

impl Governance<'_> {
    /// Everybody who may do anything, under the policy in force.
    pub fn members(&self, view: &View<'_>) -> Result<MembersAnswer> {
        members(view.facts()?)
    }
}

impl Governor<'_> {
    /// Changes the members: one new policy for all of it.
    pub fn members_change(&self, request: &MembersRequest) -> Result<PolicyApplyAnswer> {
        if request.changes.is_empty() {
            return Err(Error::new(Code::BadArgument, "no member was named"));
        }
        let reason = request.reason.clone().unwrap_or_else(|| said(&request.changes));
        let make = |view: &View<'_>| -> Result<String> {
            let before = view.facts()?.policy_in_force()?;
            let mut text = PolicyText::parse(&self.registry.text_of(view, before.number)?)?;
            text.number(before.registry, before.number + 1)?;
            for change in &request.changes {
                apply(&mut text, change, &before)?;
            }
            Ok(text.text())
        };
        self.next_policy(&make, &reason, request.out.as_deref())
    }
}

fn apply(text: &mut PolicyText, change: &MemberChange, before: &Policy) -> Result<()> {
    let known = |roles: &[Role]| match roles.iter().find(|role| !before.roles.contains_key(*role)) {
        Some(role) => {
            let have: Vec<&str> = before.roles.keys().map(Role::as_str).collect();
            Err(Error::new(Code::BadArgument, format!("policy {} has no role {role}", before.number)).hint(
                Hint::of(format!("its roles are {}; for those of a team: ", have.join(", ")))
                    .then(Next::PolicyApply { preset: Some("team".into()) }),
            ))
        }
        None => Ok(()),
    };
    let free =
        |id: &PrincipalId, keys: &[PublicKey]| {
            let taken = keys.iter().find_map(|key| before.member_of_key(&key.id()).filter(|(other, ..)| *other != id));
            match taken {
                Some((other, _, key)) => Err(Error::new(
                    Code::BadArgument,
                    format!("{} is a key of {other} already, and a key speaks for one member", key.id()),
                )),
                None if keys.is_empty() => Err(Error::new(Code::BadArgument, format!("no key of {id} was given"))
                    .hint("--public-key FILE or TEXT")),
                None => Ok(()),
            }
        };
    match change {
        MemberChange::Add(member) => {
            known(&member.roles)?;
            free(&member.id, &member.keys)?;
            text.add(member)
        }
        MemberChange::Remove(id) => text.remove(id),
        MemberChange::Roles(id, roles) => {
            known(roles)?;
            text.roles(id, roles)
        }
        MemberChange::Keys(id, keys) => {
            free(id, keys)?;
            text.keys(id, keys)
        }
        MemberChange::Own(owners) => {
            if let Some(stranger) = owners.members.iter().find(|id| !before.members.contains_key(*id)) {
                return Err(Error::new(
                    Code::NotFound,
                    format!("{stranger} is not a member, and could not own models"),
                )
                .hint(Hint::of("the members: ").then(Next::MembersList).say("; to add one: ").then(Next::MembersAdd)));
            }
            if !before.roles.keys().any(|role| role.as_str() == OWNER_ROLE) {
                return Err(Error::new(
                    Code::BadArgument,
                    format!("policy {} has no role {OWNER_ROLE}, so that owners could do nothing", before.number),
                )
                .hint(Hint::of("for the roles of a team: ").then(Next::PolicyApply { preset: Some("team".into()) })));
            }
            text.own(owners)
        }
    }
}

/// What happened, for whoever did not say why.
fn said(changes: &[MemberChange]) -> String {
    let one = |change: &MemberChange| match change {
        MemberChange::Add(it) => format!("{} joins", it.id),
        MemberChange::Remove(id) => format!("{id} leaves"),
        MemberChange::Roles(id, _) => format!("{id} has other roles"),
        MemberChange::Keys(id, _) => format!("{id} has other keys"),
        MemberChange::Own(owners) => {
            let who: Vec<&str> = owners.members.iter().map(PrincipalId::as_str).collect();
            let who = if who.is_empty() { "nobody".to_owned() } else { who.join(", ") };
            format!("{} belongs to {who}", owners.models.join(", "))
        }
    };
    changes.iter().map(one).collect::<Vec<_>>().join(", ")
}
