//! Registering a version.

use super::about::{AboutRequest, about_record};
use super::transition::{TrustRequest, first_or_next};
use super::{Author, Plan, not_before};
use crate::state_reader::StateReader;
use refmark_records::layout::{Document, Place};
use refmark_records::manifest::Manifest;
use refmark_records::trust::{TrustMove, TrustState, VersionName};
use refmark_records::version::Version;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{ModelName, Release, folded};
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

/// Register an artifact as the next version of a model.
#[derive(Debug, Clone)]
pub struct RegisterRequest {
    /// The model.
    pub model: ModelName,
    /// The artifact's manifest.
    pub manifest: Manifest,
    /// The documents that the manifest lists, as they are stored.
    pub documents: Vec<(Document, Vec<u8>)>,
    /// A name that the version carries for ever.
    pub release: Option<Release>,
    /// What the version is.
    pub description: Option<String>,
    /// The model's owner, set where it differs.
    pub owner: Option<String>,
    /// The trust state that the artifact shall have; none leaves it acquired.
    pub trust: Option<TrustState>,
    /// When another registry gave the number, for importers: a claim that opens nothing.
    pub imported: Option<Timestamp>,
}

/// What registering comes to.
#[derive(Debug, Clone)]
pub struct Registered {
    /// The version.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// Whether the version is new; else the model has this artifact already.
    pub created: bool,
    /// The artifact's trust state once the plan has taken effect.
    pub trust: TrustState,
}

/// What a batch has given already, on top of what has taken effect: the newest version of each model, its statement and
/// time, and what became of each artifact.
#[derive(Default)]
pub struct Batch {
    newest: BTreeMap<ModelName, (u64, Option<(Digest, Timestamp)>)>,
    artifacts: BTreeMap<(ModelName, ArtifactId), u64>,
    /// The artifacts that it brings, with the trust states that they start with.
    brought: BTreeMap<ArtifactId, TrustState>,
    about: BTreeMap<ModelName, (u64, Digest, Timestamp, Option<String>)>,
    names: Option<BTreeMap<String, ModelName>>,
}

impl Batch {
    /// Nothing given yet.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// The newest version of a model, with the statement and time of its record.
    fn newest(&mut self, reader: StateReader<'_>, model: &ModelName) -> Result<(u64, Option<(Digest, Timestamp)>)> {
        if let Some(found) = self.newest.get(model) {
            return Ok(*found);
        }
        let found = match reader.newest_version(model)? {
            Some(version) => {
                let record = reader.version(model, version)?;
                (version, record.map(|record| (record.record.digest(), record.time)))
            }
            None => (0, None),
        };
        self.newest.insert(model.clone(), found);
        Ok(found)
    }

    fn trust(&self, reader: StateReader<'_>, artifact: ArtifactId) -> Result<TrustState> {
        match self.brought.get(&artifact) {
            Some(trust) => Ok(*trust),
            None => Ok(reader.trust(&artifact)?.0),
        }
    }

    /// Refuses a new name that people would take for a standing one.
    fn check_new_name(&mut self, reader: StateReader<'_>, model: &ModelName) -> Result<()> {
        let names = match &mut self.names {
            Some(names) => names,
            none => {
                let standing = reader.models()?.into_iter().map(|name| (folded(name.as_str()), name)).collect();
                none.insert(standing)
            }
        };
        match names.insert(folded(model.as_str()), model.clone()) {
            Some(other) if other != *model => Err(Error::new(
                Code::BadName,
                format!("model name `{model}` differs from `{other}` only in case or in `. _ -` and spaces"),
            )
            .hint(format!("register it as a version of {other}, or choose a name that nobody can mix up"))
            .field("standing", other)),
            _ => Ok(()),
        }
    }
}

/// Plans the version, the artifact's documents, its first trust move and the model's owner.
///
/// # Errors
///
/// Among others `revoked` and `deleted`, where that became of the very artifact.
pub fn register(
    reader: StateReader<'_>,
    author: &Author,
    request: &RegisterRequest,
    batch: &mut Batch,
) -> Result<(Plan, Registered)> {
    let artifact = request.manifest.id()?;
    match reader.trust(&artifact)? {
        (TrustState::Revoked, moved) => {
            let quarantined = TrustState::Quarantined.to_string();
            Err(withdrawn(Code::Revoked, artifact, moved.as_deref()).hint(
                Hint::of("these files are registered already; to have them looked at again: ")
                    .then(Next::Transition { reference: artifact.to_string(), to: quarantined }),
            ))
        }
        (TrustState::Deleted, moved) => Err(withdrawn(Code::Deleted, artifact, moved.as_deref())
            .hint("that is for good: what is registered in its place is another package")),
        _ => {
            if batch.newest(reader, &request.model)?.0 == 0 {
                batch.check_new_name(reader, &request.model)?;
            }
            carry(reader, author, request, batch)
        }
    }
}

/// Who withdrew an artifact, and why.
fn withdrawn(code: Code, artifact: ArtifactId, moved: Option<&TrustMove>) -> Box<Error> {
    let why = moved.map_or_else(String::new, |moved| {
        format!(" by {} on {}: {}", moved.by, refmark_types::text::day(moved.time), moved.reason)
    });
    Error::new(code, format!("{} was {code}{why}", artifact.short())).field("artifact", artifact)
}

