//! The verifier: walks first parents, judges every landing, and says what came of it. The same in every face.

mod answer;
mod problem;
mod remembered;
mod taint;
mod tree;
mod verified;

use std::rc::Rc;

pub use answer::Subject;
pub use problem::{Outcome, Problem};
pub use remembered::{Remembered, RememberedFinding, RememberedLanding};
pub use taint::{LandedFiles, NeedsWholeWalk};
pub use tree::check_tree;
pub use verified::Verified;

use super::effective::Objects;
use super::landing::{Verdict, Walk};
use super::snapshot::{Change, History};
use super::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::policy::Distrust;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;

/// Verifies a history commit by commit.
pub struct Verifier<'h> {
    history: &'h dyn History,
    objects: Rc<Objects<'h>>,
    walk: Walk<'h>,
    pin: Option<Digest>,
    /// The chain that is still to be walked, newest first.
    remaining: Vec<Oid>,
    head: Oid,
    last_good: Option<Oid>,
    bad: Vec<Oid>,
    tip_error: Option<Box<Error>>,
    /// Where the newest commits could not be judged: the last one before them that could, nothing where there is none.
    unjudged: Option<Option<Oid>>,
    /// What took effect in this walk, and where.
    landed: Vec<taint::LandedFiles>,
    /// What the newest policy distrusts, and the taint in the walk is of.
    distrusted: Vec<Distrust>,
    whole: bool,
}

