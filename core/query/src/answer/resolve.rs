//! What a reference means, and whether that was verified.

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
use refmark_types::hint::{Hint, Next};
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
    /// The artifact's trust state; `none` where no root is pinned, so that nothing was verified.
    pub trust: String,
    /// The artifact's trust state as the registry has it, verified or not.
    pub trust_state: TrustState,
    /// The version's stage; for a time, the stage that it had then.
    pub stage: Option<Stage>,
    /// Its retirement, where it is retired or archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired: Option<Retirement>,
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
pub fn resolve(context: &QueryContext<'_, '_>, reference: &Reference, at: Option<Timestamp>) -> Result<ResolveAnswer> {
    let reader = context.reader();
    let mut found = match at {
        Some(time) => found_at(context, reference, time)?,
        None => find(reader, reference)?,
    };
    context.check_taint(&found.subject())?;
    let trust_state = reader.trust(&found.artifact)?.0;
    if at.is_none() {
        check_state(reference, &found, trust_state)?;
    }
    if at.is_none() {
        context.check_bytes(&found.artifact)?;
    }
    let stage = match (&found.model, found.version) {
        (Some(model), Some(version)) => Some(stage_at(context, model, version, at)?),
        _ => None,
    };
    let retired = match (&found.model, found.version, stage) {
        (Some(model), Some(version), Some(Stage::Retired | Stage::Archived)) => retirement(reader, model, version)?,
        _ => None,
    };
    let landed = match (&found.path, found.landed) {
        (_, Some(landed)) => Some(landed),
        (Some(path), None) => context.landed(path)?,
        (None, None) => None,
    };
    if let Some(at) = &mut found.at {
        at.landed = landed.map(|landed| landed.time);
    }
    Ok(ResolveAnswer {
        reference: reference.to_string(),
        model: found.model,
        version: found.version,
        artifact: found.artifact,
        alias: found.alias,
        sequence: found.sequence,
        commit: landed.map(|landed| landed.commit),
        trust: if context.pinned { trust_state.to_string() } else { "none".to_owned() },
        trust_state,
        stage,
        retired,
        verified: context.is_vouched_for(),
        as_of: context.as_of()?,
        at: found.at,
    })
}

/// The end of a version's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retirement {
    /// Since when it is retired, by the move's own time.
    pub since: Timestamp,
    /// The day from which nobody should use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sunset: Option<Timestamp>,
    /// The version that stands in for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<u64>,
    /// Since when it is archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<Timestamp>,
}

impl Retirement {
    /// What people should know, in a sentence.
    pub fn sentence(&self, version: &str) -> String {
        let day = match (self.archived, self.sunset) {
            (Some(archived), _) => format!("archived on {}", day(archived)),
            (None, Some(sunset)) => format!("retired, and nobody should use it from {} on", day(sunset)),
            (None, None) => format!("retired since {}", day(self.since)),
        };
        let instead = self.replacement.map(|replacement| format!("; version {replacement} stands in for it"));
        format!("{version} is {day}{}", instead.unwrap_or_default())
    }
}

fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

/// The retirement of a version, as its stage moves tell it.
fn retirement(reader: StateReader<'_>, model: &ModelName, version: u64) -> Result<Option<Retirement>> {
    let mut found: Option<Retirement> = None;
    for number in 1.. {
        let Some(moved) = reader.stage_move(model, version, number)? else { break };
        match (moved.to, &mut found) {
            (Stage::Retired, _) => {
                let (sunset, replacement) = (moved.sunset, moved.replacement);
                found = Some(Retirement { since: moved.time, sunset, replacement, archived: None });
            }
            (Stage::Archived, Some(retired)) => retired.archived = Some(moved.time),
            (Stage::Archived, None) => {
                let archived = Some(moved.time);
                found = Some(Retirement { since: moved.time, sunset: None, replacement: None, archived });
            }
            _ => found = None,
        }
    }
    Ok(found)
}

/// The stage of a version now, or the one that it had at a time: that of the newest move that had landed by then.
fn stage_at(context: &QueryContext<'_, '_>, model: &ModelName, version: u64, at: Option<Timestamp>) -> Result<Stage> {
    let reader = context.reader();
    let (now, newest) = reader.stage(model, version)?;
    let (Some(time), Some(newest)) = (at, newest) else { return Ok(now) };
    for number in (1..=newest.sequence).rev() {
        let landed = context.landed(&Place::Stage(model.clone(), version, number).path())?;
        if landed.is_some_and(|landed| landed.time <= time)
            && let Some(moved) = reader.stage_move(model, version, number)?
        {
            return Ok(moved.to);
        }
    }
    Ok(Stage::default())
}

/// What an alias held at a time: the newest move that had landed by then.
fn found_at(context: &QueryContext<'_, '_>, reference: &Reference, time: Timestamp) -> Result<Resolved> {
    let reader = context.reader();
    let Reference::Alias(model, alias) = reference else { return find(reader, reference) };
    let checkpoint = reader.checkpoint()?.map(|checkpoint| checkpoint.time);
    let dated_by = if checkpoint.is_some_and(|seen| seen >= time) { "checkpointed" } else { "claimed" };
    for alias_move in reader.alias_moves(model, alias)?.iter().rev() {
        let path = Place::Alias(model.clone(), alias.clone(), alias_move.sequence).path();
        let Some(landed) = context.landed(&path)?.filter(|landed| landed.time <= time) else { continue };
        let Some(to) = alias_move.to else { return Err(closed(model, alias, alias_move.sequence)) };
        let at = Some(AtAnswer { time, landed: Some(landed.time), dated_by });
        let found = Resolved {
            model: Some(model.clone()),
            version: Some(to.version),
            artifact: to.artifact,
            alias: Some(alias.clone()),
            sequence: Some(alias_move.sequence),
            path: Some(path),
            landed: Some(landed),
            at,
        };
        return Ok(found);
    }
    Err(Error::new(Code::NotFound, format!("{reference} held nothing at {time}"))
        .hint(Hint::of("its moves: ").then(Next::Log { reference: Some(reference.to_string()) })))
}