/// The same, whatever became of the artifact: a version that stands under another name is carried over with it.
pub(super) fn carry(
    reader: StateReader<'_>,
    author: &Author,
    request: &RegisterRequest,
    batch: &mut Batch,
) -> Result<(Plan, Registered)> {
    let model = &request.model;
    let artifact = request.manifest.id()?;
    if let Some(version) = version_of(reader, model, artifact, batch)? {
        let trust = batch.trust(reader, artifact)?;
        return Ok((Plan::default(), Registered { version, artifact, created: false, trust }));
    }
    let (newest, previous) = batch.newest(reader, model)?;
    let version = newest + 1;
    let mut plan = Plan { subject: format!("register {model}/{version}"), ..Plan::default() };
    plan.concerns(artifact);
    if !reader.has_artifact(&artifact)? && !batch.brought.contains_key(&artifact) {
        batch.brought.insert(artifact, request.trust.unwrap_or_default());
        let manifest = request.manifest.print()?.into_bytes();
        fits(Document::Manifest, &manifest)?;
        plan.documents.push((Place::Document(artifact, Document::Manifest), manifest));
        for (document, bytes) in &request.documents {
            fits(*document, bytes)?;
            plan.documents.push((Place::Document(artifact, *document), bytes.clone()));
        }
        if let Some(to) = request.trust {
            let reason = if to == TrustState::Trusted { "registered and scanned" } else { "registered" };
            let version = Some(VersionName { model: model.clone(), version });
            let request = TrustRequest { version, ..TrustRequest::new(artifact, to, reason) };
            plan.sign(first_or_next(author, &request, TrustState::default(), None))?;
        }
    }
    let time = not_before(author, previous.map(|previous| previous.1));
    plan.sign(Version {
        model: model.clone(),
        version,
        artifact,
        release: request.release.clone(),
        description: request.description.clone(),
        by: author.by.clone(),
        time,
        imported: request.imported,
        previous: previous.map(|previous| previous.0),
        base: author.base,
        path: String::new(),
        registry: author.registry,
    })?;
    let statement =
        plan.statements.last().map(|statement| statement.canonical()).transpose()?.map(|bytes| Digest::of(&bytes));
    batch.newest.insert(model.clone(), (version, statement.map(|digest| (digest, time))));
    batch.artifacts.insert((model.clone(), artifact), version);
    own(reader, author, request, batch, &mut plan)?;
    let trust = batch.trust(reader, artifact)?;
    Ok((plan, Registered { version, artifact, created: true, trust }))
}

/// Sets the model's owner where it is another.
fn own(
    reader: StateReader<'_>,
    author: &Author,
    request: &RegisterRequest,
    batch: &mut Batch,
    plan: &mut Plan,
) -> Result<()> {
    let Some(owner) = &request.owner else { return Ok(()) };
    let model = &request.model;
    let standing = reader.about(model)?;
    let now = match batch.about.get(model) {
        Some(now) => Some(now.clone()),
        None => standing
            .as_ref()
            .map(|standing| (standing.sequence, standing.record.digest(), standing.time, standing.owner.clone())),
    };
    if now.as_ref().is_some_and(|now| now.3.as_ref() == Some(owner)) {
        return Ok(());
    }
    let change = AboutRequest { owner: Some(owner.clone()), ..AboutRequest::default() };
    let mut record = about_record(author, model, standing.as_deref(), &change);
    record.sequence = now.as_ref().map_or(1, |now| now.0 + 1);
    record.previous = now.as_ref().map(|now| now.1);
    record.time = not_before(author, now.as_ref().map(|now| now.2));
    let (sequence, time) = (record.sequence, record.time);
    plan.sign(record)?;
    let statement =
        plan.statements.last().map(|statement| statement.canonical()).transpose()?.map(|bytes| Digest::of(&bytes));
    if let Some(statement) = statement {
        batch.about.insert(model.clone(), (sequence, statement, time, Some(owner.clone())));
    }
    Ok(())
}

/// Refuses a document that no reader would take.
fn fits(document: Document, bytes: &[u8]) -> Result<()> {
    let limit = document.limit();
    if bytes.len() as u64 <= limit {
        return Ok(());
    }
    let (name, size) = (document.file_name(), bytes.len());
    let message = format!("the version's {name} would have {size} bytes, and at most {limit} may stand");
    Err(Error::new(Code::TooLarge, message)
        .hint(match document {
            Document::Manifest => {
                "it lists every file and tensor: pack small files into an archive, or make several models"
            }
            _ => "say the main things, and name the rest by its URI",
        })
        .field("document", name))
}

/// The version of a model that is this artifact already. Newest first: that is the likely one.
fn version_of(reader: StateReader<'_>, model: &ModelName, artifact: ArtifactId, batch: &Batch) -> Result<Option<u64>> {
    if let Some(version) = batch.artifacts.get(&(model.clone(), artifact)) {
        return Ok(Some(*version));
    }
    if !reader.has_artifact(&artifact)? {
        return Ok(None);
    }
    for version in reader.versions(model)?.into_iter().rev() {
        if reader.version(model, version)?.is_some_and(|registered| registered.artifact == artifact) {
            return Ok(Some(version));
        }
    }
    Ok(None)
}
