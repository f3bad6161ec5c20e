//! Moving a stage or a trust state.

use super::{Author, Plan, not_before, target};
use crate::state_reader::StateReader;
use refmark_records::trust::{TrustMove, TrustState, VersionName};
use refmark_records::version::{Stage, StageMove};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::ModelName;
use refmark_types::time::Timestamp;

/// Move a version to a stage.
#[derive(Debug, Clone)]
pub struct StageRequest {
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// The stage.
    pub to: Stage,
    /// Why.
    pub reason: String,
    /// For `retired`: the version that stands in for it.
    pub replacement: Option<u64>,
    /// For `retired`: the day from which nobody should use it.
    pub sunset: Option<Timestamp>,
    /// The statements of the evidence that the move rests on.
    pub evidence: Vec<Digest>,
}

/// Plans a stage move.
pub fn stage(reader: StateReader<'_>, author: &Author, request: &StageRequest) -> Result<Plan> {
    let StageRequest { model, version, to, .. } = request;
    let target = target(reader, model, *version)?;
    let (from, now) = reader.stage(model, *version)?;
    let confirms = now.as_ref().is_some_and(|now| author.is_tainted(now.record.common().path));
    if from == *to && !confirms {
        return Err(Error::new(Code::NothingToDo, format!("{model}/{version} is {to} already")));
    }
    let mut plan = Plan {
        subject: format!("transition {model}/{version}: {from} → {to}"),
        body: request.reason.clone(),
        ..Plan::default()
    };
    plan.sign(StageMove {
        model: model.clone(),
        version: *version,
        artifact: target.artifact,
        sequence: now.as_ref().map_or(1, |now| now.sequence + 1),
        from,
        to: *to,
        reason: request.reason.clone(),
        replacement: request.replacement,
        sunset: request.sunset,
        by: author.by.clone(),
        time: not_before(author, now.as_ref().map(|now| now.time)),
        evidence: request.evidence.clone(),
        previous: now.as_ref().map(|now| now.record.digest()),
        base: author.base,
        path: String::new(),
        registry: author.registry,
    })?;
    plan.concerns(target.artifact);
    Ok(plan)
}

/// Move an artifact to a trust state.
#[derive(Debug, Clone)]
pub struct TrustRequest {
    /// The artifact.
    pub artifact: ArtifactId,
    /// The state.
    pub to: TrustState,
    /// Why.
    pub reason: String,
    /// The version by which the artifact is meant: it tells judges who registered it.
    pub version: Option<VersionName>,
    /// The statements of the evidence that the move rests on.
    pub evidence: Vec<Digest>,
    /// For `revoked`: the files whose bytes it names; none for all but small data.
    pub files: Vec<Digest>,
}

/// Plans a trust move.
pub fn trust(reader: StateReader<'_>, author: &Author, request: &TrustRequest) -> Result<Plan> {
    let TrustRequest { artifact, to, .. } = request;
    if matches!(to, TrustState::Revoked | TrustState::Deleted) && request.reason.trim().is_empty() {
        return Err(Error::new(Code::BadArgument, format!("nobody would know why {} is {to}", artifact.short()))
            .hint(Hint::of("everybody who asks for it reads the reason: ").then(Next::With(Choice::Reason))));
    }
    if !reader.has_artifact(artifact)? {
        return Err(Error::new(Code::NotFound, format!("{artifact} is not registered")));
    }
    let (from, now) = reader.trust(artifact)?;
    let confirms = now.as_ref().is_some_and(|now| author.is_tainted(now.record.common().path));
    if from == *to && !confirms {
        return Err(Error::new(Code::NothingToDo, format!("{} is {to} already", artifact.short())));
    }
    let subject = match to {
        TrustState::Revoked => format!("revoke {}", artifact.short()),
        TrustState::Deleted => format!("delete {}", artifact.short()),
        _ => format!("transition {}: {from} → {to}", artifact.short()),
    };
    let mut plan = Plan { subject, body: request.reason.clone(), ..Plan::default() };
    plan.sign(first_or_next(
        author,
        request,
        from,
        now.as_ref().map(|now| (now.sequence, now.time, now.record.digest())),
    ))?;
    plan.concerns(*artifact);
    Ok(plan)
}

/// The trust move of an artifact that has this state, and this newest move (number, time, statement).
pub(super) fn first_or_next(
    author: &Author,
    request: &TrustRequest,
    from: TrustState,
    now: Option<(u64, Timestamp, Digest)>,
) -> TrustMove {
    TrustMove {
        artifact: request.artifact,
        sequence: now.map_or(1, |now| now.0 + 1),
        from,
        to: request.to,
        reason: request.reason.clone(),
        version: request.version.clone(),
        by: author.by.clone(),
        time: not_before(author, now.map(|now| now.1)),
        evidence: request.evidence.clone(),
        files: request.files.clone(),
        previous: now.map(|now| now.2),
        base: author.base,
        path: String::new(),
        registry: author.registry,
    }
}

/// Plans a revocation that names these files; without any, all but small data.
pub fn revoke_artifact(
    reader: StateReader<'_>,
    author: &Author,
    artifact: ArtifactId,
    reason: &str,
    mut files: Vec<Digest>,
) -> Result<Plan> {
    files.sort();
    files.dedup();
    trust(reader, author, &TrustRequest { files, ..TrustRequest::new(artifact, TrustState::Revoked, reason) })
}

impl TrustRequest {
    /// A move without evidence, by the artifact alone.
    pub fn new(artifact: ArtifactId, to: TrustState, reason: &str) -> TrustRequest {
        TrustRequest { artifact, to, reason: reason.to_owned(), version: None, evidence: Vec::new(), files: Vec::new() }
    }
}
