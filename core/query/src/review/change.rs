//! One move under review: who stands behind it, its gates, what differs, whom it reaches.

use super::package::package;
use super::{GateReview, HeldReview, MoveReview, ReachReview, SaidReview, SignerReview};
use crate::diff::{ArtifactDiff, Listed, Side, diff, from_nothing};
use refmark_engine::gate::{Decision, GateReport, Status};
use refmark_engine::rules::describe;
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::Problem;
use refmark_records::alias::{AliasMove, Target};
use refmark_records::policy::{Demands, MemberKind, Policy, Right, Signer};
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Error, Result};
use refmark_types::name::{AliasName, ModelName, PrincipalId};
use refmark_types::oid::Oid;

/// So many moves are looked back at.
const LOOK_BACK: u64 = 200;

/// A move that the range brought into effect, or left without.
pub(super) struct Moved<'a> {
    pub path: &'a str,
    pub record: &'a Record,
    pub commit: Oid,
    pub report: Option<&'a GateReport>,
    pub decision: Decision,
    pub findings: Vec<&'a Error>,
    /// The other records of its commit.
    pub with: Vec<&'a Record>,
}

/// Looks at a move. `facts` has it and what came with it.
pub(super) fn look(
    reader: StateReader<'_>,
    policy: Option<&Policy>,
    moved: &Moved<'_>,
    with_diff: bool,
) -> Result<MoveReview> {
    let record = moved.record;
    let mut review = bare(reader, moved)?;
    match record.predicate() {
        Predicate::Alias(moved) => alias(reader, moved, with_diff, &mut review)?,
        Predicate::Stage(stage_move) => {
            review.model = Some(stage_move.model.clone());
            review.sequence = stage_move.sequence;
            (review.from, review.to) = (Some(stage_move.from.to_string()), Some(stage_move.to.to_string()));
            review.artifact = Some(stage_move.artifact);
            review.reason.clone_from(&stage_move.reason);
        }
        Predicate::Trust(trust_move) => {
            review.sequence = trust_move.sequence;
            (review.from, review.to) = (Some(trust_move.from.to_string()), Some(trust_move.to.to_string()));
            review.artifact = Some(trust_move.artifact);
            review.reason.clone_from(&trust_move.reason);
        }
        _ => {}
    }
    match moved.report {
        Some(report) => {
            review.signers = signers(policy, record, report);
            review.gates = gates(reader, review.artifact.as_ref(), report)?;
            together(&mut review, &moved.with);
        }
        None => {
            review.problems =
                moved.findings.iter().map(|finding| Problem::of(finding, None, Some(moved.commit))).collect()
        }
    }
    Ok(review)
}

/// A move with what its record and its report say; what is particular to its kind is still to be filled in.
fn bare(reader: StateReader<'_>, moved: &Moved<'_>) -> Result<MoveReview> {
    let record = moved.record;
    let common = record.common();
    Ok(MoveReview {
        kind: record.predicate().kind(),
        change: describe(record.predicate()),
        path: moved.path.to_owned(),
        statement: record.digest(),
        commit: moved.commit,
        model: None,
        alias: None,
        sequence: 0,
        from: None,
        to: None,
        artifact: None,
        reason: String::new(),
        by: common.by.clone(),
        time: common.time,
        decision: moved.decision,
        shown_with: None,
        break_glass: moved.report.is_some_and(|report| report.break_glass),
        signers: Vec::new(),
        said: said(reader, record)?,
        gates: Vec::new(),
        problems: Vec::new(),
        diff: None,
        package: None,
        held: None,
        reach: Listed::default(),
    })
}

/// Says of the states that an alias asks for where they came with the move itself.
fn together(review: &mut MoveReview, with: &[&Record]) {
    for record in with {
        let (gate, change) = match record.predicate() {
            Predicate::Stage(stage_move) if Some(stage_move.artifact) == review.artifact => {
                ("stage", format!("{} → {}", stage_move.from, stage_move.to))
            }
            Predicate::Trust(trust_move) if Some(trust_move.artifact) == review.artifact => {
                ("trusted", format!("{} → {}", trust_move.from, trust_move.to))
            }
            _ => continue,
        };
        if let Some(row) = review.gates.iter_mut().find(|row| row.gate.name == gate && review.kind == "alias") {
            row.gate.found = format!("{change}, in this commit");
        }
    }
}

