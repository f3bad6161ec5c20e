//! `attach`: a piece of evidence about an artifact.

use crate::registry::Writer;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::read::resolve::find;
use crate::write::catalog::deprecated;
use refmark_engine::plan::{self, EvidenceRequest};
use refmark_query::document;
use refmark_records::catalog::Family;
use refmark_records::evidence::{Direction, Metric, MetricValue, Named, Verdict};
use refmark_records::layout::Document;
use refmark_records::statement::Predicate;
use refmark_records::substance::lacks;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::input::read_given;
use refmark_types::canonical::FreeMap;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{EntryId, PrincipalId};
use refmark_types::oid::Oid;
use refmark_types::reference::Reference;

/// The largest document that is read, in bytes.
const DOCUMENT_LIMIT: u64 = 64 << 20;

/// Evidence as people hand it in. What is named here goes before what the document says.
#[derive(Debug, Clone)]
pub struct AttachRequest {
    /// What it is about.
    pub reference: Reference,
    /// The type, an entry of the catalog.
    pub evidence_type: EntryId,
    /// The document: JSON, or any text.
    pub file: Option<PathBuf>,
    /// What it comes to; the document's own word where none is given, and `info` for plans, runbooks and the like.
    pub verdict: Option<Verdict>,
    /// One sentence for people.
    pub summary: Option<String>,
    /// The run that produced it, such as a CI job's URL.
    pub produced_by: Option<String>,
    /// The suite, and its version.
    pub suite: Option<Named>,
    /// The dataset, with its digest: metrics of other data are not comparable.
    pub dataset: Option<Named>,
    /// Metrics, each with the direction in which it improves; guessed from its name where none is given.
    pub metrics: Vec<(String, f64, Option<Direction>)>,
    /// The tool, and its version.
    pub tool: Option<Named>,
}

impl AttachRequest {
    /// Evidence of a type about something, and nothing more yet.
    pub fn new(reference: Reference, evidence_type: EntryId) -> AttachRequest {
        AttachRequest {
            reference,
            evidence_type,
            file: None,
            verdict: None,
            summary: None,
            produced_by: None,
            suite: None,
            dataset: None,
            metrics: Vec::new(),
            tool: None,
        }
    }
}

/// Evidence that took effect.
#[derive(Debug, Clone, Serialize)]
pub struct AttachAnswer {
    /// The artifact.
    pub artifact: ArtifactId,
    /// The type.
    #[serde(rename = "type")]
    pub evidence_type: EntryId,
    /// What it comes to.
    pub verdict: Verdict,
    /// The evidence's statement: what moves name that rest on it.
    pub statement: Digest,
    /// The path of its record.
    pub path: String,
    /// What was measured.
    pub metrics: FreeMap<Metric>,
    /// Who attached it.
    pub by: PrincipalId,
    /// The commit.
    pub commit: Oid,
    /// What people should know.
    pub warnings: Vec<String>,
}

