//! A proposal: a change on a branch of its own, and where one goes while it is made.

use std::sync::OnceLock;

use serde::Serialize;

use refmark_engine::gate::{Decision, GateReport};
use refmark_types::digest::Digest;
use refmark_types::hint::Hint;
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;

/// A proposal: a branch with a change that may still lack approvals or evidence.
#[derive(Debug, Clone, Serialize)]
pub struct ProposeAnswer {
    /// The branch.
    pub branch: String,
    /// Its newest commit.
    pub commit: Oid,
    /// The commit of the registry's branch that it stands on.
    pub base: Oid,
    /// Who proposed it.
    pub by: PrincipalId,
    /// The records: path and statement.
    pub records: Vec<(String, Digest)>,
    /// What it comes to as it stands.
    pub decision: Decision,
    /// Every gate, and who is still asked for.
    pub reports: Vec<GateReport>,
    /// What to do next.
    #[serde(serialize_with = "refmark_types::hint::as_lines")]
    pub next: Vec<Hint>,
}

/// Where a proposal goes, and what came of it.
pub(crate) struct Slot {
    pub(crate) branch: Option<String>,
    pub(crate) answer: OnceLock<ProposeAnswer>,
}
