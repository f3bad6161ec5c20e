//! A repository and what was made of it: a walk under way, a walk to its end, or the tree as it stands.

use std::cell::RefCell;
use std::rc::Rc;

use refmark_engine::effective::{Objects, State};
use refmark_engine::snapshot::{History, first_parents};
use refmark_engine::verify::{Verified, Verifier, history_rewritten};
use refmark_pack::Repository;
use refmark_query::answer::QueryContext;
use refmark_query::answer::landed::{Unwalked, Walked};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use self_cell::self_cell;

/// How far a walk is.
enum Stage<'h> {
    /// Commits remain.
    Walking(Box<Verifier<'h>>),
    /// It has reached its head.
    Walked(Box<Verified<'h>>, Walked<'h>),
    /// Nobody walks: the tree is read as it stands.
    Standing(State<'h>, Unwalked<'h>),
    /// It ended with an error.
    Broken,
}

type Held<'h> = RefCell<Stage<'h>>;

self_cell!(
    struct Cell {
        owner: Rc<Repository>,

        #[not_covariant]
        dependent: Held,
    }
);

/// A repository and what was made of it, at one head.
pub(crate) struct Walk {
    cell: Cell,
    pub(crate) head: Oid,
    pub(crate) pin: Option<Digest>,
}

impl Walk {
    /// Begins to walk from the first commit. A head that the reader saw before must be on the chain.
    pub(crate) fn begin(repository: Rc<Repository>, head: Oid, pin: Option<Digest>, seen: Option<Oid>) -> Result<Walk> {
        if let Some(seen) = seen
            && first_parents(&*repository, head, Some(seen))?.is_none()
        {
            return Err(history_rewritten(seen, head));
        }
        let cell = Cell::try_new(repository, |repository| {
            let verifier = Verifier::from_the_start(&**repository as &dyn History, head, pin)?;
            Ok::<_, Box<Error>>(RefCell::new(Stage::Walking(Box::new(verifier))))
        })?;
        Ok(Walk { cell, head, pin })
    }

    /// The tree at a head, as it stands.
    pub(crate) fn standing(repository: Rc<Repository>, head: Oid) -> Result<Walk> {
        let cell = Cell::try_new(repository, |repository| {
            let history: &dyn History = &**repository;
            let state = State::of_tree(Objects::new(history), history.snapshot(head)?, []);
            Ok::<_, Box<Error>>(RefCell::new(Stage::Standing(state, Unwalked::at(history, head))))
        })?;
        Ok(Walk { cell, head, pin: None })
    }

    /// Walks up to so many commits on. Says how many remain.
    pub(crate) fn step(&self, commits: usize) -> Result<usize> {
        self.cell.with_dependent(|_, held| match &mut *held.borrow_mut() {
            Stage::Walking(verifier) => {
                for _ in 0..commits {
                    if verifier.step()?.is_none() {
                        break;
                    }
                }
                Ok(verifier.remaining())
            }
            _ => Ok(0),
        })
    }

    /// How many commits remain.
    pub(crate) fn remaining(&self) -> usize {
        self.cell.with_dependent(|_, held| match &*held.borrow() {
            Stage::Walking(verifier) => verifier.remaining(),
            _ => 0,
        })
    }

    /// Walks what remains.
    pub(crate) fn finish(&self) -> Result<()> {
        self.step(usize::MAX)?;
        self.cell.with_dependent(|repository, held| {
            let mut held = held.borrow_mut();
            *held = match std::mem::replace(&mut *held, Stage::Broken) {
                Stage::Walking(verifier) => {
                    let mut verified = verifier.finish()?;
                    let walked = Walked::of(&**repository as &dyn History, &mut verified);
                    Stage::Walked(Box::new(verified), walked)
                }
                other => other,
            };
            Ok(())
        })
    }

    /// Asks the walk that has reached its head.
    pub(crate) fn verified<T>(&self, ask: impl FnOnce(&Verified<'_>) -> T) -> Result<T> {
        self.cell.with_dependent(|_, held| match &*held.borrow() {
            Stage::Walked(verified, _) => Ok(ask(verified)),
            _ => Err(unfinished()),
        })
    }

    /// Asks what has taken effect at the head.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce(&QueryContext<'_, '_>) -> Result<T>) -> Result<T> {
        self.cell.with_dependent(|repository, held| {
            let held = held.borrow();
            let (head, pinned, history) = (self.head, self.pin.is_some(), &**repository as &dyn History);
            match &*held {
                Stage::Walked(verified, landings) => {
                    let state = verified.state();
                    ask(&QueryContext { state, history, walked: Some(verified), head, pinned, landings })
                }
                Stage::Standing(state, landings) => {
                    ask(&QueryContext { state, history, walked: None, head, pinned, landings })
                }
                Stage::Walking(_) | Stage::Broken => Err(unfinished()),
            }
        })
    }
}

fn unfinished() -> Box<Error> {
    Error::new(Code::BadArgument, "this verification has not reached the head")
        .hint("call step() until remaining() is 0, or finish()")
}
