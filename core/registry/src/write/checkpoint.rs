//! `checkpoint`: witnesses the newest head and the time.

use serde::Serialize;

use crate::registry::Writer;
use refmark_engine::plan;
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// A checkpoint that took effect.
#[derive(Debug, Clone, Serialize)]
pub struct CheckpointAnswer {
    /// Its number.
    pub number: u64,
    /// The head that was witnessed.
    pub base: Oid,
    /// How many commits its first-parent chain has.
    pub commits: u64,
    /// Who witnessed it.
    pub by: PrincipalId,
    /// When.
    pub time: Timestamp,
    /// The commit.
    pub commit: Oid,
}

impl Writer<'_> {
    /// Signs that the newest head that others can see was seen now. It bounds the times that records claim: what needs a day
    /// to have come, needs somebody else to have seen it.
    pub fn checkpoint(&self) -> Result<CheckpointAnswer> {
        let mut seen = None;
        let written = self.change(|view, author| {
            let base = author.base.ok_or_else(|| bug("a writer without a base"))?;
            let position = match view.verified() {
                Some(verified) => verified.walk.position(base)?,
                None => None,
            };
            let position = position.ok_or_else(|| {
                Error::new(Code::Incomplete, "the history up to the newest head is not here, so nobody can count it")
            })?;
            let plan = plan::checkpoint(view.facts()?, author, position + 1)?;
            let number = view.facts()?.checkpoint()?.map_or(1, |newest| newest.sequence + 1);
            seen = Some((number, base, position + 1, author.time));
            Ok(plan)
        })?;
        let (number, base, commits, time) = seen.ok_or_else(|| bug("a checkpoint that was not planned"))?;
        Ok(CheckpointAnswer { number, base, commits, by: written.by, time, commit: written.commit })
    }
}
