//! Which rows of a list rest on a key that was distrusted, and which hold bytes that were revoked elsewhere. An index does
//! not know; the walk does.

use super::QueryContext;
use super::detail::VersionDetail;
use crate::index::VersionRow;
use refmark_engine::verify::{Subject, Verified};
use refmark_records::trust::TrustState;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ModelName};

impl QueryContext<'_, '_> {
    /// Marks the rows that rest on a key that was distrusted, and says `revoked` of those whose bytes are. Costs nothing
    /// where nothing is.
    pub fn mark_tainted<'r>(&self, rows: impl IntoIterator<Item = &'r mut VersionRow>) -> Result<()> {
        if self.marks_nothing() {
            return Ok(());
        }
        for row in rows {
            row.tainted = self.is_row_tainted(&row.artifact, &row.model, row.version, &row.aliases)?;
            row.trust = self.trust_of(&row.artifact, row.trust)?;
        }
        Ok(())
    }

    /// The same for versions with their words.
    pub fn mark_tainted_details<'r>(&self, rows: impl IntoIterator<Item = &'r mut VersionDetail>) -> Result<()> {
        if self.marks_nothing() {
            return Ok(());
        }
        for row in rows {
            row.tainted = self.is_row_tainted(&row.artifact, &row.model, row.version, &row.aliases)?;
            row.trust = self.trust_of(&row.artifact, row.trust)?;
        }
        Ok(())
    }

    fn marks_nothing(&self) -> bool {
        let nothing =
            |walked: &Verified<'_>| walked.walk.tainted().is_empty() && walked.walk.revoked().files().is_empty();
        self.walked.is_none_or(nothing)
    }

    /// The trust state that counts: `revoked` where the bytes were revoked in another artifact.
    fn trust_of(&self, artifact: &ArtifactId, state: TrustState) -> Result<TrustState> {
        let Some(walked) = self.walked.filter(|_| state == TrustState::Trusted) else { return Ok(state) };
        Ok(if walked.closed_by(artifact)?.is_some() { TrustState::Revoked } else { state })
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
