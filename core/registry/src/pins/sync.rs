//! `pin sync`, and what a bare name gives: bytes by the lock file alone, verified against its digests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::claims::refuse_hidden;
use crate::pins::project::{Project, local};
use crate::read::pull::{PathAnswer, PullAnswer, PullRequest, chosen, name_the_file, placements, pulled};
use crate::read::resolve::{ResolveAnswer, ResolveOptions};
use crate::registry::Registry;
use crate::view::AsOf;
use refmark_engine::ports::blob::BlobRemote;
use refmark_records::lock::Pin;
use refmark_records::manifest::FileEntry;
use refmark_records::trust::TrustState;
use refmark_store::blob::{How, Materialised, Placement, Presence, Store};
use refmark_store::fs::disk::io_error;
use refmark_store::fs::durable::make_dirs_durably;
use refmark_store::fs::read::read_bounded;
use refmark_store::fs::room::{Room, behind_links, may_write, sweep_inside};
use refmark_store::fs::sibling::{Beside, Building};
use refmark_store::remote::{Address, FolderRemote, Location};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::ModelName;
use refmark_types::package_path::PackagePath;

/// What `pin sync` keeps in the folder, so that the next one knows its own work from other people's files.
const MARKER: &str = ".refmark-sync";
const MARKER_LIMIT: u64 = 32 << 20;

/// A pin in the folder.
#[derive(Debug, Clone, Serialize)]
pub struct SyncedPin {
    /// What the project calls it.
    pub name: ModelName,
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// Its folder.
    pub path: PathBuf,
    /// How many files it has.
    pub files: u64,
    /// Their bytes altogether.
    pub size: u64,
}

/// What `pin sync` came to.
#[derive(Debug, Clone, Serialize)]
pub struct PinSyncAnswer {
    /// The folder.
    pub path: PathBuf,
    /// The lock file.
    pub lock: PathBuf,
    /// Every pin.
    pub pins: Vec<SyncedPin>,
    /// Whether the folder held exactly this already; then nothing was done.
    pub was_there: bool,
    /// Whether it took the place of what an earlier sync wrote.
    pub replaced: bool,
    /// How many blobs came from remotes.
    pub fetched: u64,
    /// How many bytes came from remotes.
    pub fetched_bytes: u64,
    /// Whether the lock alone was used.
    pub frozen: bool,
    /// Why the registry could not say whether the pins may still be used; none where it said so, or was not to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<Error>,
}

/// Where bytes come from: a store, and places to fetch from what it lacks.
struct Bytes {
    store: Store,
    remotes: Vec<Arc<dyn BlobRemote>>,
    /// The store's folder, where it is only for this one work.
    _temporary: Option<Building>,
}

