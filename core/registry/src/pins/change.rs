//! `pin add`, `pin remove` and `pin update`: what a project's lock file says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::pins::project::{Project, is_local};
use crate::read::resolve::{ResolveOptions, find};
use crate::registry::Registry;
use crate::view::{AsOf, View};
use refmark_query::pin::Taken;
use refmark_records::lock::{LockFile, LockedRegistry, Pin};
use refmark_records::registry_id::RegistryId;
use refmark_records::trust::TrustState;
use refmark_store::fs::disk::io_error;
use refmark_store::remote::Location;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::{AliasName, ModelName, RemoteName};
use refmark_types::reference::Reference;
use refmark_types::span::Span;
use refmark_types::time::Timestamp;

/// The name under which a lock file lists the blob store of a registry on this machine.
const STORE_REMOTE: &str = "store";

/// What is to be pinned.
#[derive(Debug, Clone, Default)]
pub struct PinAddRequest {
    /// What to pin, each with the name that the project gives it; the model's where none is given.
    pub pins: Vec<(String, Option<ModelName>)>,
    /// The registry as it was named (`-R`), so that a relative path stays one. For a new lock file only.
    pub url: Option<String>,
    /// For how long a pin may go without somebody asking the registry; what stands stays where none is given.
    pub max_offline: Option<Span>,
    /// Pin the registry's own root where nothing pins one yet: trust on first use.
    pub tofu: bool,
}

/// A change of one pin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PinChange {
    /// What the project calls it.
    pub name: ModelName,
    /// The model.
    pub model: ModelName,
    /// The alias that it follows.
    pub alias: Option<AliasName>,
    /// The version before; none for a new pin.
    pub from: Option<u64>,
    /// The version now.
    pub to: u64,
    /// The artifact now.
    pub artifact: ArtifactId,
    /// The number of the alias's move.
    pub sequence: Option<u64>,
    /// Whether anything but the time of asking is new.
    pub changed: bool,
    /// The files' bytes altogether.
    pub size: u64,
}

/// What `pin add`, `pin remove` and `pin update` came to.
#[derive(Debug, Clone, Serialize)]
pub struct PinChangeAnswer {
    /// The lock file.
    pub lock: PathBuf,
    /// The registry's id.
    pub registry: RegistryId,
    /// The root that the lock pins, as `sha256:<hex>`.
    pub trust_root: String,
    /// Each pin that was looked at.
    pub pins: Vec<PinChange>,
    /// The names that were taken away.
    pub removed: Vec<ModelName>,
    /// Whether the lock file was written.
    pub written: bool,
    /// The head that the answer is true of; none where the registry was not asked.
    pub as_of: Option<AsOf>,
}

impl Project {
    /// Pins what references mean now. Only trusted artifacts of a registry whose root is pinned; `tofu` pins it.
    pub fn add(&mut self, registry: &Registry, request: &PinAddRequest) -> Result<PinChangeAnswer> {
        let _guard = self.hold()?;
        let held = self.held(registry)?;
        let registry = held.as_ref().unwrap_or(registry);
        let view = registry.view()?;
        view.check_tip()?;
        let mut lock = match &self.lock {
            Some(lock) => lock.clone(),
            None => self.new_lock(registry, &view, request)?,
        };
        lock.registry.root = root_of(&view, request.tofu)?;
        lock.registry.max_offline = request.max_offline.or(lock.registry.max_offline);
        lock.remotes.extend(self.remotes_of(registry, &lock.registry.url)?);
        let now = self.world.clock.now();
        let mut changes = Vec::new();
        let mut taken = BTreeSet::new();
        for (text, name) in &request.pins {
            let reference = Reference::parse(text)?;
            let pin = take(registry, &view, &reference, name.clone(), now)?;
            if !taken.insert(pin.name.clone()) {
                return Err(Error::new(Code::BadArgument, format!("two pins would be called {}", pin.name))
                    .hint("give one of them another name"));
            }
            let change = change_of(lock.pin(&pin.name), &pin);
            lock.put(pin);
            changes.push(change);
        }
        self.save(&lock)?;
        self.answer(lock, changes, Vec::new(), true, Some(view.as_of()?))
    }

