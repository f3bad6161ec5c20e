//! Events as CloudEvents 1.0: whatever took effect, once and in the order of the chain, for programs elsewhere.

use std::collections::BTreeMap;

use serde::Serialize;

use super::events::{Event, event};
use refmark_engine::effective::Effective;
use refmark_engine::snapshot::History;
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::Verified;
use refmark_records::alias::Target;
use refmark_records::layout::Place;
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::{Predicate, Record};
use refmark_records::template;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// What the types of all events begin with; the record's kind follows.
pub const TYPE_PREFIX: &str = "io.github.refmark.";

/// An event in the form of CloudEvents 1.0 (structured JSON).
#[derive(Debug, Clone, Serialize)]
pub struct CloudEvent {
    /// Always `1.0`.
    pub specversion: &'static str,
    /// The SHA-256 of the record's statement: the same whoever asks, and never given twice.
    pub id: String,
    /// `urn:refmark:registry:` and the registry's id.
    pub source: String,
    /// [`TYPE_PREFIX`] and the record's kind, such as `io.github.refmark.alias`.
    pub r#type: String,
    /// What it is about: `MODEL@ALIAS`, `MODEL/VERSION`, an artifact, or the record's path.
    pub subject: String,
    /// The commit's time.
    pub time: Timestamp,
    /// Always `application/json`.
    pub datacontenttype: &'static str,
    /// The place of the commit on the chain, and of the event within it. As text it sorts as the events happened.
    pub sequence: String,
    /// Who, what, from, to, why, by which commit, and who agreed.
    pub data: EventData,
}

/// What happened.
#[derive(Debug, Clone, Serialize)]
pub struct EventData {
    /// As `log --all` has it.
    #[serde(flatten)]
    pub event: Event,
    /// What a move moved from: a version, a stage or a trust state. Null for the first move, and for what is no move.
    pub from: Option<String>,
    /// What it moved to; null where an alias was closed, and for what is no move.
    pub to: Option<String>,
    /// The artifact that it is about, where it is about one.
    pub artifact: Option<ArtifactId>,
    /// Who agreed to the change, or waived a gate of it, up to this commit: the event is the same whenever it is read.
    pub approvals: Vec<Approver>,
}

impl CloudEvent {
    /// The event as a notification template says it: what it does not have stays empty.
    ///
    /// # Errors
    ///
    /// `bad-argument` where the text is no template.
    pub fn said(&self, template: &str) -> Result<String> {
        let (data, of) = (&self.data, &self.data.event);
        template::render(template, &|name| match name {
            "kind" => of.kind.to_string(),
            "what" => of.what.clone(),
            "subject" => self.subject.clone(),
            "from" => data.from.clone().unwrap_or_default(),
            "to" => data.to.clone().unwrap_or_default(),
            "reason" => of.reason.clone(),
            "by" => of.by.to_string(),
            "approvers" => {
                let agreed = data.approvals.iter().filter(|it| it.approves);
                agreed.map(|it| it.by.as_str()).collect::<Vec<_>>().join(", ")
            }
            "artifact" => data.artifact.map(|artifact| artifact.to_string()).unwrap_or_default(),
            "commit" => of.commit.to_string(),
            "time" => self.time.to_string(),
            "registry" => self.source.rsplit(':').next().unwrap_or_default().to_owned(),
            _ => String::new(),
        })
    }
}

/// Who said something to a change.
#[derive(Debug, Clone, Serialize)]
pub struct Approver {
    /// Who.
    pub by: PrincipalId,
    /// Whether it is consent; false for one who only waived a gate.
    pub approves: bool,
    /// The gates that were waived.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waives: Vec<String>,
}

/// What took effect after a commit of the chain, or from the first one on; the oldest first. The walk may have begun anywhere
/// at or before that commit. The cost is that of reading every record of the answer.
pub fn cloud_events(
    history: &dyn History,
    verified: &Verified<'_>,
    registry: RegistryId,
    after: Option<Oid>,
) -> Result<Vec<CloudEvent>> {
    let reader = verified.reader();
    let begin = after.map(|commit| place_of(history, verified, commit)).transpose()?.flatten();
    let approved = approved_at(verified)?;
    let mut found = Vec::new();
    let mut within = (None, 0_u64);
    for landed in &verified.landed {
        let place = verified.walk.position(landed.commit)?.unwrap_or_default();
        if within.0 != Some(landed.commit) {
            within = (Some(landed.commit), 0);
        }
        if begin.is_some_and(|begin| place <= begin) {
            continue;
        }
        let time = history.commit(landed.commit)?.time;
        for path in landed.files.keys() {
            if matches!(Place::parse(path), None | Some(Place::Document(..) | Place::PolicyText(_))) {
                continue;
            }
            let Some(record) = verified.state().record(path)? else { continue };
            within.1 += 1;
            let event = event(reader, &record, path, landed.commit, time)?;
            let approvals = approvals(reader, &event, place, &approved)?;
            let sequence = format!("{place:010}.{:05}", within.1);
            found.push(cloud_event(&record, event, registry, sequence, approvals));
        }
    }
    Ok(found)
}

