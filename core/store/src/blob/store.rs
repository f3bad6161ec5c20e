//! The local blob store: files by their SHA-256, with mode 0444, in the fan-out of Git LFS.
//!
//! ```text
//! <area>/blobs/<ab>/<cd>/<sha256>    the blobs
//! <area>/tmp/                        what is being written, named by its process
//! <area>/damaged/                    blobs whose bytes were wrong, each with its reason
//! <area>/trash/<sha256>.<seconds>    deleted blobs, until `gc`
//! <area>/extra/<kind>/<ab>/<sha256>  what observers made of a blob: derived, checked, may be deleted
//! <area>/stat-cache                  which unchanged file has which digest: derived, may be deleted
//! ```

use super::error::OfBlob;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::stat_cache::StatCache;
use crate::fs::disk::{Disk, RealDisk, io_error, shown};
use crate::fs::host::unique_name;
use crate::fs::parallel::locked;
use crate::fs::read::{names, open_regular};
use refmark_types::digest::{Digest, Hasher};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::time::Timestamp;

/// Whether a blob is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is here, with this many bytes. Nothing is said of the bytes themselves.
    Present {
        /// Bytes.
        size: u64,
    },
    /// It is not here, which is not the same as damaged: another place may hold it.
    Absent,
}

/// The blob store of one registry. Clones share it; several processes may use one folder.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    area: PathBuf,
    blobs: PathBuf,
    disk: Arc<dyn Disk>,
    cache: Mutex<StatCache>,
    /// Whether `tmp` was made by this process.
    has_tmp: AtomicBool,
}

impl Store {
    /// The store in the folder `area`, such as `<git dir>/refmark`. Touches nothing: folders are made by the first write,
    /// so that a registry on a read-only disk can be read.
    pub fn open(area: &Path) -> Store {
        Store::with_disk(area, Arc::new(RealDisk))
    }

    /// The same, writing through another [`Disk`].
    pub fn with_disk(area: &Path, disk: Arc<dyn Disk>) -> Store {
        Store::layout(area, area.join("blobs"), disk)
    }

    /// A store whose blobs lie right in `folder`, as in a remote or `lfs/objects`, with the other folders among them:
    /// no two hex digits spell their names.
    pub(crate) fn flat(folder: &Path, disk: Arc<dyn Disk>) -> Store {
        Store::layout(folder, folder.to_owned(), disk)
    }

    fn layout(area: &Path, blobs: PathBuf, disk: Arc<dyn Disk>) -> Store {
        let cache = Mutex::new(StatCache::new(area.join("stat-cache"), Arc::clone(&disk)));
        let has_tmp = AtomicBool::new(false);
        Store { inner: Arc::new(Inner { area: area.to_owned(), blobs, disk, cache, has_tmp }) }
    }

    /// The folder that holds the store and its work folders.
    pub fn area(&self) -> &Path {
        &self.inner.area
    }

    /// Where blobs lie. `lfs/objects` of a bare registry is a link to it.
    pub fn blobs(&self) -> &Path {
        &self.inner.blobs
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        &*self.inner.disk
    }

    pub(super) fn shared_disk(&self) -> &Arc<dyn Disk> {
        &self.inner.disk
    }