    /// Takes pins away.
    pub fn remove(&mut self, names: &[ModelName]) -> Result<PinChangeAnswer> {
        let _guard = self.hold()?;
        let mut lock = self.lock()?.clone();
        for name in names {
            self.pin(name)?;
            lock.remove(name);
        }
        self.save(&lock)?;
        self.answer(lock, Vec::new(), names.to_vec(), true, None)
    }

    /// Moves pins to what their aliases hold now; all pins where no name is given. A dry run shows what would change.
    pub fn update(&mut self, registry: &Registry, names: &[ModelName], dry_run: bool) -> Result<PinChangeAnswer> {
        let _guard = if dry_run { None } else { Some(self.hold()?) };
        let mut lock = self.lock()?.clone();
        let held = self.held(registry)?;
        let registry = held.as_ref().unwrap_or(registry);
        let view = registry.view()?;
        view.check_tip()?;
        let root = root_of(&view, false)?;
        for name in names {
            self.pin(name)?;
        }
        let now = self.world.clock.now();
        let chosen: Vec<Pin> =
            lock.pins.iter().filter(|pin| names.is_empty() || names.contains(&pin.name)).cloned().collect();
        let mut changes = Vec::new();
        let mut written = lock.registry.root != root;
        lock.registry.root = root;
        for old in chosen {
            let reference = match &old.alias {
                Some(alias) => Reference::Alias(old.model.clone(), alias.clone()),
                None => Reference::Version(old.model.clone(), old.version),
            };
            let pin = take(registry, &view, &reference, Some(old.name.clone()), now)
                .map_err(|error| error.field("pin", &old.name))?;
            let change = change_of(Some(&old), &pin);
            // Without a limit the time of asking is nobody's concern, and would only make diffs.
            if change.changed || lock.registry.max_offline.is_some() {
                lock.put(pin);
                written = true;
            }
            changes.push(change);
        }
        let written = written && !dry_run;
        if written {
            self.save(&lock)?;
        }
        self.answer(lock, changes, Vec::new(), written, Some(view.as_of()?))
    }

    fn new_lock(&self, registry: &Registry, view: &View<'_>, request: &PinAddRequest) -> Result<LockFile> {
        let url = match (registry.share().origin_url()?, &request.url) {
            // A clone's own path means nothing to colleagues; where it came from does.
            (Some(url), None) if !is_local(&url) => url,
            (_, Some(given)) if is_local(given) && Path::new(given).is_relative() => {
                relative_to(&self.folder, registry.path())?
            }
            (_, Some(given)) if !is_local(given) => given.clone(),
            _ => absolute(registry.path())?,
        };
        let name = registry.name().to_owned();
        let root = root_of(view, request.tofu)?;
        let locked = LockedRegistry { id: registry.id(), name, url, root, max_offline: None };
        Ok(LockFile { registry: locked, remotes: Default::default(), pins: Vec::new() })
    }

    /// Where the blobs of a registry can be had without it: its remotes, and its own store where the lock names it by path.
    fn remotes_of(&self, registry: &Registry, url: &str) -> Result<Vec<(RemoteName, String)>> {
        let mut remotes = Vec::new();
        for row in registry.share().list_remotes()? {
            let place = match &row.location {
                Location::Folder(folder) => absolute(folder)?,
                Location::Address(address) => address.for_others().to_string(),
            };
            remotes.push((row.name, place));
        }
        if is_local(url) {
            let store = registry.store().area();
            let relative = Path::new(url).is_relative();
            let place = if relative { relative_to(&self.folder, store)? } else { absolute(store)? };
            remotes.push((RemoteName::parse(STORE_REMOTE)?, place));
        }
        Ok(remotes)
    }

