//! Why an alias cannot hold a version, or could: the move is planned as if somebody made it, and every rule is asked.

use serde::Serialize;

use crate::answer::QueryContext;
use crate::review::{GateReview, SignerReview, gates, signers};
use refmark_engine::effective::{Effective, StateOverlay};
use refmark_engine::gate::{Decision, Status};
use refmark_engine::plan::{self, Author, PromoteRequest, StageRequest};
use refmark_engine::rules::{Known, describe, report_on, way};
use refmark_engine::state_reader::StateReader;
use refmark_records::policy::{Policy, Right};
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Result};
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
    pub reasons: Vec<String>,
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
pub fn why_not(basis: &QueryContext<'_, '_>, author: &Author, request: &PromoteRequest) -> Result<Blocked> {
    let facts = basis.facts();
    let policy = facts.newest_policy()?.map(|it| it.0);
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
        blocked.reasons.push("the registry has no policy in effect: no rule means no".to_owned());
        return Ok(blocked);
    };
    if !blocked.may_propose.contains(&author.by) {
        let who = blocked.may_propose.iter().map(PrincipalId::as_str).collect::<Vec<_>>().join(", ");
        let rule = format!("{} may not propose it under policy {}; {who} may", author.by, policy.number);
        blocked.reasons.push(rule);
    }
    let plan = match plan::promote(facts, author, request) {
        Ok(plan) => plan,
        Err(error) if matches!(error.code, Code::NothingToDo | Code::NotFound | Code::AliasMoved) => {
            blocked.reasons.push(error.message.clone());
            return Ok(blocked);
        }
        Err(error) => return Err(error),
    };
    let mut files = BTreeMap::new();
    let mut records = Vec::new();
    for statement in plan.statements {
        let record = Record::new(statement, Vec::new())?;
        let text = record.print()?.into_bytes();
        // Nothing is written: the object's name only has to be its own.
        let oid = Oid::from_bytes(&Digest::of(&text).as_bytes()[..20])?;
        basis.state.objects().expect(oid, text);
        files.insert(record.common().path.to_owned(), oid);
        records.push(record);
    }
    let sum = StateOverlay::new(basis.state, files);
    let known = basis.walked.map(|it| Known::after(&it.walk)).unwrap_or_default();
    judge(basis.state, &sum, &policy, &records, &known, &mut blocked)?;
    if let Some(last) = blocked.moves.last() {
        blocked.change.clone_from(&last.change);
    }
    if let Some(step) = first_step(facts, author, request, &policy)? {
        let files = BTreeMap::new();
        judge(basis.state, &StateOverlay::new(basis.state, files), &policy, &[step], &known, &mut blocked)?;
    }
    Ok(blocked)
}

/// Where the version is several stages away: the first stage move that it takes, which comes before the alias can move.
fn first_step(
    facts: StateReader<'_>,
    author: &Author,
    request: &PromoteRequest,
    policy: &Policy,
) -> Result<Option<Record>> {
    let Some(rule) = policy.alias_rule(&request.model, &request.alias).filter(|rule| !rule.stage.is_empty()) else {
        return Ok(None);
    };
    let (stage, _) = facts.stage(&request.model, request.version)?;
    let Some(to) = way(policy, &request.model, stage, &rule.stage).filter(|to| !rule.stage.contains(to)) else {
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
    let plan = plan::stage(facts, author, &step)?;
    plan.statements.into_iter().next().map(|statement| Record::new(statement, Vec::new())).transpose()
}

fn judge(
    before: &dyn Effective,
    sum: &StateOverlay<'_>,
    policy: &Policy,
    records: &[Record],
    known: &Known,
    blocked: &mut Blocked,
) -> Result<()> {
    let ground = known.ground(before);
    let mut worst = Decision::Ok;
    for record in records {
        let report = report_on(record, policy, record.common().registry, sum, &ground)?;
        let artifact = match record.predicate() {
            Predicate::Alias(it) => it.to.map(|at| at.artifact),
            Predicate::Stage(it) => Some(it.artifact),
            Predicate::Trust(it) => Some(it.artifact),
            _ => None,
        };
        for gate in report.gates.iter().filter(|gate| gate.status > Status::Waived) {
            let waiver = if gate.waivable { ", or a waiver" } else { "" };
            let next = gate.next.as_deref().map(|next| format!(" → {next}{waiver}")).unwrap_or_default();
            blocked.reasons.push(format!(
                "{}: gate {} expects {}, and found {}{next}",
                describe(record.predicate()),
                gate.name,
                gate.expected,
                gate.found
            ));
        }
        for signer in report.signers.iter().filter(|it| it.by.is_none() && !report.break_glass) {
            let who = signer.candidates.iter().map(PrincipalId::as_str).collect::<Vec<_>>().join(", ");
            let who = if who.is_empty() { "nobody could give it".to_owned() } else { format!("could give it: {who}") };
            blocked.reasons.push(format!("{}: needs {} ({who})", describe(record.predicate()), signer.asks));
        }
        worst = match (worst, report.decision) {
            (Decision::Refused, _) | (_, Decision::Refused) => Decision::Refused,
            (Decision::Pending, _) | (_, Decision::Pending) => Decision::Pending,
            _ => Decision::Ok,
        };
        blocked.moves.push(Candidate {
            change: report.change.clone(),
            decision: report.decision,
            gates: gates(StateReader(sum), artifact.as_ref(), &report)?,
            signers: signers(Some(policy), record, &report),
        });
    }
    let allowed = blocked.by.as_ref().is_some_and(|by| blocked.may_propose.contains(by));
    blocked.decision = if allowed { worst } else { Decision::Refused };
    Ok(())
}
