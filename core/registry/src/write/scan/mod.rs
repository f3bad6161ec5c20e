//! `scan`: looks into the files of a registered artifact again, or has another project's scanner do it, and keeps the result as
//! evidence of the type `scan`.
//!
//! Only what is wholly clear passes. A scanner that looked at fewer files than can run code, that met an error, or that ended in
//! a way that it does not document, has not scanned: the evidence says `info`, and opens no gate.

mod built_in;
mod program;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::read::resolve::find;
use crate::registry::Writer;
use crate::write::attach::AttachAnswer;
use refmark_engine::plan::EvidenceRequest;
use refmark_query::findings::FileFinding;
use refmark_records::evidence::{Named, Verdict};
use refmark_records::manifest::{Gap, Manifest};
use refmark_types::canonical::FreeJson;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::EntryId;
use refmark_types::reference::Reference;

/// At most so many findings are told, and kept.
const FINDINGS_LIMIT: usize = 200;

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanner {
    /// refmark's own scan, as it stands in this version.
    BuiltIn,
    /// `modelscan` of Protect AI.
    Modelscan,
    /// `picklescan`.
    Picklescan,
}

impl Scanner {
    /// Every scanner's name.
    pub const NAMES: &'static [&'static str] = &["built-in", "modelscan", "picklescan"];

    /// The scanner of a name.
    ///
    /// # Errors
    /// `bad-argument` for another name.
    pub fn parse(name: &str) -> Result<Scanner> {
        match name {
            "built-in" => Ok(Scanner::BuiltIn),
            "modelscan" => Ok(Scanner::Modelscan),
            "picklescan" => Ok(Scanner::Picklescan),
            _ => Err(Error::new(
                Code::BadArgument,
                format!("`{}` is no scanner that refmark knows", name.escape_debug()),
            )
            .hint(format!("the scanners are {}", Scanner::NAMES.join(", ")))),
        }
    }
}

/// What a scan came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All was looked at, and nothing in it runs code.
    Clean,
    /// Something in it runs code when it is loaded, and nothing in that is known to be harmful.
    RunsCode,
    /// Something in it is harmful, contradicts itself, or is lacking.
    Unsafe,
    /// Not all that can run code was looked at.
    NotScanned,
}

impl Outcome {
    /// What it says as evidence: only a clean scan passes.
    pub const fn verdict(self) -> Verdict {
        match self {
            Outcome::Clean => Verdict::Pass,
            Outcome::Unsafe => Verdict::Fail,
            Outcome::RunsCode | Outcome::NotScanned => Verdict::Info,
        }
    }

    /// The outcome's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Clean => "clean",
            Outcome::RunsCode => "runs-code",
            Outcome::Unsafe => "unsafe",
            Outcome::NotScanned => "not-scanned",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is to be scanned, and by whom.
#[derive(Debug, Clone)]
pub struct ScanRequest {
    /// What.
    pub reference: Reference,
    /// By whom.
    pub scanner: Scanner,
    /// The run that this scan is part of, such as a CI job's URL.
    pub produced_by: Option<String>,
    /// Whether the result is attached as evidence.
    pub attach: bool,
}

/// What a scan found.
#[derive(Debug, Clone, Serialize)]
pub struct ScanAnswer {
    /// The reference, as it was asked.
    pub reference: String,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The scanner, and its version where it says one.
    pub scanner: Named,
    /// What the scan came to.
    pub outcome: Outcome,
    /// One sentence.
    pub summary: String,
    /// How many files the artifact has.
    pub files: u64,
    /// How many of them the scanner says that it looked at.
    pub scanned: u64,
    /// What it found, with the file: at most 200. Another project's scanner tells in `said`.
    pub findings: Vec<FileFinding>,
    /// How many more findings there are.
    pub more: u64,
    /// What the package lacks.
    pub gaps: Vec<Gap>,
    /// What another project's scanner printed, cut at 8 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The evidence; none where it was not to be attached.
    pub evidence: Option<AttachAnswer>,
}

/// What a scanner came to, before it is an answer.
struct Scanned {
    scanner: Named,
    outcome: Outcome,
    summary: String,
    scanned: u64,
    findings: Vec<FileFinding>,
    gaps: Vec<Gap>,
    said: Option<String>,
}

impl Writer<'_> {
    /// Scans the files of what a reference names, whatever its trust state, and attaches the result where that is asked for.
    ///
    /// Costs the hashing of every byte, and what the scanner costs. Scanners of other projects get the files in a folder of
    /// their own, which is removed.
    ///
    /// # Errors
    /// `not-found`; `absent` or `damaged` where bytes are not here or are not the manifest's; `unsupported` where a scanner is
    /// not installed; `refused` where the policy does not let the signer attach evidence.
    pub fn scan(&self, request: &ScanRequest) -> Result<ScanAnswer> {
        let view = self.registry.view()?;
        let artifact = find(view.facts()?, &request.reference)?.artifact;
        let Some(manifest) = view.facts()?.manifest(&artifact)? else {
            return Err(Error::new(Code::NotFound, format!("the manifest of {artifact} is not here")));
        };
        drop(view);
        let mut found = match request.scanner {
            Scanner::BuiltIn => built_in::scan(self.registry, &manifest)?,
            Scanner::Modelscan => program::scan(self.registry, &manifest, &program::MODELSCAN)?,
            Scanner::Picklescan => program::scan(self.registry, &manifest, &program::PICKLESCAN)?,
        };
        let more = found.findings.len().saturating_sub(FINDINGS_LIMIT) as u64;
        found.findings.truncate(FINDINGS_LIMIT);
        let evidence = match request.attach {
            true => Some(self.attach_evidence(&request.reference, evidence(request, &manifest, &found, more)?)?),
            false => None,
        };
        Ok(ScanAnswer {
            reference: request.reference.to_string(),
            artifact,
            scanner: found.scanner,
            outcome: found.outcome,
            summary: found.summary,
            files: manifest.files.len() as u64,
            scanned: found.scanned,
            findings: found.findings,
            more,
            gaps: found.gaps,
            said: found.said,
            evidence,
        })
    }
}

fn evidence(request: &ScanRequest, manifest: &Manifest, found: &Scanned, more: u64) -> Result<EvidenceRequest> {
    let mut details = json!({
        "outcome": found.outcome,
        "files": manifest.files.len(),
        "scanned": found.scanned,
    });
    for (key, value, is_empty) in [
        ("findings", json!(found.findings), found.findings.is_empty()),
        ("more", json!(more), more == 0),
        ("gaps", json!(found.gaps), found.gaps.is_empty()),
        ("said", json!(found.said), found.said.is_none()),
    ] {
        if !is_empty {
            details[key] = value;
        }
    }
    Ok(EvidenceRequest {
        artifact: ArtifactId::new(refmark_types::digest::Digest::of(&[])),
        evidence_type: EntryId::parse("scan")?,
        verdict: found.outcome.verdict(),
        summary: Some(found.summary.clone()),
        run: request.produced_by.clone(),
        suite: None,
        dataset: None,
        metrics: Default::default(),
        tool: Some(found.scanner.clone()),
        document: None,
        details: FreeJson(details),
    })
}
