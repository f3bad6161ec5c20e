//! Questions about ancestry. No commit graph is read: histories are one registry's, and first parents come first.

use std::collections::{BinaryHeap, HashMap, HashSet};

use super::Repo;
use refmark_types::error::Result;
use refmark_types::oid::Oid;

const ONE: u8 = 1;
const OTHER: u8 = 2;
const BOTH: u8 = 3;
const STALE: u8 = 4;

/// A best common ancestor: one that no other common ancestor descends from; of several the newest, then the highest id.
pub(super) fn merge_base(repo: &Repo, one: Oid, other: Oid) -> Result<Option<Oid>> {
    if one == other {
        return Ok(Some(one));
    }
    let mut common = paint(repo, one, other)?;
    common.sort_unstable_by(|a, b| b.cmp(a));
    // Dates can lie, so that a candidate may still be another's ancestor.
    let candidates: Vec<Oid> = common.iter().map(|(_, id)| *id).collect();
    for id in &candidates {
        let mut redundant = false;
        for better in candidates.iter().filter(|better| *better != id) {
            redundant |= is_ancestor(repo, *id, *better)?;
        }
        if !redundant {
            return Ok(Some(*id));
        }
    }
    Ok(None)
}

/// Walks both histories newest first, marking who reaches what, until all that is left is behind a common ancestor.
fn paint(repo: &Repo, one: Oid, other: Oid) -> Result<Vec<(i64, Oid)>> {
    let mut marks: HashMap<Oid, u8> = HashMap::from([(one, ONE), (other, OTHER)]);
    let mut queue = BinaryHeap::new();
    for id in [one, other] {
        queue.push((repo.time_and_parents(id)?.0, id));
    }
    let mut common = Vec::new();
    while queue.iter().any(|(_, id)| marks.get(id).is_none_or(|mark| mark & STALE == 0)) {
        let Some((time, id)) = queue.pop() else { break };
        let mut mark = marks.get(&id).copied().unwrap_or(0);
        if mark & BOTH == BOTH && mark & STALE == 0 {
            common.push((time, id));
            mark |= STALE;
            marks.insert(id, mark);
        }
        for parent in repo.time_and_parents(id)?.1 {
            let before = marks.get(&parent).copied().unwrap_or(0);
            let after = before | mark;
            if after != before {
                marks.insert(parent, after);
                queue.push((repo.time_and_parents(parent)?.0, parent));
            }
        }
    }
    Ok(common)
}

/// Whether `ancestor` is `of` or behind it. First parents are followed to their end before side branches are looked at.
pub(super) fn is_ancestor(repo: &Repo, ancestor: Oid, of: Oid) -> Result<bool> {
    let mut seen = HashSet::new();
    let mut open = vec![of];
    while let Some(id) = open.pop() {
        if id == ancestor {
            return Ok(true);
        }
        if seen.insert(id) {
            open.extend(repo.time_and_parents(id)?.1.into_iter().rev());
        }
    }
    Ok(false)
}