/// What a reference names.
pub struct Resolved {
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

impl Resolved {
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
pub fn find(reader: StateReader<'_>, reference: &Reference) -> Result<Resolved> {
    let of_version = |model: &ModelName, version: u64| -> Result<Resolved> {
        let Some(found) = reader.version(model, version)? else { return Err(no_version(reader, model, version)?) };
        Ok(Resolved {
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
            for version in reader.versions(model)?.into_iter().rev() {
                if reader
                    .version(model, version)?
                    .is_some_and(|registered| registered.release.as_ref() == Some(release))
                {
                    return of_version(model, version);
                }
            }
            Err(Error::new(Code::NotFound, format!("{model} has no release {release}"))
                .hint(Hint::of("its versions and releases: ").then(Next::List { model: Some(model.to_string()) })))
        }
        Reference::Alias(model, alias) => {
            let Some(now) = reader.alias(model, alias)? else { return Err(no_alias(reader, model, alias)?) };
            let Some(to) = now.to else { return Err(closed(model, alias, now.sequence)) };
            Ok(Resolved {
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
        Reference::Artifact(artifact) if reader.has_artifact(artifact)? => Ok(by_artifact(*artifact)),
        Reference::Artifact(artifact) => Err(Error::new(Code::NotFound, format!("{artifact} is not registered"))),
        Reference::ArtifactPrefix(hex) => by_prefix(reader, hex),
        Reference::Pin(model) => {
            Err(Error::new(Code::NotPinned, format!("{model} names no version, and no lock file pins it")).hint(
                Hint::of(format!("write {model}/VERSION or {model}@ALIAS, or pin it: "))
                    .then(Next::PinAdd { reference: Some(format!("{model}@ALIAS")) }),
            ))
        }
    }
}

fn by_artifact(artifact: ArtifactId) -> Resolved {
    Resolved { model: None, version: None, artifact, alias: None, sequence: None, path: None, landed: None, at: None }
}

fn by_prefix(reader: StateReader<'_>, hex: &str) -> Result<Resolved> {
    // Four digits are a folder: the tree itself is the index.
    let folder: String = hex.chars().take(4).flat_map(|c| ['/', c]).collect();
    let wanted = format!("sha256-{hex}");
    let names = reader.0.children(&format!("artifacts{folder}"))?;
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

fn no_version(reader: StateReader<'_>, model: &ModelName, version: u64) -> Result<Box<Error>> {
    Ok(match reader.newest_version(model)? {
        Some(newest) => Error::new(Code::NotFound, format!("{model} has no version {version}")).hint(
            Hint::of(format!("its newest is {newest}; all versions: "))
                .then(Next::List { model: Some(model.to_string()) }),
        ),
        None => no_model(reader, model)?,
    })
}

fn no_alias(reader: StateReader<'_>, model: &ModelName, alias: &AliasName) -> Result<Box<Error>> {
    if reader.newest_version(model)?.is_none() {
        return no_model(reader, model);
    }
    let have: Vec<String> = reader.aliases(model)?.iter().map(|alias| format!("{model}@{alias}")).collect();
    let hint = match have.is_empty() {
        true => Hint::of("it has none yet: ").then(Next::Promote { alias: format!("{model}@{alias}"), version: None }),
        false => Hint::of(format!("it has {}", have.join(", "))),
    };
    Ok(Error::new(Code::NotFound, format!("{model} has no alias {alias}")).hint(hint))
}

fn no_model(reader: StateReader<'_>, model: &ModelName) -> Result<Box<Error>> {
    let models = reader.models()?;
    let near = models
        .iter()
        .find(|have| refmark_types::name::folded(have.as_str()) == refmark_types::name::folded(model.as_str()));
    let hint = match near {
        Some(near) => Hint::of(format!("did you mean {near}?")),
        None if models.is_empty() => {
            Hint::of("the registry is empty: ").then(Next::Register { model: Some(model.to_string()) })
        }
        None => Hint::of("the models: ").then(Next::List { model: None }),
    };
    Ok(Error::new(Code::NotFound, format!("there is no model {model}")).hint(hint))
}

fn closed(model: &ModelName, alias: &AliasName, sequence: u64) -> Box<Error> {
    Error::new(Code::NotFound, format!("{model}@{alias} was closed by its move {sequence} and holds nothing"))
        .hint(Hint::of("the reason: ").then(Next::Log { reference: Some(format!("{model}@{alias}")) }))
}

/// An error where the artifact was withdrawn: an alias that holds it resolves to that, never to something else.
fn check_state(reference: &Reference, found: &Resolved, state: TrustState) -> Result<()> {
    let (code, what) = match state {
        TrustState::Revoked => (Code::Revoked, "was revoked"),
        TrustState::Deleted => (Code::Deleted, "was deleted"),
        _ => return Ok(()),
    };
    let hint = match &found.alias {
        Some(alias) => {
            let model = found.model.as_ref().map_or("", |model| model.as_str());
            Hint::of("move the alias back: ").then(Next::Rollback { alias: Some(format!("{model}@{alias}")) })
        }
        None => Hint::of("by whom and why: ").then(Next::Explain { reference: Some(reference.to_string()) }),
    };
    Err(Error::new(code, format!("{reference} is {}, which {what}", found.artifact.short()))
        .hint(hint)
        .field("artifact", found.artifact))
}
