//! `policy show|check|apply|sign`: the policy's text, what it means, and the next one.

use crate::registry::Governance;
use crate::registry::Governor;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::govern::draft::Signatures;
use crate::govern::policy_text::PolicyText;
use crate::registry::Registry;
use crate::view::View;
use crate::write::transaction::Holder;
use refmark_engine::effective::Effective;
use refmark_engine::plan;
use refmark_engine::policy::{Preset, preset_over};
pub use refmark_query::answer::policy::PolicyShowAnswer;
use refmark_query::answer::policy::{policy, warned};
use refmark_query::policy::{AliasClass, Warning, alias_classes, changes, explain};
use refmark_records::layout::Place;
use refmark_records::policy::{POLICY_LIMIT, Policy};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::ModelName;
use refmark_types::oid::Oid;

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
    /// In which class the usual names of aliases fall.
    pub aliases: Vec<AliasClass>,
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

impl Governance<'_> {
    /// Policy n, or the one in force.
    pub fn policy_show(&self, view: &View<'_>, number: Option<u64>) -> Result<PolicyShowAnswer> {
        policy(view.facts()?, number)
    }

    /// What a text would allow as the next policy; without one, what the policy in force allows.
    pub fn policy_check(&self, view: &View<'_>, text: Option<&str>) -> Result<PolicyCheckAnswer> {
        let before = view.facts()?.policy_in_force()?;
        let policy = match text {
            Some(text) => Policy::parse(&numbered(text, &before)?)?,
            None => (*before).clone(),
        };
        Ok(PolicyCheckAnswer {
            number: policy.number,
            sentences: explain(&policy),
            warnings: warned(view.facts()?, &policy)?,
            changes: changes(&before, &policy),
            aliases: alias_classes(&policy, &ModelName::parse("any-model")?),
        })
    }
}

impl Governor<'_> {
    /// Numbers a text, signs it, and puts it into effect; or writes a draft that collects signatures.
    pub fn policy_apply(&self, request: &PolicyRequest) -> Result<PolicyApplyAnswer> {
        let make = |view: &View<'_>| -> Result<String> {
            let before = view.facts()?.policy_in_force()?;
            match &request.source {
                PolicySource::Text(text) => numbered(text, &before),
                PolicySource::Preset(preset) => preset_over(*preset, &before),
            }
        };
        self.next_policy(&make, &request.reason, request.out.as_deref())
    }

    /// Makes policy n+1 of a text that is made from what stands now.
    pub(crate) fn next_policy(
        &self,
        make: &dyn Fn(&View<'_>) -> Result<String>,
        reason: &str,
        out: Option<&Path>,
    ) -> Result<PolicyApplyAnswer> {
        let mut told = None;
        let mut plan = |view: &View<'_>, author: &plan::Author| {
            let before = view.facts()?.policy_in_force()?;
            let text = make(view)?;
            let policy = Policy::parse(&text)?;
            if text == renumbered(&self.registry.text_of(view, before.number)?, &before, policy.number)? {
                return Err(Error::new(Code::NothingToDo, format!("policy {} says that already", before.number)));
            }
            let old = warned(view.facts()?, &before)?;
            let new = warned(view.facts()?, &policy)?.into_iter().filter(|it| !old.contains(it)).collect();
            told = Some((policy.number, changes(&before, &policy), new));
            plan::policy(view.facts()?, author, &text, reason)
        };
        let (commit, statement, signatures, draft) = match out {
            Some(out) => {
                let (statement, signatures) = self.draft(Holder::Policy, &mut plan, out)?;
                (None, statement, signatures, Some(out.to_owned()))
            }
            None => {
                let written = self.writer().change_as(Holder::Policy, plan)?;
                let record = written.records.iter().find(|(path, _)| path.ends_with(".json"));
                let statement =
                    record.map(|it| it.1).ok_or_else(|| refmark_types::error::bug("a policy without a record"))?;
                (Some(written.commit), statement, Signatures::complete(vec![written.by]), None)
            }
        };
        let (number, changes, warnings) =
            told.ok_or_else(|| refmark_types::error::bug("a policy that was not planned"))?;
        Ok(PolicyApplyAnswer { number, commit, statement, signatures, draft, changes, warnings })
    }
}

impl Registry {
    pub(crate) fn text_of(&self, view: &View<'_>, number: u64) -> Result<String> {
        let oid = view.state()?.oid(&Place::PolicyText(number).path())?;
        let oid = oid.ok_or_else(|| Error::new(Code::NotFound, format!("the text of policy {number} is not here")))?;
        Ok(String::from_utf8_lossy(&view.state()?.objects().bytes(oid, POLICY_LIMIT)?).into_owned())
    }
}

/// A text that somebody wrote, as the next policy. What is wrong with it is an argument's error and nobody's tampering; and
/// one without members, such as an empty file, would leave everybody outside.
fn numbered(text: &str, before: &Policy) -> Result<String> {
    let typed = |mut error: Box<Error>| {
        if error.code == Code::BadRecord {
            error.code = Code::BadArgument;
        }
        match error.hint {
            Some(_) => error,
            None => error.hint(Hint::of("the policy in force is a text to begin with: ").then(Next::PolicyShow)),
        }
    };
    let text = renumbered(text, before, before.number + 1).map_err(typed)?;
    if Policy::parse(&text).map_err(typed)?.members.is_empty() {
        return Err(Error::new(Code::BadArgument, "the policy names no member, so nobody could do anything under it")
            .hint(Hint::of("begin with the text that is in force: ").then(Next::PolicyShow)));
    }
    Ok(text)
}

fn renumbered(text: &str, before: &Policy, number: u64) -> Result<String> {
    if text.len() as u64 > POLICY_LIMIT {
        return Err(Error::new(Code::TooLarge, format!("the policy has over {POLICY_LIMIT} bytes")));
    }
    let mut text = PolicyText::parse(text)?;
    text.number(before.registry, number)?;
    Ok(text.text())
}
