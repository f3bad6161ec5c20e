//! The texts that a policy starts from.

use refmark_records::policy::{Member, MemberKind, Owners, Policy};
use refmark_records::registry_id::RegistryId;
use refmark_records::root::FORMAT;
use refmark_records::signature::PublicKey;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{PrincipalId, Role};
use refmark_types::value::Value;

/// The team policy's text, with holes for the number, the registry, the members and the owners.
const TEAM: &str = include_str!("team.toml");

/// The one-person policy's text, with holes for the registry, the person and the key.
const ONE_PERSON: &str = include_str!("one-person.toml");

/// A policy that refmark brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// A team: roles, gates and approvals.
    Team,
}

impl Preset {
    /// The preset of this word. An error with code `bad-argument` where there is none.
    pub fn parse(text: &str) -> Result<Preset> {
        match text {
            "team" => Ok(Preset::Team),
            _ => Err(Error::new(Code::BadArgument, format!("`{}` is not a preset", text.escape_debug()))
                .hint("the presets are: team")),
        }
    }
}

/// A member as a template writes it.
#[derive(Debug, Clone)]
pub struct TeamMember {
    /// The id.
    pub id: PrincipalId,
    /// A person or an agent.
    pub kind: MemberKind,
    /// The name that people know.
    pub name: Option<String>,
    /// The roles.
    pub roles: Vec<Role>,
    /// The keys.
    pub keys: Vec<PublicKey>,
}

impl TeamMember {
    /// Whoever founds a team's registry: leads the platform and owns the models, until others do.
    pub fn founder(id: PrincipalId, key: PublicKey) -> Result<TeamMember> {
        let roles = vec![Role::parse("platform-lead")?, Role::parse("model-owner")?];
        Ok(TeamMember { id, kind: MemberKind::Person, name: None, roles, keys: vec![key] })
    }

    /// A member of a policy that is replaced. Roles that the team policy does not have become those that come nearest:
    /// who could do everything leads the platform and owns the models.
    fn kept(id: &PrincipalId, member: &Member, known: &[Role]) -> Result<TeamMember> {
        let mut roles: Vec<Role> = member.roles.iter().filter(|role| known.contains(role)).cloned().collect();
        if member.roles.iter().any(|role| role.as_str() == "owner") && member.kind == MemberKind::Person {
            for more in ["platform-lead", "model-owner"] {
                let more = Role::parse(more)?;
                if !roles.contains(&more) {
                    roles.push(more);
                }
            }
        }
        Ok(TeamMember {
            id: id.clone(),
            kind: member.kind,
            name: member.name.clone(),
            roles,
            keys: member.keys.clone(),
        })
    }

    /// The member's table, as TOML.
    pub fn table(&self) -> String {
        let kind = match self.kind {
            MemberKind::Person => "person",
            MemberKind::Agent => "agent",
        };
        let mut text = format!("[members.{}]\nkind = \"{kind}\"\n", quoted(self.id.as_str()));
        if let Some(name) = &self.name {
            text.push_str(&format!("name = {}\n", quoted(name)));
        }
        let roles: Vec<String> = self.roles.iter().map(|role| quoted(role.as_str())).collect();
        text.push_str(&format!("roles = [{}]\n", roles.join(", ")));
        let keys: Vec<String> = self.keys.iter().map(|key| quoted(&key.to_string())).collect();
        match keys.as_slice() {
            [one] => text.push_str(&format!("keys = [{one}]\n")),
            several => text.push_str(&format!("keys = [\n  {},\n]\n", several.join(",\n  "))),
        }
        text
    }
}

/// A text as a TOML string. JSON's escapes are TOML's.
pub(super) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// The team policy's text with these members. `owners` names who owns which models; the first member owns all of them
/// where it is empty.
pub fn team_policy(registry: RegistryId, number: u64, members: &[TeamMember], owners: &[Owners]) -> String {
    let all: Vec<Owners>;
    let owners = match (owners.is_empty(), members.first()) {
        (true, Some(first)) => {
            all = vec![Owners { name: None, models: vec!["*".to_owned()], members: vec![first.id.clone()] }];
            &all
        }
        _ => owners,
    };
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    let owners: String = owners
        .iter()
        .map(|owner| {
            let models = list(owner.models.iter().map(|model| quoted(model)).collect());
            let members = list(owner.members.iter().map(|member| quoted(member.as_str())).collect());
            let name = owner.name.iter().map(|name| format!("name = {}\n", quoted(name))).collect::<String>();
            format!("[[owners]]\n{name}models = {models}\nmembers = {members}\n\n")
        })
        .collect();
    let members: String = members.iter().map(|member| format!("{}\n", member.table())).collect();
    let fill = |text: &str| {
        text.replace("{number}", &number.to_string())
            .replace("{format}", &FORMAT.to_string())
            .replace("{registry}", &registry.to_string())
    };
    // What people wrote is put in last and never searched for holes.
    let (head, rest) = TEAM.split_once("{members}\n").unwrap_or((TEAM, ""));
    let (middle, tail) = rest.split_once("{owners}\n").unwrap_or((rest, ""));
    [fill(head), members, fill(middle), owners, fill(tail)].concat()
}

/// The policy of a registry with one person: any alias, any stage; trusted without a word is what is harmless.
pub fn one_person_policy(author: &crate::plan::Author, key: &PublicKey) -> String {
    let text = ONE_PERSON.replace("{format}", &FORMAT.to_string()).replace("{key}", &key.to_string());
    // An id has letters, digits and a few signs, and no hole.
    text.replace("{registry}", &author.registry.to_string()).replace("{by}", author.by.as_str())
}

/// The first policy of a team's registry: the team policy with its founder alone, who leads the platform and owns the
/// models until others join.
pub fn founding_policy(author: &crate::plan::Author, key: PublicKey) -> Result<String> {
    let founder = TeamMember::founder(author.by.clone(), key)?;
    Ok(team_policy(author.registry, 1, &[founder], &[]))
}

/// A preset for a registry that has grown: its members, owners and distrusted keys stay.
pub fn preset_over(preset: Preset, before: &Policy) -> Result<String> {
    let Preset::Team = preset;
    let bare = Policy::parse(&team_policy(before.registry, before.number + 1, &[], &[]))?;
    let known: Vec<Role> = bare.roles.keys().cloned().collect();
    let mut members = Vec::new();
    for (id, member) in &before.members {
        members.push(TeamMember::kept(id, member, &known)?);
    }
    // Whoever leads comes first: the first member owns what nobody else does.
    members.sort_by_key(|member| !member.roles.iter().any(|role| role.as_str() == "platform-lead"));
    let mut text = team_policy(before.registry, before.number + 1, &members, &before.owners);
    for distrust in &before.distrust {
        text.push_str(&format!(
            "\n[[distrust]]\nkey = {}\nsince = {}\nreason = {}\n",
            quoted(&distrust.key.to_string()),
            quoted(&distrust.since.to_string()),
            quoted(&distrust.reason)
        ));
    }
    Ok(text)
}
