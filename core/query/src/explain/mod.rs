//! `explain`: why one thing is as it is, or why it cannot be, from the records alone.

mod arrival;
#[cfg(test)]
mod tests;
mod textconv;
mod why_not;

use serde::Serialize;

pub(crate) use arrival::brought_by;
use arrival::effect_of;
pub use textconv::textconv;
pub use why_not::{Blocked, Candidate, why_not};

use super::answer::QueryContext;
use super::diff::{Listed, what_files_can_do};
use super::findings::{FileFinding, findings_of};
use super::review::{GateReview, SaidReview, SignerReview, gates, in_words, said, signers};
use refmark_engine::effective::{Effective, State};
use refmark_engine::rules::{Exclusions, report_on};
use refmark_engine::state_reader::StateReader;
use refmark_records::alias::Target;
use refmark_records::attached;
use refmark_records::evidence::Verdict;
use refmark_records::layout::{Document, Place};
use refmark_records::manifest::Gap;
use refmark_records::statement::{Predicate, Record};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;
use refmark_types::name::{AliasName, EntryId, ModelName, PrincipalId};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use refmark_types::value::Value;

/// What is to be explained.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The reference, as it was asked.
    pub reference: String,
    /// The model.
    pub model: Option<ModelName>,
    /// The version.
    pub version: Option<u64>,
    /// The alias.
    pub alias: Option<AliasName>,
    /// The artifact.
    pub artifact: ArtifactId,
}

/// Why one thing is as it is.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The reference, as it was asked.
    pub reference: String,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The version.
    pub version: Option<String>,
    /// Its stage.
    pub stage: Option<Stage>,
    /// The artifact's trust state.
    pub trust: TrustState,
    /// The aliases that hold the version.
    pub held_by: Vec<AliasName>,
    /// It in a sentence.
    pub sentence: String,
    /// What its files can do, in a sentence.
    pub classes: String,
    /// What the scan found in them when it was registered, and people should see.
    pub findings: Listed<FileFinding>,
    /// What the package lacks.
    pub gaps: Vec<Gap>,
    /// The records that make it so, the nearest first.
    pub because: Vec<Because>,
    /// What people are to do with it, the newest rollback plan, runbook and migration document; and the contract, evaluation
    /// card and model card that were attached after it was registered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Attached>,
    /// Whether the history was verified against a pinned root.
    pub verified: bool,
}

/// A document for people that was attached as evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attached {
    /// The evidence's type.
    #[serde(rename = "type")]
    pub evidence_type: EntryId,
    /// Who attached it.
    pub by: PrincipalId,
    /// When, by that person's clock.
    pub time: Timestamp,
    /// Its text.
    pub text: Option<String>,
    /// Where it can be read, where it has no text, and the digest of what is to be found there.
    pub link: Option<(String, Digest)>,
}

/// The newest document of each kind that people act by.
fn documents(reader: StateReader<'_>, artifact: &ArtifactId) -> Result<Vec<Attached>> {
    const KINDS: [&str; 6] =
        ["rollback-plan", "runbook", "migration-document", "contract", "evaluation-card", "model-card"];
    let mut all = reader.evidence(artifact)?;
    all.sort_by_key(|piece| piece.time);
    let mut found = Vec::new();
    for kind in KINDS {
        let read = all.iter().rev().filter(|piece| piece.evidence_type.as_str() == kind).find_map(|piece| {
            let text = match Document::of_evidence(kind) {
                Some(_) if piece.verdict == Verdict::Fail || attached::lacks(piece).is_some() => return None,
                Some(Document::Contract | Document::EvaluationCard) => Some(piece.details.0.to_string()),
                _ => piece.text().map(str::to_owned),
            };
            let told = piece.details.0.get("link").and_then(Value::as_str).or(piece.run.as_deref());
            let digest = piece.document.as_ref().and_then(|document| document.sha256);
            let link = told.map(str::to_owned).zip(digest).filter(|_| text.is_none());
            let attached = Attached {
                evidence_type: piece.evidence_type.clone(),
                by: piece.by.clone(),
                time: piece.time,
                text,
                link,
            };
            (attached.text.is_some() || attached.link.is_some()).then_some(attached)
        });
        found.extend(read);
    }
    Ok(found)
}

/// A record that makes something so.
#[derive(Debug, Clone, Serialize)]
pub struct Because {
    /// What it says, in a few words.
    pub says: String,
    /// Its kind.
    pub kind: &'static str,
    /// Its path.
    pub path: String,
    /// Its statement's digest.
    pub statement: Digest,
    /// Who signed it.
    pub by: PrincipalId,
    /// With which key.
    pub key: Option<String>,
    /// When, by that person's clock.
    pub time: Timestamp,
    /// Why.
    pub reason: String,
    /// The commit that brought it.
    pub commit: Option<Oid>,
    /// The policy that judged it.
    pub policy: Option<u64>,
    /// Everybody that the rule asked for.
    pub signers: Vec<SignerReview>,
    /// What was said to it.
    pub said: Vec<SaidReview>,
    /// Every gate, as it stood at that commit.
    pub gates: Vec<GateReview>,
    /// Whether one person's word was enough, and others were due afterwards.
    pub break_glass: bool,
}

