//! From a change of a record to the statements that are signed for it.

use refmark_core::View;
use refmark_core::engine::plan::{self, Author, Plan, TrustRequest};
use refmark_core::engine::state_reader::StateReader;
use refmark_core::records::evidence::{Evidence, Verdict};
use refmark_core::records::layout::{Document, Place};
use refmark_core::records::manifest::{FileClass, FileEntry, Manifest};
use refmark_core::records::statement::{Predicate, Statement};
use refmark_core::records::trust::{TrustMove, TrustState};
use refmark_core::records::version::Version;
use refmark_core::types::canonical::{FreeJson, FreeMap};
use refmark_core::types::digest::{ArtifactId, Digest};
use refmark_core::types::error::Result;
use refmark_core::types::name::EntryId;
use refmark_core::types::package_path::PackagePath;
use refmark_core::types::time::Timestamp;

use super::artifact::Artifact;
use super::event::Action;
use super::fold::{Details, EVIDENCE, INLINE_LIMIT};
use super::names::model_of;

/// A change of one record: what it is afterwards, and how it came there.
#[derive(Debug, Clone)]
pub struct Part {
    /// The record afterwards, its state included.
    pub artifact: Artifact,
    /// The artifact of the registry; nothing for one that the change registers.
    pub id: Option<ArtifactId>,
    /// The version that the artifact is, or becomes.
    pub version: u64,
    /// The number of the record that is written; none where only the state moves.
    pub revision: Option<u64>,
    /// What was done.
    pub action: Action,
    /// The blob that holds the record, where it was too large for a commit and stored before.
    pub blob: Option<Digest>,
}

/// A change as the caller asked for it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What changes; most often one record.
    pub parts: Vec<Part>,
    /// Who asked for it.
    pub on_behalf_of: String,
}

/// The largest number that a record holds.
const LARGEST: u64 = (1 << 53) - 1;

impl Part {
    /// The manifest of the artifact. It names the name, so that two names with the same bytes are two artifacts.
    pub fn manifest(&self) -> Result<Manifest> {
        let Artifact { name, filename, format, sha256, size_bytes, .. } = &self.artifact;
        let base = filename.rsplit('/').next().unwrap_or_default();
        let path = match PackagePath::parse(base) {
            Ok(path) => path.as_str().to_owned(),
            Err(_) => format!("model.{}", format.as_str()),
        };
        let size = u64::try_from(*size_bytes).ok().filter(|size| *size <= LARGEST).unwrap_or_default();
        let file = FileEntry {
            path,
            size,
            sha256: Digest::parse(sha256)?,
            class: FileClass::NotScanned,
            format: format.as_str().to_owned(),
        };
        Ok(Manifest {
            artifact_type: EntryId::parse("model")?,
            format: format.as_str().to_owned(),
            files: vec![file],
            capabilities: Vec::new(),
            metrics: FreeMap::default(),
            parents: Vec::new(),
            source: Some(format!("urn:refmark-service:{}:{}", model_of(name)?.escaped(), self.version)),
            contract: None,
            lineage: None,
            evaluation_card: None,
            model_card: None,
            contents: None,
            incomplete: Vec::new(),
            graphs: Vec::new(),
            tensors: Vec::new(),
        })
    }

    /// The record as JSON text.
    pub fn text(&self) -> String {
        serde_json::to_string(&self.artifact).unwrap_or_default()
    }

    /// Whether the record is too large for a commit.
    pub fn is_large(&self) -> bool {
        self.revision.is_some() && self.text().len() > INLINE_LIMIT
    }
}

/// The plan of a draft, and the artifact of each of its parts.
pub fn plan(view: &View<'_>, author: &Author, draft: &Draft) -> Result<(Plan, Vec<ArtifactId>)> {
    let mut all = Plan::default();
    let mut ids = Vec::new();
    for (order, part) in draft.parts.iter().enumerate() {
        let id = one(&mut all, view.facts()?, author, draft, part, order as u64)?;
        all.artifacts.push(id);
        ids.push(id);
    }
    if let Some(first) = draft.parts.first() {
        let name = first.artifact.name.escape_debug();
        let more = if draft.parts.len() > 1 { format!(" and {} more", draft.parts.len() - 1) } else { String::new() };
        all.subject = format!("{} {name}{more}", first.action.as_str());
    }
    all.body = format!("on behalf of {}", draft.on_behalf_of.escape_debug());
    Ok((all, ids))
}

