//! Moves that took effect on one person's word, and whose second approval is still due.

use serde::Serialize;

use super::effective::{Effective, State};
use super::facts::Facts;
use super::landing::Walk;
use super::rules::{Ground, report_on};
use crate::records::layout::Place;
use crate::words::digest::{ArtifactId, Digest};
use crate::words::fault::Result;
use crate::words::name::PrincipalId;
use crate::words::time::Timestamp;

/// A second approval that is due.
#[derive(Debug, Clone, Serialize)]
pub struct OpenApproval {
    /// The change, such as `sentiment@champion: 3 → 4`.
    pub change: String,
    /// The SHA-256 of its statement: what the approval names.
    pub statement: Digest,
    /// Who made it alone.
    pub by: PrincipalId,
    /// When.
    pub time: Timestamp,
    /// What is asked for: roles, or the model's owner.
    pub asks: String,
    /// Who could give it.
    pub candidates: Vec<PrincipalId>,
}

/// The second approvals that are due: of each alias's newest move and each artifact's newest trust move.
pub fn open_approvals(walk: &Walk<'_>, artifacts: &[ArtifactId]) -> Result<Vec<OpenApproval>> {
    let state: &State<'_> = walk.state();
    let facts = Facts(state);
    let (Some((policy, _)), Some(root)) = (facts.newest_policy()?, facts.newest_root()?) else { return Ok(Vec::new()) };
    let mut paths = Vec::new();
    if policy.alias.iter().any(|rule| rule.rollback.is_some()) {
        for model in facts.models()? {
            for alias in facts.aliases(&model)? {
                let newest = facts.alias(&model, &alias)?;
                paths.extend(newest.map(|it| Place::Alias(model.clone(), alias, it.sequence).path()));
            }
        }
    }
    if policy.trust.iter().any(|rule| !rule.at_once.is_empty()) {
        for artifact in artifacts {
            let newest = facts.trust(artifact)?.1;
            paths.extend(newest.map(|it| Place::Trust(*artifact, it.sequence).path()));
        }
    }
    let position = |commit| walk.position(commit);
    let none = Default::default();
    let ground = Ground { state, position: &position, any_good: walk.any_good(), revoked_files: &none };
    let mut open = Vec::new();
    for path in paths {
        let Some(record) = state.record(&path)? else { continue };
        let report = report_on(&record, &policy, root.registry, state, &ground)?;
        if !report.at_once {
            continue;
        }
        let due = report.signers.into_iter().filter(|signer| signer.by.is_none());
        open.extend(due.map(|signer| OpenApproval {
            change: report.change.clone(),
            statement: report.statement,
            by: record.common().by.clone(),
            time: record.common().time,
            asks: signer.asks,
            candidates: signer.candidates,
        }));
    }
    Ok(open)
}
