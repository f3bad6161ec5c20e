//! Break-glass moves: one person made them in an emergency, they took effect at once, and their approvals are still due.

use serde::{Deserialize, Serialize};

use super::effective::Effective;
use super::gate::GateReport;
use super::rules::{Exclusions, report_on};
use super::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::policy::Policy;
use refmark_records::statement::Record;
use refmark_types::digest::Digest;
use refmark_types::error::Result;
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

/// A break-glass move whose approvals are still due.
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

/// The break-glass moves that may still lack approvals: of every alias and artifact the current one. A walk keeps it, so
/// that nobody has to search a whole registry for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Due(BTreeMap<String, DueMove>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DueMove {
    path: String,
    statement: Digest,
}

impl Due {
    /// Takes in a landing that has just taken effect.
    pub(super) fn take(
        &mut self,
        files: &BTreeMap<String, Oid>,
        reports: &[GateReport],
        reader: StateReader<'_>,
    ) -> Result<()> {
        let lacks =
            |report: &&GateReport| report.break_glass && report.signers.iter().any(|signer| signer.by.is_none());
        let lacking: Vec<Digest> = reports.iter().filter(lacks).map(|report| report.statement).collect();
        let mut approved = Vec::new();
        for (path, oid) in files {
            if let Some(moved) = moved(path) {
                self.0.remove(moved);
                if !lacking.is_empty() {
                    let statement = reader.0.objects().record(*oid)?.digest();
                    if lacking.contains(&statement) {
                        self.0.insert(moved.to_owned(), DueMove { path: path.clone(), statement });
                    }
                }
            } else if let Some(Place::Approval(statement, _)) = Place::parse(path).filter(|_| !self.0.is_empty()) {
                approved.push(statement);
            }
        }
        let named: Vec<String> =
            self.0.iter().filter(|(_, due)| approved.contains(&due.statement)).map(|(key, _)| key.clone()).collect();
        for key in named {
            let Some(due) = self.0.get(&key) else { continue };
            if open(reader, due)?.is_none() {
                self.0.remove(&key);
            }
        }
        Ok(())
    }
}

/// What a move of an alias or of a trust state moves: the beginning of its path, before the number.
fn moved(path: &str) -> Option<&str> {
    if path.starts_with("artifacts/") {
        return path.rfind("/trust-").map(|at| &path[..at]);
    }
    let alias = path.starts_with("models/") && path.contains("/aliases/");
    alias.then(|| path.rsplitn(3, '/').nth(2)).flatten()
}

/// The moves of `due` whose signers are not all there under the newest policy, oldest first.
pub fn open_approvals(reader: StateReader<'_>, due: &Due) -> Result<Vec<OpenApproval>> {
    let mut all = Vec::new();
    for due in due.0.values() {
        all.extend(open(reader, due)?);
    }
    all.sort_by(|a, b| (a.time, &a.path).cmp(&(b.time, &b.path)));
    Ok(all)
}

fn open(reader: StateReader<'_>, due: &DueMove) -> Result<Option<OpenApproval>> {
    let Some((policy, _)) = reader.newest_policy()? else { return Ok(None) };
    match reader.0.record(&due.path)? {
        Some(record) => unmet(reader, &policy, &record),
        None => Ok(None),
    }
}

fn unmet(reader: StateReader<'_>, policy: &Policy, record: &Record) -> Result<Option<OpenApproval>> {
    // Its approvals took effect, so their bases were judged where they landed.
    let state: &dyn Effective = reader.0;
    let exclusions = Exclusions::default();
    let context = exclusions.context(state);
    let common = record.common();
    let report = report_on(record, policy, common.registry, state, &context)?;
    let open = report.break_glass && report.signers.iter().any(|signer| signer.by.is_none());
    Ok(open.then(|| OpenApproval {
        path: Place::of(record.predicate()).map(|of| of.path()).unwrap_or_default(),
        by: common.by.clone(),
        time: common.time,
        report,
    }))
}