pub(crate) fn said(reader: StateReader<'_>, record: &Record) -> Result<Vec<SaidReview>> {
    let row = |approval: &refmark_records::approval::Approval| SaidReview {
        by: approval.by.clone(),
        time: approval.time,
        approves: approval.approves,
        waives: approval.waives.iter().map(|waiver| waiver.gate.clone()).collect(),
        reason: approval.reason.clone(),
    };
    Ok(reader.approvals(&record.digest())?.iter().map(|approval| row(approval)).collect())
}

fn alias(reader: StateReader<'_>, alias_move: &AliasMove, with_diff: bool, review: &mut MoveReview) -> Result<()> {
    review.model = Some(alias_move.model.clone());
    review.alias = Some(alias_move.alias.clone());
    review.sequence = alias_move.sequence;
    review.from = alias_move.from.map(|at| at.version.to_string());
    review.to = alias_move.to.map(|at| at.version.to_string());
    review.artifact = alias_move.to.or(alias_move.from).map(|at| at.artifact);
    review.reason.clone_from(&alias_move.reason);
    review.reach = reach(reader, &alias_move.model, &alias_move.alias, [alias_move.from, alias_move.to])?;
    if let Some(from) = alias_move.from {
        review.held = held(reader, alias_move, from.version)?;
    }
    match (alias_move.from, alias_move.to) {
        (Some(from), Some(to)) if with_diff => {
            let side =
                |at: Target| Side { artifact: at.artifact, version: Some((alias_move.model.clone(), at.version)) };
            review.diff = difference(reader, &side(from), &side(to), review);
        }
        (None, Some(to)) => {
            // The first move shows everything: there is nothing that anybody knows already.
            let side = Side { artifact: to.artifact, version: Some((alias_move.model.clone(), to.version)) };
            review.package = package(reader, &to.artifact)?;
            review.diff = if with_diff { from_nothing(reader, &side).ok().flatten() } else { None };
        }
        _ => {}
    }
    Ok(())
}

/// The difference, or why it cannot be shown: a refused change may hold anything.
fn difference(reader: StateReader<'_>, old: &Side, new: &Side, review: &mut MoveReview) -> Option<ArtifactDiff> {
    match diff(reader, old, new) {
        Ok(diff) => Some(diff),
        Err(error) => {
            review.problems.push(Problem::of(&error, None, None));
            None
        }
    }
}

/// Since when the alias holds what it moves from, and how often it went back since that version first held it.
fn held(reader: StateReader<'_>, alias_move: &AliasMove, version: u64) -> Result<Option<HeldReview>> {
    let mut found: Option<HeldReview> = None;
    let mut before = Vec::new();
    for number in (alias_move.sequence.saturating_sub(LOOK_BACK).max(1)..alias_move.sequence).rev() {
        let Some(earlier) = reader.alias_move(&alias_move.model, &alias_move.alias, number)? else { break };
        found.get_or_insert_with(|| HeldReview {
            version,
            since: earlier.time,
            by: earlier.by.clone(),
            seconds: alias_move.time.since(earlier.time),
            rollbacks: 0,
        });
        before.push(earlier.to.map(|to| to.version));
    }
    before.reverse();
    let first = before.iter().position(|held| *held == Some(version)).unwrap_or(0);
    let went_back =
        (first + 1..before.len()).filter(|at| before[*at].is_some() && before[..*at].contains(&before[*at]));
    let rollbacks = went_back.count();
    Ok(found.map(|held| HeldReview { rollbacks, ..held }))
}

