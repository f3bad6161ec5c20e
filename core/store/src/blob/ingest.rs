//! Files into the store: read once, hashed and written from the same bytes, synced, and only then given their name.
//!
//! Many small files are synced together: all are written, then the file system is synced, then all get their names, then it
//! is synced once more. So no name ever stands for bytes that a power cut can take, with two syncs in place of two a file.

use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::stat_cache::Stamp;
use super::store::{Presence, Store, Temporary, is_recent};
use super::stream::{self, LARGE, Named, Work};
use crate::fs::disk::{io_error, shown};
use crate::fs::durable::sync_dirs;
use crate::fs::parallel::{WAITERS, cores, for_each, locked};
use crate::fs::read::open_and_look;
use refmark_engine::ports::blob::Observer;
use refmark_engine::ports::{Cancel, Progress, Unit};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result, bug};

/// Files up to this size are read whole.
const SMALL: u64 = 1 << 20;
/// From this size on it is worth a sync of a file that was just written, so that its digest can be remembered.
const WORTH_REMEMBERING: u64 = 4 << 20;

/// So many small files are worth a sync of the whole file system, which waits for what other programs wrote there, too.
const MANY: usize = 64;

/// Who may refuse a file when its digest is known.
pub type Refuse<'a> = dyn Fn(&Path, &Digest) -> Result<()> + Sync + 'a;

/// A file that is to be stored.
pub struct Source {
    /// Its path. A symbolic link at the end is not followed.
    pub path: PathBuf,
    /// Who sees its bytes on the way.
    pub observer: Option<Box<dyn Observer>>,
}

/// A file that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingested {
    /// The SHA-256 of its bytes: the blob's name.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Whether the store held these bytes before.
    pub was_here: bool,
    /// Whether the file was known to be unchanged and so was not read.
    pub was_known: bool,
    /// The observer's result; present where the source had an observer.
    pub extra: Option<Vec<u8>>,
}

impl Store {
    /// Stores files, and returns what became of each, in their order. When it returns, all of them are on the disk.
    ///
    /// Errors: `not-a-file`, `source-changed` where a file changed while it was read, `no-space`, `read-only`, `io`,
    /// `cancelled`. After an error some of the blobs may be stored, each of them whole.
    pub fn ingest(&self, sources: Vec<Source>, progress: &dyn Progress, cancel: &Cancel) -> Result<Vec<Ingested>> {
        self.ingest_unless(sources, &|_, _| Ok(()), progress, cancel)
    }

    /// The same; `refuse` is told the path and the digest of each file before its bytes get their name in the store, and its
    /// error ends the call: what it refuses is not stored.
    pub fn ingest_unless(
        &self,
        sources: Vec<Source>,
        refuse: &Refuse<'_>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Vec<Ingested>> {
        let mut slots = Vec::with_capacity(sources.len());
        for source in sources {
            let found = std::fs::symlink_metadata(&source.path).map_err(|e| io_error("read", &source.path, &e))?;
            slots.push(Slot { size: found.len(), source: Mutex::new(Some(source)), done: Mutex::new(None) });
        }
        progress.start("storing files", Some(slots.iter().map(|slot| slot.size).sum()), Unit::Bytes);
        let done = Batch {
            store: self,
            refuse,
            work: Work { progress, cancel },
            folders: Mutex::default(),
            known: Mutex::default(),
            together: None,
            waiting: Mutex::default(),
            written: Mutex::default(),
        }
        .run(&slots);
        progress.finish();
        done?;
        slots.into_iter().map(|slot| locked(&slot.done).take().ok_or_else(|| bug("a file was passed over"))).collect()
    }
}

struct Slot {
    size: u64,
    source: Mutex<Option<Source>>,
    done: Mutex<Option<Ingested>>,
}

/// What the threads of one ingest share.
struct Batch<'a> {
    store: &'a Store,
    refuse: &'a Refuse<'a>,
    work: Work<'a>,
    folders: Mutex<Vec<PathBuf>>,
    known: Mutex<Vec<(String, Stamp, Digest)>>,
    /// The file system, where small files are synced together.
    together: Option<File>,
    waiting: Mutex<Vec<Mutex<Option<Waiting<'a>>>>>,
    /// The digests of what waits: a list of packages often names one file a thousand times.
    written: Mutex<HashSet<Digest>>,
}

