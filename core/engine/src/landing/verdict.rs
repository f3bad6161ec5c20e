//! What the landings of a commit came to: what took effect, and what stands without one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::gate::GateReport;
use crate::snapshot::Mode;
use refmark_types::error::Error;
use refmark_types::oid::Oid;

/// Where a landing without effect stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It was not judged yet.
    New,
    /// It breaks no rule and lacks something.
    Pending,
    /// So does it, and so many others are pending that it is judged again only when it gets a place among them.
    Waiting,
    /// It breaks a rule, and is not judged again while it stands unchanged.
    Refused,
}

/// What one commit brought and has no effect (yet).
#[derive(Debug, Clone)]
pub struct Inert {
    /// The commit that brought it.
    pub commit: Oid,
    /// Its files.
    pub files: BTreeMap<String, (Mode, Oid)>,
    /// Where it stands.
    pub standing: Standing,
    /// Why, by path.
    pub findings: Vec<(String, Box<Error>)>,
    /// The reports of the moves in it.
    pub reports: Vec<GateReport>,
    /// How much had taken effect when it was judged last.
    pub(super) judged_at: u64,
    /// Its place in the order of arrival.
    pub(super) key: u64,
}

/// What a landing brought into effect.
#[derive(Debug, Clone)]
pub struct Effect {
    /// The commit that brought the files.
    pub brought_by: Oid,
    /// The files.
    pub files: BTreeMap<String, Oid>,
    /// The reports of the moves in it.
    pub reports: Vec<GateReport>,
}

/// What one commit comes to.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The commit.
    pub commit: Oid,
    /// Why nothing takes effect in it: a file that had taken effect is missing or differs.
    pub bad: Option<Box<Error>>,
    /// What took effect in it.
    pub effects: Vec<Effect>,
}

impl Inert {
    pub(super) fn of(commit: Oid, files: BTreeMap<String, (Mode, Oid)>, standing: Standing) -> Inert {
        Inert { commit, files, standing, findings: Vec::new(), reports: Vec::new(), judged_at: 0, key: 0 }
    }

    /// A landing that was remembered, as it stood, with the reasons.
    pub fn remembered(
        commit: Oid,
        files: BTreeMap<String, (Mode, Oid)>,
        standing: Standing,
        findings: Vec<(String, Box<Error>)>,
    ) -> Inert {
        Inert { findings, ..Inert::of(commit, files, standing) }
    }
}
