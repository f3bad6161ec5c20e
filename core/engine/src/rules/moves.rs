//! Moves of aliases, stages and trust states: whether what they say of the state before them is so, and what they come to.

use std::collections::BTreeSet;

use super::report::report_on;
use super::{RuleContext, Ruling, renames};
use crate::effective::StateOverlay;
use crate::gate::{Decision, GateReport};
use crate::state_reader::StateReader;
use refmark_records::alias::{AliasMove, Target};
use refmark_records::layout::Place;
use refmark_records::manifest::Manifest;
use refmark_records::policy::Policy;
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::{Predicate, Record};
use refmark_records::trust::{TrustMove, TrustState};
use refmark_records::version::{Stage, StageMove};
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Result};
use refmark_types::name::ModelName;

/// Judges a move whose place, author and chain are in order.
pub(super) fn judge(
    record: &Record,
    policy: &Policy,
    registry: RegistryId,
    overlay: &StateOverlay<'_>,
    context: &RuleContext<'_>,
) -> Result<(Ruling, Option<GateReport>)> {
    let premise = premise(record, overlay, context)?;
    if let Ruling::Failed(_) = premise {
        return Ok((premise, None));
    }
    let report = match renames::carried(record, policy, overlay, context)? {
        Some(carried) => carried,
        None => report_on(record, policy, registry, overlay, context)?,
    };
    let ruling = match report.decision {
        Decision::Ok => Ruling::Ok,
        Decision::Pending => Ruling::Missing(report.clone().into_error()),
        Decision::Refused => Ruling::Failed(report.clone().into_error()),
    };
    Ok((premise.and(ruling), Some(report)))
}

/// What a move is held against: the state with its landing, and what a lost key said.
struct Premise<'a> {
    reader: StateReader<'a>,
    tainted: &'a BTreeSet<String>,
}

/// Whether what a move says of the state before it is so. Where its predecessor is missing, nobody can tell yet.
fn premise(record: &Record, overlay: &StateOverlay<'_>, context: &RuleContext<'_>) -> Result<Ruling> {
    let premise = Premise { reader: StateReader(overlay), tainted: context.tainted };
    match record.predicate() {
        Predicate::Alias(alias_move) => premise.alias(alias_move),
        Predicate::Stage(stage_move) => premise.stage(stage_move),
        Predicate::Trust(trust_move) => premise.trust(trust_move),
        _ => Ok(Ruling::Ok),
    }
}

impl Premise<'_> {
    /// What a lost key said is confirmed by saying it again: then a move may go nowhere.
    fn confirms(&self, before: Place) -> bool {
        self.tainted.contains(&before.path())
    }

    fn alias(&self, alias_move: &AliasMove) -> Result<Ruling> {
        let reader = self.reader;
        let (known, before) = match alias_move.sequence {
            0 | 1 => (true, None),
            n => match reader.alias_move(&alias_move.model, &alias_move.alias, n - 1)? {
                Some(before) => (true, before.to),
                None => (false, None),
            },
        };
        if known && alias_move.from != before {
            return Ok(gone(format!(
                "{}@{} is at {}, and the move says {}",
                alias_move.model,
                alias_move.alias,
                shown(before),
                shown(alias_move.from)
            )));
        }
        let before =
            Place::Alias(alias_move.model.clone(), alias_move.alias.clone(), alias_move.sequence.saturating_sub(1));
        if alias_move.to == alias_move.from && !self.confirms(before) {
            return Ok(Ruling::failed(Code::BadRecord, "the move goes nowhere"));
        }
        match &alias_move.to {
            Some(to) => version_is(reader, &alias_move.model, to.version, &to.artifact),
            None => Ok(Ruling::Ok),
        }
    }

    fn stage(&self, stage_move: &StageMove) -> Result<Ruling> {
        let reader = self.reader;
        let before = match stage_move.sequence {
            0 | 1 => Stage::default(),
            n => reader
                .stage_move(&stage_move.model, stage_move.version, n - 1)?
                .map_or(stage_move.from, |before| before.to),
        };
        let moved = Place::Stage(stage_move.model.clone(), stage_move.version, stage_move.sequence.saturating_sub(1));
        if stage_move.from != before || (stage_move.to == stage_move.from && !self.confirms(moved)) {
            return Ok(gone(format!(
                "{}/{} is {before}, and the move says {} → {}",
                stage_move.model, stage_move.version, stage_move.from, stage_move.to
            )));
        }
        version_is(reader, &stage_move.model, stage_move.version, &stage_move.artifact)
    }

    fn trust(&self, trust_move: &TrustMove) -> Result<Ruling> {
        let reader = self.reader;
        let before = match trust_move.sequence {
            0 | 1 => TrustState::default(),
            n => reader.trust_move(&trust_move.artifact, n - 1)?.map_or(trust_move.from, |before| before.to),
        };
        let moved = Place::Trust(trust_move.artifact, trust_move.sequence.saturating_sub(1));
        if trust_move.from != before || (trust_move.to == trust_move.from && !self.confirms(moved)) {
            return Ok(gone(format!(
                "{} is {before}, and the move says {} → {}",
                trust_move.artifact.short(),
                trust_move.from,
                trust_move.to
            )));
        }
        if before == TrustState::Deleted {
            return Ok(Ruling::failed(
                Code::Deleted,
                format!("{} was deleted, which is for good", trust_move.artifact.short()),
            ));
        }
        if let Some(named) = &trust_move.version {
            match version_is(reader, &named.model, named.version, &trust_move.artifact)? {
                Ruling::Ok => {}
                other => return Ok(other),
            }
        }
        match reader.manifest(&trust_move.artifact)? {
            Some(manifest) => Ok(named_files(trust_move, &manifest)),
            None => Ok(Ruling::missing(format!("{} is not registered", trust_move.artifact.short()))),
        }
    }
}

/// A revocation names files of its artifact, each once and in order; no other move names any.
fn named_files(trust_move: &TrustMove, manifest: &Manifest) -> Ruling {
    let files = &trust_move.files;
    let wrong = |why: &str| Ruling::failed(Code::BadRecord, format!("the move names files, and {why}"));
    if files.is_empty() {
        return Ruling::Ok;
    }
    if trust_move.to != TrustState::Revoked {
        return wrong("only a revocation does");
    }
    if !files.windows(2).all(|pair| pair[0] < pair[1]) {
        return wrong("they are not sorted, each once");
    }
    match files.iter().all(|digest| manifest.files.iter().any(|file| file.sha256 == *digest)) {
        true => Ruling::Ok,
        false => wrong("the artifact does not have all of them"),
    }
}

fn gone(message: String) -> Ruling {
    Ruling::failed(Code::PremiseGone, message)
}

fn shown(target: Option<Target>) -> String {
    target.map_or_else(|| "nothing".to_owned(), |target| target.version.to_string())
}

/// Whether a version is there and is this artifact.
pub(super) fn version_is(
    reader: StateReader<'_>,
    model: &ModelName,
    version: u64,
    artifact: &ArtifactId,
) -> Result<Ruling> {
    Ok(match reader.version(model, version)? {
        Some(registered) if registered.artifact == *artifact => Ruling::Ok,
        Some(registered) => Ruling::failed(
            Code::BadRecord,
            format!("{model}/{version} is {}, and the record says {}", registered.artifact.short(), artifact.short()),
        ),
        None => Ruling::missing(format!("{model}/{version} is not registered")),
    })
}
