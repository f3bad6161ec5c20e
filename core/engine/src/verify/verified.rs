//! A history that was walked to its head: what has effect, what is wrong, what to keep of it.

use std::rc::Rc;

use super::problem::{Outcome, Problem};
use super::remembered::Remembered;
use super::taint::LandedFiles;
use crate::effective::{Objects, State};
use crate::landing::{Standing, Tried, Walk, put_back};
use crate::snapshot::Change;
use crate::state_reader::StateReader;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// A history that was walked to its head.
pub struct Verified<'h> {
    /// The head.
    pub head: Oid,
    /// The newest good commit.
    pub last_good: Option<Oid>,
    /// Every bad commit of the chain.
    pub bad: Vec<Oid>,
    /// Why the head itself is bad, if it is.
    pub tip_error: Option<Box<Error>>,
    /// Whether a root was pinned and found.
    pub pinned: bool,
    /// The pinned root.
    pub pin: Option<Digest>,
    /// The newest root, by the digest of its statement.
    pub newest_root: Option<Digest>,
    /// Why the pinned root does not hold, if it does not.
    pub root_error: Option<Box<Error>>,
    /// Paths whose records are tainted.
    pub tainted: Vec<String>,
    /// What took effect in this walk: in which commit, and which files.
    pub landed: Vec<LandedFiles>,
    /// Where objects are read from.
    pub objects: Rc<Objects<'h>>,
    /// The walk at the head.
    pub walk: Walk<'h>,
}

impl<'h> Verified<'h> {
    /// What has taken effect.
    pub fn state(&self) -> &State<'h> {
        self.walk.state()
    }

    /// Questions to what has taken effect.
    pub fn reader(&self) -> StateReader<'_> {
        StateReader(self.walk.state())
    }

    /// Everything that is not as it should be.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.root_error.as_deref().map(|error| Problem::of(error, None, None)));
        if let Some(error) = self.tip_error.as_deref().filter(|_| self.walk.tampered_paths().is_empty()) {
            problems.push(Problem::of(error, None, Some(self.head)));
        }
        for path in self.walk.tampered_paths() {
            let error = Error::new(
                Code::BadTip,
                format!("{path} had taken effect, and is missing or changed at the newest commit"),
            )
            .hint(put_back(""));
            problems.push(Problem::of(&error, Some(path), Some(self.head)));
        }
        for landing in self.walk.inert() {
            for (path, error) in &landing.findings {
                problems.push(Problem::of(error, Some(path), Some(landing.commit)));
            }
        }
        for path in &self.tainted {
            let error = Error::new(Code::Distrusted, format!("{path} rests on a key that was distrusted"))
                .hint("make the move again with a good key");
            problems.push(Problem::of(&error, Some(path), None));
        }
        problems
    }

    /// What it comes to, but for blobs.
    pub fn outcome(&self) -> Outcome {
        let standing = |wanted| self.walk.inert().iter().any(|landing| landing.standing == wanted);
        if self.tip_error.is_some()
            || self.root_error.is_some()
            || standing(Standing::Refused)
            || !self.tainted.is_empty()
        {
            Outcome::Failed
        } else if standing(Standing::Pending) || standing(Standing::Waiting) {
            Outcome::Pending
        } else {
            Outcome::Ok
        }
    }

    /// Takes a commit that was just written on top of the head, with what it came to where it was tried before. Where it
    /// distrusts a key, what that taints is known to a walk from the start only: then nothing of this walk may be
    /// remembered, and `false` comes back.
    pub fn follow(&mut self, commit: Oid, changes: &[Change], tried: Option<Tried>) -> Result<bool> {
        let verdict = self.walk.take_tried(commit, changes, tried)?;
        self.head = commit;
        match verdict.bad {
            Some(error) => {
                self.bad.push(commit);
                self.tip_error = Some(error);
            }
            None => self.last_good = Some(commit),
        }
        let policy =
            verdict.effects.iter().flat_map(|effect| effect.files.keys()).any(|path| path.starts_with("policy/"));
        let distrusts =
            StateReader(self.walk.state()).newest_policy()?.is_some_and(|policy| !policy.0.distrust.is_empty());
        Ok(!(policy && (distrusts || !self.tainted.is_empty())))
    }

    /// What to keep, so that the next head is verified from here. Nothing at a bad head: the last good one stays kept.
    pub fn remember(&self) -> Option<Remembered> {
        if self.tip_error.is_some() || self.root_error.is_some() {
            return None;
        }
        Some(Remembered::of(self.head, self.pin, &self.walk, &self.bad))
    }

    /// Whether a record rests on a key that was distrusted.
    pub fn is_tainted(&self, path: &str) -> bool {
        self.walk.tainted().contains(path)
    }
}
