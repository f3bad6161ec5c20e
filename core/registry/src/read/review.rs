//! `review`: what a range of commits would change, read from the commits alone.

use crate::registry::Reader;
use crate::registry::Registry;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::History;
use refmark_engine::verify::{Remembered, Verifier, history_rewritten};
use refmark_query::review::{Range, RangeVerdict, Review, ReviewOptions, review};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

#[cfg(test)]
mod golden;
#[cfg(test)]
pub(crate) mod team;
#[cfg(test)]
mod tests;

/// A range as people write it, and the commits that it means.
#[derive(Debug, Clone)]
pub struct RangeText {
    /// Where it starts, as it was written.
    pub base_name: String,
    /// Where it ends, as it was written.
    pub head_name: String,
    /// Where it starts.
    pub base: Oid,
    /// Where it ends.
    pub head: Oid,
}

impl<'r> Reader<'r> {
    /// Reads `BASE..HEAD` (either may be left out for the registry's branch), or one commit, which is compared with its first parent.
    pub fn range(&self, text: &str) -> Result<RangeText> {
        let (base, head) = match text.split_once("..") {
            Some((_, head)) if head.starts_with('.') => {
                return Err(Error::new(Code::BadArgument, "a range has two dots: BASE..HEAD")
                    .hint("what HEAD has since it left BASE is what BASE..HEAD shows anyway"));
            }
            Some((base, head)) => (base.to_owned(), head.to_owned()),
            None => (format!("{text}~1"), text.to_owned()),
        };
        let or_branch = |name: String| if name.is_empty() { self.registry.branch.clone() } else { name };
        let (base_name, head_name) = (or_branch(base), or_branch(head));
        let (base, head) =
            (self.registry.repo.resolve_revision(&base_name)?, self.registry.repo.resolve_revision(&head_name)?);
        Ok(RangeText { base_name, head_name, base, head })
    }

    /// What a range would change. Works on proposals (`main..propose/x`) and on what landed (`main~1..main`).
    pub fn review(&self, text: &str) -> Result<Review> {
        let named = self.range(text)?;
        let range = self.registry.range_of(&self.registry.repo, named.base, named.head)?;
        let landed = self.registry.has_behind(self.head()?, named.head)?;
        let options = ReviewOptions { base_name: named.base_name, head_name: named.head_name, landed };
        let mut review = review(&range, &options)?;
        for looked in self.registry.derive_range(&self.registry.repo, range.merge_base, range.head)? {
            if let Some(problem) = looked.problem() {
                review.add_problem(RangeVerdict::Refused, problem);
            }
        }
        review.mark_derived(&|artifact| self.registry.is_derived(artifact));
        Ok(review)
    }
}

impl Registry {
    /// Whether a commit is a head or on its first-parent chain, without walking the chain where it is beside it.
    pub(crate) fn has_behind(&self, head: Oid, commit: Oid) -> Result<bool> {
        Ok(self.repo.merge_base(head, commit)? == Some(commit) && self.repo.on_first_parent_chain(head, commit)?)
    }

    /// A range over this registry's history, as it is read through `history`.
    pub(crate) fn range_of<'h, H: History + RecordStore>(
        &self,
        history: &'h H,
        base: Oid,
        head: Oid,
    ) -> Result<Range<'h>> {
        if self.repo.integrity()?.shallow {
            return Err(Error::new(
                Code::Incomplete,
                format!("history is shallow, so {} cannot be verified whole", self.path().display()),
            )
            .hint("fetch the whole history: git fetch --unshallow (in CI: fetch-depth: 0)"));
        }
        let pin = self.world.pin_of(self.id())?;
        self.check_not_rewritten()?;
        let remembered = match self.remembered_behind(base, pin)? {
            Some(remembered) => Some(remembered),
            None => self.walk_to(base, pin)?,
        };
        let merge_base = history.merge_base(base, head)?;
        Ok(Range { history, base, head, merge_base, pin, remembered })
    }

    /// The branch must still have what this reader saw of it.
    fn check_not_rewritten(&self) -> Result<()> {
        let Some(seen) = self.remembered() else { return Ok(()) };
        let head = self.head()?;
        if self.repo.on_first_parent_chain(head, seen.head)? {
            return Ok(());
        }
        Err(history_rewritten(seen.head, head))
    }

    /// Verifies up to a commit from the first one, and remembers it for the next time.
    fn walk_to(&self, base: Oid, pin: Option<Digest>) -> Result<Option<Remembered>> {
        let remembered = self.walk(Verifier::from_the_start(&self.repo, base, pin)?)?.remember();
        if let Some(remembered) = &remembered {
            match self.remembered() {
                Some(_) => self.remember_beside(remembered),
                None => self.remember(remembered)?,
            }
        }
        Ok(remembered)
    }
}
