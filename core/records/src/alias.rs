//! Moves of an alias.

use serde::{Deserialize, Serialize};

use super::common::predicate;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::name::{AliasName, ModelName};

/// A version and the artifact that it is: what an alias points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The model's number for it.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
}

predicate! {
    /// One move of an alias. The moves of an alias are numbered from 1, and the highest is current.
    AliasMove {
        /// The model.
        model: ModelName,
        /// The alias.
        alias: AliasName,
        /// The move's number.
        sequence: u64,
        /// What the alias held before; null before the first move and after a close.
        from: Option<Target>,
        /// What it holds now; null closes the alias.
        to: Option<Target>,
        /// Why.
        reason: String,
        ...
        /// The statements of the evidence that the move rests on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Digest>,
        /// Whether the author had every byte of what it moves to, and held it against its digest.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        bytes_present: bool,
    }
}
