//! What a reference means, and how far that is vouched for.

use serde::Serialize;

use super::landed::Landed;
use super::{AsOf, QueryContext};
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::Subject;
use refmark_records::layout::Place;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{AliasName, ModelName};
use refmark_types::oid::Oid;
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;

/// What a reference means.
#[derive(Debug, Clone, Serialize)]
pub struct ResolveAnswer {
    /// The reference, as it was asked.
    pub reference: String,
    /// The model, where the reference names one.
    pub model: Option<ModelName>,
    /// The version.
    pub version: Option<u64>,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The alias, where the reference names one.
    pub alias: Option<AliasName>,
    /// The number of the alias's move.
    pub sequence: Option<u64>,
    /// The commit in which the move, or the version, took effect.
    pub commit: Option<Oid>,
    /// The artifact's trust state; `none` where no root is pinned and so nothing vouches for it.
    pub trust: String,
    /// The artifact's trust state as the registry has it, vouched for or not.
    pub trust_state: TrustState,
    /// The version's stage.
    pub stage: Option<Stage>,
    /// Whether the whole history was verified against a pinned root.
    pub verified: bool,
    /// The head that the answer is true of.
    pub as_of: AsOf,
    /// For `--at`: whether a checkpoint bounds the time, or it is what committers claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<AtAnswer>,
}

/// The time that an answer is about.
#[derive(Debug, Clone, Serialize)]
pub struct AtAnswer {
    /// The time that was asked for.
    pub time: Timestamp,
    /// When the move took effect, by its commit.
    pub landed: Option<Timestamp>,
    /// `checkpointed` where a checkpoint bounds it, else `claimed`.
    pub dated_by: &'static str,
}

/// What a reference means, now or at a time. Refused where it is revoked or deleted now. The caller has looked at the tip.
pub fn resolve(basis: &QueryContext<'_, '_>, reference: &Reference, at: Option<Timestamp>) -> Result<ResolveAnswer> {
    let facts = basis.facts();
    let mut found = match at {
        Some(time) => found_at(basis, reference, time)?,
        None => find(facts, reference)?,
    };
    basis.check_taint(&found.subject())?;
    let trust_state = facts.trust(&found.artifact)?.0;
    if at.is_none() {
        check_state(reference, &found, trust_state)?;
    }
    let stage = match (&found.model, found.version) {
        (Some(model), Some(version)) => Some(facts.stage(model, version)?.0),
        _ => None,
    };
    let landed = match (&found.path, found.landed) {
        (_, Some(landed)) => Some(landed),
        (Some(path), None) => basis.landed(path)?,
        (None, None) => None,
    };
    if let Some(at) = &mut found.at {
        at.landed = landed.map(|it| it.time);
    }
    Ok(ResolveAnswer {
        reference: reference.to_string(),
        model: found.model,
        version: found.version,
        artifact: found.artifact,
        alias: found.alias,
        sequence: found.sequence,
        commit: landed.map(|it| it.commit),
        trust: if basis.pinned { trust_state.to_string() } else { "none".to_owned() },
        trust_state,
        stage,
        verified: basis.is_vouched_for(),
        as_of: basis.as_of()?,
        at: found.at,
    })
}

/// What an alias held at a time: the newest move that had landed by then.
fn found_at(basis: &QueryContext<'_, '_>, reference: &Reference, time: Timestamp) -> Result<Found> {
    let facts = basis.facts();
    let Reference::Alias(model, alias) = reference else { return find(facts, reference) };
    let checkpoint = facts.checkpoint()?.map(|it| it.time);
    let dated_by = if checkpoint.is_some_and(|seen| seen >= time) { "checkpointed" } else { "claimed" };
    for it in facts.alias_moves(model, alias)?.iter().rev() {
        let path = Place::Alias(model.clone(), alias.clone(), it.sequence).path();
        let Some(landed) = basis.landed(&path)?.filter(|landed| landed.time <= time) else { continue };
        let Some(to) = it.to else { return Err(closed(model, alias, it.sequence)) };
        let at = Some(AtAnswer { time, landed: Some(landed.time), dated_by });
        let found = Found {
            model: Some(model.clone()),
            version: Some(to.version),
            artifact: to.artifact,
            alias: Some(alias.clone()),
            sequence: Some(it.sequence),
            path: Some(path),
            landed: Some(landed),
            at,
        };
        return Ok(found);
    }
    Err(Error::new(Code::NotFound, format!("{reference} held nothing at {time}"))
        .hint(format!("`refmark log {reference}` has its moves")))
}

/// What a reference names.
pub struct Found {
    /// The model, where the reference names one.
    pub model: Option<ModelName>,
    /// The version.
    pub version: Option<u64>,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The alias, where the reference names one.
    pub alias: Option<AliasName>,
    /// The number of the alias's move.
    pub sequence: Option<u64>,
    path: Option<String>,
    landed: Option<Landed>,
    at: Option<AtAnswer>,
}

impl Found {
    /// What an answer about it is about.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            artifact: &self.artifact,
            version: self.model.as_ref().zip(self.version),
            alias: self.alias.as_ref().zip(self.sequence),
        }
    }
}

