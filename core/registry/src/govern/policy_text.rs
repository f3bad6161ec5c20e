//! Changes to a policy's text that keep every comment and the order of its lines.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

use refmark_engine::policy::TeamMember;
use refmark_records::policy::{Distrust, Owners};
use refmark_records::registry_id::RegistryId;
use refmark_records::root::FORMAT;
use refmark_records::signature::PublicKey;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{PrincipalId, Role};
use refmark_types::nesting::too_deep;

/// A policy's text, to be changed.
pub(crate) struct PolicyText(DocumentMut);

impl PolicyText {
    /// Reads a text as TOML; what the policy means is judged later.
    pub(crate) fn parse(text: &str) -> Result<PolicyText> {
        if let Some(at) = too_deep(text) {
            let line = text[..at].matches('\n').count() + 1;
            let message = format!("the policy cannot be read: line {line}: nested too deep");
            return Err(Error::new(Code::BadRecord, message).field("line", line));
        }
        let document = text.parse::<DocumentMut>().map_err(|error| {
            let line = error.span().map(|it| text[..it.start.min(text.len())].matches('\n').count() + 1);
            let at = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            Error::new(Code::BadRecord, format!("the policy cannot be read: {at}{}", error.message()))
                .field("line", line)
        })?;
        Ok(PolicyText(document))
    }

    /// The whole text.
    pub(crate) fn text(&self) -> String {
        self.0.to_string()
    }

    /// Makes it policy `number` of this registry. A text that names another registry is refused.
    pub(crate) fn number(&mut self, registry: RegistryId, number: u64) -> Result<()> {
        if let Some(named) = self.0.get("registry").and_then(Item::as_str)
            && named != registry.to_string()
        {
            return Err(Error::new(
                Code::WrongRegistry,
                format!("the policy is for registry {named}, and this is {registry}"),
            )
            .hint("take the line `registry = …` out if it is meant for this one"));
        }
        let set = |document: &mut DocumentMut, key: &str, new: Value| match document
            .get_mut(key)
            .and_then(Item::as_value_mut)
        {
            Some(old) => {
                let decor = old.decor().clone();
                *old = new;
                *old.decor_mut() = decor;
            }
            None => drop(document.insert(key, value(new))),
        };
        if self.0.get("format").is_none() {
            set(&mut self.0, "format", Value::from(FORMAT as i64));
        }
        set(&mut self.0, "registry", Value::from(registry.to_string()));
        set(&mut self.0, "number", Value::from(number as i64));
        Ok(())
    }

    fn members(&mut self) -> Result<&mut Table> {
        let item = self.0.entry("members").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        item.as_table_mut().ok_or_else(|| by_hand("members"))
    }

    fn member(&mut self, id: &PrincipalId) -> Result<&mut Table> {
        match self.members()?.get_mut(id.as_str()) {
            Some(item) => item.as_table_mut().ok_or_else(|| by_hand(id.as_str())),
            None => Err(no_member(id)),
        }
    }

    /// Adds a member behind the last one.
    pub(crate) fn add(&mut self, member: &TeamMember) -> Result<()> {
        let parsed: DocumentMut = member.table().parse().map_err(refmark_types::error::bug)?;
        let new = parsed.get("members").and_then(|it| it.get(member.id.as_str())).and_then(Item::as_table);
        let mut table = new.cloned().ok_or_else(|| refmark_types::error::bug("a member without a table"))?;
        table.set_position(None);
        table.decor_mut().set_prefix("\n");
        let members = self.members()?;
        if members.contains_key(member.id.as_str()) {
            return Err(Error::new(Code::Exists, format!("{} is a member already", member.id))
                .hint(Hint::of("change what is there: ").then(Next::MembersSet { id: member.id.to_string() })));
        }
        members.insert(member.id.as_str(), Item::Table(table));
        Ok(())
    }

    /// Takes a member away, and out of every list of owners.
    pub(crate) fn remove(&mut self, id: &PrincipalId) -> Result<()> {
        let Some(gone) = self.members()?.remove(id.as_str()) else { return Err(no_member(id)) };
        if let Some(gone) = gone.as_table() {
            self.keep_heading(gone)?;
        }
        let Some(owners) = self.0.get_mut("owners").and_then(Item::as_array_of_tables_mut) else { return Ok(()) };
        for it in owners.iter_mut() {
            if let Some(list) = it.get_mut("members").and_then(Item::as_array_mut) {
                list.retain(|one| one.as_str() != Some(id.as_str()));
            }
        }
        Ok(())
    }

    /// What stands above a member and an empty line is no word on the member: it goes to the member that follows.
    fn keep_heading(&mut self, gone: &Table) -> Result<()> {
        let above = gone.decor().prefix().and_then(|it| it.as_str()).unwrap_or_default();
        let Some((heading, _)) = above.rsplit_once("\n\n").filter(|(heading, _)| heading.contains('#')) else {
            return Ok(());
        };
        let next = self
            .members()?
            .iter_mut()
            .filter_map(|(_, item)| item.as_table_mut())
            .filter(|table| table.position() > gone.position())
            .min_by_key(|table| table.position());
        if let Some(next) = next {
            let own = next.decor().prefix().and_then(|it| it.as_str()).unwrap_or_default().to_owned();
            next.decor_mut().set_prefix(format!("{heading}\n{own}"));
        }
        Ok(())
    }

    /// Gives a member exactly these roles.
    pub(crate) fn roles(&mut self, id: &PrincipalId, roles: &[Role]) -> Result<()> {
        let list: Array = roles.iter().map(|role| role.as_str()).collect();
        self.member(id)?.insert("roles", value(list));
        Ok(())
    }