impl Writer<'_> {
    /// Attaches evidence to the artifact that a reference names.
    pub fn attach(&self, request: &AttachRequest) -> Result<AttachAnswer> {
        let read = match &request.file {
            Some(path) => {
                let bytes = document_bytes(path)?;
                self.refuse_secret_document(path, &bytes)?;
                document::read_as(request.evidence_type.as_str(), &bytes)
                    .map_err(|error| error.at(path.display().to_string()))?
            }
            None => document::ParsedDocument::default(),
        };
        let mut warnings = Vec::new();
        let verdict = verdict_of(request, &read)?;
        let mut metrics = read.metrics.clone();
        for (name, value, better) in &request.metrics {
            let better = better.unwrap_or_else(|| Direction::guess(name));
            metrics.insert(name.clone(), Metric { value: MetricValue::stated(name, *value)?, better });
        }
        let dataset = request.dataset.clone().or(read.dataset.clone());
        if !metrics.is_empty() && dataset.as_ref().is_none_or(|it| it.sha256.is_none()) {
            warnings.push(
                "no digest of the dataset is named: gates compare metrics only on the same data (name it as NAME@sha256:…)"
                    .to_owned(),
            );
        }
        if let Some((name, metric)) = metrics.iter().find(|(_, it)| it.value.number().is_none()) {
            warnings.push(format!("{name} is {}, which fails every gate on it", metric.value));
        }
        if request.file.is_some() && read.details.0.is_null() {
            warnings.push(format!(
                "the document is kept by its digest only: it is no text, or over {} KiB",
                document::KEPT_IN_RECORD / 1024
            ));
        }
        if let (None, Some(of)) = (&request.file, Document::of_evidence(request.evidence_type.as_str()))
            && verdict != Verdict::Fail
        {
            return Err(Error::new(Code::BadArgument, format!("no {} is attached", of.file_name()))
                .hint("name the file that is the document"));
        }
        let named = |path: &PathBuf| Named {
            name: path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default(),
            version: None,
            sha256: read.sha256,
        };
        let evidence = EvidenceRequest {
            artifact: ArtifactId::new(Digest::of(&[])),
            evidence_type: request.evidence_type.clone(),
            verdict,
            summary: request.summary.clone().or(read.summary.clone()),
            run: request.produced_by.clone().or(read.run.clone()),
            suite: request.suite.clone().or(read.suite.clone()),
            dataset,
            metrics,
            tool: request.tool.clone().or(read.tool.clone()),
            document: request.file.as_ref().map(named),
            details: read.details.clone(),
        };
        if evidence.run.is_none() && verdict == Verdict::Pass {
            warnings.push("no run is named: a pass without one answers no earlier fail".to_owned());
        }
        let answer = self.attach_evidence(&request.reference, evidence)?;
        warnings.extend(answer.warnings.iter().cloned());
        Ok(AttachAnswer { warnings, ..answer })
    }

    /// Attaches evidence that is complete but for the artifact, which the reference names.
    pub(crate) fn attach_evidence(&self, reference: &Reference, mut evidence: EvidenceRequest) -> Result<AttachAnswer> {
        let (mut path, mut lacking, mut old) = (String::new(), None, None);
        let written = self.change(|view, author| {
            evidence.artifact = find(view.facts()?, reference)?.artifact;
            old = deprecated(view.facts()?, Family::EvidenceType, &evidence.evidence_type)?;
            let plan = plan::attach(view.facts()?, author, &evidence)?;
            let first = plan.statements.first();
            path = first.map(|it| it.common().path.to_owned()).unwrap_or_default();
            let asked = view.facts()?.policy_in_force()?.evidence.substance;
            lacking = match first.map(|it| it.predicate()) {
                Some(Predicate::Evidence(evidence)) if asked => lacks(evidence),
                _ => None,
            };
            Ok(plan)
        })?;
        let statement = written.records.iter().find(|it| it.0 == path).map(|it| it.1);
        Ok(AttachAnswer {
            artifact: evidence.artifact,
            evidence_type: evidence.evidence_type,
            verdict: evidence.verdict,
            statement: statement.ok_or_else(|| refmark_types::error::bug("evidence without a record"))?,
            path,
            metrics: evidence.metrics,
            by: written.by,
            commit: written.commit,
            warnings: lacking
                .map(|what| format!("it opens no gate of this policy: {what}"))
                .into_iter()
                .chain(old)
                .collect(),
        })
    }
}

fn document_bytes(path: &Path) -> Result<Vec<u8>> {
    let meta = std::fs::metadata(path).map_err(|error| io_error("read", path, &error))?;
    if !meta.is_file() {
        return Err(Error::new(Code::NotAFile, format!("{} is not a regular file", path.display())));
    }
    read_given(path, DOCUMENT_LIMIT).map_err(|error| match error.code {
        Code::TooLarge => error.hint("attach a summary, and name the full report by its URI in it"),
        _ => error,
    })
}

/// What the evidence comes to. Whoever measures or scans must say; a plan or a runbook is there or is not.
fn verdict_of(request: &AttachRequest, read: &document::ParsedDocument) -> Result<Verdict> {
    const DOCUMENTS: [&str; 3] = ["rollback-plan", "runbook", "migration-document"];
    if let Some(verdict) = request.verdict.or(read.verdict) {
        return Ok(verdict);
    }
    let of = request.evidence_type.as_str();
    if DOCUMENTS.contains(&of) || Document::of_evidence(of).is_some() {
        return Ok(Verdict::Info);
    }
    Err(Error::new(Code::BadArgument, format!("the {} says neither pass nor fail", request.evidence_type))
        .hint("say pass, fail or info, here or as `verdict` in the document"))
}
