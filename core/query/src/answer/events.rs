//! Every kind of event: whatever took effect, in the order of the chain.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::explain::reason;
use crate::policy::changes;
use crate::review::in_words;
use refmark_engine::effective::Effective;
use refmark_engine::snapshot::History;
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::Verified;
use refmark_records::layout::Place;
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ModelName, PrincipalId};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// A record that took effect.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// The record's kind: `version`, `alias`, `stage`, `trust`, `evidence`, `approval`, `about`, `label`, `catalog`,
    /// `consumer` (a list of pins that was published), `checkpoint`, `policy` or `root`; and `members` for a policy that
    /// changes its members alone.
    pub kind: &'static str,
    /// What happened, in a line.
    pub what: String,
    /// More of it, such as what a policy changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who signed it first.
    pub by: PrincipalId,
    /// When, by its author's clock.
    pub time: Timestamp,
    /// The commit in which it took effect.
    pub commit: Oid,
    /// That commit's time.
    pub landed: Timestamp,
    /// The record's path.
    pub path: String,
    /// The SHA-256 of its statement.
    pub statement: Digest,
}

/// The events, newest first.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EventsAnswer {
    /// The events. Those of one commit keep the order of their paths.
    pub events: Vec<Event>,
}

/// Which events are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventsRequest<'a> {
    /// Only those about this model, its versions and their artifacts; with an alias only that alias's moves.
    pub of: Option<(&'a ModelName, Option<&'a AliasName>)>,
    /// Only those that took effect at this time or later, by their commits' clocks.
    pub since: Option<Timestamp>,
}

/// What a walk from the first commit saw take effect, newest first: the order is that of the chain, whatever clocks say. The
/// cost is that of reading every record of the answer.
pub fn events(history: &dyn History, verified: &Verified<'_>, request: EventsRequest<'_>) -> Result<EventsAnswer> {
    let reader = verified.reader();
    let artifacts = match request.of {
        Some((model, _)) => artifacts_of(reader, model)?,
        None => BTreeSet::new(),
    };
    let mut answer = EventsAnswer::default();
    for landed in verified.landed.iter().rev() {
        let at = history.commit(landed.commit)?.time;
        if request.since.is_some_and(|since| at < since) {
            continue;
        }
        for path in landed.files.keys() {
            let Some(place) = Place::parse(path) else { continue };
            let asked = request.of.is_none_or(|of| concerns(&place, of, &artifacts));
            if matches!(place, Place::Document(..) | Place::PolicyText(_)) || !(asked || is_approval(&place)) {
                continue;
            }
            let Some(record) = verified.state().record(path)? else { continue };
            if !asked && !approves(&record, request.of, &artifacts) {
                continue;
            }
            answer.events.push(event(reader, &record, path, landed.commit, at)?);
        }
    }
    Ok(answer)
}

fn artifacts_of(reader: StateReader<'_>, model: &ModelName) -> Result<BTreeSet<ArtifactId>> {
    let mut artifacts = BTreeSet::new();
    for version in reader.versions(model)? {
        artifacts.extend(reader.version(model, version)?.map(|it| it.artifact));
    }
    Ok(artifacts)
}

fn is_approval(place: &Place) -> bool {
    matches!(place, Place::Approval(..))
}

/// Whether an approval is of a change that is asked for.
fn approves(record: &Record, of: Option<(&ModelName, Option<&AliasName>)>, artifacts: &BTreeSet<ArtifactId>) -> bool {
    match (record.predicate(), of) {
        (Predicate::Approval(it), Some(of)) => {
            Place::parse(&it.change).is_some_and(|place| concerns(&place, of, artifacts))
        }
        _ => false,
    }
}

fn concerns(place: &Place, (model, alias): (&ModelName, Option<&AliasName>), artifacts: &BTreeSet<ArtifactId>) -> bool {
    match place {
        Place::Alias(of, name, _) => of == model && alias.is_none_or(|alias| alias == name),
        Place::About(of, _) | Place::Version(of, _) | Place::Stage(of, ..) | Place::Label(of, ..) => {
            alias.is_none() && of == model
        }
        Place::Trust(artifact, _) | Place::Evidence(artifact, ..) => alias.is_none() && artifacts.contains(artifact),
        _ => false,
    }
}

/// What happened, in a line: a review says these in a table of their own, and needs no words for them.
fn said(record: &Record) -> String {
    match record.predicate() {
        Predicate::Version(it) => format!("register {}/{}", it.model, it.version),
        Predicate::Policy(it) => format!("policy {}", it.number),
        Predicate::Root(it) => format!("trust root {}", it.number),
        Predicate::Consumer(it) if it.pins.is_empty() => format!("{} pins nothing", it.consumer),
        Predicate::Consumer(it) => {
            let pins: Vec<String> = it.pins.iter().map(|pin| format!("{}/{}", pin.model, pin.version)).collect();
            format!("{} pins {}", it.consumer, pins.join(", "))
        }
        _ => in_words(record),
    }
}

/// A record as an event of the commit in which it took effect.
pub(super) fn event(
    reader: StateReader<'_>,
    record: &Record,
    path: &str,
    commit: Oid,
    landed: Timestamp,
) -> Result<Event> {
    let common = record.common();
    let predicate = record.predicate();
    let mut kind = predicate.kind();
    let mut details = Vec::new();
    if let Predicate::Policy(it) = predicate
        && let (Some((after, _)), Some((before, _))) =
            (reader.policy(it.number)?, reader.policy(it.number.saturating_sub(1))?)
    {
        details = changes(&before, &after);
        let about_members = |it: &String| it.get(2..).is_some_and(|it| it.starts_with("member "));
        if !details.is_empty() && details.iter().all(about_members) {
            kind = "members";
        }
    }
    Ok(Event {
        kind,
        what: said(record),
        details,
        reason: reason(predicate),
        by: common.by.clone(),
        time: common.time,
        commit,
        landed,
        path: path.to_owned(),
        statement: record.digest(),
    })
}
