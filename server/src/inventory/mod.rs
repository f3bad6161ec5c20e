//! The service's records: what the registry says of each name, and the changes that callers ask for.
//!
//! The registry is the truth; what is held in memory is a reading of it, made again from what landed since. Every change is one
//! signed commit.

pub mod artifact;
pub mod contents;
pub mod event;
pub mod fold;
pub mod found;
pub mod kept;
pub mod lock;
pub mod names;
pub mod seen;
pub mod write;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use refmark_core::Registry;
use refmark_core::engine::ports::signer::Signer;
use refmark_core::engine::ports::store::RecordStore;
use refmark_core::engine::ports::{Cancel, Silent};
use refmark_core::store::blob::Source;
use refmark_core::store::fs::host::unique_name;
use refmark_core::types::digest::{ArtifactId, Digest};
use refmark_core::types::error::{Error, Result};
use refmark_core::types::time::Timestamp;

use crate::fatal::Fatal;
use crate::settings::Settings;
use crate::sync::locked;
use contents::{Contents, Entry, Step};
use found::Found;
use kept::Kept;
use seen::Seen;
use write::{Draft, Part};

/// What the file of a branch was when it was last looked at.
type Stamp = Option<(u64, u64, i64, i64)>;

/// The records of the service.
pub struct Inventory {
    registry: Registry,
    signer: Box<dyn Signer>,
    seen: Seen,
    kept: Kept,
    contents: RwLock<Contents>,
    /// Held by the one who changes something.
    writing: Mutex<()>,
    /// The branch's file as it was when `contents` was read.
    stamp: Mutex<Stamp>,
    branch_file: PathBuf,
    /// Whether a change of our own is under way: until it is done, what was known before is the answer.
    busy: AtomicBool,
}

impl Inventory {
    /// Opens the registry of the service's folder, or makes it, and reads its records. One without any starts with those of
    /// the lock file, which is read before anything is made.
    pub fn open(settings: &Settings) -> std::result::Result<Inventory, Fatal> {
        if settings.registry_dir.join(found::FOLDER).symlink_metadata().is_err() {
            lock::read(&settings.lock_path)?;
        }
        let inventory = Inventory::read(found::open_or_make(settings)?, &found::state_folder(settings))?;
        let is_empty = inventory.contents()?.events().is_empty();
        if is_empty && let Some(draft) = lock::read(&settings.lock_path)? {
            inventory.change::<Fatal>(|_| Ok(draft))?;
        }
        Ok(inventory)
    }

