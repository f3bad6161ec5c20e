//! `list`: models, and the versions of one.

use crate::registry::Reader;
use crate::view::View;
use refmark_query::answer::list::some_versions;
pub(crate) use refmark_query::answer::list::{held_by_alias, models_of, versions_of};
use refmark_query::index::{ModelRow, VersionRow};
use refmark_types::error::Result;
use refmark_types::name::ModelName;

impl<'r> Reader<'r> {
    /// Every model.
    pub fn list_models(&self, view: &View<'_>) -> Result<Vec<ModelRow>> {
        match self.registry.indexed(view, |index| index.models())? {
            Some(rows) => Ok(rows),
            None => models_of(view.facts()?),
        }
    }

    /// The versions of a model, newest first, without those that were hidden.
    pub fn list_versions(&self, view: &View<'_>, model: &ModelName) -> Result<Vec<VersionRow>> {
        let mut rows = self.list_all_versions(view, model)?;
        rows.retain(|it| !it.hidden);
        Ok(rows)
    }

    /// Every version of a model, newest first, hidden ones too.
    pub fn list_all_versions(&self, view: &View<'_>, model: &ModelName) -> Result<Vec<VersionRow>> {
        let mut rows = match self.registry.indexed(view, |index| index.versions(model))? {
            Some(rows) => rows,
            None => versions_of(view.facts()?, model)?,
        };
        view.basis()?.mark_tainted(&mut rows)?;
        some_versions(model, rows)
    }
}
