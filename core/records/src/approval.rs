//! Approvals and waivers of one statement.

use serde::{Deserialize, Serialize};

use super::common::predicate;
use refmark_types::digest::Digest;
use refmark_types::time::Timestamp;

/// A gate of one change that somebody lets pass, until a day, for a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The gate's name in the policy.
    pub gate: String,
    /// Why.
    pub reason: String,
    /// Until when it holds.
    pub until: Timestamp,
}

predicate! {
    /// What one principal says to one statement. It fits that statement and no other.
    Approval {
        /// The path of the change's record, for people.
        change: String,
        /// The SHA-256 of the change's statement.
        statement: Digest,
        /// Whether the principal agrees to the change; false for one who only waives a gate.
        approves: bool,
        /// The gates that the principal waives.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        waives: Vec<Waiver>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        ...
        /// After this time the approval may no longer make a change take effect.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_after: Option<Timestamp>,
    }
}
