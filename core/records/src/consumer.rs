//! Lock files that were published, for reach and sunset.

use serde::{Deserialize, Serialize};

use super::common::predicate;
use refmark_types::digest::ArtifactId;
use refmark_types::name::{AliasName, ConsumerId, ModelName};

/// One pin of a published lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedPin {
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The alias that the pin follows when it is updated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<AliasName>,
}

predicate! {
    /// What a project is pinned to, whole; the highest number is current.
    Consumer {
        /// The project's id.
        consumer: ConsumerId,
        /// This list's number, from 1.
        sequence: u64,
        /// Where the project is, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<String>,
        /// Its pins; none where the project is gone.
        pins: Vec<PublishedPin>,
        ...
    }
}
