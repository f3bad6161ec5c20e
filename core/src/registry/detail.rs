//! Models and versions with their words: description, tags, times. What other registries' interfaces ask for.

use super::list::held_by_alias;
use super::open::Registry;
use super::view::View;
pub use crate::judgement::answer::detail::{ModelDetail, VersionDetail};
use crate::judgement::answer::detail::{model_detail, version_detail};
use crate::words::fault::Result;
use crate::words::name::ModelName;

impl Registry {
    /// A model with its words, hidden or not; nothing where it is not known.
    pub fn model_detail(&self, view: &View<'_>, model: &ModelName) -> Result<Option<ModelDetail>> {
        model_detail(view.facts()?, model)
    }

    /// Every model with its words, hidden ones too, sorted by name.
    pub fn model_details(&self, view: &View<'_>) -> Result<Vec<ModelDetail>> {
        let models = view.facts()?.models()?;
        models.iter().filter_map(|model| self.model_detail(view, model).transpose()).collect()
    }

    /// A version with its words; nothing where there is none.
    pub fn version_detail(&self, view: &View<'_>, model: &ModelName, version: u64) -> Result<Option<VersionDetail>> {
        let facts = view.facts()?;
        version_detail(facts, model, version, &held_by_alias(facts, model)?)
    }

    /// Every version of a model with its words, hidden ones too, oldest first.
    pub fn version_details(&self, view: &View<'_>, model: &ModelName) -> Result<Vec<VersionDetail>> {
        let facts = view.facts()?;
        let held = held_by_alias(facts, model)?;
        let versions = facts.versions(model)?;
        versions.into_iter().filter_map(|version| version_detail(facts, model, version, &held).transpose()).collect()
    }
}
