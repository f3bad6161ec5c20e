//! When and where a file took effect.

use super::open::Registry;
use super::view::View;
use crate::judgement::effective::Effective;
use crate::judgement::snapshot::History;
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
    /// The commit in which a file took effect. Nothing where it has no effect, or history does not reach back that far.
    pub(super) fn landed(&self, view: &View<'_>, path: &str) -> Result<Option<Landed>> {
        let Some(oid) = view.state()?.oid(path)? else { return Ok(None) };
        if self.is_of_the_head(view, path)? {
            let time = self.repo.commit(view.head)?.time;
            return Ok(Some(Landed { commit: view.head, time }));
        }
        match self.indexed_landing(view, path)? {
            Some(landed) => Ok(Some(landed)),
            None => self.brought(view, path, oid),
        }
    }

    /// Whether the newest commit brought a file that has effect. Then it took effect there, whatever came before.
    fn is_of_the_head(&self, view: &View<'_>, path: &str) -> Result<bool> {
        let Some(verified) = view.verified() else { return Ok(false) };
        let Some(parent) = self.repo.commit(view.head)?.parents.first().copied() else { return Ok(true) };
        // After a bad commit the newest one may only have put the file back.
        let after_a_good_one = !verified.bad.contains(&parent) && verified.tip_fault.is_none();
        Ok(after_a_good_one && self.repo.snapshot(parent)?.find(path)?.is_none())
    }

    /// The commit that brought a file in: the oldest of the first-parent chain since when it stands as it does. Where it
    /// waited for an approval, that is before it took effect: only the index knows better.
    fn brought(&self, view: &View<'_>, path: &str, oid: Oid) -> Result<Option<Landed>> {
        let mut at = view.head;
        let mut brought = self.repo.commit(at)?;
        while let Some(parent) = brought.parents.first().copied() {
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
