//! Scopes: a role that is limited to some of the catalog's scopes allows nothing outside the models that they hold.

use std::collections::BTreeSet;

use super::Ruling;
use crate::state_reader::StateReader;
use refmark_records::policy::{Policy, Right};
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{EntryId, ModelName};

/// The models that a record is about. None where it is about the registry, or where nobody can tell.
pub(super) fn models_of(record: &Record, reader: StateReader<'_>) -> Result<BTreeSet<ModelName>> {
    Ok(match record.predicate() {
        Predicate::Version(it) => BTreeSet::from([it.model.clone()]),
        Predicate::About(it) => [Some(it.model.clone()), it.renamed_to.clone()].into_iter().flatten().collect(),
        Predicate::Label(it) => BTreeSet::from([it.model.clone()]),
        Predicate::Alias(it) => BTreeSet::from([it.model.clone()]),
        Predicate::Stage(it) => BTreeSet::from([it.model.clone()]),
        Predicate::Trust(it) => {
            let named = it.version.iter().map(|named| named.model.clone());
            named.chain(models_with(reader, &it.artifact)?).collect()
        }
        Predicate::Evidence(it) => models_with(reader, &it.artifact)?,
        Predicate::Consumer(it) => it.pins.iter().map(|pin| pin.model.clone()).collect(),
        _ => BTreeSet::new(),
    })
}

/// The models whose versions are an artifact, by what its trust moves name.
fn models_with(reader: StateReader<'_>, artifact: &ArtifactId) -> Result<BTreeSet<ModelName>> {
    let mut found = BTreeSet::new();
    for number in 1.. {
        let Some(moved) = reader.trust_move(artifact, number)? else { break };
        found.extend(moved.version.as_ref().map(|named| named.model.clone()));
    }
    Ok(found)
}

/// The author has one of these rights over every model that the record is about.
pub(super) fn reached(record: &Record, policy: &Policy, rights: &[Right], reader: StateReader<'_>) -> Result<Ruling> {
    let by = record.common().by;
    let Some(member) = policy.members.get(by) else { return Ok(Ruling::Ok) };
    let models = models_of(record, reader)?;
    let over: Vec<ModelName> = models.into_iter().collect();
    if rights.iter().any(|right| policy.has_right_over(member, *right, &over)) {
        return Ok(Ruling::Ok);
    }
    let words = rights.iter().map(|right| right.as_str()).collect::<Vec<_>>().join(" or ");
    let roles = member.roles.iter().filter_map(|role| policy.roles.get(role));
    let scopes: BTreeSet<&str> = roles.flat_map(|role| &role.scopes).map(EntryId::as_str).collect();
    let what = match over.as_slice() {
        [] => "the registry as a whole".to_owned(),
        models => models.iter().map(ModelName::as_str).collect::<Vec<_>>().join(", "),
    };
    let scopes = scopes.into_iter().collect::<Vec<_>>().join(", ");
    let message = format!("{by} has the right `{words}` in scope {scopes} only, which does not hold {what}");
    Ok(Ruling::Failed(
        Error::new(Code::Refused, message)
            .hint(Hint::of("which models a scope holds: ").then(Next::PolicyShow))
            .field("by", by)
            .field("right", words)
            .field("scope", scopes),
    ))
}

/// The scopes that a policy names are in the catalog, and not disabled.
pub(super) fn known(policy: &Policy, reader: StateReader<'_>) -> Result<Ruling> {
    for id in policy.scopes.keys() {
        if !reader.is_scope(id)? {
            let message = format!("the policy names scope {id}, which the catalog does not have, or has disabled");
            return Ok(Ruling::Failed(
                Error::new(Code::Refused, message)
                    .hint(Hint::of("the scopes: ").then(Next::CatalogList { family: "scope".to_owned() }))
                    .field("scope", id),
            ));
        }
    }
    Ok(Ruling::Ok)
}
