//! Trust states of an artifact.

use serde::{Deserialize, Serialize};

use super::common::predicate;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::name::ModelName;

/// Whether an artifact's bytes may be handed out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustState {
    /// Named, and not judged: the state of an artifact without a trust move.
    #[default]
    Acquired,
    /// Held back until somebody has looked.
    Quarantined,
    /// Handed out.
    Trusted,
    /// Withdrawn: handed out to nobody.
    Revoked,
    /// The bytes are gone; the metadata stays.
    Deleted,
}

impl TrustState {
    /// Every state.
    pub const ALL: [TrustState; 5] =
        [TrustState::Acquired, TrustState::Quarantined, TrustState::Trusted, TrustState::Revoked, TrustState::Deleted];

    /// The state's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            TrustState::Acquired => "acquired",
            TrustState::Quarantined => "quarantined",
            TrustState::Trusted => "trusted",
            TrustState::Revoked => "revoked",
            TrustState::Deleted => "deleted",
        }
    }

    /// The state of this word.
    pub fn parse(text: &str) -> Option<TrustState> {
        TrustState::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl std::fmt::Display for TrustState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A version by its name and number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionName {
    /// The model.
    pub model: ModelName,
    /// The number.
    pub version: u64,
}

impl std::fmt::Display for VersionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.model, self.version)
    }
}

predicate! {
    /// One trust move of an artifact; the highest number is current.
    TrustMove {
        /// The artifact.
        artifact: ArtifactId,
        /// The move's number, from 1.
        sequence: u64,
        /// The state before.
        from: TrustState,
        /// The state now.
        to: TrustState,
        /// Why.
        reason: String,
        /// A version that is this artifact. It tells people what is meant, and judges who registered it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<VersionName>,
        ...
        /// The statements of the evidence that the move rests on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Digest>,
        /// For a move to `revoked`: the files of the artifact whose bytes it names, by their SHA-256, sorted. Without any,
        /// it names all but small data.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<Digest>,
    }
}
