//! Moving an alias: promote, rollback, unset.

use super::transition::{StageRequest, stage};
use super::{Author, Plan, not_before, target};
use crate::state_reader::{StateReader, TypedRecord};
use refmark_records::alias::{AliasMove, Target};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{AliasName, ModelName};

/// Move an alias to a version.
#[derive(Debug, Clone)]
pub struct PromoteRequest {
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: AliasName,
    /// The version that it shall hold.
    pub version: u64,
    /// Why.
    pub reason: String,
    /// What the alias must hold now (`Some(None)`: nothing).
    pub expect: Option<Option<u64>>,
    /// The statements of the evidence that the move rests on.
    pub evidence: Vec<Digest>,
}

/// Plans the move, and the stage move that the alias's class asks for where one is allowed.
pub fn promote(reader: StateReader<'_>, author: &Author, request: &PromoteRequest) -> Result<Plan> {
    let PromoteRequest { model, alias, version, .. } = request;
    let to = target(reader, model, *version)?;
    let now = reader.alias(model, alias)?;
    let held = now.as_ref().and_then(|now| now.to);
    check_expectation(request, now.as_ref())?;
    let confirms = now.as_ref().is_some_and(|now| author.is_tainted(now.record.common().path));
    if held == Some(to) && !confirms {
        return Err(Error::new(Code::NothingToDo, format!("{model}@{alias} holds {version} already"))
            .field("sequence", now.map(|now| now.sequence)));
    }
    let from = held.map_or_else(|| "(none)".to_owned(), |held| held.version.to_string());
    let mut plan = Plan {
        subject: format!("promote {model}@{alias}: {from} → {version}"),
        body: request.reason.clone(),
        ..Plan::default()
    };
    if let Some(stage) = missing_stage(reader, author, request)? {
        plan.absorb(stage);
    }
    plan.sign(next_move(author, request, now.as_ref(), Some(to)))?;
    plan.concerns(to.artifact);
    Ok(plan)
}

/// The stage move without which the alias could not hold the version, where the policy has a rule for it.
fn missing_stage(reader: StateReader<'_>, author: &Author, request: &PromoteRequest) -> Result<Option<Plan>> {
    let Some((policy, _)) = reader.newest_policy()? else { return Ok(None) };
    let Some(rule) = policy.alias_rule(&request.model, &request.alias) else { return Ok(None) };
    let (have, _) = reader.stage(&request.model, request.version)?;
    if rule.stage.is_empty() || rule.stage.contains(&have) {
        return Ok(None);
    }
    let Some(wanted) = rule.stage.iter().find(|to| policy.stage_rule(&request.model, have, **to).is_some()) else {
        return Ok(None);
    };
    let request = StageRequest {
        model: request.model.clone(),
        version: request.version,
        to: *wanted,
        reason: request.reason.clone(),
        replacement: None,
        sunset: None,
        evidence: request.evidence.clone(),
    };
    stage(reader, author, &request).map(Some)
}

fn check_expectation(request: &PromoteRequest, now: Option<&TypedRecord<AliasMove>>) -> Result<()> {
    let held = now.and_then(|now| now.to).map(|now| now.version);
    match request.expect {
        Some(expected) if expected != held => Err(alias_moved(request, expected, now)),
        _ => Ok(()),
    }
}

/// The alias is not where somebody thought that it was: by whom it moved, when, from what to what.
pub fn alias_moved(
    request: &PromoteRequest,
    expected: Option<u64>,
    now: Option<&TypedRecord<AliasMove>>,
) -> Box<Error> {
    let word = |version: Option<u64>| version.map_or_else(|| "nothing".to_owned(), |number| number.to_string());
    let held = now.and_then(|now| now.to).map(|now| now.version);
    let name = format!("{}@{}", request.model, request.alias);
    let who = now.map_or_else(String::new, |now| format!(": {} moved it at {}", now.by, now.time));
    let mut error =
        Error::new(Code::AliasMoved, format!("{name} holds {}, and {} was expected{who}", word(held), word(expected)))
            .hint(
                Hint::from(Next::Explain { reference: Some(name.clone()) })
                    .say(format!(" says why; to move it all the same, expect {}", word(held))),
            )
            .field("expected", expected)
            .field("found", held);
    if let Some(now) = now {
        error = error
            .field("by", &now.by)
            .field("time", now.time)
            .field("sequence", now.sequence)
            .field("from", now.from)
            .field("to", now.to)
            .field("reason", &now.reason);
    }
    error
}