    pub(super) fn cache(&self) -> std::sync::MutexGuard<'_, StatCache> {
        locked(&self.inner.cache)
    }

    /// Where the blob lies, or would lie.
    pub fn place_of(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let (first, rest) = hex.split_at(2);
        self.inner.blobs.join(first).join(rest.split_at(2).0).join(&hex)
    }

    /// Whether the blob is here. Costs one `stat`.
    pub fn presence(&self, digest: &Digest) -> Result<Presence> {
        let path = self.place_of(digest);
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => Ok(Presence::Present { size: found.len() }),
            Ok(_) => Err(Error::new(Code::Damaged, format!("{} is not a regular file", shown(&path)))
                .hint("somebody changed the store by hand; move that entry away")
                .field("digest", digest)
                .caused_by(OfBlob(*digest))
                .at(shown(&path))),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(Presence::Absent)
            }
            Err(e) => Err(io_error("look at", &path, &e)),
        }
    }

    /// The blob's size in bytes. An error of code `absent` where it is not here.
    pub fn size(&self, digest: &Digest) -> Result<u64> {
        match self.presence(digest)? {
            Presence::Present { size } => Ok(size),
            Presence::Absent => Err(absent(&[*digest])),
        }
    }

    /// The blob's own file, for a memory map. Checks that it is here and, where `size` is given, that it has so many
    /// bytes; the bytes are not read (see [`Store::verify`]). Never write to it. Errors: `absent`, `damaged`.
    pub fn path(&self, digest: &Digest, size: Option<u64>) -> Result<PathBuf> {
        let found = self.size(digest)?;
        match size {
            Some(expected) if expected != found => {
                Err(self.quarantine(digest, &Wrong::Size { expected, found }, self.place_of(digest)))
            }
            _ => Ok(self.place_of(digest)),
        }
    }

    /// Opens a blob for reading. The bytes are hashed on the way, and where they are wrong the *end* of the file is an
    /// error (code `damaged`, see [`error_of`]) instead of an end: who reads to the end has read the truth.
    pub fn open_blob(&self, digest: &Digest) -> Result<VerifiedReader> {
        let (file, size) = self.open_raw(digest)?;
        Ok(VerifiedReader { store: self.clone(), digest: *digest, file, hasher: Some(Hasher::new()), left: size })
    }

    /// All bytes of a small blob, verified. An error of code `too-large` over `limit` bytes.
    pub fn read(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>> {
        let mut reader = self.open_blob(digest)?;
        if reader.left > limit {
            return Err(Error::new(
                Code::TooLarge,
                format!("blob {} has {} bytes; here at most {limit} are read", digest.short(), reader.left),
            ));
        }
        let mut bytes = Vec::new();
        match reader.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(e) => Err(error_of(e).unwrap_or_else(|e| io_error("read", &self.place_of(digest), &e))),
        }
    }

    pub(super) fn open_raw(&self, digest: &Digest) -> Result<(File, u64)> {
        let path = self.place_of(digest);
        let size = self.size(digest)?;
        match open_regular(&path)? {
            Some(file) => Ok((file, size)),
            None => Err(absent(&[*digest])),
        }
    }

    /// Calls `each` with every blob and its size in bytes, folder by folder in order. Other files are passed over.
    pub fn list(&self, each: &mut dyn FnMut(Digest, u64) -> Result<()>) -> Result<()> {
        for first in hex_folders(&self.inner.blobs)? {
            for second in hex_folders(&first)? {
                for (name, entry) in names(&second)? {
                    let Ok(digest) = Digest::parse(&name) else { continue };
                    if self.place_of(&digest) != entry.path() {
                        continue;
                    }
                    if let Ok(found) = entry.metadata()
                        && found.is_file()
                    {
                        each(digest, found.len())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A new file in `tmp`, open for reading and writing, that no other process uses.
    pub(crate) fn temporary(&self) -> Result<(File, Temporary)> {
        let temporary = self.temporary_path()?;
        let file = self.disk().create_new(&temporary.path, 0o600)?;
        Ok((file, temporary))
    }

    /// Makes `tmp`, and the area with it, and sweeps it before the first file comes: whoever is killed in a large file
    /// tries again, and should not need a `gc` to have its space back. Once, because with thousands of small files each
    /// system call counts.
    pub(super) fn make_tmp(&self) -> Result<PathBuf> {
        let folder = self.inner.area.join("tmp");
        if !self.inner.has_tmp.load(Ordering::Relaxed) {
            self.disk().make_dirs(&folder)?;
            // What cannot be removed is no reason to store nothing.
            let _ = self.sweep();
            self.inner.has_tmp.store(true, Ordering::Relaxed);
        }
        Ok(folder)
    }

    pub(super) fn temporary_path(&self) -> Result<Temporary> {
        let folder = self.make_tmp()?;
        Ok(Temporary { path: folder.join(unique_name()), disk: Arc::clone(&self.inner.disk), is_gone: false })
    }

    /// A temporary path whose name says which blob arrives there, so that another process can go on where this one is killed.
    pub(super) fn temporary_for(&self, digest: &Digest) -> Result<Temporary> {
        let name = format!("{}.{digest}", unique_name());
        Ok(Temporary { path: self.make_tmp()?.join(name), disk: Arc::clone(&self.inner.disk), is_gone: false })
    }

    /// Gives what an earlier try left of a blob the name of this try. False where nothing was left.
    pub(super) fn claim_half(&self, digest: &Digest, temporary: &Temporary) -> Result<bool> {
        match std::fs::rename(self.half_of(digest), &temporary.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(io_error("rename", &temporary.path, &error)),
        }
    }

    /// Leaves a temporary file for the next try. What cannot be left is removed.
    pub(super) fn keep_half(&self, digest: &Digest, mut temporary: Temporary) {
        temporary.is_gone = std::fs::rename(&temporary.path, self.half_of(digest)).is_ok();
    }

    /// Where the first bytes of a blob wait whose fetching broke off.
    pub(super) fn half_of(&self, digest: &Digest) -> PathBuf {
        self.inner.area.join("tmp").join(format!("half.{digest}"))
    }

    /// Seals a finished temporary file: mode 0444, synced.
    pub(crate) fn seal(&self, file: &File, temporary: &Temporary) -> Result<()> {
        file.set_permissions(std::fs::Permissions::from_mode(0o444))
            .map_err(|e| io_error("change the mode of", &temporary.path, &e))?;
        self.disk().sync_file(file, &temporary.path)
    }

    /// Gives a sealed file its name, and adds to `folders` what the caller must sync before it says that it is done.
    /// False where the blob was here already.
    pub(crate) fn place(
        &self,
        mut temporary: Temporary,
        digest: &Digest,
        size: u64,
        folders: &Mutex<Vec<PathBuf>>,
    ) -> Result<bool> {
        let target = self.place_of(digest);
        let folder = target.parent().unwrap_or(&self.inner.blobs).to_owned();
        let made = self.disk().make_dirs(&folder)?;
        locked(folders).extend(made.into_iter().chain([folder]));
        // Each turn either ends or moves a wrong blob out of the way; others can undo that only so often.
        for _ in 0..16 {
            if self.disk().rename_noreplace(&temporary.path, &target)? {
                temporary.is_gone = true;
                return Ok(true);
            }
            match self.presence(digest)? {
                Presence::Present { size: found } if found == size => return Ok(false),
                Presence::Present { size: found } => {
                    let _ = self.quarantine(digest, &Wrong::Size { expected: size, found }, target.clone());
                }
                Presence::Absent => {}
            }
        }
        Err(Error::new(Code::Io, format!("cannot move a wrong blob away from {}", shown(&target))).at(shown(&target)))
    }

    /// Moves wrong bytes to `damaged/` with the reason beside them, and gives the error to report. Where the store
    /// cannot be written they stay, and the error says so.
    pub(super) fn quarantine(&self, digest: &Digest, wrong: &Wrong, path: PathBuf) -> Box<Error> {
        let error = wrong.error(digest).at(shown(&path));
        let folder = self.inner.area.join("damaged");
        let moved = self.disk().make_dirs(&folder).and_then(|_| {
            for n in 0..1000 {
                let name = if n == 0 { digest.hex() } else { format!("{digest}.{n}") };
                let target = folder.join(&name);
                if path.exists() && !self.disk().rename_noreplace(&path, &target)? {
                    continue;
                }
                let reason = serde_json::json!({
                    "digest": digest, "reason": error.message, "fields": error.fields, "found_at": now(),
                });
                let text = format!("{reason:#}\n");
                let reason = folder.join(format!("{name}.reason.json"));
                if !reason.exists() {
                    self.disk().write_new(&reason, text.as_bytes(), 0o644)?;
                }
                return self.disk().sync_dir(&folder).map(|()| target);
            }
            Err(Error::new(Code::Io, "damaged/ holds a thousand copies of this blob"))
        });
        match moved {
            Ok(target) => error.field("moved_to", shown(&target)).hint(
                "the bytes were moved to damaged/; fetch the blob again from a remote, or register the file again",
            ),
            Err(e) => {
                error.hint(format!("the bytes could not be moved away ({e}); fetch the blob again from a remote"))
            }
        }
    }
}

/// What is wrong with stored bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// They hash to something else.
    Bytes {
        /// What they hash to.
        found: Digest,
    },
    /// There are too few or too many.
    Size {
        /// As the manifest, or a good copy, has it.
        expected: u64,
        /// As stored.
        found: u64,
    },
}

impl Wrong {
    pub(crate) fn error(&self, digest: &Digest) -> Box<Error> {
        match self {
            Wrong::Bytes { found } => {
                Error::new(Code::Damaged, format!("blob {} is damaged: its bytes hash to {found}", digest.short()))
                    .field("found", found)
                    .field("expected", digest)
            }
            Wrong::Size { expected, found } => Error::new(
                Code::Damaged,
                format!("blob {} is damaged: expected {expected} bytes, found {found}", digest.short()),
            )
            .field("found_size", found)
            .field("expected_size", expected),
        }
        .field("digest", digest)
        .caused_by(OfBlob(*digest))
    }
}

/// A temporary file's path. Dropping it removes the file.
pub(crate) struct Temporary {
    pub(crate) path: PathBuf,
    disk: Arc<dyn Disk>,
    /// Whether it has another name now.
    is_gone: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_gone {
            let _ = self.disk.remove(&self.path);
        }
    }
}

/// Reads a blob and hashes it on the way.
pub struct VerifiedReader {
    store: Store,
    digest: Digest,
    file: File,
    hasher: Option<Hasher>,
    left: u64,
}

impl Read for VerifiedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        if read > 0 {
            if let (Some(hasher), Some(bytes)) = (self.hasher.as_mut(), buffer.get(..read)) {
                hasher.update(bytes);
            }
            return Ok(read);
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        match self.hasher.take().map(Hasher::finish) {
            Some(found) if found != self.digest => {
                let place = self.store.place_of(&self.digest);
                Err(io::Error::other(self.store.quarantine(&self.digest, &Wrong::Bytes { found }, place)))
            }
            _ => Ok(0),
        }
    }
}

/// The error inside an error that [`VerifiedReader`] gave, or the error itself.
pub fn error_of(error: io::Error) -> std::result::Result<Box<Error>, io::Error> {
    if !error.get_ref().is_some_and(|inner| inner.is::<Box<Error>>()) {
        return Err(error);
    }
    match error.into_inner().map(|inner| inner.downcast::<Box<Error>>()) {
        Some(Ok(error)) => Ok(*error),
        _ => Err(io::Error::other("an error without its cause")),
    }
}

/// The error for blobs that are not here.
pub(crate) fn absent(digests: &[Digest]) -> Box<Error> {
    let what = match digests {
        [one] => format!("blob {one} is not in the local store"),
        [first, ..] => format!("{} blobs are not in the local store, {} among them", digests.len(), first.short()),
        [] => "no blob is missing".to_owned(),
    };
    Error::new(Code::Absent, what)
        .hint(Hint::of("fetch them from a remote: ").then(Next::RemoteAdd).say(", then ").then(Next::Sync))
        .field("digests", digests.iter().take(100).collect::<Vec<_>>())
        .field("count", digests.len())
}

/// The present second.
pub(super) fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// Whether what is in this file or folder was changed in the last minute: until then a system may not have written it.
pub(super) fn is_recent(found: &std::fs::Metadata) -> bool {
    now().unix() - found.mtime().max(found.ctime()) < 60
}

/// Whether this was last changed more than so many seconds ago.
pub(super) fn is_older(found: &std::fs::Metadata, seconds: i64) -> bool {
    now().unix() - found.mtime() > seconds
}

fn hex_folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let hex = |name: &str| name.len() == 2 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    Ok(names(folder)?.into_iter().filter(|(name, _)| hex(name)).map(|(_, entry)| entry.path()).collect())
}
