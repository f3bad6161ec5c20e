//! `describe`: what a model is, who answers for it, its tags.

use crate::registry::Registry;
use crate::write::label::LabelAnswer;
use crate::write::transaction::Writer;
use refmark_engine::plan::{self, AboutRequest};
use refmark_types::error::Result;
use refmark_types::name::ModelName;

impl Registry {
    /// Sets a model's description, owner and tags; what the request leaves out stays.
    pub fn describe(&self, writer: &Writer<'_>, model: &ModelName, request: &AboutRequest) -> Result<LabelAnswer> {
        let written = self.change(writer, |view, author| plan::describe(view.facts()?, author, model, request))?;
        Ok(crate::write::label::labelled(model, None, written))
    }
}
