//! Roots and policies: what is signed by the keyholders of the root.

use super::{Author, Plan, not_before};
use crate::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::policy::{Policy, PolicyStatement};
use refmark_records::root::{FORMAT, Keyholder, Quorum, Root};
use refmark_records::signature::PublicKey;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::PrincipalId;

/// Plans policy n+1 of this text, which must carry that number and the registry's id.
pub fn policy(reader: StateReader<'_>, author: &Author, text: &str, reason: &str) -> Result<Plan> {
    let Some((before, statement)) = reader.newest_policy()? else {
        return Err(Error::new(Code::NotARegistry, "the registry has no policy in effect"));
    };
    let policy = Policy::parse(text)?;
    let number = before.number + 1;
    if (policy.number, policy.registry) != (number, author.registry) {
        return Err(Error::new(
            Code::BadArgument,
            format!(
                "the text says policy {} of registry {}, and policy {number} of {} is next",
                policy.number, policy.registry, author.registry
            ),
        ));
    }
    let mut plan = Plan { subject: format!("policy {number}"), body: reason.to_owned(), ..Plan::default() };
    plan.documents.push((Place::PolicyText(number), text.as_bytes().to_vec()));
    plan.sign(PolicyStatement {
        number,
        text: Digest::of(text.as_bytes()),
        reason: reason.to_owned(),
        by: author.by.clone(),
        time: not_before(author, Some(statement.common().time)),
        previous: Some(statement.digest()),
        base: author.base,
        path: String::new(),
        registry: author.registry,
    })?;
    Ok(plan)
}

/// Somebody who joins the root, or comes back with other keys.
#[derive(Debug, Clone)]
pub struct NewKeyholder {
    /// The principal.
    pub principal: PrincipalId,
    /// All its keys from now on.
    pub keys: Vec<PublicKey>,
}

/// What the next root changes; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct Rotation {
    /// Who joins, or has other keys from now on.
    pub add: Vec<NewKeyholder>,
    /// Who leaves.
    pub remove: Vec<PrincipalId>,
    /// How many must sign the next root.
    pub root_threshold: Option<u64>,
    /// How many must sign a policy.
    pub policy_threshold: Option<u64>,
    /// Who of those that join signs policies only, and no roots.
    pub policy_only: Vec<PrincipalId>,
    /// Why.
    pub reason: String,
}

/// Plans root n+1. It needs the old and the new threshold; one author's signature may not be enough.
pub fn rotate(reader: StateReader<'_>, author: &Author, rotation: &Rotation) -> Result<Plan> {
    let Some(now) = reader.newest_root()? else {
        return Err(Error::new(Code::NotARegistry, "the registry has no root in effect"));
    };
    let mut keyholders = now.keyholders.clone();
    for id in &rotation.remove {
        if !keyholders.iter().any(|keyholder| keyholder.principal == *id) {
            return Err(Error::new(Code::NotFound, format!("{id} holds no key of root {}", now.number))
                .hint(Hint::of("the keyholders: ").then(Next::TrustShow)));
        }
        keyholders.retain(|keyholder| keyholder.principal != *id);
    }
    for keyholder in &rotation.add {
        keyholders.retain(|have| have.principal != keyholder.principal);
        keyholders.push(Keyholder { principal: keyholder.principal.clone(), keys: keyholder.keys.clone() });
    }
    let quorum = |old: &Quorum, threshold: Option<u64>, policy: bool| {
        let mut principals: Vec<PrincipalId> =
            old.principals.iter().filter(|id| !rotation.remove.contains(id)).cloned().collect();
        for keyholder in &rotation.add {
            if !principals.contains(&keyholder.principal)
                && (policy || !rotation.policy_only.contains(&keyholder.principal))
            {
                principals.push(keyholder.principal.clone());
            }
        }
        Quorum { threshold: threshold.unwrap_or(old.threshold), principals }
    };
    let mut root = Root {
        number: now.number + 1,
        name: now.name.clone(),
        format: now.format.max(FORMAT),
        root: quorum(&now.root, rotation.root_threshold, false),
        policy: quorum(&now.policy, rotation.policy_threshold, true),
        keyholders,
        reason: rotation.reason.clone(),
        by: author.by.clone(),
        time: not_before(author, Some(now.time)),
        previous: Some(now.record.digest()),
        base: author.base,
        path: String::new(),
        registry: author.registry,
    };
    // A key that no quorum asks for would speak for nothing.
    let asked: Vec<PrincipalId> = root.root.principals.iter().chain(&root.policy.principals).cloned().collect();
    root.keyholders.retain(|keyholder| asked.contains(&keyholder.principal));
    if (&root.root, &root.policy, &root.keyholders) == (&now.root, &now.policy, &now.keyholders) {
        return Err(Error::new(Code::NothingToDo, format!("root {} says that already", now.number)));
    }
    if let Some(rule) = root.broken_rule() {
        return Err(Error::new(Code::BadArgument, format!("root {} would break a rule: {rule}", root.number))
            .hint("a threshold counts principals: give one that the quorum can reach"));
    }
    let mut plan =
        Plan { subject: format!("trust root {}", root.number), body: rotation.reason.clone(), ..Plan::default() };
    plan.sign(root)?;
    Ok(plan)
}