    fn answer(
        &self,
        lock: LockFile,
        pins: Vec<PinChange>,
        removed: Vec<ModelName>,
        written: bool,
        as_of: Option<AsOf>,
    ) -> Result<PinChangeAnswer> {
        let trust_root = lock.registry.root.prefixed();
        Ok(PinChangeAnswer { lock: self.path(), registry: lock.registry.id, trust_root, pins, removed, written, as_of })
    }
}

/// The pin of what a reference means now. Only what may be handed out is pinned.
fn take(
    registry: &Registry,
    view: &View<'_>,
    reference: &Reference,
    name: Option<ModelName>,
    now: Timestamp,
) -> Result<Pin> {
    let resolved = registry.read().resolve_in(view, reference, ResolveOptions::default())?;
    if resolved.trust_state != TrustState::Trusted {
        return Err(Error::new(
            Code::NotTrusted,
            format!("{reference} is {}, and only trusted artifacts are pinned", resolved.trust_state),
        )
        .hint(Hint::default().then(Next::Explain { reference: Some(reference.to_string()) }).say(" says what it lacks"))
        .field("artifact", resolved.artifact));
    }
    let found = find(view.facts()?, reference)?;
    let (Some(model), Some(version)) = (found.model, found.version) else {
        return Err(Error::new(Code::BadReference, format!("{reference} names no model"))
            .hint("pin NAME@ALIAS, NAME/VERSION or NAME/RELEASE"));
    };
    let name = name.unwrap_or_else(|| model.clone());
    Taken { name, model, version, alias: found.alias, head: view.head, now, reader: view.facts()? }.pin()
}

/// The newest root that the view vouches for; without a pin only by trust on first use.
fn root_of(view: &View<'_>, tofu: bool) -> Result<Digest> {
    let newest = view.verified().and_then(|it| it.newest_root);
    match (newest, view.pin) {
        (Some(newest), Some(_)) => Ok(newest),
        (Some(newest), None) if tofu => Ok(newest),
        (newest, _) => {
            let found = newest.map(|it| it.prefixed()).unwrap_or_default();
            Err(Error::new(Code::Unverified, "no trust root is pinned for this registry, so nothing vouches for a pin")
                .hint(
                    Hint::of(format!("compare {found} with its owner, and name it: "))
                        .then(Next::With(Choice::TrustRoot))
                        .say("; or trust it as it is found: ")
                        .then(Next::With(Choice::TrustOnFirstUse)),
                )
                .field("found", found))
        }
    }
}

fn change_of(old: Option<&Pin>, new: &Pin) -> PinChange {
    let same = old.is_some_and(|old| Pin { head: new.head, checked: new.checked, ..old.clone() } == *new);
    PinChange {
        name: new.name.clone(),
        model: new.model.clone(),
        alias: new.alias.clone(),
        from: old.map(|old| old.version),
        to: new.version,
        artifact: new.artifact,
        sequence: new.moved.map(|it| it.sequence),
        changed: !same,
        size: new.size(),
    }
}

fn text(path: &Path) -> Result<String> {
    let unicode = path.to_str().map(str::to_owned);
    unicode.ok_or_else(|| Error::new(Code::BadArgument, format!("the path {} is not UTF-8", path.display())))
}

fn absolute(path: &Path) -> Result<String> {
    text(&std::path::absolute(path).map_err(|error| io_error("find", path, &error))?)
}

/// The way from a folder to a path, with `..` where it must.
fn relative_to(folder: &Path, path: &Path) -> Result<String> {
    let real = |path: &Path| std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    let (folder, path) =
        (real(folder).map_err(|e| io_error("find", folder, &e))?, real(path).map_err(|e| io_error("find", path, &e))?);
    let shared = folder.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| std::path::Component::ParentDir);
    let way: PathBuf = up.chain(path.components().skip(shared)).collect();
    text(if way.as_os_str().is_empty() { Path::new(".") } else { &way })
}
