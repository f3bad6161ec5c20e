//! A policy's text, and what it means.

use serde::Serialize;

use crate::policy::{Warning, explain, warnings};
use refmark_engine::state_reader::StateReader;
use refmark_records::catalog::{EntryState, Family};
use refmark_records::layout::Place;
use refmark_records::policy::{POLICY_LIMIT, Policy};
use refmark_records::statement::Predicate;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{EntryId, PrincipalId};
use refmark_types::time::Timestamp;

/// A policy that took effect: its text, and what it means.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyShowAnswer {
    /// Its number.
    pub number: u64,
    /// Whether it is the one in force.
    pub current: bool,
    /// The text, as it was signed.
    pub text: String,
    /// The SHA-256 of its statement.
    pub statement: Digest,
    /// Who made it.
    pub by: PrincipalId,
    /// When, by the author's clock.
    pub time: Timestamp,
    /// Why it replaced the one before.
    pub reason: String,
    /// What it allows, in sentences.
    pub sentences: Vec<String>,
    /// What of it can never work.
    pub warnings: Vec<Warning>,
}

/// Policy n, or the one in force.
pub fn policy(reader: StateReader<'_>, number: Option<u64>) -> Result<PolicyShowAnswer> {
    let current = reader.policy_in_force()?.number;
    let number = number.unwrap_or(current);
    let text = match reader.0.oid(&Place::PolicyText(number).path())? {
        Some(oid) => reader.0.objects().bytes(oid, POLICY_LIMIT)?,
        None => Vec::new(),
    };
    let Some((policy, record)) = reader.policy(number)? else {
        return Err(Error::new(Code::NotFound, format!("there is no policy {number}"))
            .hint(format!("policies are numbered from 1 to {current}")));
    };
    let reason = match record.predicate() {
        Predicate::Policy(policy) => policy.reason.clone(),
        _ => String::new(),
    };
    Ok(PolicyShowAnswer {
        number,
        current: number == current,
        text: String::from_utf8_lossy(&text).into_owned(),
        statement: record.digest(),
        by: record.common().by.clone(),
        time: record.common().time,
        reason,
        sentences: explain(&policy),
        warnings: warned(reader, &policy)?,
    })
}

/// What of a policy can never work here, by this registry's root and catalog.
pub fn warned(reader: StateReader<'_>, policy: &Policy) -> Result<Vec<Warning>> {
    let root = reader.newest_root()?;
    let known: Vec<EntryId> = reader
        .catalog_entries(Family::EvidenceType)?
        .iter()
        .filter(|catalog_entry| catalog_entry.state != EntryState::Disabled)
        .map(|catalog_entry| catalog_entry.id.clone())
        .collect();
    Ok(warnings(policy, root.as_deref(), Some(&known)))
}
