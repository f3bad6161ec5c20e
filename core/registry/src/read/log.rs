//! `log`: the moves of an alias.

use crate::registry::Reader;
use crate::view::View;
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
}
