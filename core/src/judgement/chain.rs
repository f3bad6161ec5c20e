//! The first-parent chain behind a head, read as far back as somebody asks.

use std::cell::{Cell, RefCell};

use super::snapshot::History;
use crate::words::fault::Result;
use crate::words::oid::Oid;

/// The first-parent chain behind a head.
pub struct Chain<'h> {
    history: &'h dyn History,
    /// Newest first.
    known: RefCell<Vec<Oid>>,
    /// Where the last answer was: who asks for many files asks for neighbours.
    last: Cell<usize>,
}

impl<'h> Chain<'h> {
    /// The chain behind a head. Nothing is read yet.
    pub fn new(history: &'h dyn History, head: Oid) -> Chain<'h> {
        Chain { history, known: RefCell::new(vec![head]), last: Cell::new(0) }
    }

    /// The commit at a place, 0 for the head; nothing where history does not reach back that far.
    pub fn get(&self, place: usize) -> Option<Oid> {
        let mut known = self.known.borrow_mut();
        while known.len() <= place {
            let oldest = *known.last()?;
            known.push(self.history.commit(oldest).ok()?.parents.first().copied()?);
        }
        known.get(place).copied()
    }

    /// The commit that brought a file in, found by halving: what took effect stays. A file that waited for an approval took
    /// effect later than it came. Nothing where it does not stand at the head.
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
        Ok(self.get(at))
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
