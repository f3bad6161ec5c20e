//! The audit trail as the service tells it: one event a change, each with the digest of the one before.

use std::sync::Arc;

use refmark_core::records::trust::TrustState;
use refmark_core::types::digest::Digest;
use serde::{Serialize, Serializer};

use super::artifact::Artifact;
use crate::http::json::compact;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Taken from a lock file.
    Bootstrap,
    /// Named, with the digest that it shall have.
    Acquire,
    /// Held back until somebody has looked.
    Quarantine,
    /// Trusted.
    Promote,
    /// Withdrawn.
    Revoke,
    /// Deleted.
    Delete,
}

impl Action {
    /// The action's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Bootstrap => "bootstrap",
            Action::Acquire => "acquire",
            Action::Quarantine => "quarantine",
            Action::Promote => "promote",
            Action::Revoke => "revoke",
            Action::Delete => "delete",
        }
    }

    /// The action of this word.
    pub fn parse(text: &str) -> Option<Action> {
        let all =
            [Action::Bootstrap, Action::Acquire, Action::Quarantine, Action::Promote, Action::Revoke, Action::Delete];
        all.into_iter().find(|action| action.as_str() == text)
    }

    /// The action that a move to this state is, where nothing else says it.
    pub const fn to(state: TrustState) -> Action {
        match state {
            TrustState::Acquired => Action::Acquire,
            TrustState::Quarantined => Action::Quarantine,
            TrustState::Trusted => Action::Promote,
            TrustState::Revoked => Action::Revoke,
            TrustState::Deleted => Action::Delete,
        }
    }
}

/// What `prev_hash` of the first event says.
const GENESIS: &str = "genesis";

/// One change, its fields in the order in which they are answered and hashed.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its number, from 1.
    pub sequence: u64,
    /// When, in RFC 3339.
    pub timestamp: String,
    /// What was done.
    pub action: Action,
    /// The state before; nothing for a name that is new.
    pub from_state: Option<TrustState>,
    /// The whole record after the change.
    pub artifact: Arc<Artifact>,
    /// The digest of the event before.
    pub prev: Option<Digest>,
    /// The digest of this event with an empty `hash`.
    pub hash: Digest,
}

#[derive(Serialize)]
struct Form<'a> {
    sequence: u64,
    timestamp: &'a str,
    action: Action,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_state: Option<TrustState>,
    to_state: TrustState,
    sha256: &'a str,
    artifact: &'a Artifact,
    prev_hash: &'a str,
    hash: &'a str,
}

impl Event {
    /// The event after `previous`; its hash is computed here.
    pub fn after(
        previous: Option<&Event>,
        timestamp: String,
        action: Action,
        from_state: Option<TrustState>,
        artifact: Arc<Artifact>,
    ) -> Event {
        let sequence = previous.map_or(1, |event| event.sequence + 1);
        let prev = previous.map(|event| event.hash);
        let mut event = Event { sequence, timestamp, action, from_state, artifact, prev, hash: Digest::of(b"") };
        event.hash = Digest::of(&compact(&event.form("")));
        event
    }

    fn form<'a>(&'a self, hash: &'a str) -> FormOf<'a> {
        FormOf { event: self, prev: self.prev.map_or_else(|| GENESIS.to_owned(), |digest| digest.hex()), hash }
    }
}

struct FormOf<'a> {
    event: &'a Event,
    prev: String,
    hash: &'a str,
}

impl Serialize for FormOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Event { sequence, timestamp, action, from_state, artifact, .. } = self.event;
        Form {
            sequence: *sequence,
            timestamp,
            action: *action,
            name: &artifact.name,
            from_state: *from_state,
            to_state: artifact.state,
            sha256: &artifact.sha256,
            artifact,
            prev_hash: &self.prev,
            hash: self.hash,
        }
        .serialize(serializer)
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hash = self.hash.hex();
        self.form(&hash).serialize(serializer)
    }
}