pub(super) fn next_move(
    author: &Author,
    request: &PromoteRequest,
    now: Option<&TypedRecord<AliasMove>>,
    to: Option<Target>,
) -> AliasMove {
    AliasMove {
        model: request.model.clone(),
        alias: request.alias.clone(),
        sequence: now.map_or(1, |now| now.sequence + 1),
        from: now.and_then(|now| now.to),
        to,
        reason: request.reason.clone(),
        by: author.by.clone(),
        time: not_before(author, now.map(|now| now.time)),
        evidence: request.evidence.clone(),
        bytes_present: to.is_some_and(|to| author.holds.contains(&to.artifact)),
        previous: now.map(|now| now.record.digest()),
        base: author.base,
        path: String::new(),
        registry: author.registry,
    }
}

/// Move an alias back to what it held before.
#[derive(Debug, Clone)]
pub struct RollbackRequest {
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: AliasName,
    /// The version to go back to; what it held last, where none is named.
    pub to: Option<u64>,
    /// Why.
    pub reason: String,
}

/// The version that a rollback goes back to: the newest that the alias held before, that is another one, and that it may
/// still hold; where it may hold none of them, the newest.
pub fn rollback_to(reader: StateReader<'_>, request: &RollbackRequest) -> Result<u64> {
    let RollbackRequest { model, alias, .. } = request;
    let name = format!("{model}@{alias}");
    let now = reader.alias(model, alias)?;
    let Some(now) = now else {
        return Err(Error::new(Code::NotFound, format!("there is no alias {name}")).field("alias", &name));
    };
    let held = now.to.map(|to| to.version);
    if let Some(version) = request.to {
        return Ok(version);
    }
    let mut found = None;
    for sequence in (1..now.sequence).rev() {
        let before = reader.alias_move(model, alias, sequence)?.and_then(|alias_move| alias_move.to);
        let Some(before) = before.filter(|before| Some(before.version) != held) else { continue };
        found = found.or(Some(before.version));
        if may_hold(reader, model, alias, before)? {
            found = Some(before.version);
            break;
        }
    }
    found.ok_or_else(|| {
        Error::new(Code::NothingToDo, format!("{name} never held another version")).hint(
            Hint::of("to move it: ")
                .then(Next::Promote { alias: name.clone(), version: None })
                .say("; to close it: ")
                .then(Next::Unset { alias: name.clone() }),
        )
    })
}

/// Plans the way back.
pub fn rollback(reader: StateReader<'_>, author: &Author, request: &RollbackRequest) -> Result<Plan> {
    let RollbackRequest { model, alias, .. } = request;
    let version = rollback_to(reader, request)?;
    let reason = if request.reason.is_empty() { format!("rollback to {version}") } else { request.reason.clone() };
    let promote_request = PromoteRequest {
        model: model.clone(),
        alias: alias.clone(),
        version,
        reason,
        expect: None,
        evidence: Vec::new(),
    };
    let mut plan = promote(reader, author, &promote_request)?;
    plan.subject = plan.subject.replacen("promote", "rollback", 1);
    Ok(plan)
}

/// Whether a version is in a trust state and a stage that the alias's rule allows.
fn may_hold(reader: StateReader<'_>, model: &ModelName, alias: &AliasName, target: Target) -> Result<bool> {
    let Some((policy, _)) = reader.newest_policy()? else { return Ok(false) };
    let Some(rule) = policy.alias_rule(model, alias) else { return Ok(false) };
    let trust = reader.trust(&target.artifact)?.0;
    let trusted = if rule.trust.is_empty() { trust == TrustState::Trusted } else { rule.trust.contains(&trust) };
    let stage = reader.stage(model, target.version)?.0;
    let fits = rule.stage.is_empty() || rule.stage.contains(&stage);
    // Whoever goes back alone may go back to what was retired since.
    Ok(trusted && (fits || (rule.rollback.is_some() && stage == Stage::Retired)))
}

/// Close an alias.
#[derive(Debug, Clone)]
pub struct UnsetRequest {
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: AliasName,
    /// Why.
    pub reason: String,
}

/// Plans the move to nothing.
pub fn unset(reader: StateReader<'_>, author: &Author, request: &UnsetRequest) -> Result<Plan> {
    let UnsetRequest { model, alias, reason } = request;
    let now = reader.alias(model, alias)?.filter(|now| now.to.is_some());
    let Some(now) = now else {
        return Err(Error::new(Code::NotFound, format!("{model}@{alias} holds nothing")));
    };
    let from = now.to.map_or(0, |to| to.version);
    let mut plan =
        Plan { subject: format!("unset {model}@{alias}: {from} → (none)"), body: reason.clone(), ..Plan::default() };
    let request = PromoteRequest {
        model: model.clone(),
        alias: alias.clone(),
        version: from,
        reason: reason.clone(),
        expect: None,
        evidence: Vec::new(),
    };
    if let Some(held) = now.to {
        plan.concerns(held.artifact);
    }
    plan.sign(next_move(author, &request, Some(&now), None))?;
    Ok(plan)
}
