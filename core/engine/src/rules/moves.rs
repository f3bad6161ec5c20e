//! Moves of aliases, stages and trust states: whether what they say of the state before them is so, and what they come to.

use super::report::report_on;
use super::{RuleContext, Ruling};
use crate::effective::StateOverlay;
use crate::gate::{Decision, GateReport, Status};
use crate::state_reader::StateReader;
use refmark_records::alias::Target;
use refmark_records::layout::Place;
use refmark_records::policy::Policy;
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::{Predicate, Record};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::ModelName;

/// Judges a move whose place, author and chain are in order.
pub(super) fn judge(
    record: &Record,
    policy: &Policy,
    registry: RegistryId,
    sum: &StateOverlay<'_>,
    ground: &RuleContext<'_>,
) -> Result<(Ruling, Option<GateReport>)> {
    let premise = premise(record, sum, ground)?;
    if let Ruling::Failed(_) = premise {
        return Ok((premise, None));
    }
    let report = report_on(record, policy, registry, sum, ground)?;
    let error = |code| Error::new(code, report.sentence()).field("report", &report);
    let ruling = match report.decision {
        Decision::Ok => Ruling::Ok,
        Decision::Pending => Ruling::Missing(error(Code::Pending).hint(pending_hint(&report))),
        Decision::Refused => Ruling::Failed(error(Code::Refused).hint(refused_hint(&report))),
    };
    Ok((premise.and(ruling), Some(report)))
}

/// What is said where only people are missing.
const ASK: &str = "propose it on a branch with --propose; those who could approve run `refmark approve BRANCH`";

/// The hint of something that waits on a branch: there it needs no proposal any more.
pub fn hint_on_branch(hint: &str, branch: &str) -> String {
    match hint {
        ASK => format!("those who could approve run `refmark approve {branch}`"),
        other => other.replace("approve BRANCH", &format!("approve {branch}")),
    }
}

fn pending_hint(report: &GateReport) -> String {
    match report.signers.iter().any(|signer| signer.by.is_none()) {
        true => ASK.to_owned(),
        false => report.gates.iter().find_map(|gate| gate.next.clone()).unwrap_or_default(),
    }
}

fn refused_hint(report: &GateReport) -> String {
    let failed = report.gates.iter().find(|gate| gate.status == Status::Failed);
    failed.and_then(|gate| gate.next.clone()).unwrap_or_else(|| "`refmark policy show` has the rules".to_owned())
}

/// Whether what a move says of the state before it is so. Where its predecessor is missing, nobody can tell yet.
fn premise(record: &Record, sum: &StateOverlay<'_>, ground: &RuleContext<'_>) -> Result<Ruling> {
    let facts = StateReader(sum);
    // What a lost key said is confirmed by saying it again.
    let confirms = |before: Place| ground.tainted.contains(&before.path());
    match record.predicate() {
        Predicate::Alias(it) => {
            let (known, before) = match it.sequence {
                0 | 1 => (true, None),
                n => match facts.alias_move(&it.model, &it.alias, n - 1)? {
                    Some(before) => (true, before.to),
                    None => (false, None),
                },
            };
            if known && it.from != before {
                return Ok(gone(format!(
                    "{}@{} is at {}, and the move says {}",
                    it.model,
                    it.alias,
                    shown(before),
                    shown(it.from)
                )));
            }
            let before = Place::Alias(it.model.clone(), it.alias.clone(), it.sequence.saturating_sub(1));
            if it.to == it.from && !confirms(before) {
                return Ok(Ruling::failed(Code::BadRecord, "the move goes nowhere"));
            }
            match &it.to {
                Some(to) => version_is(facts, &it.model, to.version, &to.artifact),
                None => Ok(Ruling::Ok),
            }
        }
        Predicate::Stage(it) => {
            let before = match it.sequence {
                0 | 1 => Stage::default(),
                n => facts.stage_move(&it.model, it.version, n - 1)?.map_or(it.from, |before| before.to),
            };
            let moved = Place::Stage(it.model.clone(), it.version, it.sequence.saturating_sub(1));
            if it.from != before || (it.to == it.from && !confirms(moved)) {
                return Ok(gone(format!(
                    "{}/{} is {before}, and the move says {} → {}",
                    it.model, it.version, it.from, it.to
                )));
            }
            version_is(facts, &it.model, it.version, &it.artifact)
        }
        Predicate::Trust(it) => {
            let before = match it.sequence {
                0 | 1 => TrustState::default(),
                n => facts.trust_move(&it.artifact, n - 1)?.map_or(it.from, |before| before.to),
            };
            let moved = Place::Trust(it.artifact, it.sequence.saturating_sub(1));
            if it.from != before || (it.to == it.from && !confirms(moved)) {
                return Ok(gone(format!(
                    "{} is {before}, and the move says {} → {}",
                    it.artifact.short(),
                    it.from,
                    it.to
                )));
            }
            if before == TrustState::Deleted {
                return Ok(Ruling::failed(
                    Code::Deleted,
                    format!("{} was deleted, which is for good", it.artifact.short()),
                ));
            }
            Ok(match facts.has_artifact(&it.artifact)? {
                true => Ruling::Ok,
                false => Ruling::missing(format!("{} is not registered", it.artifact.short())),
            })
        }
        _ => Ok(Ruling::Ok),
    }
}

fn gone(message: String) -> Ruling {
    Ruling::failed(Code::PremiseGone, message)
}

fn shown(target: Option<Target>) -> String {
    target.map_or_else(|| "nothing".to_owned(), |it| it.version.to_string())
}

/// Whether a version is there and is this artifact.
pub(super) fn version_is(
    facts: StateReader<'_>,
    model: &ModelName,
    version: u64,
    artifact: &ArtifactId,
) -> Result<Ruling> {
    Ok(match facts.version(model, version)? {
        Some(it) if it.artifact == *artifact => Ruling::Ok,
        Some(it) => Ruling::failed(
            Code::BadRecord,
            format!("{model}/{version} is {}, and the record says {}", it.artifact.short(), artifact.short()),
        ),
        None => Ruling::missing(format!("{model}/{version} is not registered")),
    })
}
