//! Models and versions with their words: description, tags, times. What other registries' interfaces ask for.

use crate::read::list::held_by_alias;
use crate::registry::Reader;
use crate::view::View;
pub use refmark_query::answer::detail::{DetailRequest, ModelDetail, VersionDetail};
use refmark_query::answer::detail::{model_detail, model_details, version_detail, version_details};
use refmark_types::error::Result;
use refmark_types::name::ModelName;

impl<'r> Reader<'r> {
    /// A model with its words, hidden or not; nothing where it is not known.
    pub fn model_detail(&self, view: &View<'_>, model: &ModelName) -> Result<Option<ModelDetail>> {
        model_detail(view.facts()?, model)
    }

    /// Every model with its words, hidden ones too, by name.
    pub fn model_details(&self, view: &View<'_>) -> Result<Vec<ModelDetail>> {
        match self.registry.indexed(view, |index| index.model_details())? {
            Some(found) => Ok(found),
            None => model_details(view.facts()?),
        }
    }

    /// A version with its words; nothing where there is none.
    pub fn version_detail(&self, view: &View<'_>, model: &ModelName, version: u64) -> Result<Option<VersionDetail>> {
        let facts = view.facts()?;
        let mut found = version_detail(facts, model, version, &held_by_alias(facts, model)?)?;
        view.basis()?.mark_tainted_details(&mut found)?;
        Ok(found)
    }

    /// The versions with their words that fit, hidden ones too, by model, oldest first.
    pub fn version_details(&self, view: &View<'_>, request: &DetailRequest) -> Result<Vec<VersionDetail>> {
        let mut found = match self.registry.indexed(view, |index| index.version_details(request))? {
            Some(found) => found,
            None => version_details(view.facts()?, request)?,
        };
        view.basis()?.mark_tainted_details(&mut found)?;
        Ok(found)
    }
}
