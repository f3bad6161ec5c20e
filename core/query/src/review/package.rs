//! An artifact by itself, as a review shows it.

use serde::Serialize;

use super::evidence::{EvidenceReview, review_of};
use crate::answer::ManifestIs;
use crate::diff::{Listed, what_files_can_do};
use crate::findings::{FileFinding, findings_of};
use refmark_engine::state_reader::StateReader;
use refmark_records::manifest::Gap;
use refmark_records::trust::TrustState;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::text::one_line;

/// An artifact by itself.
#[derive(Debug, Clone, Serialize)]
pub struct PackageReview {
    /// Its type.
    #[serde(rename = "type")]
    pub artifact_type: String,
    /// The format of its weights.
    pub format: String,
    /// How many files.
    pub files: usize,
    /// Their size in bytes.
    pub size: u64,
    /// How many tensors.
    pub tensors: usize,
    /// What its files can do.
    pub classes: String,
    /// Whether that was held against its bytes.
    pub manifest_is: ManifestIs,
    /// Its state.
    pub trust: TrustState,
    /// The metrics that its manifest claims.
    pub claims: Vec<(String, String)>,
    /// What the scan found in its files, and people should see.
    pub findings: Listed<FileFinding>,
    /// What it lacks.
    pub gaps: Vec<Gap>,
    /// What was found out about it.
    pub evidence: Listed<EvidenceReview>,
}

/// An artifact by itself; nothing where its manifest is not there.
pub(super) fn package(reader: StateReader<'_>, artifact: &ArtifactId) -> Result<Option<PackageReview>> {
    let Some(manifest) = reader.manifest(artifact)? else { return Ok(None) };
    Ok(Some(PackageReview {
        artifact_type: manifest.artifact_type.to_string(),
        format: manifest.format.clone(),
        files: manifest.files.len(),
        size: manifest.size(),
        tensors: manifest.tensor_count(),
        classes: what_files_can_do(&manifest),
        manifest_is: ManifestIs::Claimed,
        trust: reader.trust(artifact)?.0,
        claims: manifest.metrics.iter().take(20).map(|(name, value)| (one_line(name), value.to_string())).collect(),
        findings: findings_of(reader, artifact)?.into_iter().filter(FileFinding::is_told).collect(),
        gaps: manifest.incomplete.clone(),
        evidence: reader.evidence(artifact)?.iter().map(|piece| review_of(piece, None)).collect(),
    }))
}
