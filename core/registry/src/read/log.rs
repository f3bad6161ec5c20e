//! `log`: the moves of an alias, and every kind of event.

use crate::registry::Reader;
use crate::view::View;
use refmark_query::answer::events::events;
pub use refmark_query::answer::events::{Event, EventsAnswer, EventsRequest};
pub use refmark_query::answer::log::LogAnswer;
use refmark_query::answer::log::{check_model, moves};
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ModelName};

impl<'r> Reader<'r> {
    /// The moves of an alias, or of every alias of a model, or of all models; newest first by landing.
    /// An error where there is no such model, or no such alias ever moved.
    pub fn log(&self, view: &View<'_>, model: Option<&ModelName>, alias: Option<&AliasName>) -> Result<LogAnswer> {
        check_model(view.facts()?, model, alias)?;
        let moves = match self.registry.indexed(view, |index| index.moves(model, alias))? {
            Some(moves) => moves,
            None => moves(&view.basis()?, model, alias, usize::MAX)?,
        };
        LogAnswer::of(moves, model, alias)
    }

    /// Whatever took effect up to the view's head, of every kind, newest first in the order of the chain. It walks the whole
    /// history.
    pub fn events(&self, view: &View<'_>, request: EventsRequest<'_>) -> Result<EventsAnswer> {
        if let Some((model, alias)) = request.of {
            check_model(view.facts()?, Some(model), alias)?;
        }
        let whole = self.registry.view_from_the_start(view.head)?;
        match whole.verified() {
            Some(verified) => events(&self.registry.repo, verified, request),
            None => Err(refmark_types::error::bug("events are read from a whole history")),
        }
    }
}
