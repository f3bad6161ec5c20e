//! `resolve`: what a reference means, and how far that is vouched for.

use serde::Serialize;

use super::open::Registry;
use super::view::{AsOf, View};
use crate::judgement::facts::Facts;
use crate::records::layout::Place;
use crate::records::trust::TrustState;
use crate::records::version::Stage;
use crate::words::digest::ArtifactId;
use crate::words::fault::{Code, Fault, Result};
use crate::words::name::{AliasName, ModelName};
use crate::words::oid::Oid;
use crate::words::reference::Reference;
use crate::words::time::Timestamp;

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

/// Answers that hold while a head has not moved. What a reference means follows from the head alone.
#[derive(Default)]
pub struct Answers {
    head: Option<Oid>,
    known: std::collections::HashMap<String, ResolveAnswer>,
}

/// So many answers are kept before they are made anew.
const KEPT_ANSWERS: usize = 4096;

impl Answers {
    fn at(&self, head: Oid) -> Option<&std::collections::HashMap<String, ResolveAnswer>> {
        (self.head == Some(head)).then_some(&self.known)
    }

    fn keep(&mut self, head: Oid, reference: &Reference, answer: &ResolveAnswer) {
        if self.head != Some(head) || self.known.len() >= KEPT_ANSWERS {
            self.known.clear();
            self.head = Some(head);
        }
        self.known.insert(reference.to_string(), answer.clone());
    }
}

/// How to resolve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResolveOptions {
    /// As it was at this time.
    pub at: Option<Timestamp>,
    /// Serve the last good state where the newest commit is bad.
    pub last_good: bool,
    /// Go on where history is not whole.
    pub accept_incomplete: bool,
}

impl Registry {
    /// The view that these options ask for.
    pub fn view_for(&self, options: ResolveOptions) -> Result<View<'_>> {
        let view = match options.last_good {
            true => self.view_last_good(),
            false => self.view(),
        };
        match view {
            Err(fault) if fault.code == Code::Incomplete && options.accept_incomplete => self.view_incomplete(),
            other => other,
        }
    }

    /// What a reference means. Refused where it is revoked or deleted, or where the newest commit is bad.
    pub fn resolve(&self, reference: &Reference, options: ResolveOptions) -> Result<ResolveAnswer> {
        let plain = options == ResolveOptions::default();
        if plain && let Some(answer) = self.known_answer(reference)? {
            return Ok(answer);
        }
        let view = self.view_for(options)?;
        let answer = self.resolve_in(&view, reference, options)?;
        if plain {
            self.keep_answer(view.head, reference, &answer);
        }
        Ok(answer)
    }

    /// What a reference meant, where the head has not moved since.
    fn known_answer(&self, reference: &Reference) -> Result<Option<ResolveAnswer>> {
        let head = self.head()?;
        let answers = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(answers.at(head).and_then(|known| known.get(&reference.to_string()).cloned()))
    }

    fn keep_answer(&self, head: Oid, reference: &Reference, answer: &ResolveAnswer) {
        let mut answers = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        answers.keep(head, reference, answer);
    }

    /// What a reference means in a view.
    pub fn resolve_in(&self, view: &View<'_>, reference: &Reference, options: ResolveOptions) -> Result<ResolveAnswer> {
        if !options.last_good {
            view.check_tip()?;
        }
        let facts = view.facts()?;
        let mut found = match options.at {
            Some(time) => self.found_at(view, reference, time)?,
            None => find(facts, reference)?,
        };
        if let Some(path) = &found.path {
            view.check_taint(path)?;
        }
        let trust_state = facts.trust(&found.artifact)?.0;
        if options.at.is_none() {
            check_state(reference, &found, trust_state)?;
        }
        let stage = match (&found.model, found.version) {
            (Some(model), Some(version)) => Some(facts.stage(model, version)?.0),
            _ => None,
        };
        let landed = match (&found.path, found.landed) {
            (_, Some(landed)) => Some(landed),
            (Some(path), None) => self.landed(view, path)?,
            (None, None) => None,
        };
        if let Some(at) = &mut found.at {
            at.landed = landed.map(|it| it.time);
        }
        let verified = view.is_vouched_for();
        Ok(ResolveAnswer {
            reference: reference.to_string(),
            model: found.model,
            version: found.version,
            artifact: found.artifact,
            alias: found.alias,
            sequence: found.sequence,
            commit: landed.map(|it| it.commit),
            trust: if view.pin.is_some() { trust_state.to_string() } else { "none".to_owned() },
            trust_state,
            stage,
            verified,
            as_of: view.as_of()?,
            at: found.at,
        })
    }

    /// What an alias held at a time: the newest move that had landed by then.
    fn found_at(&self, view: &View<'_>, reference: &Reference, time: Timestamp) -> Result<Found> {
        let facts = view.facts()?;
        let Reference::Alias(model, alias) = reference else { return find(facts, reference) };
        let checkpoint = facts.checkpoint()?.map(|it| it.time);
        let dated_by = if checkpoint.is_some_and(|seen| seen >= time) { "checkpointed" } else { "claimed" };
        for it in facts.alias_moves(model, alias)?.iter().rev() {
            let path = Place::Alias(model.clone(), alias.clone(), it.sequence).path();
            let Some(landed) = self.landed(view, &path)?.filter(|landed| landed.time <= time) else { continue };
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
        Err(Fault::new(Code::NotFound, format!("{reference} held nothing at {time}"))
            .hint(format!("`refmark log {reference}` has its moves")))
    }
}

