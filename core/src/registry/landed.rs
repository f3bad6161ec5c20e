//! When and where a file took effect.

use super::open::Registry;
use super::view::View;
use crate::judgement::effective::Effective;
use crate::judgement::snapshot::{History, Snapshot};
use crate::words::fault::Result;
use crate::words::oid::Oid;
use crate::words::time::Timestamp;

/// The commit in which a file took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landed {
    /// The commit.
    pub commit: Oid,
    /// Its time, as its committer claims it.
    pub time: Timestamp,
}

impl Registry {
    /// The commit that brought a file in: the oldest of the first-parent chain since when it stands as it does. Nothing
    /// where history does not reach back that far.
    pub(super) fn landed(&self, view: &View<'_>, path: &str) -> Result<Option<Landed>> {
        let Some(oid) = view.state()?.oid(path)? else { return Ok(None) };
        let mut at = view.head;
        let mut brought = self.repo.commit(at)?;
        loop {
            let Some(parent) = brought.parents.first().copied() else { break };
            let Ok(before) = self.repo.commit(parent) else { return Ok(None) };
            let stands = self.repo.snapshot(parent)?.find(path)?.is_some_and(|entry| entry.oid == oid);
            if !stands {
                break;
            }
            (at, brought) = (parent, before);
        }
        Ok(Some(Landed { commit: at, time: brought.time }))
    }
}
