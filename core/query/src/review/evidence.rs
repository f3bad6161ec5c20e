//! Evidence, as a review shows it: of which version, what it comes to, by which run, and what was measured.

use serde::Serialize;

use super::range_file::RangeFile;
use refmark_engine::state_reader::StateReader;
use refmark_records::evidence::{Evidence, Verdict};
use refmark_records::statement::Predicate;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::PrincipalId;
use refmark_types::text::bounded;
use refmark_types::time::Timestamp;

/// So many metrics are said.
const METRICS: usize = 8;

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceReview {
    /// Its type.
    #[serde(rename = "type")]
    pub evidence_type: String,
    /// The version that it is about, where that is known and not said around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// What it comes to.
    pub verdict: Verdict,
    /// Who attached it.
    pub by: PrincipalId,
    /// When, by that person's clock.
    pub time: Timestamp,
    /// The run that produced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The data that it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// What was measured: names and values, the first eight.
    pub metrics: Vec<(String, String)>,
    /// It in a sentence, by whoever attached it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

impl EvidenceReview {
    /// What was measured, in a few words: `f1 0.912, latency_p95_ms 46.2 on march-holdout`; empty where nothing was.
    pub fn measured(&self) -> String {
        let metrics: Vec<String> = self.metrics.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let on = self.dataset.as_ref().map(|data| format!(" on {data}")).unwrap_or_default();
        if metrics.is_empty() { String::new() } else { format!("{}{on}", metrics.join(", ")) }
    }
}

/// A piece of evidence about a version that people call `of`.
pub(super) fn review_of(evidence: &Evidence, of: Option<String>) -> EvidenceReview {
    let value = |value: &refmark_records::evidence::MetricValue| match value.number() {
        Some(number) => refmark_types::number::print(refmark_types::text::round(number)),
        None => bounded(&value.to_string(), 20),
    };
    EvidenceReview {
        evidence_type: evidence.evidence_type.to_string(),
        of,
        verdict: evidence.verdict,
        by: evidence.by.clone(),
        time: evidence.time,
        run: evidence.run.clone(),
        dataset: evidence.dataset.as_ref().map(|data| bounded(&data.name, 60)),
        metrics: evidence
            .metrics
            .iter()
            .take(METRICS)
            .map(|(name, it)| (bounded(name, 60), value(&it.value)))
            .collect(),
        summary: evidence.summary.as_ref().map(|text| bounded(text, 200)),
    }
}

/// What people call an artifact: a version that the range registers, or that a trust move of it names.
pub(super) fn called(reader: StateReader<'_>, all: &[RangeFile<'_>], artifact: &ArtifactId) -> Result<Option<String>> {
    for record in all.iter().filter_map(|file| file.record.as_ref()) {
        if let Predicate::Version(version) = record.predicate()
            && version.artifact == *artifact
        {
            return Ok(Some(format!("{}/{}", version.model, version.version)));
        }
    }
    for number in 1.. {
        let Some(moved) = reader.trust_move(artifact, number)? else { break };
        if let Some(named) = &moved.version {
            return Ok(Some(named.to_string()));
        }
    }
    Ok(None)
}

/// What evidence says, in a sentence.
pub(super) fn says(evidence: &EvidenceReview, artifact: &ArtifactId) -> String {
    let of = evidence.of.clone().unwrap_or_else(|| artifact.short());
    let measured = evidence.measured();
    let measured = if measured.is_empty() { measured } else { format!(", {measured}") };
    format!("{} of {of}: {}{measured}", evidence.evidence_type, evidence.verdict.as_str())
}