    /// Gives a member exactly these keys.
    pub(crate) fn keys(&mut self, id: &PrincipalId, keys: &[PublicKey]) -> Result<()> {
        let list: Array = keys.iter().map(ToString::to_string).collect();
        self.member(id)?.insert("keys", value(list));
        Ok(())
    }

    /// Says who owns the models of a pattern: in place of what stands there of the same patterns, or behind the rest.
    pub(crate) fn own(&mut self, owners: &Owners) -> Result<()> {
        let item = self.0.entry("owners").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        let list = item.as_array_of_tables_mut().ok_or_else(|| by_hand("owners"))?;
        let same = |table: &Table| {
            let models = table.get("models").and_then(Item::as_array);
            models.is_some_and(|models| {
                models.iter().map(Value::as_str).eq(owners.models.iter().map(|it| Some(it.as_str())))
            })
        };
        let at = list.iter().position(same);
        if owners.members.is_empty() {
            let Some(at) = at else {
                return Err(Error::new(
                    Code::NothingToDo,
                    format!("nobody owns {} by that pattern", owners.models.join(", ")),
                ));
            };
            list.remove(at);
            return Ok(());
        }
        let members: Array = owners.members.iter().map(PrincipalId::as_str).collect();
        let name = |table: &mut Table| {
            if let Some(name) = &owners.name {
                table.insert("name", value(name.as_str()));
            }
        };
        if let Some(table) = at.and_then(|at| list.get_mut(at)) {
            table.insert("members", value(members));
            name(table);
            return Ok(());
        }
        let mut table = Table::new();
        name(&mut table);
        table.insert("models", value(owners.models.iter().map(String::as_str).collect::<Array>()));
        table.insert("members", value(members));
        table.decor_mut().set_prefix("\n");
        list.push(table);
        Ok(())
    }

    /// Distrusts a key.
    pub(crate) fn distrust(&mut self, it: &Distrust) -> Result<()> {
        let item = self.0.entry("distrust").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        let list = item.as_array_of_tables_mut().ok_or_else(|| by_hand("distrust"))?;
        let mut table = Table::new();
        table.insert("key", value(it.key.to_string()));
        table.insert("since", value(it.since.to_string()));
        table.insert("reason", value(it.reason.as_str()));
        table.decor_mut().set_prefix("\n");
        list.push(table);
        Ok(())
    }
}

fn no_member(id: &PrincipalId) -> Box<Error> {
    Error::new(Code::NotFound, format!("{id} is not a member"))
        .hint(Hint::of("to see the members: ").then(Next::MembersList))
}

fn by_hand(what: &str) -> Box<Error> {
    Error::new(Code::Unsupported, format!("`{what}` of the policy is not written as tables"))
        .hint(Hint::of("change the text by hand, and sign it: ").then(Next::PolicyApply { preset: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stories::team::{id, members};
    use crate::tests::key;
    use refmark_engine::policy::team_policy;
    use refmark_engine::ports::signer::Signer;
    use refmark_records::policy::{MemberKind, Policy};

    #[test]
    fn every_comment_outlives_a_change_of_members() {
        let registry = RegistryId::from_bytes([7; 16]);
        let before = team_policy(registry, 1, &members(), &[])
            .replace("[members.\"bo\"]", "# Bo is in Berlin.\n[members.\"bo\"]");
        let mut text = PolicyText::parse(&before).unwrap();
        text.number(registry, 2).unwrap();
        text.roles(&id("nora"), &[Role::parse("mlops-engineer").unwrap()]).unwrap();
        text.remove(&id("ada")).unwrap();
        let new = TeamMember {
            id: id("dana@example.com"),
            kind: MemberKind::Person,
            name: Some("Dana \"D\" \u{202e}".to_owned()),
            roles: vec![Role::parse("auditor").unwrap()],
            keys: vec![key(40).public(), key(41).public()],
        };
        text.add(&new).unwrap();
        let after = text.text();
        for line in before.lines().filter(|line| line.trim_start().starts_with('#')) {
            assert!(after.contains(line), "{line}");
        }
        let policy = Policy::parse(&after).unwrap();
        assert_eq!((policy.number, policy.members.len()), (2, 7));
        assert_eq!(policy.members[&id("dana@example.com")].keys.len(), 2);
        assert!(policy.owners[0].members.is_empty(), "who left owns nothing");
        let dana = after.find("dana@example.com").unwrap();
        assert!(
            after.find("[members.\"audit\"]").unwrap() < dana && dana < after.find("[roles.data-scientist]").unwrap()
        );
        assert_eq!(text.add(&new).unwrap_err().code, Code::Exists);
        assert_eq!(text.remove(&id("zoe")).unwrap_err().code, Code::NotFound);
    }

    #[test]
    fn a_text_without_a_head_gets_one_and_another_registrys_is_refused() {
        let registry = RegistryId::from_bytes([7; 16]);
        let mut text = PolicyText::parse("# mine\n[roles.owner] # all of it\nmay = []\n").unwrap();
        text.number(registry, 5).unwrap();
        let policy = Policy::parse(&text.text()).unwrap();
        assert_eq!((policy.number, policy.registry), (5, registry));
        assert!(text.text().contains("# all of it"));
        let mut other = PolicyText::parse(&team_policy(RegistryId::from_bytes([8; 16]), 1, &[], &[])).unwrap();
        assert_eq!(other.number(registry, 2).unwrap_err().code, Code::WrongRegistry);
        assert!(PolicyText::parse("a = [").is_err());
    }
}
