//! What one person did alone at night: moves that took effect at once, with approvals still due.

use serde::Serialize;

use super::effective::Effective;
use super::facts::Facts;
use super::gate::GateReport;
use super::rules::{Ground, report_on};
use crate::records::layout::Place;
use crate::records::policy::Policy;
use crate::records::statement::Record;
use crate::records::trust::TrustState;
use crate::words::fault::Result;
use crate::words::name::PrincipalId;
use crate::words::oid::Oid;
use crate::words::time::Timestamp;

/// A move that took effect on one person's word.
#[derive(Debug, Clone, Serialize)]
pub struct OpenApproval {
    /// The path of the move's record.
    pub path: String,
    /// Who made it.
    pub by: PrincipalId,
    /// When.
    pub time: Timestamp,
    /// The move, with everybody who is still asked for.
    pub report: GateReport,
}

/// The current moves that took effect at once and whose signers are not all there: of every alias its newest move, of
/// every artifact its newest trust move. Judged by the newest policy. Linear in aliases and artifacts.
pub fn open_approvals(facts: Facts<'_>) -> Result<Vec<OpenApproval>> {
    let Some((policy, _)) = facts.newest_policy()? else { return Ok(Vec::new()) };
    let mut open = Vec::new();
    let at_night = policy.trust.iter().any(|rule| !rule.at_once.is_empty());
    let mut seen = std::collections::BTreeSet::new();
    for model in facts.models()? {
        for alias in facts.aliases(&model)? {
            let rule = policy.alias_rule(&model, &alias);
            if rule.is_some_and(|rule| rule.rollback.is_some())
                && let Some(now) = facts.alias(&model, &alias)?
            {
                open.extend(unmet(facts, &policy, &now.record)?);
            }
        }
        for version in facts.versions(&model)?.into_iter().filter(|_| at_night) {
            let Some(version) = facts.version(&model, version)? else { continue };
            if seen.insert(version.artifact)
                && let (TrustState::Revoked | TrustState::Deleted | TrustState::Quarantined, Some(now)) =
                    facts.trust(&version.artifact)?
            {
                open.extend(unmet(facts, &policy, &now.record)?);
            }
        }
    }
    open.sort_by(|a, b| (a.time, &a.path).cmp(&(b.time, &b.path)));
    Ok(open)
}

fn unmet(facts: Facts<'_>, policy: &Policy, record: &Record) -> Result<Option<OpenApproval>> {
    // Its approvals took effect, so their bases were judged where they landed.
    let position = |_: Oid| Ok(Some(0));
    let none = std::collections::BTreeSet::new();
    let state: &dyn Effective = facts.0;
    let ground = Ground { state, position: &position, revoked_files: &none };
    let common = record.common();
    let report = report_on(record, policy, common.registry, state, &ground)?;
    let open = report.at_once && report.signers.iter().any(|signer| signer.by.is_none());
    Ok(open.then(|| OpenApproval {
        path: Place::of(record.predicate()).map(|it| it.path()).unwrap_or_default(),
        by: common.by.clone(),
        time: common.time,
        report,
    }))
}
