//! Why an alias cannot hold a version, or could: the move is planned as if somebody made it, and every rule is asked.

use serde::Serialize;

use crate::answer::QueryContext;
use crate::review::{GateReview, SignerReview, gates, signers};
use refmark_engine::effective::{Effective, StateOverlay};
use refmark_engine::gate::{Decision, GateReport, Status};
use refmark_engine::plan::{self, Author, PromoteRequest, StageRequest};
use refmark_engine::rules::{Exclusions, describe, report_on, stage_step};
use refmark_engine::state_reader::StateReader;
use refmark_records::policy::{Policy, Right};
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Result};
use refmark_types::hint::Hint;
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use std::collections::BTreeMap;

/// Why a move cannot be, or what it still needs.
#[derive(Debug, Clone, Serialize)]
pub struct Blocked {
    /// The move in a few words.
    pub change: String,
    /// What it would come to if it were proposed now.
    pub decision: Decision,
    /// As whose move it was judged.
    pub by: Option<PrincipalId>,
    /// Everybody who may propose it.
    pub may_propose: Vec<PrincipalId>,
    /// Each reason, in a sentence.
    pub reasons: Vec<Hint>,
    /// The moves that it takes, each with its gates and signers.
    pub moves: Vec<Candidate>,
}

/// A move that it takes.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    /// In a few words.
    pub change: String,
    /// What it would come to.
    pub decision: Decision,
    /// Every gate.
    pub gates: Vec<GateReview>,
    /// Everybody that the rule asks for.
    pub signers: Vec<SignerReview>,
}

/// Plans the move as `author` would make it, and asks every rule.
pub fn why_not(context: &QueryContext<'_, '_>, author: &Author, request: &PromoteRequest) -> Result<Blocked> {
    let reader = context.reader();
    let policy = reader.newest_policy()?.map(|policy| policy.0);
    let may = |policy: &Policy| policy.who_may(Right::Propose).into_iter().cloned().collect();
    let mut blocked = Blocked {
        change: format!("{}@{} → {}", request.model, request.alias, request.version),
        decision: Decision::Refused,
        by: Some(author.by.clone()),
        may_propose: policy.as_deref().map(may).unwrap_or_default(),
        reasons: Vec::new(),
        moves: Vec::new(),
    };
    let Some(policy) = policy else {
        blocked.reasons.push("the registry has no policy in effect, so nobody may change anything".into());
        return Ok(blocked);
    };
    let may_propose = blocked.may_propose.contains(&author.by);
    if !may_propose {
        let who = blocked.may_propose.iter().map(PrincipalId::as_str).collect::<Vec<_>>().join(", ");
        let rule = format!("{} may not propose it under policy {}; these may: {who}", author.by, policy.number);
        blocked.reasons.push(rule.into());
    }
    let plan = match plan::promote(reader, author, request) {
        Ok(plan) => plan,
        Err(error) if matches!(error.code, Code::NothingToDo | Code::NotFound | Code::AliasMoved) => {
            blocked.reasons.push(error.message.clone().into());
            return Ok(blocked);
        }
        Err(error) => return Err(error),
    };
    let (overlay, records) = as_if_written(context, plan)?;
    let exclusions = context.walked.map(|walked| walked.walk.exclusions()).unwrap_or_default();
    let mut moves = judge(context.state, &overlay, &policy, &records, &exclusions)?;
    if let Some((last, _)) = moves.last() {
        blocked.change.clone_from(&last.change);
    }
    if let Some(step) = first_step(reader, author, request, &policy)? {
        let nothing = StateOverlay::new(context.state, BTreeMap::new());
        moves.extend(judge(context.state, &nothing, &policy, &[step], &exclusions)?);
    }
    // All of the moves must be made: the worst of their decisions is that of the whole.
    let decisions = moves.iter().map(|(candidate, _)| candidate.decision);
    let worst = decisions.max_by_key(|decision| severity(*decision)).unwrap_or(Decision::Refused);
    blocked.decision = if may_propose { worst } else { Decision::Refused };
    for (candidate, reasons) in moves {
        blocked.moves.push(candidate);
        blocked.reasons.extend(reasons);
    }
    Ok(blocked)
}