fn reach(
    reader: StateReader<'_>,
    model: &ModelName,
    alias: &AliasName,
    targets: [Option<Target>; 2],
) -> Result<Listed<ReachReview>> {
    let mut rows = Listed::default();
    for consumer in reader.consumers()? {
        for pin in consumer.pins.iter().filter(|pin| pin.model == *model) {
            let concerned = pin.alias.as_ref() == Some(alias)
                || targets.iter().flatten().any(|target| target.version == pin.version);
            if concerned {
                let (consumer, alias) = (consumer.consumer.to_string(), pin.alias.clone());
                rows.push(ReachReview { consumer, version: pin.version, alias });
            }
        }
    }
    Ok(rows)
}

/// The demands of the rule that judges a move.
pub(crate) fn demands<'p>(policy: &'p Policy, predicate: &Predicate) -> Option<&'p Demands> {
    match predicate {
        Predicate::Alias(alias_move) => policy.alias_rule(&alias_move.model, &alias_move.alias).map(|rule| &rule.needs),
        Predicate::Stage(stage_move) => {
            policy.stage_rule(&stage_move.model, stage_move.from, stage_move.to).map(|rule| &rule.needs)
        }
        Predicate::Trust(trust_move) => policy.trust_rule(trust_move.from, trust_move.to).map(|rule| &rule.needs),
        _ => None,
    }
}

/// Everybody that the rule asks for, with everybody who could.
pub(crate) fn signers(policy: Option<&Policy>, record: &Record, report: &GateReport) -> Vec<SignerReview> {
    let author = record.common().by;
    let demands = policy.and_then(|policy| demands(policy, record.predicate()));
    let signed = |id: &PrincipalId| report.signers.iter().any(|signer| signer.by.as_ref() == Some(id));
    let model = match record.predicate() {
        Predicate::Alias(alias_move) => Some(&alias_move.model),
        Predicate::Stage(stage_move) => Some(&stage_move.model),
        _ => None,
    };
    let could = |at: usize| -> Vec<(PrincipalId, bool)> {
        let (Some(policy), Some(demands)) = (policy, demands) else { return Vec::new() };
        let Some(signer) = demands.signers.get(at) else { return Vec::new() };
        let may = |id: &PrincipalId| could_sign(policy, signer, id, model) && (id != author || demands.author_counts);
        policy.members.keys().filter(|id| may(id)).map(|id| (id.clone(), signed(id))).collect()
    };
    let row = |(at, signer): (usize, &refmark_engine::gate::SignerResult)| SignerReview {
        asks: signer.asks.clone(),
        not_author: demands.is_some_and(|demands| !demands.author_counts),
        by: signer.by.clone(),
        time: signer.time,
        could: could(at),
    };
    report.signers.iter().enumerate().map(row).collect()
}

fn could_sign(policy: &Policy, signer: &Signer, id: &PrincipalId, model: Option<&ModelName>) -> bool {
    let Some(member) = policy.members.get(id) else { return false };
    let fits = member.roles.iter().any(|role| signer.roles.contains(role))
        || (signer.owner && model.is_some_and(|model| policy.owns(id, model)));
    fits && member.kind == MemberKind::Person && policy.has_right(member, Right::Approve)
}

/// Gates with who attached the evidence that they rest on.
pub(crate) fn gates(
    reader: StateReader<'_>,
    artifact: Option<&ArtifactId>,
    report: &GateReport,
) -> Result<Vec<GateReview>> {
    let needed = report.gates.iter().any(|gate| gate.evidence.is_some());
    let all = match artifact.filter(|_| needed) {
        Some(artifact) => reader.evidence(artifact)?,
        None => Vec::new(),
    };
    let row = |gate: &refmark_engine::gate::GateResult| {
        let evidence = all.iter().find(|piece| Some(piece.record.digest()) == gate.evidence);
        let mut gate = gate.clone();
        // Whatever is attached to what is refused, it stays refused: only what stands in its way is worth a hint.
        if report.decision == Decision::Refused && gate.status != Status::Failed {
            gate.next = None;
        }
        GateReview {
            gate,
            evidence_by: evidence.map(|evidence| evidence.by.clone()),
            evidence_type: evidence.map(|evidence| evidence.evidence_type.to_string()),
            run: evidence.and_then(|evidence| evidence.run.clone()),
        }
    };
    Ok(report.gates.iter().map(row).collect())
}