fn one(
    all: &mut Plan,
    reader: StateReader<'_>,
    author: &Author,
    draft: &Draft,
    part: &Part,
    order: u64,
) -> Result<ArtifactId> {
    let state = part.artifact.state;
    let reason = format!("{} on behalf of {}", part.action.as_str(), draft.on_behalf_of);
    let (id, is_new) = match part.id {
        Some(id) => (id, false),
        None => (register(all, reader, author, part)?, true),
    };
    let evidence = match part.revision {
        Some(revision) => vec![record(all, author, draft, part, (id, revision, order))?],
        None => Vec::new(),
    };
    if is_new {
        first_moves(all, author, id, &reason, (state, evidence))?;
    } else if !is_new && reader.trust(&id)?.0 != state {
        all.absorb(plan::trust(reader, author, &TrustRequest { evidence, ..TrustRequest::new(id, state, &reason) })?);
    }
    Ok(id)
}

/// Moves a new artifact to its state. What becomes trusted was in quarantine before, if only within one commit: bytes that were
/// revoked come back in no other way.
fn first_moves(
    all: &mut Plan,
    author: &Author,
    artifact: ArtifactId,
    reason: &str,
    (state, evidence): (TrustState, Vec<Digest>),
) -> Result<()> {
    let steps: &[TrustState] = match state {
        TrustState::Acquired => &[],
        TrustState::Trusted => &[TrustState::Quarantined, TrustState::Trusted],
        _ => &[state],
    };
    let (mut from, mut previous) = (TrustState::Acquired, None);
    for (number, to) in (1..).zip(steps) {
        let moved = TrustMove {
            artifact,
            sequence: number,
            from,
            to: *to,
            reason: reason.to_owned(),
            version: None,
            by: author.by.clone(),
            time: author.time,
            evidence: evidence.clone(),
            files: Vec::new(),
            previous,
            base: author.base,
            path: String::new(),
            registry: author.registry,
        };
        (from, previous) = (*to, Some(sign(all, moved)?));
    }
    Ok(())
}

/// Registers the artifact as the next version of its model.
fn register(all: &mut Plan, reader: StateReader<'_>, author: &Author, part: &Part) -> Result<ArtifactId> {
    let manifest = part.manifest()?;
    let id = manifest.id()?;
    all.documents.push((Place::Document(id, Document::Manifest), manifest.print()?.into_bytes()));
    let model = model_of(&part.artifact.name)?;
    let previous = match part.version {
        0 | 1 => None,
        n => reader.version(&model, n - 1)?.map(|record| (record.record.digest(), record.time)),
    };
    sign(
        all,
        Version {
            model,
            version: part.version,
            artifact: id,
            release: None,
            description: Some(part.artifact.name.clone()),
            by: author.by.clone(),
            time: previous.map_or(author.time, |(_, time): (Digest, Timestamp)| time.max(author.time)),
            imported: None,
            previous: previous.map(|(digest, _)| digest),
            base: author.base,
            path: String::new(),
            registry: author.registry,
        },
    )?;
    Ok(id)
}

/// Adds the evidence that holds the record, and gives the digest of its statement.
fn record(
    all: &mut Plan,
    author: &Author,
    draft: &Draft,
    part: &Part,
    (artifact, revision, order): (ArtifactId, u64, u64),
) -> Result<Digest> {
    let details = Details {
        action: part.action.as_str().to_owned(),
        on_behalf_of: draft.on_behalf_of.clone(),
        revision,
        order,
        record: part.blob.is_none().then(|| part.text()),
        blob: part.blob.map(|digest| digest.hex()),
    };
    let details = serde_json::to_value(&details).map_err(refmark_core::types::error::bug)?;
    sign(
        all,
        Evidence {
            artifact,
            evidence_type: EntryId::parse(EVIDENCE)?,
            verdict: if part.action == Action::Promote { Verdict::Pass } else { Verdict::Info },
            summary: Some(format!("{} {}", part.action.as_str(), part.artifact.name)),
            run: None,
            suite: None,
            dataset: None,
            metrics: FreeMap::default(),
            tool: None,
            document: None,
            details: FreeJson(details),
            by: author.by.clone(),
            time: author.time,
            previous: None,
            base: author.base,
            path: String::new(),
            registry: author.registry,
        },
    )
}

/// Adds a statement at the path that it has by its own words, and gives its digest.
fn sign(all: &mut Plan, predicate: impl Into<Predicate>) -> Result<Digest> {
    let mut predicate = predicate.into();
    let path = Place::of(&predicate)?.path();
    predicate.set_path(path);
    let statement = Statement::new(predicate);
    let digest = Digest::of(&statement.canonical()?);
    all.statements.push(statement);
    Ok(digest)
}