/// A small file that is written, and neither synced nor named.
struct Waiting<'a> {
    slot: &'a Slot,
    temporary: Temporary,
    digest: Digest,
}

impl<'a> Batch<'a> {
    /// Large files one by one, each with threads of its own; the others side by side, because they wait for syncs.
    fn run(mut self, slots: &'a [Slot]) -> Result<()> {
        let (large, small): (Vec<&Slot>, Vec<&Slot>) = slots.iter().partition(|slot| slot.size >= LARGE);
        if small.len() >= MANY {
            self.store.make_tmp()?;
            self.together = self.store.disk().file_system(self.store.area())?;
        }
        let threads = if self.together.is_some() { cores() } else { WAITERS };
        for_each(threads, &small, |slot| self.one(slot))?;
        self.name_waiting()?;
        large.into_iter().try_for_each(|slot| self.one(slot))?;
        sync_dirs(self.store.disk(), locked(&self.folders).drain(..))?;
        // Only now: what the cache names must be on the disk.
        self.store.cache().add(&locked(&self.known));
        Ok(())
    }

    /// Syncs what waits, names it, and syncs the names.
    fn name_waiting(&self) -> Result<()> {
        let waiting = std::mem::take(&mut *locked(&self.waiting));
        let Some(system) = self.together.as_ref().filter(|_| !waiting.is_empty()) else { return Ok(()) };
        let area = self.store.area();
        self.store.disk().sync_file_system(system, area)?;
        for_each(cores(), &waiting, |waiting| {
            let Some(Waiting { slot, temporary, digest }) = locked(waiting).take() else { return Ok(()) };
            let is_new = self.store.place(temporary, &digest, slot.size, &self.folders)?;
            locked(&slot.done).iter_mut().for_each(|done| done.was_here = !is_new);
            Ok(())
        })?;
        locked(&self.folders).clear();
        self.store.disk().sync_file_system(system, area)
    }

    fn one(&self, slot: &'a Slot) -> Result<()> {
        self.work.cancel.check()?;
        let Some(Source { path, observer }) = locked(&slot.source).take() else { return Ok(()) };
        let Some((file, found)) = open_and_look(&path)? else {
            return Err(changed(&path, "it is gone"));
        };
        let settled = !is_recent(&found);
        let mut reading = Reading { slot, file: &file, path: &path, stamp: Stamp::of(&found), observer, settled };
        let done = match self.known(&reading)? {
            Some(done) => {
                self.work.progress.advance(done.size);
                done
            }
            None => {
                reading.settle()?;
                self.read(reading)?
            }
        };
        *locked(&slot.done) = Some(done);
        Ok(())
    }

    /// What the cache knows of a file, where the blob and all that is asked for are still here.
    fn known(&self, reading: &Reading<'_, 'a>) -> Result<Option<Ingested>> {
        let Some(digest) = self.store.cache().get(&reading.key(), &reading.stamp) else { return Ok(None) };
        (self.refuse)(reading.path, &digest)?;
        let size = reading.stamp.size;
        if self.store.presence(&digest)? != (Presence::Present { size }) {
            return Ok(None);
        }
        let extra = match &reading.observer {
            None => None,
            Some(observer) => match self.store.extra(&digest, observer.kind()) {
                Some(kept) if observer.accepts(&kept) => Some(kept),
                _ => return Ok(None),
            },
        };
        Ok(Some(Ingested { digest, size, was_here: true, was_known: true, extra }))
    }

    fn read(&self, mut reading: Reading<'_, 'a>) -> Result<Ingested> {
        let size = reading.stamp.size;
        let (digest, was_here) =
            if size <= SMALL { self.store_small(&mut reading)? } else { self.store_copy(&mut reading)? };
        if reading.can_be_known()? {
            locked(&self.known).push((reading.key(), reading.stamp, digest));
        }
        let extra = reading.observer.map(|observer| {
            let kind = observer.kind();
            let bytes = observer.finish();
            self.store.keep_extra(&digest, kind, &bytes);
            bytes
        });
        Ok(Ingested { digest, size, was_here, was_known: false, extra })
    }

