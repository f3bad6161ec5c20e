//! `policy show|check|apply|sign`: the policy's text, what it means, and the next one.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::draft::Signatures;
use super::open::Registry;
use super::policy_text::PolicyText;
use super::view::View;
use super::writer::{Holder, Writer, policy_of};
use crate::judgement::effective::Effective;
use crate::judgement::plan;
use crate::judgement::policy::{Preset, Warning, changes, explain, preset_over, warnings};
use crate::records::catalog::{EntryState, Family};
use crate::records::layout::Place;
use crate::records::policy::{POLICY_LIMIT, Policy};
use crate::records::statement::Predicate;
use crate::words::digest::Digest;
use crate::words::fault::{Code, Fault, Result};
use crate::words::name::{EntryId, PrincipalId};
use crate::words::oid::Oid;
use crate::words::time::Timestamp;

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

/// What a text would allow if it were the policy.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyCheckAnswer {
    /// The number that it has, or would get.
    pub number: u64,
    /// What it allows, in sentences.
    pub sentences: Vec<String>,
    /// What of it can never work.
    pub warnings: Vec<Warning>,
    /// What it changes against the policy in force: sentences after `+`, `-` and `~`.
    pub changes: Vec<String>,
}

/// A policy that took effect, or a draft of one that collects signatures.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyApplyAnswer {
    /// Its number.
    pub number: u64,
    /// The commit in which it took effect; none for a draft.
    pub commit: Option<Oid>,
    /// The SHA-256 of its statement.
    pub statement: Digest,
    /// Who signed it so far, and whether that is enough.
    pub signatures: Signatures,
    /// The draft's record; its text lies beside it.
    pub draft: Option<PathBuf>,
    /// What it changes against the one before.
    pub changes: Vec<String>,
    /// What of it can never work, and did not stand in the one before.
    pub warnings: Vec<Warning>,
}

/// Where a policy's text comes from.
#[derive(Debug, Clone)]
pub enum PolicySource {
    /// A text that somebody wrote. Its number and registry are filled in.
    Text(String),
    /// A policy that refmark brings along, with the members of the one in force.
    Preset(Preset),
}

/// What the next policy is.
#[derive(Debug, Clone)]
pub struct PolicyRequest {
    /// Its text.
    pub source: PolicySource,
    /// Why.
    pub reason: String,
    /// Write a draft here in place of landing it, so that others can sign: the record, and beside it the text as `.toml`.
    pub out: Option<PathBuf>,
}