/// The place of a commit on the chain; of a bad one, that of the last good one before it.
fn place_of(history: &dyn History, verified: &Verified<'_>, commit: Oid) -> Result<Option<u64>> {
    let mut at = Some(commit);
    while let Some(id) = at {
        if let Some(place) = verified.walk.position(id)? {
            return Ok(Some(place));
        }
        at = history.commit(id)?.parents.first().copied();
    }
    Ok(None)
}

/// Where on the chain each approval of this walk took effect. What is not in it did before.
fn approved_at<'v>(verified: &'v Verified<'_>) -> Result<BTreeMap<&'v str, u64>> {
    let mut found = BTreeMap::new();
    for landed in &verified.landed {
        let place = verified.walk.position(landed.commit)?.unwrap_or_default();
        let approvals = landed.files.keys().filter(|path| matches!(Place::parse(path), Some(Place::Approval(..))));
        found.extend(approvals.map(|path| (path.as_str(), place)));
    }
    Ok(found)
}

fn approvals(
    reader: StateReader<'_>,
    event: &Event,
    place: u64,
    approved: &BTreeMap<&str, u64>,
) -> Result<Vec<Approver>> {
    let mut found = reader.approvals(&event.statement)?;
    found.retain(|it| approved.get(it.path.as_str()).is_none_or(|at| *at <= place));
    let said = found.iter().map(|it| Approver {
        by: it.by.clone(),
        approves: it.approves,
        waives: it.waives.iter().map(|waiver| waiver.gate.clone()).collect(),
    });
    Ok(said.collect())
}

fn cloud_event(
    record: &Record,
    event: Event,
    registry: RegistryId,
    sequence: String,
    approvals: Vec<Approver>,
) -> CloudEvent {
    let predicate = record.predicate();
    let (from, to) = moved(predicate);
    CloudEvent {
        specversion: "1.0",
        id: event.statement.to_string(),
        source: format!("urn:refmark:registry:{registry}"),
        r#type: format!("{TYPE_PREFIX}{}", event.kind),
        subject: subject(predicate, &event.path),
        time: event.landed,
        datacontenttype: "application/json",
        sequence,
        data: EventData { from, to, artifact: artifact(predicate), approvals, event },
    }
}

fn moved(predicate: &Predicate) -> (Option<String>, Option<String>) {
    let version = |target: &Option<Target>| target.as_ref().map(|it| it.version.to_string());
    match predicate {
        Predicate::Alias(it) => (version(&it.from), version(&it.to)),
        Predicate::Stage(it) => (Some(it.from.as_str().to_owned()), Some(it.to.as_str().to_owned())),
        Predicate::Trust(it) => (Some(it.from.as_str().to_owned()), Some(it.to.as_str().to_owned())),
        _ => (None, None),
    }
}

fn artifact(predicate: &Predicate) -> Option<ArtifactId> {
    match predicate {
        Predicate::Alias(it) => it.to.as_ref().or(it.from.as_ref()).map(|target| target.artifact),
        Predicate::Stage(it) => Some(it.artifact),
        Predicate::Version(it) => Some(it.artifact),
        Predicate::Label(it) => Some(it.artifact),
        Predicate::Trust(it) => Some(it.artifact),
        Predicate::Evidence(it) => Some(it.artifact),
        _ => None,
    }
}

fn subject(predicate: &Predicate, path: &str) -> String {
    match predicate {
        Predicate::Alias(it) => format!("{}@{}", it.model, it.alias),
        Predicate::Stage(it) => format!("{}/{}", it.model, it.version),
        Predicate::Version(it) => format!("{}/{}", it.model, it.version),
        Predicate::Label(it) => format!("{}/{}", it.model, it.version),
        Predicate::About(it) => it.model.to_string(),
        Predicate::Trust(it) => it.artifact.to_string(),
        Predicate::Evidence(it) => it.artifact.to_string(),
        Predicate::Consumer(it) => it.consumer.to_string(),
        Predicate::Approval(it) => it.change.clone(),
        _ => path.to_owned(),
    }
}
