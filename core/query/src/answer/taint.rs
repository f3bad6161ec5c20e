//! Which rows of a list rest on a key that was distrusted, and which hold bytes that were revoked elsewhere. An index does
//! not know; the walk does.

use super::QueryContext;
use super::detail::VersionDetail;
use crate::index::VersionRow;
use refmark_engine::verify::{Subject, Verified};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ModelName};
use serde::Serialize;

/// Where a version stands: what has to be said wherever it is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionMark {
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// The trust state that counts: `revoked` where its bytes were revoked in another artifact, too.
    pub trust: TrustState,
    /// The stage.
    pub stage: Stage,
    /// Whether it, or an alias that holds it, rests on a key that was distrusted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tainted: bool,
}

impl VersionMark {
    /// Whether there is anything to warn of: bytes that are not trusted, a key that was lost, the end of its life.
    pub fn warns(&self) -> bool {
        self.tainted || self.trust != TrustState::Trusted || matches!(self.stage, Stage::Retired | Stage::Archived)
    }
}

impl QueryContext<'_, '_> {
    /// Where a version stands; nothing where there is none. `aliases`: those that hold it.
    pub fn mark_of(&self, model: &ModelName, version: u64, aliases: &[AliasName]) -> Result<Option<VersionMark>> {
        let Some(record) = self.reader().version(model, version)? else { return Ok(None) };
        let (artifact, stage) = (record.artifact, self.reader().stage(model, version)?.0);
        let trust = self.reader().trust(&artifact)?.0;
        let (tainted, trust) = match self.marks_nothing() {
            true => (false, trust),
            false => (self.is_row_tainted(&artifact, model, version, aliases)?, self.trust_of(&artifact, trust)?),
        };
        Ok(Some(VersionMark { model: model.clone(), version, trust, stage, tainted }))
    }

    /// Of the versions that a model's aliases hold those that there is something to warn of.
    pub fn marks_of_held(&self, model: &ModelName, held: &[(AliasName, u64)]) -> Result<Vec<VersionMark>> {
        let mut versions: Vec<u64> = held.iter().map(|(_, version)| *version).collect();
        versions.sort_unstable();
        versions.dedup();
        let mut marks = Vec::new();
        for version in versions {
            let aliases: Vec<AliasName> =
                held.iter().filter(|(_, at)| *at == version).map(|(alias, _)| alias.clone()).collect();
            marks.extend(self.mark_of(model, version, &aliases)?.filter(VersionMark::warns));
        }
        Ok(marks)
    }

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