/// Explains what a reference names.
pub fn explain(context: &QueryContext<'_, '_>, subject: &Subject) -> Result<Explanation> {
    let reader = context.reader();
    let mut paths: Vec<Place> = Vec::new();
    if let (Some(model), Some(alias)) = (&subject.model, &subject.alias)
        && let Some(now) = reader.alias(model, alias)?
    {
        paths.push(Place::Alias(model.clone(), alias.clone(), now.sequence));
    }
    let (mut stage, mut held_by) = (None, Vec::new());
    if let (Some(model), Some(version)) = (&subject.model, subject.version) {
        let (is, moved) = reader.stage(model, version)?;
        stage = Some(is);
        paths.extend(moved.map(|moved| Place::Stage(model.clone(), version, moved.sequence)));
        let target = Some(Target { version, artifact: subject.artifact });
        for alias in reader.aliases(model)? {
            if reader.alias(model, &alias)?.is_some_and(|alias_move| alias_move.to == target) {
                held_by.push(alias);
            }
        }
    }
    let (trust, moved) = reader.trust(&subject.artifact)?;
    paths.extend(moved.map(|moved| Place::Trust(subject.artifact, moved.sequence)));
    if let (Some(model), Some(version)) = (&subject.model, subject.version) {
        paths.push(Place::Version(model.clone(), version));
    }
    let paths: Vec<String> = paths.iter().map(Place::path).collect();
    let brought = brought_by(context, &paths)?;
    let mut because = Vec::new();
    for path in &paths {
        because.extend(one(context, path, brought.get(path).copied())?);
    }
    let manifest = reader.manifest(&subject.artifact)?;
    let version = subject.model.as_ref().zip(subject.version).map(|(model, version)| format!("{model}/{version}"));
    let mut explanation = Explanation {
        reference: subject.reference.clone(),
        artifact: subject.artifact,
        version,
        stage,
        trust,
        held_by,
        sentence: String::new(),
        classes: manifest.as_deref().map(what_files_can_do).unwrap_or_default(),
        findings: findings_of(reader, &subject.artifact)?.into_iter().filter(FileFinding::is_told).collect(),
        gaps: manifest.map(|manifest| manifest.incomplete.clone()).unwrap_or_default(),
        because,
        documents: documents(reader, &subject.artifact)?,
        verified: context.is_vouched_for(),
    };
    explanation.sentence = sentence(&explanation);
    Ok(explanation)
}

fn sentence(explanation: &Explanation) -> String {
    let what = explanation.version.clone().unwrap_or_else(|| explanation.artifact.short());
    let stage = explanation.stage.map(|stage| format!(", {stage}")).unwrap_or_default();
    let first = explanation.because.first();
    let who = first.map_or_else(String::new, |first| {
        let signed: Vec<&str> = first.said.iter().filter(|said| said.approves).map(|said| said.by.as_str()).collect();
        let approved =
            if signed.is_empty() { String::new() } else { format!(", approved by {}", signed.join(" and ")) };
        format!(": {} by {} on {}{approved}", first.says, first.by, refmark_types::text::day(first.time))
    });
    let what = if what == explanation.reference { String::new() } else { format!("{what}, ") };
    format!("{} is {what}{}{stage}{who}", explanation.reference, explanation.trust)
}

/// One record, with the report on it as it stood in the commit that brought it, or brought what it waited for.
fn one(context: &QueryContext<'_, '_>, path: &str, commit: Option<Oid>) -> Result<Option<Because>> {
    let Some(record) = context.state.record(path)? else { return Ok(None) };
    let common = record.common();
    let mut because = Because {
        says: words(&record),
        kind: record.predicate().kind(),
        path: path.to_owned(),
        statement: record.digest(),
        by: common.by.clone(),
        key: record.signatures.first().map(|signature| signature.keyid.to_string()),
        time: common.time,
        reason: reason(record.predicate()),
        commit,
        policy: None,
        signers: Vec::new(),
        said: said(context.reader(), &record)?,
        gates: Vec::new(),
        break_glass: false,
    };
    if let Some(at) = effect_of(context, &record, commit)? {
        judged(context, &record, at, &mut because)?;
    }
    Ok(Some(because))
}

fn judged(context: &QueryContext<'_, '_>, record: &Record, at: Oid, because: &mut Because) -> Result<()> {
    let objects = context.state.shared_objects();
    let then = State::of_tree(objects, context.history.snapshot(at)?, context.inert_paths());
    let reader = StateReader(&then);
    let Some((policy, _)) = reader.newest_policy()? else { return Ok(()) };
    because.policy = Some(policy.number);
    let artifact = match record.predicate() {
        Predicate::Alias(alias_move) => alias_move.to.or(alias_move.from).map(|at| at.artifact),
        Predicate::Stage(stage_move) => Some(stage_move.artifact),
        Predicate::Trust(trust_move) => Some(trust_move.artifact),
        _ => return Ok(()),
    };
    // It took effect, and so did what it rests on: their bases and premises were judged then.
    let exclusions = Exclusions::default();
    let rule_context = exclusions.context(&then);
    let report = report_on(record, &policy, record.common().registry, &then, &rule_context)?;
    because.signers = signers(Some(&policy), record, &report);
    because.gates = gates(reader, artifact.as_ref(), &report)?;
    because.break_glass = report.break_glass;
    Ok(())
}

fn words(record: &Record) -> String {
    match record.predicate() {
        Predicate::Version(version) => format!("{}/{} is {}", version.model, version.version, version.artifact.short()),
        _ => in_words(record),
    }
}

pub(crate) fn reason(predicate: &Predicate) -> String {
    match predicate {
        Predicate::Alias(alias_move) => alias_move.reason.clone(),
        Predicate::Stage(stage_move) => stage_move.reason.clone(),
        Predicate::Trust(trust_move) => trust_move.reason.clone(),
        Predicate::Version(version) => version.description.clone().unwrap_or_default(),
        Predicate::Policy(policy) => policy.reason.clone(),
        Predicate::Root(root) => root.reason.clone(),
        _ => String::new(),
    }
}
