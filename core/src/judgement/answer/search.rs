//! Versions by text, and by what is known of them.

use serde::Serialize;

use super::AsOf;
use crate::judgement::index::SearchRow;

/// What a search found.
#[derive(Debug, Clone, Serialize)]
pub struct SearchAnswer {
    /// The versions, each with why it was found.
    pub found: Vec<SearchRow>,
    /// The head that the answer is true of.
    pub as_of: AsOf,
}
