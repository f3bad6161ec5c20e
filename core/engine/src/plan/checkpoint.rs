//! Witnessing the newest head.

use super::{Author, Plan, not_before};
use crate::state_reader::StateReader;
use refmark_records::checkpoint::Checkpoint;
use refmark_types::error::Result;

/// Plans a checkpoint: that the author saw the head that is its base, of so many commits, at this time.
pub fn checkpoint(reader: StateReader<'_>, author: &Author, commits: u64) -> Result<Plan> {
    let now = reader.checkpoint()?;
    let sequence = now.as_ref().map_or(1, |now| now.sequence + 1);
    let mut plan = Plan { subject: format!("checkpoint {sequence}: {commits} commits"), ..Plan::default() };
    plan.sign(Checkpoint {
        sequence,
        commits,
        by: author.by.clone(),
        time: not_before(author, now.as_ref().map(|now| now.time)),
        previous: now.map(|now| now.record.digest()),
        base: author.base,
        path: String::new(),
        registry: author.registry,
    })?;
    Ok(plan)
}