    fn store_small(&self, reading: &mut Reading<'_, 'a>) -> Result<(Digest, bool)> {
        let size = reading.stamp.size;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
        reading.file.take(size + 1).read_to_end(&mut bytes).map_err(|e| io_error("read", reading.path, &e))?;
        reading.still_the_same(bytes.len() as u64)?;
        let digest = Digest::of(&bytes);
        (self.refuse)(reading.path, &digest)?;
        if let Some(observer) = &mut reading.observer {
            observer.take(&bytes);
        }
        self.work.progress.advance(size);
        if self.has(&digest, size)? {
            return Ok((digest, true));
        }
        let together = self.together.is_some() && reading.slot.size == size;
        if together && !locked(&self.written).insert(digest) {
            // The first file of these bytes is on its way to their name.
            return Ok((digest, true));
        }
        let temporary = self.store.temporary_path()?;
        if together {
            self.store.disk().write_cache(&temporary.path, &bytes, 0o444)?;
            locked(&self.waiting).push(Mutex::new(Some(Waiting { slot: reading.slot, temporary, digest })));
            return Ok((digest, false));
        }
        self.store.disk().write_new(&temporary.path, &bytes, 0o444)?;
        Ok((digest, !self.store.place(temporary, &digest, size, &self.folders)?))
    }

    fn store_copy(&self, reading: &mut Reading<'_, 'a>) -> Result<(Digest, bool)> {
        let size = reading.stamp.size;
        let (copy, temporary) = self.store.temporary()?;
        let observer = reading.observer.as_deref_mut().map(|observer| observer as &mut dyn Observer);
        let passed = stream::copy(
            Named { file: reading.file, path: reading.path },
            Named { file: &copy, path: &temporary.path },
            size,
            observer,
            self.work,
        )?;
        reading.still_the_same(passed.size)?;
        (self.refuse)(reading.path, &passed.digest)?;
        if self.has(&passed.digest, size)? {
            return Ok((passed.digest, true));
        }
        self.store.seal(&copy, &temporary)?;
        Ok((passed.digest, !self.store.place(temporary, &passed.digest, size, &self.folders)?))
    }

    /// Whether these bytes are here. Another writer may have named them and not yet synced the folder: then we do.
    fn has(&self, digest: &Digest, size: u64) -> Result<bool> {
        let place = self.store.place_of(digest);
        match std::fs::symlink_metadata(&place) {
            Ok(found) if found.is_file() && found.len() == size => {
                if is_recent(&found) {
                    let folders = place.ancestors().skip(1).take(3).map(PathBuf::from);
                    locked(&self.folders).extend(folders);
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

/// A source while it is read.
struct Reading<'a, 'b> {
    slot: &'b Slot,
    file: &'a File,
    path: &'a PathBuf,
    stamp: Stamp,
    observer: Option<Box<dyn Observer>>,
    /// Whether no unwritten page of the file is left from before the reading.
    settled: bool,
}

impl Reading<'_, '_> {
    /// A program that writes through a memory map changes a page's time only once, until the page is on the disk. So a
    /// file that was changed in the last minute is synced before it is read, or is not remembered.
    fn settle(&mut self) -> Result<()> {
        if !self.settled && self.stamp.size >= WORTH_REMEMBERING {
            self.settled = self.file.sync_data().is_ok();
            self.stamp = Stamp::of(&stat(self.file, self.path)?);
        }
        Ok(())
    }

    fn still_the_same(&self, read: u64) -> Result<()> {
        if read != self.stamp.size {
            return Err(changed(self.path, &format!("it had {} bytes and gave {read}", self.stamp.size)));
        }
        if Stamp::of(&stat(self.file, self.path)?) != self.stamp {
            return Err(changed(self.path, "its size or times are others now"));
        }
        Ok(())
    }

    fn can_be_known(&self) -> Result<bool> {
        Ok(self.settled && self.stamp.is_at_rest())
    }

    fn key(&self) -> String {
        let whole = std::path::absolute(self.path).unwrap_or_else(|_| self.path.clone());
        whole.to_string_lossy().into_owned()
    }
}

fn stat(file: &File, path: &std::path::Path) -> Result<Metadata> {
    file.metadata().map_err(|e| io_error("look at", path, &e))
}

fn changed(path: &std::path::Path, how: &str) -> Box<Error> {
    Error::new(
        Code::SourceChanged,
        format!("{} changed while it was read: {how}; nothing of it was stored", shown(path)),
    )
    .hint("wait until whatever writes it is done, and try again")
    .at(shown(path))
}

#[cfg(test)]
#[path = "ingest_tests.rs"]
mod tests;
