//! Attaching evidence.

use super::{Author, Plan};
use crate::state_reader::StateReader;
use refmark_records::evidence::{Evidence, Metric, Named, Verdict};
use refmark_types::canonical::{FreeJson, FreeMap};
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::EntryId;

/// Attach a piece of evidence to an artifact.
#[derive(Debug, Clone)]
pub struct EvidenceRequest {
    /// The artifact.
    pub artifact: ArtifactId,
    /// The type, an entry of the catalog.
    pub evidence_type: EntryId,
    /// What it comes to.
    pub verdict: Verdict,
    /// One sentence for people.
    pub summary: Option<String>,
    /// The run that produced it.
    pub run: Option<String>,
    /// The suite, and its version.
    pub suite: Option<Named>,
    /// The dataset, by digest.
    pub dataset: Option<Named>,
    /// What was measured.
    pub metrics: FreeMap<Metric>,
    /// The tool, and its version.
    pub tool: Option<Named>,
    /// The attached document's name and digest.
    pub document: Option<Named>,
    /// The attached document itself.
    pub details: FreeJson,
}

/// Plans the record.
pub fn attach(reader: StateReader<'_>, author: &Author, request: &EvidenceRequest) -> Result<Plan> {
    if !reader.has_artifact(&request.artifact)? {
        return Err(Error::new(Code::NotFound, format!("{} is not registered", request.artifact)));
    }
    let of = &request.evidence_type;
    let mut plan = Plan {
        subject: format!("attach {of} ({}) to {}", request.verdict.as_str(), request.artifact.short()),
        body: request.summary.clone().unwrap_or_default(),
        ..Plan::default()
    };
    plan.sign(Evidence {
        artifact: request.artifact,
        evidence_type: of.clone(),
        verdict: request.verdict,
        summary: request.summary.clone(),
        run: request.run.clone(),
        suite: request.suite.clone(),
        dataset: request.dataset.clone(),
        metrics: request.metrics.clone(),
        tool: request.tool.clone(),
        document: request.document.clone(),
        details: request.details.clone(),
        by: author.by.clone(),
        time: author.time,
        previous: None,
        base: author.base,
        path: String::new(),
        registry: author.registry,
    })?;
    plan.concerns(request.artifact);
    Ok(plan)
}