    fn read(found: Found, state: &Path) -> Result<Inventory> {
        let Found { registry, signer, seen } = found;
        let branch_file = registry.git_dir().join("refs/heads").join(registry.branch());
        let kept = Kept::at(state, registry.id());
        let mut contents = kept.load();
        let head = registry.read().head()?;
        let is_behind = |known| registry.repo().on_first_parent_chain(head, known).unwrap_or(false);
        if contents.head.is_some_and(|known| known != head && !is_behind(known)) {
            kept.forget();
            contents = Contents::default();
        }
        let inventory = Inventory {
            registry,
            signer,
            seen,
            kept,
            contents: RwLock::new(contents),
            writing: Mutex::default(),
            stamp: Mutex::default(),
            branch_file,
            busy: AtomicBool::new(false),
        };
        inventory.refresh()?;
        Ok(inventory)
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What is known. Where somebody else moved the branch, that is read first; where it cannot be read, nothing is answered.
    pub fn contents(&self) -> Result<RwLockReadGuard<'_, Contents>> {
        if self.is_behind() {
            let _writing = locked(&self.writing);
            self.refresh()?;
        }
        Ok(self.contents.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether somebody else moved the branch, so that the next answer takes longer.
    pub fn is_behind(&self) -> bool {
        !self.busy.load(Ordering::Acquire) && self.stamped() != *locked(&self.stamp)
    }

    fn stamped(&self) -> Stamp {
        let meta = std::fs::metadata(&self.branch_file).ok()?;
        Some((meta.dev(), meta.ino(), meta.mtime(), meta.mtime_nsec()))
    }

    /// Reads what landed since.
    fn refresh(&self) -> Result<()> {
        let stamp = self.stamped();
        let head = self.contents.read().unwrap_or_else(PoisonError::into_inner).head;
        if head != Some(self.registry.read().head()?) {
            let view = self.registry.read().view()?;
            let mut contents = self.contents.write().unwrap_or_else(PoisonError::into_inner);
            let mut keep = |commit, steps: &[Step]| self.kept.add(commit, steps);
            fold::catch_up(&mut contents, &view, self.registry.store(), &mut keep)?;
            self.seen.keep_head(self.registry.id(), view.head)?;
        }
        *locked(&self.stamp) = stamp;
        Ok(())
    }

    /// Makes a change: `decide` sees what is known, with nobody else writing, and says what becomes of it, or why not. What
    /// is acknowledged by returning is on disk.
    pub fn change<E: From<Box<Error>>>(
        &self,
        decide: impl FnOnce(&Contents) -> std::result::Result<Draft, E>,
    ) -> std::result::Result<Vec<Entry>, E> {
        let _writing = locked(&self.writing);
        self.refresh()?;
        let mut draft = decide(&self.contents.read().unwrap_or_else(PoisonError::into_inner))?;
        if draft.parts.is_empty() {
            return Ok(Vec::new());
        }
        for part in draft.parts.iter_mut().filter(|part| part.is_large()) {
            part.blob = Some(self.store_text(&part.text())?);
        }
        self.busy.store(true, Ordering::Release);
        let done = self.commit(&draft);
        self.busy.store(false, Ordering::Release);
        Ok(done?)
    }

    fn commit(&self, draft: &Draft) -> Result<Vec<Entry>> {
        let mut made: (Vec<ArtifactId>, Option<Timestamp>) = Default::default();
        let written = self.registry.write(&*self.signer).change(|view, author| {
            let (plan, ids) = write::plan(view, author, draft)?;
            made = (ids, Some(author.time));
            Ok(plan)
        })?;
        let mut contents = self.contents.write().unwrap_or_else(PoisonError::into_inner);
        if contents.head != Some(written.before) {
            // Somebody else was faster: what both did is read from the commits.
            drop(contents);
            self.refresh()?;
            contents = self.contents.write().unwrap_or_else(PoisonError::into_inner);
        } else {
            let time = made.1.map(|time| time.to_string()).unwrap_or_default();
            let step = |(part, id): (&Part, &ArtifactId)| {
                let entry = entry(&contents, part, *id);
                Step { entry, action: part.action, time: time.clone() }
            };
            let steps: Vec<Step> = draft.parts.iter().zip(&made.0).map(step).collect();
            self.kept.add(written.commit, &steps);
            steps.into_iter().for_each(|step| contents.apply(step));
            contents.head = Some(written.commit);
            *locked(&self.stamp) = self.stamped();
        }
        let entries = draft.parts.iter().filter_map(|part| contents.get(&part.artifact.name).cloned()).collect();
        drop(contents);
        self.seen.keep_head(self.registry.id(), written.commit)?;
        Ok(entries)
    }

    /// Stores a record that is too large for a commit.
    fn store_text(&self, text: &str) -> Result<Digest> {
        let folder = self.registry.store().area().join("tmp");
        let disk = &*self.registry.world().disk;
        disk.make_dirs(&folder)?;
        let path = folder.join(unique_name());
        disk.write_cache(&path, text.as_bytes(), 0o600)?;
        let source = Source { path: path.clone(), observer: None };
        let stored = self.registry.store().ingest(vec![source], &Silent, &Cancel::default());
        disk.remove(&path)?;
        drop(stored?);
        Ok(Digest::of(text.as_bytes()))
    }

    /// The newest time that a record may carry.
    pub fn now(&self) -> Timestamp {
        self.registry.world().clock.now()
    }
}

fn entry(contents: &Contents, part: &Part, id: ArtifactId) -> Entry {
    let known = contents.of_artifact(&id).map_or(0, |entry| entry.revision);
    Entry {
        artifact: Arc::new(part.artifact.clone()),
        id,
        version: part.version,
        revision: part.revision.unwrap_or(known),
    }
}