/// An artifact, and those of its files whose bytes are held against what its manifest claims before they are written.
type Held<'f> = (ArtifactId, Vec<&'f FileEntry>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marker {
    format: u64,
    files: Vec<MarkedFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkedFile {
    path: PackagePath,
    size: u64,
    sha256: Digest,
}

impl Project {
    /// Writes every pin to `into/<name>/`: complete or not at all, every byte hashed. What an earlier sync wrote there is
    /// replaced; anything else is left alone, with an error `exists`. `frozen` uses the lock and its remotes and nothing
    /// else; without it the registry, where it is here, is asked whether every pin may still be used.
    pub fn sync(&self, into: &Path, frozen: bool) -> Result<PinSyncAnswer> {
        let lock = self.lock()?;
        let registry = if frozen { None } else { self.registry()? };
        let unchecked = if frozen { None } else { self.ask(registry.as_ref())? };
        let into = behind_links(&std::path::absolute(into).map_err(|error| io_error("find", into, &error))?);
        let plan = plan_of(&lock.pins)?;
        let mut answer = PinSyncAnswer {
            pins: lock.pins.iter().map(|pin| synced(pin, &into)).collect(),
            path: into.clone(),
            lock: self.path(),
            was_there: false,
            replaced: false,
            fetched: 0,
            fetched_bytes: 0,
            frozen,
            unchecked,
        };
        let marker = marker_of(&plan)?;
        match self.standing(&into, &plan, &marker)? {
            Standing::Complete => answer.was_there = true,
            Standing::Free => {
                if let Err(error) = self.write(registry.as_ref(), &into, &plan, &marker, &mut answer) {
                    // Two jobs that fill the same folder at once are both served.
                    if error.code != Code::Exists || !self.holds(&into, &plan, &marker)? {
                        return Err(error);
                    }
                    answer.was_there = true;
                }
            }
            Standing::Earlier => {
                answer.replaced = true;
                self.write(registry.as_ref(), &into, &plan, &marker, &mut answer)?;
            }
        }
        Ok(answer)
    }

    /// An error where a pin may not be used any more. Bytes by digest go on where the registry's history is cut off or its
    /// newest commit is bad: then why nobody could be asked.
    fn ask(&self, registry: Option<&Registry>) -> Result<Option<Error>> {
        match self.check(registry) {
            Err(error) if matches!(error.code, Code::Incomplete | Code::BadTip) => {
                self.check(None)?.error().map_or(Ok(Some(*error)), Err)
            }
            other => other?.error().map_or(Ok(None), Err),
        }
    }

    /// What stands at the target.
    fn standing(&self, into: &Path, plan: &[Placement], marker: &[u8]) -> Result<Standing> {
        sweep_inside(into, &*self.world.disk);
        let is_free = match std::fs::read_dir(into) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(error) => return Err(io_error("list", into, &error)),
        };
        if is_free {
            return Ok(Standing::Free);
        }
        if self.holds(into, plan, marker)? {
            return Ok(Standing::Complete);
        }
        let path = into.join(MARKER);
        if let Ok(Some(bytes)) = read_bounded(&path, MARKER_LIMIT)
            && let Some(earlier) = read_marker(&bytes)
            && self.holds(into, &earlier, &bytes)?
        {
            return Ok(Standing::Earlier);
        }
        Err(Error::new(
            Code::Exists,
            format!("{} holds files that no `pin sync` wrote, or that were changed since", into.display()),
        )
        .hint("name another folder, or move that one away")
        .at(into.display().to_string()))
    }

    /// Whether a folder that is not empty holds exactly these files and their marker.
    fn holds(&self, into: &Path, plan: &[Placement], marker: &[u8]) -> Result<bool> {
        let mut whole = plan.to_vec();
        whole.push(Placement {
            digest: Digest::of(marker),
            size: marker.len() as u64,
            path: PackagePath::parse(MARKER)?,
        });
        // A folder with something in it is only compared: the store is never asked.
        let nowhere = self.nowhere(into);
        match nowhere.materialise(&whole, into, How::Copy, &*self.world.progress, &self.world.cancel) {
            Ok(_) => Ok(true),
            Err(error) if error.code == Code::Exists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn write(
        &self,
        registry: Option<&Registry>,
        into: &Path,
        plan: &[Placement],
        marker: &[u8],
        answer: &mut PinSyncAnswer,
    ) -> Result<()> {
        let disk = &*self.world.disk;
        if let Some(parent) = into.parent() {
            make_dirs_durably(disk, parent)?;
        }
        let room = Room::at(into, &self.world.disk)?;
        let files: Vec<(ArtifactId, Vec<FileEntry>)> =
            self.lock()?.pins.iter().map(|pin| (pin.artifact, entries(pin))).collect();
        let held: Vec<Held<'_>> = files.iter().map(|(artifact, files)| (*artifact, files.iter().collect())).collect();
        let fetched = self.materialise(registry, (plan, &held), room.path(), How::Copy, room.beside())?;
        (answer.fetched, answer.fetched_bytes) = fetched;
        disk.make_dirs(room.path())?;
        disk.write_new(&room.path().join(MARKER), marker, 0o644)?;
        disk.sync_dir(room.path())?;
        match answer.replaced {
            true => room.replace(),
            false => room.finish(),
        }
    }

    /// Writes files from the first place that has their bytes. A damaged copy on this machine is moved away and fetched
    /// anew, once; what hides code is not written, whoever trusted it. Returns how many blobs and bytes came from remotes.
    fn materialise(
        &self,
        registry: Option<&Registry>,
        (plan, held): (&[Placement], &[Held<'_>]),
        into: &Path,
        how: How,
        beside: &Beside,
    ) -> Result<(u64, u64)> {
        let digests: Vec<Digest> = plan.iter().map(|one| one.digest).collect();
        let sized: Vec<_> = plan.iter().map(|one| (one.digest, Some(one.size))).collect();
        let (progress, cancel) = (&*self.world.progress, &self.world.cancel);
        let mut fetched = (0, 0);
        let mut last = None;
        for _ in 0..2 {
            let bytes = self.bytes(registry, plan, beside)?;
            let came = bytes.store.fetch_absent_sized(&sized, &bytes.remotes, progress, cancel)?;
            fetched = (fetched.0 + came.blobs, fetched.1 + came.bytes);
            let mut held = held.iter();
            let done = held
                .try_for_each(|(artifact, files)| refuse_hidden(&bytes.store, cancel, *artifact, files))
                .and_then(|()| bytes.store.materialise(plan, into, how, progress, cancel));
            match done {
                Err(error) if error.code == Code::Damaged => {
                    bytes.store.verify(Some(&digests), progress, cancel)?;
                    last = Some(error);
                }
                other => return other.map(|_| fetched),
            }
        }
        Err(last.unwrap_or_else(|| bug("no attempt was made")))
    }

    /// The registry's own store where it has everything, else the cache, else a store for this one work.
    fn bytes(&self, registry: Option<&Registry>, plan: &[Placement], beside: &Beside) -> Result<Bytes> {
        let (lock, disk) = (self.lock()?, &self.world.disk);
        let mut remotes: Vec<Arc<dyn BlobRemote>> = Vec::new();
        if let Some(registry) = registry {
            let has = |one: &Placement| matches!(registry.store().presence(&one.digest), Ok(Presence::Present { size }) if size == one.size);
            if plan.iter().all(has) {
                return Ok(Bytes { store: registry.store().clone(), remotes, _temporary: None });
            }
            remotes.push(Arc::new(FolderRemote::open(registry.store().area(), disk.clone())));
            remotes.extend(registry.remotes()?);
        }
        for place in lock.remotes.values() {
            let location = match local(place, &self.folder, self.world.places.home.as_deref()) {
                Some(folder) => Location::Folder(folder),
                None => match Address::parse(place) {
                    Ok(address) => Location::Address(address),
                    Err(_) => continue,
                },
            };
            remotes.push(location.open_or_error(None, &self.world.remotes, disk, None));
        }
        if remotes.is_empty() && !lock.remotes.is_empty() {
            let names: Vec<&str> = lock.remotes.values().map(String::as_str).collect();
            return Err(Error::new(
                Code::Unsupported,
                format!("the lock's remotes are of no kind that is known here: {}", names.join(", ")),
            )
            .hint(Hint::of("add one that is, and pin again: ").then(Next::RemoteAdd)));
        }
        // A cache of the image or of another user is no reason to fail.
        let cache = self.world.cache.as_deref().filter(|cache| disk.make_dirs(cache).is_ok() && may_write(cache));
        let (area, temporary) = match cache {
            Some(cache) => (cache.to_owned(), None),
            None => {
                let building = Building::at(beside, disk);
                (building.path.clone(), Some(building))
            }
        };
        Ok(Bytes { store: Store::with_disk(&area, disk.clone()), remotes, _temporary: temporary })
    }

    /// What a bare name means: its pin. Nobody is asked; the answer is true of the head that the pin was taken from.
    /// To ask about another time is an error: a pin means one version at all times.
    pub fn resolve(&self, name: &ModelName, options: ResolveOptions) -> Result<ResolveAnswer> {
        Ok(resolved(self.pin_now(name, options)?))
    }

    fn pin_now(&self, name: &ModelName, options: ResolveOptions) -> Result<&Pin> {
        match options.at {
            None => self.pin(name),
            Some(_) => {
                Err(Error::new(Code::BadArgument, format!("{name} is a pin, which means one version at all times"))
                    .hint(format!("ask about an alias, such as {name}@ALIAS, or leave the time out")))
            }
        }
    }

    /// Writes a pin's files to a folder: complete or not at all, every byte hashed against the lock.
    pub fn pull(&self, name: &ModelName, into: &Path, request: &PullRequest) -> Result<PullAnswer> {
        let pin = self.pin_now(name, request.options)?;
        let files = entries(pin);
        let files = chosen(&files, &request.include)?;
        let plan = placements(&files)?;
        let how = if request.hard_links { How::HardLink { verify: true } } else { How::Copy };
        let into = behind_links(&std::path::absolute(into).map_err(|error| io_error("find", into, &error))?);
        let was_there = self.is_there(&into, &plan)?;
        if !was_there {
            let room = Room::at(&into, &self.world.disk)?;
            let registry = self.registry_here();
            let held = [(pin.artifact, files.clone())];
            self.materialise(registry.as_ref(), (&plan, &held), &into, how, room.beside())
                .map_err(|error| name_the_file(error, &files))?;
        }
        Ok(PullAnswer {
            path: into,
            artifact: pin.artifact,
            files: files.iter().map(|file| pulled(file)).collect(),
            was_there,
            resolved: resolved(pin),
            warnings: Vec::new(),
        })
    }

    /// The path of one of a pin's files in a store of this machine, for a memory map; hashed now.
    pub fn path_of(&self, name: &ModelName, file: Option<&str>, options: ResolveOptions) -> Result<PathAnswer> {
        let pin = self.pin_now(name, options)?;
        let files = entries(pin);
        let entry = match (file, files.as_slice()) {
            (Some(name), files) => files.iter().find(|it| it.path == name),
            (None, [one]) => Some(one),
            (None, _) => None,
        };
        let Some(entry) = entry else {
            let names: Vec<&str> = files.iter().map(|it| it.path.as_str()).take(20).collect();
            return Err(Error::new(Code::NotFound, format!("name one of the {} files of {name}", files.len()))
                .hint(format!("it has {}", names.join(", "))));
        };
        let registry = self.registry_here();
        if registry.is_none() && self.world.cache.is_none() {
            return Err(Error::new(Code::Io, "there is no place to keep files in: neither a registry nor a cache")
                .hint(Hint::of("set REFMARK_CACHE or HOME, or write the files to a folder: ").then(Next::PinSync)));
        }
        let (progress, cancel) = (&*self.world.progress, &self.world.cancel);
        let plan = placements(&[entry])?;
        let beside = Beside::of(&self.path()).ok_or_else(|| bug("a lock file without a name"))?;
        let mut last = None;
        for _ in 0..2 {
            let bytes = self.bytes(registry.as_ref(), &plan, &beside)?;
            bytes.store.fetch_absent_sized(&[(entry.sha256, entry.known_size())], &bytes.remotes, progress, cancel)?;
            match bytes.store.verify(Some(&[entry.sha256]), progress, cancel)?.damaged.into_iter().next() {
                Some((_, error)) => last = Some(name_the_file(error, &[entry])),
                None => {
                    refuse_hidden(&bytes.store, cancel, pin.artifact, &[entry])?;
                    let path = bytes.store.path(&entry.sha256, Some(entry.size))?;
                    let (artifact, file, sha256) = (pin.artifact, entry.path.clone(), entry.sha256);
                    return Ok(PathAnswer { path, artifact, file, sha256, verified: true });
                }
            }
        }
        Err(last.unwrap_or_else(|| bug("no attempt was made")))
    }

    /// The registry as a place of bytes: what cannot be opened is none, because the digests alone decide.
    fn registry_here(&self) -> Option<Registry> {
        self.registry().ok().flatten()
    }

    /// A store without a blob, to compare a folder by.
    fn nowhere(&self, into: &Path) -> Store {
        Store::with_disk(&into.join(MARKER), self.world.disk.clone())
    }

    fn is_there(&self, into: &Path, plan: &[Placement]) -> Result<bool> {
        sweep_inside(into, &*self.world.disk);
        if !std::fs::read_dir(into).is_ok_and(|mut entries| entries.next().is_some()) {
            return Ok(false);
        }
        let nowhere = self.nowhere(into);
        let found = nowhere.materialise(plan, into, How::Copy, &*self.world.progress, &self.world.cancel)?;
        Ok(found == Materialised::WasThere)
    }
}

enum Standing {
    Free,
    Complete,
    Earlier,
}

/// The files of all pins, each below its pin's name.
fn plan_of(pins: &[Pin]) -> Result<Vec<Placement>> {
    let mut plan = Vec::new();
    for pin in pins {
        for file in &pin.files {
            let path = PackagePath::parse(&format!("{}/{}", pin.name, file.path))?;
            plan.push(Placement { digest: file.sha256, size: file.size, path });
        }
    }
    Ok(plan)
}

fn marker_of(plan: &[Placement]) -> Result<Vec<u8>> {
    let file = |one: &Placement| MarkedFile { path: one.path.clone(), size: one.size, sha256: one.digest };
    let marker = Marker { format: 1, files: plan.iter().map(file).collect() };
    let mut text = serde_json::to_vec_pretty(&marker).map_err(bug)?;
    text.push(b'\n');
    Ok(text)
}

fn read_marker(bytes: &[u8]) -> Option<Vec<Placement>> {
    let marker: Marker = serde_json::from_slice(bytes).ok().filter(|it: &Marker| it.format == 1)?;
    let place = |it: MarkedFile| Placement { digest: it.sha256, size: it.size, path: it.path };
    Some(marker.files.into_iter().map(place).collect())
}

fn synced(pin: &Pin, into: &Path) -> SyncedPin {
    SyncedPin {
        name: pin.name.clone(),
        model: pin.model.clone(),
        version: pin.version,
        artifact: pin.artifact,
        path: into.join(pin.name.as_str()),
        files: pin.files.len() as u64,
        size: pin.size(),
    }
}

fn entries(pin: &Pin) -> Vec<FileEntry> {
    let entry = |file: &refmark_records::lock::PinnedFile| FileEntry {
        path: file.path.as_str().to_owned(),
        size: file.size,
        sha256: file.sha256,
        class: file.class,
        format: file.format.clone(),
    };
    pin.files.iter().map(entry).collect()
}

/// A pin as an answer: it was trusted, and vouched for, when it was taken.
fn resolved(pin: &Pin) -> ResolveAnswer {
    ResolveAnswer {
        retired: None,
        reference: pin.name.to_string(),
        model: Some(pin.model.clone()),
        version: Some(pin.version),
        artifact: pin.artifact,
        alias: pin.alias.clone(),
        sequence: pin.moved.map(|it| it.sequence),
        commit: None,
        trust: TrustState::Trusted.to_string(),
        trust_state: TrustState::Trusted,
        stage: None,
        verified: true,
        as_of: AsOf { head: pin.head, time: pin.checked },
        at: None,
    }
}

#[cfg(test)]
mod tests;