impl Registry {
    /// Policy n, or the one in force.
    pub fn policy_show(&self, view: &View<'_>, number: Option<u64>) -> Result<PolicyShowAnswer> {
        let facts = view.facts()?;
        let current = policy_of(facts)?.number;
        let number = number.unwrap_or(current);
        let text = match view.state()?.oid(&Place::PolicyText(number).path())? {
            Some(oid) => view.state()?.objects().bytes(oid, POLICY_LIMIT)?,
            None => Vec::new(),
        };
        let Some((policy, record)) = facts.policy(number)? else {
            return Err(Fault::new(Code::NotFound, format!("there is no policy {number}"))
                .hint(format!("policies are numbered from 1 to {current}")));
        };
        let reason = match record.predicate() {
            Predicate::Policy(it) => it.reason.clone(),
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
            warnings: self.warned(view, &policy)?,
        })
    }

    /// What a text would allow as the next policy; without one, what the policy in force allows.
    pub fn policy_check(&self, view: &View<'_>, text: Option<&str>) -> Result<PolicyCheckAnswer> {
        let before = policy_of(view.facts()?)?;
        let policy = match text {
            Some(text) => Policy::parse(&numbered(text, &before)?)?,
            None => (*before).clone(),
        };
        Ok(PolicyCheckAnswer {
            number: policy.number,
            sentences: explain(&policy),
            warnings: self.warned(view, &policy)?,
            changes: changes(&before, &policy),
        })
    }

    /// Numbers a text, signs it, and puts it into effect; or writes a draft that collects signatures.
    pub fn policy_apply(&self, writer: &Writer<'_>, request: &PolicyRequest) -> Result<PolicyApplyAnswer> {
        let make = |view: &View<'_>| -> Result<String> {
            let before = policy_of(view.facts()?)?;
            match &request.source {
                PolicySource::Text(text) => numbered(text, &before),
                PolicySource::Preset(preset) => preset_over(*preset, &before),
            }
        };
        self.next_policy(writer, &make, &request.reason, request.out.as_deref())
    }

    /// Makes policy n+1 of a text that is made from what stands now.
    pub(super) fn next_policy(
        &self,
        writer: &Writer<'_>,
        make: &dyn Fn(&View<'_>) -> Result<String>,
        reason: &str,
        out: Option<&Path>,
    ) -> Result<PolicyApplyAnswer> {
        let mut told = None;
        let mut plan = |view: &View<'_>, author: &plan::Author| {
            let before = policy_of(view.facts()?)?;
            let text = make(view)?;
            let policy = Policy::parse(&text)?;
            if text == renumbered(&self.text_of(view, before.number)?, &before, policy.number)? {
                return Err(Fault::new(Code::NothingToDo, format!("policy {} says that already", before.number)));
            }
            let old = self.warned(view, &before)?;
            let new = self.warned(view, &policy)?.into_iter().filter(|it| !old.contains(it)).collect();
            told = Some((policy.number, changes(&before, &policy), new));
            plan::policy(view.facts()?, author, &text, reason)
        };
        let (commit, statement, signatures, draft) = match out {
            Some(out) => {
                let (statement, signatures) = self.draft(writer, Holder::Policy, &mut plan, out)?;
                (None, statement, signatures, Some(out.to_owned()))
            }
            None => {
                let written = self.change_as(writer, Holder::Policy, plan)?;
                let record = written.records.iter().find(|(path, _)| path.ends_with(".json"));
                let statement =
                    record.map(|it| it.1).ok_or_else(|| crate::words::fault::bug("a policy without a record"))?;
                (Some(written.commit), statement, Signatures::complete(vec![written.by]), None)
            }
        };
        let (number, changes, warnings) =
            told.ok_or_else(|| crate::words::fault::bug("a policy that was not planned"))?;
        Ok(PolicyApplyAnswer { number, commit, statement, signatures, draft, changes, warnings })
    }

    pub(super) fn text_of(&self, view: &View<'_>, number: u64) -> Result<String> {
        let oid = view.state()?.oid(&Place::PolicyText(number).path())?;
        let oid = oid.ok_or_else(|| Fault::new(Code::NotFound, format!("the text of policy {number} is not here")))?;
        Ok(String::from_utf8_lossy(&view.state()?.objects().bytes(oid, POLICY_LIMIT)?).into_owned())
    }

    /// What of a policy can never work here, by this registry's root and catalog.
    pub(super) fn warned(&self, view: &View<'_>, policy: &Policy) -> Result<Vec<Warning>> {
        let facts = view.facts()?;
        let root = facts.newest_root()?;
        let known: Vec<EntryId> = facts
            .catalog_entries(Family::EvidenceType)?
            .iter()
            .filter(|it| it.state != EntryState::Disabled)
            .map(|it| it.id.clone())
            .collect();
        Ok(warnings(policy, root.as_deref(), Some(&known)))
    }
}

fn numbered(text: &str, before: &Policy) -> Result<String> {
    renumbered(text, before, before.number + 1)
}

fn renumbered(text: &str, before: &Policy, number: u64) -> Result<String> {
    if text.len() as u64 > POLICY_LIMIT {
        return Err(Fault::new(Code::TooLarge, format!("the policy has over {POLICY_LIMIT} bytes")));
    }
    let mut text = PolicyText::parse(text)?;
    text.number(before.registry, number)?;
    Ok(text.text())
}
