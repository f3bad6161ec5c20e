//! `resolve`: what a reference means, and how far that is vouched for.

use crate::registry::Reader;
use crate::view::View;
use crate::view::incomplete::or_accepted;
pub use refmark_query::answer::resolve::ResolveAnswer;
pub(crate) use refmark_query::answer::resolve::find;
use refmark_query::answer::resolve::resolve;
use refmark_store::fs::parallel::locked;
use refmark_types::error::{Code, Result};
use refmark_types::oid::Oid;
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;

/// How to resolve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResolveOptions {
    /// As it was at this time.
    pub at: Option<Timestamp>,
    /// Serve the last good state where the newest commit is bad.
    pub last_good: bool,
    /// Go on where history is not whole.
    pub accept_incomplete: bool,
}

impl<'r> Reader<'r> {
    /// The view that these options ask for.
    pub fn view_for(&self, options: ResolveOptions) -> Result<View<'_>> {
        let view = match options.last_good {
            true => self.view_last_good(),
            false => self.view(),
        };
        match view {
            Err(error) if error.code == Code::Incomplete && options.accept_incomplete => self.view_incomplete(),
            other => other.map_err(or_accepted),
        }
    }

    /// What a reference means. Refused where it is revoked or deleted, or where the newest commit is bad.
    pub fn resolve(&self, reference: &Reference, options: ResolveOptions) -> Result<ResolveAnswer> {
        let plain = options == ResolveOptions::default();
        if plain && let Some(answer) = self.known_answer(reference)? {
            return Ok(answer);
        }
        let view = self.view_for(options)?;
        let answer = self.resolve_in(&view, reference, options)?;
        if plain {
            self.keep_answer(view.head, reference, &answer);
            view.give_back();
        }
        Ok(answer)
    }

    /// What a reference meant, where the head has not moved since.
    fn known_answer(&self, reference: &Reference) -> Result<Option<ResolveAnswer>> {
        let head = self.head()?;
        let answers = locked(&self.registry.answers);
        Ok(answers.at(head).and_then(|known| known.get(&reference.to_string()).cloned()))
    }

    fn keep_answer(&self, head: Oid, reference: &Reference, answer: &ResolveAnswer) {
        let mut answers = locked(&self.registry.answers);
        answers.keep(head, reference, answer);
    }

    /// What a reference means in a view.
    pub fn resolve_in(&self, view: &View<'_>, reference: &Reference, options: ResolveOptions) -> Result<ResolveAnswer> {
        if !options.last_good {
            view.check_tip()?;
        }
        resolve(&view.basis()?, reference, options.at)
    }
}
