//! What bounds the clocks of signers. A statement names the last head that its signer saw, so it was not signed before that
//! head was made; and nobody's clock may decide for others.

use crate::effective::Objects;
use crate::state_reader::StateReader;
use refmark_records::statement::Record;
use refmark_types::error::{Code, Error};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// How far the clocks of honest people may differ, in seconds: a day. A laptop that was told the wrong zone is off by half of
/// one, and the windows that policies set are of weeks.
pub const SKEW: i64 = 86_400;

/// So many commits before a base are asked where its own time cannot be right.
const WITNESSES: usize = 16;

/// When a base landed, as far as one commit may be believed. Where the commit that brings a statement is older than the
/// base, one of the two clocks is wrong: then the time counts that another commit up to the base has reached, too, so
/// that one commit from the future stops nobody.
pub(crate) fn landed(objects: &Objects<'_>, base: Oid, brought: Option<Timestamp>) -> Option<Timestamp> {
    let own = objects.commit_time(base)?;
    if brought.is_none_or(|brought| brought.plus(SKEW) >= own) {
        return Some(own);
    }
    let mut times = vec![own];
    let mut next = objects.history().commit(base).ok().and_then(|commit| commit.parents.first().copied());
    while let Some(commit) = next.filter(|_| times.len() < WITNESSES) {
        let Ok(found) = objects.history().commit(commit) else { break };
        times.push(found.time);
        next = found.parents.first().copied();
    }
    times.sort_unstable();
    times.pop();
    times.pop()
}

/// When something was said: its own time, and not before the head that its signer saw. What is dated after `now` says nothing
/// of when: then that head does.
pub(crate) fn dated(reader: StateReader<'_>, record: &Record, now: Timestamp, brought: Option<Timestamp>) -> Timestamp {
    let common = record.common();
    let base = common.base.and_then(|base| landed(reader.0.objects(), base, brought));
    match (common.time > now.plus(SKEW), base) {
        (true, Some(base)) => base.min(now),
        (true, None) => now,
        (false, base) => base.map_or(common.time, |base| base.max(common.time)),
    }
}

/// Why a statement cannot be of this time: its date lies ahead of the clock of whoever lets it in.
pub fn dated_ahead(record: &Record, now: Timestamp) -> Option<Box<Error>> {
    let time = record.common().time;
    (time > now.plus(SKEW)).then(|| {
        let by = record.common().by;
        Error::new(Code::BadTime, format!("the statement of {by} is dated {time}, and it is {now}"))
            .hint("nobody signs for a later day: set the clock right, and sign it again")
            .field("time", time)
            .field("now", now)
    })
}
