//! `describe`: what a model is, who answers for it, its tags.

use crate::registry::Writer;
use crate::write::label::LabelAnswer;
use refmark_engine::plan::{self, AboutRequest};
use refmark_types::error::Result;
use refmark_types::name::ModelName;

impl Writer<'_> {
    /// Sets a model's description, owner and tags; what the request leaves out stays.
    pub fn describe(&self, model: &ModelName, request: &AboutRequest) -> Result<LabelAnswer> {
        let written = self.change(|view, author| plan::describe(view.facts()?, author, model, request))?;
        Ok(crate::write::label::labelled(model, None, written))
    }
}
