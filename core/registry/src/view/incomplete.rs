//! History that is not whole: shallow, grafted, replaced. It is never `ok`, and says so before anything relies on it.

use crate::registry::Registry;
use crate::view::View;
use refmark_engine::effective::{Objects, State};
use refmark_engine::snapshot::History;
use refmark_engine::verify::{Problem, check_tree};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::oid::Oid;

impl Registry {
    /// Why history cannot be verified whole, if something about the repository keeps it from that.
    pub(crate) fn why_incomplete(&self) -> Result<Option<Box<Error>>> {
        let condition = self.repo.integrity()?;
        let error = |why: &str, mend: &str| {
            Error::new(Code::Incomplete, format!("{why}, so {} cannot be verified whole", self.path().display()))
                .hint(mend.to_owned())
        };
        Ok(if condition.shallow {
            Some(error("history is shallow", "fetch all of it: git fetch --unshallow"))
        } else if condition.grafts {
            Some(error("a grafts file changes the parents of commits for git", "remove info/grafts"))
        } else if !condition.replace_refs.is_empty() {
            Some(error("git replaces objects by others here", "remove them: git replace -d"))
        } else {
            None
        })
    }

    /// What is wrong with a commit's tree by itself: all that can be said where history is not whole.
    pub(crate) fn tree_problems(&self, head: Oid) -> Result<Vec<Problem>> {
        let tree = State::of_tree(Objects::new(&self.repo), self.repo.snapshot(head)?, []);
        let paths = self.repo.between(None, head)?.into_iter().map(|change| change.path);
        check_tree(&tree, self.world.pin_of(self.id())?, paths)
    }

    /// The view where history is not whole, for callers that accepted that: of the tree as it stands what is signed by
    /// somebody who could have. Nothing vouches for it.
    pub(crate) fn view_incomplete(&self) -> Result<View<'_>> {
        let head = self.head()?;
        let without_effect = self.tree_problems(head)?.into_iter().filter_map(|problem| problem.path);
        let state = State::of_tree(Objects::new(&self.repo), self.repo.snapshot(head)?, without_effect);
        Ok(View::unwalked(self, state, head, self.world.pin_of(self.id())?))
    }
}

/// The same error for whoever may go on with history as it is.
pub(crate) fn or_accepted(mut error: Box<Error>) -> Box<Error> {
    if error.code == Code::Incomplete {
        let hint = match error.hint.take() {
            Some(hint) => hint.say(", or go on all the same: "),
            None => Hint::of("go on all the same: "),
        };
        error.hint = Some(hint.then(Next::With(Choice::AcceptIncomplete)));
    }
    error
}

#[cfg(test)]
mod tests;
