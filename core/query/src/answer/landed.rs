//! When and where a file took effect.

use std::collections::HashMap;

use super::QueryContext;
use refmark_engine::chain::Chain;
use refmark_engine::effective::Effective;
use refmark_engine::snapshot::History;
use refmark_engine::verify::Verified;
use refmark_types::error::Result;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// The commit in which a file took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landed {
    /// The commit.
    pub commit: Oid,
    /// Its time, as its committer claims it.
    pub time: Timestamp,
}

/// Who knows when files took effect without walking back: an index, or a walk that was just made.
pub trait Landings {
    /// The commit in which a file of the view took effect; nothing where that is not known.
    fn known(&self, path: &str) -> Result<Option<Landed>>;
}

/// What a walk from the first commit saw take effect.
pub struct Walked<'h> {
    history: &'h dyn History,
    commits: HashMap<String, Oid>,
}

impl<'h> Walked<'h> {
    /// Takes what a walk has seen out of it.
    pub fn of(history: &'h dyn History, verified: &mut Verified<'h>) -> Walked<'h> {
        let landed = std::mem::take(&mut verified.landed);
        let commits =
            landed.into_iter().flat_map(|landed| landed.files.into_keys().map(move |path| (path, landed.commit)));
        Walked { history, commits: commits.collect() }
    }
}

impl Landings for Walked<'_> {
    fn known(&self, path: &str) -> Result<Option<Landed>> {
        let Some(commit) = self.commits.get(path).copied() else { return Ok(None) };
        Ok(Some(Landed { commit, time: self.history.commit(commit)?.time }))
    }
}

/// A tree that nobody walked to: when a file came is found by halving, as far as history is here.
pub struct Unwalked<'h> {
    history: &'h dyn History,
    chain: Chain<'h>,
}

impl<'h> Unwalked<'h> {
    /// Of the tree at a head.
    pub fn at(history: &'h dyn History, head: Oid) -> Unwalked<'h> {
        Unwalked { history, chain: Chain::new(history, head) }
    }
}

impl Landings for Unwalked<'_> {
    fn known(&self, path: &str) -> Result<Option<Landed>> {
        let Some(commit) = self.chain.brought(path)? else { return Ok(None) };
        Ok(Some(Landed { commit, time: self.history.commit(commit)?.time }))
    }
}

impl QueryContext<'_, '_> {
    /// The commit in which a file took effect. Nothing where it has no effect, or history does not reach back that far.
    pub fn landed(&self, path: &str) -> Result<Option<Landed>> {
        let Some(oid) = self.state.oid(path)? else { return Ok(None) };
        // What took effect does so once: who knows when need not look at the trees.
        if let Some(landed) = self.landings.known(path)? {
            return Ok(Some(landed));
        }
        if self.is_of_the_head(path)? {
            let time = self.history.commit(self.head)?.time;
            return Ok(Some(Landed { commit: self.head, time }));
        }
        self.brought(path, oid)
    }

    /// Whether the newest commit brought a file that has effect. Then it took effect there, whatever came before.
    fn is_of_the_head(&self, path: &str) -> Result<bool> {
        let Some(verified) = self.walked else { return Ok(false) };
        let Some(parent) = self.history.commit(self.head)?.parents.first().copied() else { return Ok(true) };
        // After a bad commit the newest one may only have put the file back.
        let after_a_good_one = !verified.bad.contains(&parent) && verified.tip_error.is_none();
        Ok(after_a_good_one && self.history.snapshot(parent)?.find(path)?.is_none())
    }

    /// The commit that brought a file in: the oldest of the first-parent chain since when it stands as it does. Where it
    /// waited for an approval, that is before it took effect: only a whole walk knows better.
    fn brought(&self, path: &str, oid: Oid) -> Result<Option<Landed>> {
        let mut at = self.head;
        let mut brought = self.history.commit(at)?;
        while let Some(parent) = brought.parents.first().copied() {
            let Ok(before) = self.history.commit(parent) else { return Ok(None) };
            let stands = self.history.snapshot(parent)?.find(path)?.is_some_and(|entry| entry.oid == oid);
            if !stands {
                break;
            }
            (at, brought) = (parent, before);
        }
        Ok(Some(Landed { commit: at, time: brought.time }))
    }
}