fn severity(decision: Decision) -> u8 {
    match decision {
        Decision::Ok => 0,
        Decision::Pending => 1,
        Decision::Refused => 2,
    }
}

/// The state as if a plan were in effect, and the plan's records. Nothing is written: the objects are known to the reader
/// only, under names of their own.
fn as_if_written<'a>(context: &QueryContext<'a, '_>, plan: plan::Plan) -> Result<(StateOverlay<'a>, Vec<Record>)> {
    let mut files = BTreeMap::new();
    let mut records = Vec::new();
    for statement in plan.statements {
        let record = Record::new(statement, Vec::new())?;
        let text = record.print()?.into_bytes();
        let oid = Oid::from_bytes(&Digest::of(&text).as_bytes()[..20])?;
        context.state.objects().expect(oid, text);
        files.insert(record.common().path.to_owned(), oid);
        records.push(record);
    }
    Ok((StateOverlay::new(context.state, files), records))
}

/// Where the version is several stages away: the first stage move that it takes, which comes before the alias can move.
fn first_step(
    reader: StateReader<'_>,
    author: &Author,
    request: &PromoteRequest,
    policy: &Policy,
) -> Result<Option<Record>> {
    let Some(rule) = policy.alias_rule(&request.model, &request.alias).filter(|rule| !rule.stage.is_empty()) else {
        return Ok(None);
    };
    let (stage, _) = reader.stage(&request.model, request.version)?;
    let Some(to) = stage_step(policy, &request.model, stage, &rule.stage).filter(|to| !rule.stage.contains(to)) else {
        return Ok(None);
    };
    let step = StageRequest {
        model: request.model.clone(),
        version: request.version,
        to,
        reason: String::new(),
        replacement: None,
        sunset: None,
        evidence: Vec::new(),
    };
    let plan = plan::stage(reader, author, &step)?;
    plan.statements.into_iter().next().map(|statement| Record::new(statement, Vec::new())).transpose()
}

/// Asks every rule about each of these moves: what it comes to, and each reason why it does not take effect.
fn judge(
    before: &dyn Effective,
    overlay: &StateOverlay<'_>,
    policy: &Policy,
    records: &[Record],
    exclusions: &Exclusions,
) -> Result<Vec<(Candidate, Vec<Hint>)>> {
    let rule_context = exclusions.context(before);
    let mut judged = Vec::new();
    for record in records {
        let report = report_on(record, policy, record.common().registry, overlay, &rule_context)?;
        let artifact = match record.predicate() {
            Predicate::Alias(alias_move) => alias_move.to.map(|at| at.artifact),
            Predicate::Stage(stage_move) => Some(stage_move.artifact),
            Predicate::Trust(trust_move) => Some(trust_move.artifact),
            _ => None,
        };
        let candidate = Candidate {
            change: report.change.clone(),
            decision: report.decision,
            gates: gates(StateReader(overlay), artifact.as_ref(), &report)?,
            signers: signers(Some(policy), record, &report),
        };
        judged.push((candidate, reasons(record, &report)));
    }
    Ok(judged)
}

fn reasons(record: &Record, report: &GateReport) -> Vec<Hint> {
    let change = describe(record.predicate());
    let mut reasons = Vec::new();
    for gate in report.gates.iter().filter(|gate| gate.status > Status::Waived) {
        let reason = format!("{change}: gate {} expects {}, and found {}", gate.name, gate.expected, gate.found);
        let mut reason = Hint::of(reason);
        if let Some(next) = gate.next.clone() {
            reason = reason.say(" → ").with(next);
        }
        reasons.push(if gate.waivable { reason.say(", or a waiver") } else { reason });
    }
    reasons.extend(report.approvals_needed().map(|needed| Hint::of(format!("{change}: {needed}"))));
    reasons
}
