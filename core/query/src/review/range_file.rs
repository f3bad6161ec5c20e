//! The files that a range brought, each with what became of it.

use super::range::RangeOutcome;
use refmark_engine::effective::Objects;
use refmark_engine::gate::{Decision, GateReport};
use refmark_engine::landing::Standing;
use refmark_engine::snapshot::Mode;
use refmark_records::layout::{Document, Place};
use refmark_records::statement::Record;
use refmark_types::error::Error;
use refmark_types::oid::Oid;

/// A file that the range brought, well-formed and at its place.
pub(super) struct RangeFile<'a> {
    pub(super) path: String,
    pub(super) oid: Oid,
    pub(super) place: Place,
    pub(super) record: Option<std::sync::Arc<Record>>,
    pub(super) commit: Oid,
    pub(super) effect: bool,
    pub(super) refused: bool,
    pub(super) report: Option<&'a GateReport>,
    pub(super) findings: Vec<&'a Error>,
}

impl RangeFile<'_> {
    /// What becomes of it.
    pub(super) fn decision(&self) -> Decision {
        match (self.effect, self.refused) {
            (true, _) => Decision::Ok,
            (false, true) => Decision::Refused,
            (false, false) => Decision::Pending,
        }
    }
}

/// The record of an object, where it lies at its own path.
fn record_at(path: &str, oid: Oid, objects: &Objects<'_>) -> Option<std::sync::Arc<Record>> {
    let record = objects.record(oid).ok()?;
    let own = Place::of(record.predicate()).ok()?.path();
    (own == path).then_some(record)
}

/// Every file that the range brought into effect, or left without.
pub(super) fn range_files<'a>(outcome: &'a RangeOutcome<'_>) -> Vec<RangeFile<'a>> {
    let objects = &outcome.verified.objects;
    let mut all = Vec::new();
    let mut take = |path: &str, oid: Oid, commit: Oid, standing: Option<Standing>| {
        let Some(place) = Place::parse(path) else { return };
        let record = match place {
            Place::PolicyText(_) => None,
            Place::Document(_, Document::Manifest) if objects.manifest(oid).is_ok() => None,
            Place::Document(_, Document::Manifest) => return,
            Place::Document(..) => None,
            _ => match record_at(path, oid, objects) {
                Some(record) => Some(record),
                None => return,
            },
        };
        all.push(RangeFile {
            path: path.to_owned(),
            oid,
            place,
            record,
            commit,
            effect: standing.is_none(),
            refused: standing == Some(Standing::Refused),
            report: None,
            findings: Vec::new(),
        });
    };
    for (_, effect) in &outcome.effects {
        for (path, oid) in &effect.files {
            take(path, *oid, effect.brought_by, None);
        }
    }
    for landing in outcome.new_inert() {
        for (path, (mode, oid)) in &landing.files {
            if *mode == Mode::File {
                take(path, *oid, landing.commit, Some(landing.standing));
            }
        }
    }
    let reports = outcome.effects.iter().flat_map(|(_, effect)| &effect.reports);
    let reports: Vec<&GateReport> = reports.chain(outcome.new_inert().flat_map(|landing| &landing.reports)).collect();
    for brought in &mut all {
        let digest = brought.record.as_ref().map(|record| record.digest());
        brought.report = reports.iter().find(|report| Some(report.statement) == digest).copied();
        let landing = outcome.new_inert().find(|landing| landing.files.contains_key(&brought.path));
        brought.findings =
            landing.map(|landing| landing.findings.iter().map(|(_, error)| &**error).collect()).unwrap_or_default();
    }
    all
}
