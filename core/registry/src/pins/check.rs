//! `pin list` and `pin check`: what a project has pinned, and what its registry says of that today.

use std::path::PathBuf;

use serde::Serialize;

use crate::pins::project::Project;
use crate::registry::Registry;
use crate::view::{AsOf, View};
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::Subject;
use refmark_query::pin::{self as judging, HeadSeen, PinReport, Standing};
use refmark_records::lock::Pin;
use refmark_records::registry_id::RegistryId;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Error, Result};
use refmark_types::name::{AliasName, ModelName};
use refmark_types::oid::Oid;
use refmark_types::span::Span;
use refmark_types::time::Timestamp;

/// A pin in a list.
#[derive(Debug, Clone, Serialize)]
pub struct PinRow {
    /// What the project calls it.
    pub name: ModelName,
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The alias that it follows.
    pub alias: Option<AliasName>,
    /// The number of the alias's move.
    pub sequence: Option<u64>,
    /// The head that it was taken from.
    pub head: Oid,
    /// When the registry was last asked about it.
    pub checked: Timestamp,
    /// How many files it has.
    pub files: u64,
    /// Their bytes altogether.
    pub size: u64,
}

/// The pins of a project.
#[derive(Debug, Clone, Serialize)]
pub struct PinListAnswer {
    /// The lock file.
    pub lock: PathBuf,
    /// The registry's id.
    pub registry: RegistryId,
    /// Its name.
    pub name: String,
    /// Where it is, as the lock has it.
    pub url: String,
    /// The root that the lock pins, as `sha256:<hex>`.
    pub trust_root: String,
    /// For how long a pin may go unasked.
    pub max_offline: Option<Span>,
    /// The pins, sorted by name.
    pub pins: Vec<PinRow>,
}

/// What `pin check` found.
#[derive(Debug, Clone, Serialize)]
pub struct PinCheckAnswer {
    /// The lock file.
    pub lock: PathBuf,
    /// The worst standing of any pin.
    pub standing: Standing,
    /// Whether the registry was asked; without it only the lock's age is known.
    pub asked: bool,
    /// The head that the answer is true of.
    pub as_of: Option<AsOf>,
    /// Every pin.
    pub pins: Vec<PinReport>,
}

impl PinCheckAnswer {
    /// The error that the command ends with: integrity before policy; none where every pin may be used.
    pub fn error(&self) -> Option<Box<Error>> {
        let worst = self.pins.iter().max_by_key(|pin| pin.standing)?;
        worst.error()
    }
}

impl Project {
    /// The pins, as the lock has them.
    pub fn list(&self) -> Result<PinListAnswer> {
        let lock = self.lock()?;
        let row = |pin: &Pin| PinRow {
            name: pin.name.clone(),
            model: pin.model.clone(),
            version: pin.version,
            artifact: pin.artifact,
            alias: pin.alias.clone(),
            sequence: pin.moved.map(|it| it.sequence),
            head: pin.head,
            checked: pin.checked,
            files: pin.files.len() as u64,
            size: pin.size(),
        };
        Ok(PinListAnswer {
            lock: self.path(),
            registry: lock.registry.id,
            name: lock.registry.name.clone(),
            url: lock.registry.url.clone(),
            trust_root: lock.registry.root.prefixed(),
            max_offline: lock.registry.max_offline,
            pins: lock.pins.iter().map(row).collect(),
        })
    }

    /// What the registry says of every pin today; without one only the lock's age is judged. The caller ends with
    /// [`PinCheckAnswer::error`]. Errors: `wrong-registry`, and `wrong-root` where the lock's root is not the registry's.
    pub fn check(&self, registry: Option<&Registry>) -> Result<PinCheckAnswer> {
        let lock = self.lock()?;
        let (now, span) = (self.world.clock.now(), lock.registry.max_offline);
        let (mut pins, mut as_of) = (Vec::new(), None);
        match registry {
            None => pins.extend(lock.pins.iter().map(|pin| judging::judge_offline(pin, span, now))),
            Some(registry) => {
                judging::same_registry(lock, registry.id())?;
                let held = registry.held_by_lock(lock.registry.root)?;
                let view = held.view()?;
                view.check_tip()?;
                as_of = Some(view.as_of()?);
                for pin in &lock.pins {
                    let seen = held.seen(&view, pin.head)?;
                    let mut report = judging::judge(view.facts()?, pin, seen, span, now)?;
                    let alias = pin.alias.as_ref().zip(pin.moved.map(|it| it.sequence));
                    let subject = Subject { artifact: &pin.artifact, version: Some((&pin.model, pin.version)), alias };
                    if let Err(error) = view.check_taint(&subject) {
                        report.taint(&error);
                    }
                    if let Err(error) = view.basis()?.check_bytes(&pin.artifact) {
                        report.taint(&error);
                    }
                    pins.push(report);
                }
            }
        }
        let standing = pins.iter().map(|pin| pin.standing).max().unwrap_or(Standing::Current);
        Ok(PinCheckAnswer { lock: self.path(), standing, asked: registry.is_some(), as_of, pins })
    }
}

impl Registry {
    /// Where a commit that somebody else saw as the head stands in the history that is here.
    fn seen(&self, view: &View<'_>, head: Oid) -> Result<HeadSeen> {
        if let Some(verified) = view.verified()
            && verified.walk.position(head)?.is_some()
        {
            return Ok(HeadSeen::Behind);
        }
        if self.repo().resolve_revision(&head.to_string()).is_err() {
            return Ok(HeadSeen::Unknown);
        }
        // A pin taken from a commit that was merged later is no other history.
        Ok(if self.repo().is_ancestor(head, view.head)? { HeadSeen::Behind } else { HeadSeen::Elsewhere })
    }
}