/// What a reference names now, whatever its state.
pub fn find(facts: StateReader<'_>, reference: &Reference) -> Result<Found> {
    let of_version = |model: &ModelName, version: u64| -> Result<Found> {
        let Some(found) = facts.version(model, version)? else { return Err(no_version(facts, model, version)?) };
        Ok(Found {
            model: Some(model.clone()),
            version: Some(version),
            artifact: found.artifact,
            alias: None,
            sequence: None,
            path: Some(Place::Version(model.clone(), version).path()),
            landed: None,
            at: None,
        })
    };
    match reference {
        Reference::Version(model, version) => of_version(model, *version),
        Reference::Release(model, release) => {
            for version in facts.versions(model)?.into_iter().rev() {
                if facts.version(model, version)?.is_some_and(|it| it.release.as_ref() == Some(release)) {
                    return of_version(model, version);
                }
            }
            Err(Error::new(Code::NotFound, format!("{model} has no release {release}"))
                .hint(format!("`refmark list {model}` shows its versions and releases")))
        }
        Reference::Alias(model, alias) => {
            let Some(now) = facts.alias(model, alias)? else { return Err(no_alias(facts, model, alias)?) };
            let Some(to) = now.to else { return Err(closed(model, alias, now.sequence)) };
            Ok(Found {
                model: Some(model.clone()),
                version: Some(to.version),
                artifact: to.artifact,
                alias: Some(alias.clone()),
                sequence: Some(now.sequence),
                path: Some(Place::Alias(model.clone(), alias.clone(), now.sequence).path()),
                landed: None,
                at: None,
            })
        }
        Reference::Artifact(artifact) if facts.has_artifact(artifact)? => Ok(by_artifact(*artifact)),
        Reference::Artifact(artifact) => Err(Error::new(Code::NotFound, format!("{artifact} is not registered"))),
        Reference::ArtifactPrefix(hex) => by_prefix(facts, hex),
        Reference::Pin(model) => {
            Err(Error::new(Code::NotPinned, format!("{model} names no version, and no lock file pins it"))
                .hint(format!("write {model}/VERSION or {model}@ALIAS, or pin it: refmark pin add {model}@ALIAS")))
        }
    }
}

fn by_artifact(artifact: ArtifactId) -> Found {
    Found { model: None, version: None, artifact, alias: None, sequence: None, path: None, landed: None, at: None }
}

fn by_prefix(facts: StateReader<'_>, hex: &str) -> Result<Found> {
    // Four digits are a folder: the tree itself is the index.
    let folder: String = hex.chars().take(4).flat_map(|c| ['/', c]).collect();
    let wanted = format!("sha256-{hex}");
    let names = facts.0.children(&format!("artifacts{folder}"))?;
    let mut fitting =
        names.iter().filter(|name| name.starts_with(&wanted)).filter_map(|name| ArtifactId::parse(name).ok());
    match (fitting.next(), fitting.count()) {
        (Some(artifact), 0) => Ok(by_artifact(artifact)),
        (Some(_), more) => {
            Err(Error::new(Code::Ambiguous, format!("{wanted} fits {} artifacts", more + 1)).hint("give more digits"))
        }
        (None, _) => Err(Error::new(Code::NotFound, format!("no artifact starts with {wanted}"))),
    }
}

fn no_version(facts: StateReader<'_>, model: &ModelName, version: u64) -> Result<Box<Error>> {
    Ok(match facts.newest_version(model)? {
        Some(newest) => Error::new(Code::NotFound, format!("{model} has no version {version}"))
            .hint(format!("its newest is {newest}; `refmark list {model}` shows all")),
        None => no_model(facts, model)?,
    })
}

fn no_alias(facts: StateReader<'_>, model: &ModelName, alias: &AliasName) -> Result<Box<Error>> {
    if facts.newest_version(model)?.is_none() {
        return no_model(facts, model);
    }
    let have: Vec<String> = facts.aliases(model)?.iter().map(|it| format!("{model}@{it}")).collect();
    let hint = match have.is_empty() {
        true => format!("it has none yet: refmark promote {model}@{alias} VERSION"),
        false => format!("it has {}", have.join(", ")),
    };
    Ok(Error::new(Code::NotFound, format!("{model} has no alias {alias}")).hint(hint))
}

fn no_model(facts: StateReader<'_>, model: &ModelName) -> Result<Box<Error>> {
    let models = facts.models()?;
    let near = models
        .iter()
        .find(|have| refmark_types::name::folded(have.as_str()) == refmark_types::name::folded(model.as_str()));
    let hint = match near {
        Some(near) => format!("did you mean {near}?"),
        None if models.is_empty() => format!("the registry is empty: refmark register {model} PATH"),
        None => "`refmark list` shows the models".to_owned(),
    };
    Ok(Error::new(Code::NotFound, format!("there is no model {model}")).hint(hint))
}

fn closed(model: &ModelName, alias: &AliasName, sequence: u64) -> Box<Error> {
    Error::new(Code::NotFound, format!("{model}@{alias} was closed by its move {sequence} and holds nothing"))
        .hint(format!("`refmark log {model}@{alias}` says why"))
}

/// An error where the artifact was withdrawn: an alias that holds it resolves to that, never to something else.
fn check_state(reference: &Reference, found: &Found, state: TrustState) -> Result<()> {
    let (code, what) = match state {
        TrustState::Revoked => (Code::Revoked, "was revoked"),
        TrustState::Deleted => (Code::Deleted, "was deleted"),
        _ => return Ok(()),
    };
    let hint = match &found.alias {
        Some(alias) => {
            format!("go back with `refmark rollback {}@{alias}`", found.model.as_ref().map_or("", |it| it.as_str()))
        }
        None => "`refmark explain` says by whom and why".to_owned(),
    };
    Err(Error::new(code, format!("{reference} is {}, which {what}", found.artifact.short()))
        .hint(hint)
        .field("artifact", found.artifact))
}
