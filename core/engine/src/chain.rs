//! The first-parent chain behind a head, read as far back as somebody asks.

use std::cell::{Cell, RefCell};

use super::snapshot::History;
use refmark_types::error::Result;
use refmark_types::oid::Oid;

/// The first-parent chain behind a head.
pub struct Chain<'h> {
    history: &'h dyn History,
    /// Newest first; each of them is here.
    known: RefCell<Vec<Oid>>,
    /// What comes after them; nothing behind the first commit.
    next: Cell<Option<Oid>>,
    /// Where the last answer was: who asks for many files asks for neighbours.
    last: Cell<usize>,
}

impl<'h> Chain<'h> {
    /// The chain behind a head. Nothing is read yet.
    pub fn new(history: &'h dyn History, head: Oid) -> Chain<'h> {
        Chain { history, known: RefCell::default(), next: Cell::new(Some(head)), last: Cell::new(0) }
    }

    /// The commit at a place, 0 for the head; nothing where history does not reach back that far.
    pub fn get(&self, place: usize) -> Option<Oid> {
        let mut known = self.known.borrow_mut();
        while known.len() <= place {
            let next = self.next.get()?;
            let parent = self.history.commit(next).ok()?.parents.first().copied();
            known.push(next);
            self.next.set(parent);
        }
        known.get(place).copied()
    }

    /// The commit that brought a file in, found by halving: what took effect stays. A file that waited for an approval took
    /// effect later than it came. Nothing where it does not stand at the head, or stands as far back as history is here.
    pub fn brought(&self, path: &str) -> Result<Option<Oid>> {
        let stands = |id: Oid| -> Result<bool> { Ok(self.history.snapshot(id)?.find(path)?.is_some()) };
        let Some(from) = self.get(self.last.get().min(self.reached())) else { return Ok(None) };
        let from_there = self.last.get() > 0 && stands(from)?;
        let (here, gone) = match from_there {
            true => self.older(self.last.get(), &stands)?,
            false if !self.get(0).map(&stands).transpose()?.unwrap_or(false) => return Ok(None),
            false if self.last.get() > 0 => self.newer(self.last.get(), &stands)?,
            false => self.older(0, &stands)?,
        };
        let at = self.halve(here, gone, &stands)?;
        self.last.set(at);
        let is_cut_off = at == self.reached() && self.get(at + 1).is_none() && self.next.get().is_some();
        Ok(self.get(at).filter(|_| !is_cut_off))
    }

    /// The place of the oldest commit that was read.
    fn reached(&self) -> usize {
        self.known.borrow().len().saturating_sub(1)
    }

    /// A place where it stands, and an older one where it does not, or where history ends.
    fn older(&self, from: usize, stands: &dyn Fn(Oid) -> Result<bool>) -> Result<(usize, usize)> {
        let (mut here, mut step) = (from, 1);
        loop {
            match self.get(here + step) {
                Some(id) if stands(id)? => (here, step) = (here + step, step * 2),
                Some(_) => return Ok((here, here + step)),
                None if step > 1 => step = (self.reached() + 1 - here).min(step / 2).max(1),
                None => return Ok((here, here + step)),
            }
        }
    }

    /// A place where it stands, and the place `gone` or a newer one where it does not. It stands at the head.
    fn newer(&self, mut gone: usize, stands: &dyn Fn(Oid) -> Result<bool>) -> Result<(usize, usize)> {
        let mut step = 1;
        while let Some(here) = gone.checked_sub(step).filter(|here| *here > 0) {
            match self.get(here) {
                Some(id) if stands(id)? => return Ok((here, gone)),
                _ => (gone, step) = (here, step * 2),
            }
        }
        Ok((0, gone))
    }

    fn halve(&self, mut here: usize, mut gone: usize, stands: &dyn Fn(Oid) -> Result<bool>) -> Result<usize> {
        while gone - here > 1 {
            let middle = here + (gone - here) / 2;
            match self.get(middle).map(stands).transpose()?.unwrap_or(false) {
                true => here = middle,
                false => gone = middle,
            }
        }
        Ok(here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Change, CommitInfo, Snapshot};
    use crate::testing::memory::MemoryHistory;
    use refmark_types::error::{Code, Error};
    use refmark_types::time::Timestamp;

    /// A history that is cut off: commits from this one on are not here.
    struct Shallow<'a>(&'a MemoryHistory, Option<Oid>);

    impl History for Shallow<'_> {
        fn commit(&self, id: Oid) -> Result<CommitInfo> {
            match self.1 == Some(id) {
                true => Err(Error::new(Code::MissingObject, "it is not here")),
                false => History::commit(self.0, id),
            }
        }
        fn changes(&self, id: Oid) -> Result<Vec<Change>> {
            self.0.changes(id)
        }
        fn between(&self, from: Option<Oid>, to: Oid) -> Result<Vec<Change>> {
            self.0.between(from, to)
        }
        fn snapshot(&self, commit: Oid) -> Result<Box<dyn Snapshot + '_>> {
            self.commit(commit)?;
            self.0.snapshot(commit)
        }
        fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>> {
            History::load(self.0, oid, limit)
        }
    }

    fn forty() -> (MemoryHistory, Vec<Oid>) {
        let memory = MemoryHistory::new();
        let mut commits: Vec<Oid> = Vec::new();
        for n in 0..40 {
            let parents: Vec<Oid> = commits.last().copied().into_iter().collect();
            commits.push(memory.commit(&parents, [(format!("a/{n}"), Some("x"))], Timestamp::from_unix(n)));
        }
        (memory, commits)
    }

    #[test]
    fn each_file_is_found_where_it_came_in_whatever_order_they_are_asked_for() {
        let (memory, commits) = forty();
        let orders: [Vec<usize>; 4] = [
            (0..40).collect(),
            (0..40).rev().collect(),
            (0..40).map(|n| n * 17 % 40).collect(),
            vec![39, 0, 39, 1, 38],
        ];
        for order in orders {
            let chain = Chain::new(&memory, commits[39]);
            for n in order {
                assert_eq!(chain.brought(&format!("a/{n}")).unwrap(), Some(commits[n]), "{n}");
                assert_eq!(chain.brought("a/nowhere").unwrap(), None);
            }
        }
        assert_eq!(Chain::new(&memory, commits[5]).brought("a/6").unwrap(), None);
    }

    #[test]
    fn where_history_is_cut_off_nobody_says_that_a_file_came_in_at_the_cut() {
        let (memory, commits) = forty();
        let shallow = Shallow(&memory, Some(commits[29]));
        let chain = Chain::new(&shallow, commits[39]);
        for n in [30, 3, 35, 39, 29, 31] {
            // What stands at the oldest commit that is here may be older than that.
            assert_eq!(chain.brought(&format!("a/{n}")).unwrap(), (n > 30).then(|| commits[n]), "{n}");
        }
        assert_eq!((chain.get(9), chain.get(10)), (Some(commits[30]), None));
    }
}
