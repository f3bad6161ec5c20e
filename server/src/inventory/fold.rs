//! From commits to [`Contents`]: what each landing changed, in the order of the chain.

use std::collections::BTreeMap;
use std::sync::Arc;

use refmark_core::View;
use refmark_core::engine::effective::Effective;
use refmark_core::engine::snapshot::{History, first_parents};
use refmark_core::records::evidence::Evidence;
use refmark_core::records::layout::Place;
use refmark_core::records::statement::Predicate;
use refmark_core::records::trust::TrustMove;
use refmark_core::records::version::Version;
use refmark_core::store::blob::Store;
use refmark_core::types::digest::{ArtifactId, Digest};
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::oid::Oid;
use refmark_core::types::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::artifact::Artifact;
use super::contents::{Contents, Entry, Step};
use super::event::Action;

/// The catalog's id of the evidence that holds a record of the service.
pub const EVIDENCE: &str = "service-record";
/// The largest record that is kept in a commit, in bytes; a larger one is a blob.
pub const INLINE_LIMIT: usize = 300_000;
/// The largest record at all, in bytes.
pub const RECORD_LIMIT: u64 = 16 << 20;

/// What a piece of evidence holds: the service's record, as JSON text, because it may be deeper than records are.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// What was done.
    pub action: String,
    /// Who asked for it.
    pub on_behalf_of: String,
    /// How often the record of this artifact was written.
    pub revision: u64,
    /// The place of the record among those that one commit brings.
    pub order: u64,
    /// The record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The blob that holds the record, where it is too large for a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
}

/// What one commit says of one artifact.
#[derive(Default)]
struct Said {
    version: Option<Version>,
    record: Option<(Details, Timestamp)>,
    moves: Vec<TrustMove>,
}

/// Takes in what landed after `contents.head`, up to the view's head. `each` hears what each commit changed.
pub fn catch_up(
    contents: &mut Contents,
    view: &View<'_>,
    store: &Store,
    each: &mut dyn FnMut(Oid, &[Step]),
) -> Result<()> {
    view.check_tip()?;
    let repo = view.registry.repo();
    let chain = first_parents(repo, view.head, contents.head)?
        .ok_or_else(|| Error::new(Code::HistoryRewritten, "the registry's branch lost what was read of it"))?;
    for commit in chain.into_iter().rev() {
        let steps = take(contents, view, store, commit)?;
        each(commit, &steps);
        steps.into_iter().for_each(|step| contents.apply(step));
        contents.head = Some(commit);
    }
    Ok(())
}

/// What one commit changed, in order.
fn take(contents: &Contents, view: &View<'_>, store: &Store, commit: Oid) -> Result<Vec<Step>> {
    let mut all: BTreeMap<ArtifactId, Said> = BTreeMap::new();
    let state = view.state()?;
    for change in view.registry.repo().changes(commit)? {
        let is_ours =
            matches!(Place::parse(&change.path), Some(Place::Version(..) | Place::Trust(..) | Place::Evidence(..)));
        if !is_ours {
            continue;
        }
        let Some(record) = state.record(&change.path)? else { continue };
        match record.predicate() {
            Predicate::Version(version) => all.entry(version.artifact).or_default().version = Some((**version).clone()),
            Predicate::Trust(moved) => all.entry(moved.artifact).or_default().moves.push((**moved).clone()),
            Predicate::Evidence(found) if found.evidence_type.as_str() == EVIDENCE => {
                all.entry(found.artifact).or_default().record = Some((details(found)?, found.time));
            }
            _ => {}
        }
    }
    let mut steps = Vec::new();
    for (id, said) in all {
        steps.extend(step(contents, store, id, said)?);
    }
    steps.sort_by_key(|(order, _)| *order);
    Ok(steps.into_iter().map(|(_, step)| step).collect())
}

fn details(found: &Evidence) -> Result<Details> {
    serde_json::from_value(found.details.0.clone())
        .map_err(|error| Error::new(Code::BadRecord, format!("a record of the service cannot be read: {error}")))
}

/// What an artifact is after a commit. Nothing where the artifact is none of the service's.
fn step(contents: &Contents, store: &Store, id: ArtifactId, mut said: Said) -> Result<Option<(u64, Step)>> {
    said.moves.sort_by_key(|moved| moved.sequence);
    let known = contents.of_artifact(&id);
    let (mut artifact, version, revision, order, action, mut time) = match (said.record, known) {
        (Some((details, time)), _) => {
            let artifact = record_of(&details, store)?;
            let version = said.version.as_ref().map(|it| it.version).or(known.map(|entry| entry.version));
            let action = Action::parse(&details.action);
            (artifact, version.unwrap_or(1), details.revision, details.order, action, time)
        }
        (None, Some(entry)) => {
            let Some(last) = said.moves.last() else { return Ok(None) };
            // After those that say their order, in the order of their arrival.
            let order = u64::MAX;
            ((*entry.artifact).clone(), entry.version, entry.revision, order, None, last.time)
        }
        (None, None) => return Ok(None),
    };
    let before = known.map_or_else(Default::default, Entry::state);
    let last = said.moves.last();
    artifact.state = last.map_or(before, |moved| moved.to);
    time = last.map_or(time, |moved| moved.time.max(time));
    let action = action.unwrap_or_else(|| Action::to(artifact.state));
    let entry = Entry { artifact: Arc::new(artifact), id, version, revision };
    Ok(Some((order, Step { entry, action, time: time.to_string() })))
}

fn record_of(details: &Details, store: &Store) -> Result<Artifact> {
    let bad = |why: String| Error::new(Code::BadRecord, format!("a record of the service cannot be read: {why}"));
    let bytes = match (&details.record, &details.blob) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(blob)) => store.read(&Digest::parse(blob)?, RECORD_LIMIT)?,
        _ => return Err(bad("it holds neither a record nor a blob".to_owned())),
    };
    serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))
}
