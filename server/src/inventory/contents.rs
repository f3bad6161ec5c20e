//! What the registry says, held in memory: the records by name, and the audit trail.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use refmark_core::records::trust::TrustState;
use refmark_core::types::digest::ArtifactId;
use refmark_core::types::oid::Oid;

use super::artifact::Artifact;
use super::event::{Action, Event};
use crate::http::json::compact;
use crate::objects::place::canonical;

/// The record of a name, and the artifact of the registry that it is.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What is told of it.
    pub artifact: Arc<Artifact>,
    /// The artifact of the registry.
    pub id: ArtifactId,
    /// The version of its model.
    pub version: u64,
    /// How often its record was written.
    pub revision: u64,
}

impl Entry {
    /// The state now.
    pub fn state(&self) -> TrustState {
        self.artifact.state
    }

    /// Whether it was not deleted.
    pub fn is_live(&self) -> bool {
        self.state() != TrustState::Deleted
    }
}

/// What is known at one head.
#[derive(Debug, Default)]
pub struct Contents {
    /// The head that it is true of.
    pub head: Option<Oid>,
    entries: Vec<Entry>,
    names: HashMap<String, usize>,
    artifacts: HashMap<ArtifactId, usize>,
    /// Live records by the file that they mean, in its one spelling.
    files: HashMap<String, usize>,
    /// Digests that were revoked: closed under every name, for good.
    revoked: HashSet<String>,
    events: Vec<Event>,
    listed: OnceLock<Bytes>,
    audited: OnceLock<Bytes>,
}

/// A change of one record.
pub struct Step {
    /// The entry as it is from now on.
    pub entry: Entry,
    /// What was done.
    pub action: Action,
    /// When, in RFC 3339.
    pub time: String,
}

impl Contents {
    /// All records, in the order of their first arrival.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The record of a name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.names.get(name).and_then(|at| self.entries.get(*at))
    }

    /// The record whose artifact this is.
    pub fn of_artifact(&self, id: &ArtifactId) -> Option<&Entry> {
        self.artifacts.get(id).and_then(|at| self.entries.get(*at))
    }

    /// The live record that means a file.
    pub fn of_file(&self, filename: &str) -> Option<&Entry> {
        let file = canonical(filename).ok()?;
        self.files.get(&file).and_then(|at| self.entries.get(*at))
    }

    /// Whether bytes were revoked, under whatever name.
    pub fn is_revoked(&self, sha256: &str) -> bool {
        self.revoked.contains(sha256)
    }

    /// The audit trail.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many of the records whose names are seen are in each state, states in their order.
    pub fn counts(&self, sees: impl Fn(&str) -> bool) -> Vec<(TrustState, usize)> {
        let mut counts = TrustState::ALL.map(|state| (state, 0));
        for entry in self.entries.iter().filter(|entry| sees(&entry.artifact.name)) {
            counts.iter_mut().filter(|(state, _)| *state == entry.state()).for_each(|(_, count)| *count += 1);
        }
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// All records as one JSON array, made once a change.
    pub fn listed(&self) -> Bytes {
        let make = || {
            let all: Vec<&Artifact> = self.entries.iter().map(|entry| &*entry.artifact).collect();
            line(compact(&all))
        };
        self.listed.get_or_init(make).clone()
    }

    /// The audit trail as one JSON array, made once a change.
    pub fn audited(&self) -> Bytes {
        self.audited.get_or_init(|| line(compact(&self.events))).clone()
    }

    /// Takes a change in.
    pub fn apply(&mut self, step: Step) {
        (self.listed, self.audited) = Default::default();
        let Step { entry, action, time } = step;
        let artifact = Arc::clone(&entry.artifact);
        let at = match self.names.get(&artifact.name) {
            Some(at) => *at,
            None => self.entries.len(),
        };
        let before = self.entries.get(at).map(|entry| Arc::clone(&entry.artifact));
        if let Some(before) = &before
            && let Ok(file) = canonical(&before.filename)
            && self.files.get(&file) == Some(&at)
        {
            self.files.remove(&file);
        }
        if entry.is_live()
            && let Ok(file) = canonical(&artifact.filename)
        {
            self.files.insert(file, at);
        }
        match artifact.state {
            TrustState::Revoked => drop(self.revoked.insert(artifact.sha256.clone())),
            // A promotion of revoked bytes is refused, but in development: then they are open again.
            TrustState::Trusted if action == Action::Promote => drop(self.revoked.remove(&artifact.sha256)),
            _ => {}
        }
        self.names.insert(artifact.name.clone(), at);
        self.artifacts.insert(entry.id, at);
        match self.entries.get_mut(at) {
            Some(slot) => *slot = entry,
            None => self.entries.push(entry),
        }
        let from = before.map(|before| before.state);
        let event = Event::after(self.events.last(), time, action, from, artifact);
        self.events.push(event);
    }
}

fn line(mut bytes: Vec<u8>) -> Bytes {
    bytes.push(b'\n');
    bytes.into()
}