impl<'h> Verifier<'h> {
    /// Verifies everything up to a head, from the first commit.
    pub fn from_the_start(history: &'h dyn History, head: Oid, pin: Option<Digest>) -> Result<Verifier<'h>> {
        let objects = Objects::new(history);
        let remaining = super::snapshot::first_parents(history, head, None)?.unwrap_or_default();
        let walk = Walk::from_the_start(objects.clone());
        Ok(Verifier {
            history,
            objects,
            walk,
            pin,
            remaining,
            head,
            last_good: None,
            bad: Vec::new(),
            tip_error: None,
            unjudged: None,
            landed: Vec::new(),
            distrusted: Vec::new(),
            whole: true,
        })
    }

    /// Goes on from what was remembered. The remembered head must be on the new head's first-parent chain.
    pub fn resume(history: &'h dyn History, head: Oid, remembered: &Remembered) -> Result<Verifier<'h>> {
        Verifier::resume_with(Objects::new(history), head, remembered)
    }

    /// The same, with objects of which some may be parsed already.
    pub fn resume_with(objects: Rc<Objects<'h>>, head: Oid, remembered: &Remembered) -> Result<Verifier<'h>> {
        remembered.check_format()?;
        let history = objects.history();
        let Some(remaining) = super::snapshot::first_parents(history, head, Some(remembered.head))? else {
            return Err(history_rewritten(remembered.head, head));
        };
        let walk = remembered.walk(history, objects.clone())?;
        let policy = StateReader(walk.state()).newest_policy()?;
        let distrusted = policy.map(|policy| policy.0.distrust.clone()).unwrap_or_default();
        Ok(Verifier {
            history,
            objects,
            walk,
            pin: remembered.root,
            remaining,
            head,
            last_good: Some(remembered.head),
            bad: remembered.bad.clone(),
            tip_error: None,
            unjudged: None,
            landed: Vec::new(),
            distrusted,
            whole: false,
        })
    }

    /// Holds the walk to another pin than the one that was remembered: the roots are looked at when it is finished.
    pub fn held_to(mut self, pin: Option<Digest>) -> Verifier<'h> {
        self.pin = pin;
        self
    }

    /// How many commits are still to be walked.
    pub fn remaining(&self) -> usize {
        self.remaining.len()
    }

    /// The commits that are still to be walked, in their order.
    pub fn remaining_commits(&self) -> impl Iterator<Item = Oid> {
        self.remaining.iter().rev().copied()
    }

    /// Where objects are read from.
    pub fn objects(&self) -> &Rc<Objects<'h>> {
        &self.objects
    }

    /// What to keep of the walk so far, so that it can go on from here later; nothing at a bad commit. It says nothing of
    /// the pin, which is held against the registry at the end of a walk only.
    pub fn so_far(&self) -> Option<Remembered> {
        let head = self.last_good.filter(|_| self.tip_error.is_none())?;
        Some(Remembered::of(head, self.pin, &self.walk, &self.bad))
    }

    /// Walks the next commit; nothing where the head is reached.
    pub fn step(&mut self) -> Result<Option<Verdict>> {
        let Some(commit) = self.remaining.last().copied() else { return Ok(None) };
        let (verdict, _) = self.take_next(commit)?;
        self.remaining.pop();
        Ok(Some(verdict))
    }

    /// Takes the next commit of the chain, whether it is one of those that are still to be walked or not, and gives the
    /// changes that it was judged by; none where its tree cannot be judged.
    pub fn take_next(&mut self, commit: Oid) -> Result<(Verdict, Vec<Change>)> {
        let changes = match self.unjudged {
            // What the commits between brought is seen against the last tree that could be read.
            Some(before) => self.history.between(before, commit),
            None => self.history.changes(commit),
        };
        match changes {
            Ok(changes) => {
                self.unjudged = None;
                Ok((self.take(commit, &changes)?, changes))
            }
            Err(error) if is_unjudgeable(&error) => Ok((self.pass_over(commit, &error)?, Vec::new())),
            Err(error) => Err(error),
        }
    }

    /// A commit whose tree cannot be judged within bounds is a bad one: anybody could push it, and it must stop nobody.
    pub fn pass_over(&mut self, commit: Oid, error: &Error) -> Result<Verdict> {
        if self.unjudged.is_none() {
            self.unjudged = Some(self.history.commit(commit)?.parents.first().copied());
        }
        let error = Error::new(Code::BadTree, format!("{} cannot be judged: {}", commit.short(), error.message))
            .hint("nothing takes effect in it; put the tree before it back with the next commit: git revert")
            .field("commit", commit);
        let verdict = self.walk.pass_over(commit, error);
        self.tip_error = verdict.bad.clone();
        self.bad.push(commit);
        Ok(verdict)
    }

    /// The same, where the caller has read what the next commit changed.
    pub fn step_with(&mut self, changes: &[Change]) -> Result<Option<Verdict>> {
        if self.unjudged.is_some() {
            return self.step();
        }
        let Some(commit) = self.remaining.pop() else { return Ok(None) };
        self.take(commit, changes).map(Some)
    }

    /// Takes a commit that need not exist, such as the merge of a range that is only checked.
    pub fn take(&mut self, commit: Oid, changes: &[Change]) -> Result<Verdict> {
        let verdict = self.walk.take(commit, changes)?;
        self.tip_error = verdict.bad.clone();
        match &verdict.bad {
            Some(_) => self.bad.push(commit),
            None => self.last_good = Some(commit),
        }
        self.landed.extend(verdict.effects.iter().map(|effect| taint::LandedFiles::of(commit, effect)));
        let is_policy = |path: &String| matches!(Place::parse(path), Some(Place::Policy(_)));
        if verdict.effects.iter().any(|effect| effect.files.keys().any(is_policy)) {
            self.taint()?;
        }
        Ok(verdict)
    }

    /// Walks to the head.
    pub fn run(&mut self, mut each: impl FnMut(&Verdict) -> Result<()>) -> Result<()> {
        while let Some(verdict) = self.step()? {
            each(&verdict)?;
        }
        Ok(())
    }

    /// The root that the pin names, if the registry has it; an error where it does not.
    fn check_pin(&self) -> Result<Option<Digest>> {
        let reader = StateReader(self.walk.state());
        let mut newest = None;
        let mut seen = self.pin.is_none();
        let mut found = None;
        let mut number = 1;
        while let Some(root) = reader.root(number)? {
            let digest = root.record.digest();
            seen |= Some(digest) == self.pin;
            found.get_or_insert(digest);
            newest = Some(digest);
            number += 1;
        }
        if !seen {
            let expected = self.pin.map(|pin| pin.prefixed()).unwrap_or_default();
            let found = found.map_or_else(|| "no root".to_owned(), |digest| digest.prefixed());
            return Err(Error::new(
                Code::WrongRoot,
                format!("the pinned root is {expected}, and the registry has {found}"),
            )
            .hint("this is another registry, or somebody made its history anew; check the fingerprint with its owner")
            .field("expected", expected)
            .field("found", found));
        }
        Ok(newest)
    }

    /// What came of it.
    pub fn finish(self) -> Result<Verified<'h>> {
        if !self.remaining.is_empty() {
            return Err(refmark_types::error::bug("the walk has not reached the head"));
        }
        let newest_root = match self.check_pin() {
            Ok(root) => (root, None),
            Err(error) if error.code == Code::WrongRoot => (None, Some(error)),
            Err(error) => return Err(error),
        };
        Ok(Verified {
            head: self.head,
            last_good: self.last_good,
            bad: self.bad,
            tip_error: self.tip_error,
            pinned: self.pin.is_some() && newest_root.1.is_none(),
            pin: self.pin,
            newest_root: newest_root.0,
            root_error: newest_root.1,
            tainted: self.walk.tainted().iter().cloned().collect(),
            landed: self.landed,
            objects: self.objects,
            walk: self.walk,
        })
    }
}

/// Whether an error tells of what a commit holds, and not of this reader's disk, copy or version.
pub fn is_unjudgeable(error: &Error) -> bool {
    matches!(error.code, Code::BadTree | Code::TooLarge)
}

/// A head that a reader saw is not on the first-parent chain of the head that it is shown now.
pub fn history_rewritten(seen: Oid, head: Oid) -> Box<Error> {
    Error::new(
        Code::HistoryRewritten,
        format!("the last good head {} is not on the first-parent chain of {}", seen.short(), head.short()),
    )
    .hint(
        Hint::of(
            "the branch was rewritten or moved back; compare with a copy that you trust before you go on. Where its owner \
             has put it back from a backup: ",
        )
        .then(Next::TrustAcceptHead { head: head.to_string() }),
    )
    .field("expected", seen)
    .field("found", head)
}
