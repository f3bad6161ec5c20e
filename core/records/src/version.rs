//! Versions of a model, their stages and their labels.

use serde::{Deserialize, Serialize};

use super::common::predicate;
use refmark_types::canonical::FreeMap;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::name::{ModelName, Release};
use refmark_types::time::Timestamp;

predicate! {
    /// A model gives an artifact the next integer. Never reused.
    Version {
        /// The model.
        model: ModelName,
        /// The number, from 1.
        version: u64,
        /// The artifact.
        artifact: ArtifactId,
        /// A name that this version carries for ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<Release>,
        /// What this version is, said when it was registered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        ...
        /// When another registry gave the number, for imported versions. A claim.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        imported: Option<Timestamp>,
    }
}

predicate! {
    /// Description and tags of a version, whole; the highest number is current.
    Label {
        /// The model.
        model: ModelName,
        /// The version.
        version: u64,
        /// The artifact.
        artifact: ArtifactId,
        /// This label's number, from 1.
        sequence: u64,
        /// What the version is, in a few sentences.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// Free tags.
        #[serde(default, skip_serializing_if = "FreeMap::is_empty")]
        tags: FreeMap<String>,
        /// When the version was deleted from lists; its records stay.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hidden: bool,
        ...
    }
}

/// Where a version is in its life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Registered, and nothing more.
    #[default]
    Experimental,
    /// Proven enough to be tried beside what is live.
    Staging,
    /// Fit to be live.
    Production,
    /// Replaced; its sunset clock runs.
    Retired,
    /// Out of use.
    Archived,
}

impl Stage {
    /// Every stage, in the order of a life.
    pub const ALL: [Stage; 5] =
        [Stage::Experimental, Stage::Staging, Stage::Production, Stage::Retired, Stage::Archived];

    /// The stage's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Experimental => "experimental",
            Stage::Staging => "staging",
            Stage::Production => "production",
            Stage::Retired => "retired",
            Stage::Archived => "archived",
        }
    }

    /// The stage of this word.
    pub fn parse(text: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

predicate! {
    /// One stage move of a version; the highest number is current. A version without one is experimental.
    StageMove {
        /// The model.
        model: ModelName,
        /// The version.
        version: u64,
        /// The artifact.
        artifact: ArtifactId,
        /// The move's number, from 1.
        sequence: u64,
        /// The stage before.
        from: Stage,
        /// The stage now.
        to: Stage,
        /// Why.
        reason: String,
        /// For `retired`: the version that stands in for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replacement: Option<u64>,
        /// For `retired`: the day from which nobody should use it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sunset: Option<Timestamp>,
        ...
        /// The statements of the evidence that the move rests on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Digest>,
    }
}
