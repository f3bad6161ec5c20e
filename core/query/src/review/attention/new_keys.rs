//! Keys that sign for the first time.

use super::{Attention, AttentionKind, Gravity};
use crate::review::in_words;
use crate::review::range::Range;
use crate::review::range_file::RangeFile;
use refmark_engine::effective::Objects;
use refmark_engine::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::signature::KeyId;
use refmark_records::statement::Record;
use refmark_types::error::Result;
use refmark_types::text::day;
use refmark_types::time::Timestamp;

/// So many policies are looked back at for the one that brought a key.
const POLICIES: u64 = 50;
/// So many commits are looked back at for an earlier use.
const COMMITS: usize = 128;
/// A key that has been in the policy for longer is not called new.
const DAYS: i64 = 180;

/// Every key that signed something in the range and nothing before it, as far as that can be told. Keys of the first policy
/// founded the registry, and are never new.
pub(in crate::review) fn first_uses(
    range: &Range<'_>,
    objects: &Objects<'_>,
    reader: StateReader<'_>,
    all: &[RangeFile<'_>],
) -> Result<Vec<Attention>> {
    let mut used: Vec<(KeyId, &Record)> = Vec::new();
    for record in all.iter().filter_map(|file| file.record.as_deref()) {
        for signature in &record.signatures {
            if !used.iter().any(|(key, _)| *key == signature.keyid) {
                used.push((signature.keyid, record));
            }
        }
    }
    let mut found = Vec::new();
    for (key, record) in used {
        let Some((number, since)) = joined(reader, &key)? else { continue };
        let common = record.common();
        if common.time.since(since) > DAYS * 86_400 || signed_before(range, objects, &key, since)? {
            continue;
        }
        found.push(Attention {
            gravity: Gravity::Caution,
            kind: AttentionKind::NewKey,
            about: common.by.to_string(),
            says: format!(
                "signs with {key} for the first time ({}); policy {number} of {} brought this key",
                in_words(record),
                day(since)
            ),
            by: Some(common.by.clone()),
        });
    }
    Ok(found)
}

/// The policy that brought a key, where it is not the first, and when that was signed.
fn joined(reader: StateReader<'_>, key: &KeyId) -> Result<Option<(u64, Timestamp)>> {
    let Some((newest, record)) = reader.newest_policy()? else { return Ok(None) };
    if newest.member_of_key(key).is_none() {
        return Ok(None);
    }
    let mut since = (newest.number, record.common().time);
    for number in (newest.number.saturating_sub(POLICIES).max(1)..newest.number).rev() {
        match reader.policy(number)? {
            Some((policy, record)) if policy.member_of_key(key).is_some() => since = (number, record.common().time),
            _ => return Ok(Some(since)),
        }
    }
    Ok(None)
}

/// Whether a key signed a record that was there before the range. Where too much lies between, it is taken to have.
fn signed_before(range: &Range<'_>, objects: &Objects<'_>, key: &KeyId, since: Timestamp) -> Result<bool> {
    let mut at = Some(range.base);
    for _ in 0..COMMITS {
        let Some(id) = at else { return Ok(false) };
        let Ok(commit) = range.history.commit(id) else { return Ok(true) };
        if commit.time < since {
            return Ok(false);
        }
        for change in range.history.changes(id).unwrap_or_default() {
            let Some((_, oid)) = change.new.filter(|_| Place::parse(&change.path).is_some()) else { continue };
            let signs = |record: &Record| record.signatures.iter().any(|signature| signature.keyid == *key);
            if objects.record(oid).is_ok_and(|record| signs(&record)) {
                return Ok(true);
            }
        }
        at = commit.parents.first().copied();
    }
    Ok(true)
}