/// What a reference names.
pub(super) struct Found {
    pub(super) model: Option<ModelName>,
    pub(super) version: Option<u64>,
    pub(super) artifact: ArtifactId,
    pub(super) alias: Option<AliasName>,
    pub(super) sequence: Option<u64>,
    path: Option<String>,
    landed: Option<super::landed::Landed>,
    at: Option<AtAnswer>,
}

/// What a reference names now, whatever its state.
pub(super) fn find(facts: Facts<'_>, reference: &Reference) -> Result<Found> {
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
            Err(Fault::new(Code::NotFound, format!("{model} has no release {release}"))
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
        Reference::Artifact(artifact) => Err(Fault::new(Code::NotFound, format!("{artifact} is not registered"))),
        Reference::ArtifactPrefix(hex) => by_prefix(facts, hex),
        Reference::Pin(model) => {
            Err(Fault::new(Code::NotPinned, format!("{model} names no version, and no lock file pins it"))
                .hint(format!("write {model}/VERSION or {model}@ALIAS, or pin it: refmark pin add {model}@ALIAS")))
        }
    }
}

fn by_artifact(artifact: ArtifactId) -> Found {
    Found { model: None, version: None, artifact, alias: None, sequence: None, path: None, landed: None, at: None }
}

fn by_prefix(facts: Facts<'_>, hex: &str) -> Result<Found> {
    // Four digits are a folder: the tree itself is the index.
    let folder: String = hex.chars().take(4).flat_map(|c| ['/', c]).collect();
    let wanted = format!("sha256-{hex}");
    let names = facts.0.children(&format!("artifacts{folder}"))?;
    let mut fitting =
        names.iter().filter(|name| name.starts_with(&wanted)).filter_map(|name| ArtifactId::parse(name).ok());
    match (fitting.next(), fitting.count()) {
        (Some(artifact), 0) => Ok(by_artifact(artifact)),
        (Some(_), more) => {
            Err(Fault::new(Code::Ambiguous, format!("{wanted} fits {} artifacts", more + 1)).hint("give more digits"))
        }
        (None, _) => Err(Fault::new(Code::NotFound, format!("no artifact starts with {wanted}"))),
    }
}

fn no_version(facts: Facts<'_>, model: &ModelName, version: u64) -> Result<Box<Fault>> {
    Ok(match facts.newest_version(model)? {
        Some(newest) => Fault::new(Code::NotFound, format!("{model} has no version {version}"))
            .hint(format!("its newest is {newest}; `refmark list {model}` shows all")),
        None => no_model(facts, model)?,
    })
}

fn no_alias(facts: Facts<'_>, model: &ModelName, alias: &AliasName) -> Result<Box<Fault>> {
    if facts.newest_version(model)?.is_none() {
        return no_model(facts, model);
    }
    let have: Vec<String> = facts.aliases(model)?.iter().map(|it| format!("{model}@{it}")).collect();
    let hint = match have.is_empty() {
        true => format!("it has none yet: refmark promote {model}@{alias} VERSION"),
        false => format!("it has {}", have.join(", ")),
    };
    Ok(Fault::new(Code::NotFound, format!("{model} has no alias {alias}")).hint(hint))
}

fn no_model(facts: Facts<'_>, model: &ModelName) -> Result<Box<Fault>> {
    let models = facts.models()?;
    let near = models
        .iter()
        .find(|have| crate::words::name::folded(have.as_str()) == crate::words::name::folded(model.as_str()));
    let hint = match near {
        Some(near) => format!("did you mean {near}?"),
        None if models.is_empty() => format!("the registry is empty: refmark register {model} PATH"),
        None => "`refmark list` shows the models".to_owned(),
    };
    Ok(Fault::new(Code::NotFound, format!("there is no model {model}")).hint(hint))
}

fn closed(model: &ModelName, alias: &AliasName, sequence: u64) -> Box<Fault> {
    Fault::new(Code::NotFound, format!("{model}@{alias} was closed by its move {sequence} and holds nothing"))
        .hint(format!("`refmark log {model}@{alias}` says why"))
}

/// A fault where the artifact was withdrawn: an alias that holds it resolves to that, never to something else.
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
    Err(Fault::new(code, format!("{reference} is {}, which {what}", found.artifact.short()))
        .hint(hint)
        .field("artifact", found.artifact))
}
