//! Which rows of a list rest on a key that was distrusted. An index does not know; the walk does.

use super::QueryContext;
use super::detail::VersionDetail;
use crate::index::VersionRow;
use refmark_engine::verify::Subject;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ModelName};

impl QueryContext<'_, '_> {
    /// Marks the rows that rest on a key that was distrusted. Costs nothing where nothing is tainted.
    pub fn mark_tainted<'r>(&self, rows: impl IntoIterator<Item = &'r mut VersionRow>) -> Result<()> {
        if self.walked.is_none_or(|walked| walked.walk.tainted().is_empty()) {
            return Ok(());
        }
        for row in rows {
            row.tainted = self.is_row_tainted(&row.artifact, &row.model, row.version, &row.aliases)?;
        }
        Ok(())
    }

    /// The same for versions with their words.
    pub fn mark_tainted_details<'r>(&self, rows: impl IntoIterator<Item = &'r mut VersionDetail>) -> Result<()> {
        if self.walked.is_none_or(|walked| walked.walk.tainted().is_empty()) {
            return Ok(());
        }
        for row in rows {
            row.tainted = self.is_row_tainted(&row.artifact, &row.model, row.version, &row.aliases)?;
        }
        Ok(())
    }

    fn is_row_tainted(
        &self,
        artifact: &ArtifactId,
        model: &ModelName,
        version: u64,
        aliases: &[AliasName],
    ) -> Result<bool> {
        let subject = Subject { artifact, version: Some((model, version)), alias: None };
        if self.taint_of(&subject)?.is_some() {
            return Ok(true);
        }
        for alias in aliases {
            let Some(now) = self.reader().alias(model, alias)? else { continue };
            if self.taint_of(&Subject { alias: Some((alias, now.sequence)), ..subject })?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
