//! Between the local store and other places: fetched on first use and hashed on arrival, pushed where it is missing.

use super::error::OfBlob;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::store::{Presence, Store, Wrong, absent};
use super::stream::{self, Named, Work};
use crate::fs::disk::{Disk, shown, sync_dirs};
use crate::fs::parallel::{for_each, locked};
use crate::fs::read::open_regular;
use refmark_engine::ports::blob::BlobRemote;
use refmark_engine::ports::{Cancel, Progress, Silent, Unit};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};

/// Transfers that run side by side.
const SIDE_BY_SIDE: usize = 4;

/// What a transfer did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transferred {
    /// Blobs that were not there before.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that were there already.
    pub were_there: u64,
    /// Errors of remotes that another remote made good: wrong bytes, no answer. Worth telling.
    pub passed_over: Vec<Error>,
}

impl Store {
    /// Fetches those of these blobs that are not here, each from the first remote that gives the right bytes, and
    /// returns once they are on the disk. Wrong bytes are never stored.
    ///
    /// Errors: `absent` with all `digests` that no remote holds; `damaged`, with the field `remote`, where bytes came
    /// and none were right; the remote's own error where it failed and no other could help; `cancelled`.
    pub fn fetch_absent(
        &self,
        digests: &[Digest],
        remotes: &[Arc<dyn BlobRemote>],
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Transferred> {
        let unsized_ones: Vec<(Digest, Option<u64>)> = digests.iter().map(|digest| (*digest, None)).collect();
        self.fetch_absent_sized(&unsized_ones, remotes, progress, cancel)
    }

    /// The same, where the sizes of some are known: of no remote more bytes are taken than that.
    pub fn fetch_absent_sized(
        &self,
        digests: &[(Digest, Option<u64>)],
        remotes: &[Arc<dyn BlobRemote>],
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Transferred> {
        let mut todo = Vec::new();
        let wanted: BTreeMap<&Digest, Option<u64>> = digests.iter().map(|(digest, size)| (digest, *size)).collect();
        let mut done = Transferred::default();
        for (digest, size) in wanted {
            match self.presence(digest)? {
                Presence::Present { .. } => done.were_there += 1,
                Presence::Absent => todo.push((*digest, size)),
            }
        }
        if todo.is_empty() {
            return Ok(done);
        }
        progress.start("fetching files", None, Unit::Bytes);
        let (done, missing, folders) = (Mutex::new(done), Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let work = Work { progress, cancel };
        let result = for_each(SIDE_BY_SIDE, &todo, |(digest, size)| {
            let mut errors = Vec::new();
            let fetched = self.fetch_one((digest, *size), remotes, work, &folders, &mut errors)?;
            let mut done = locked(&done);
            match fetched {
                Some(size) => {
                    done.blobs += 1;
                    done.bytes += size;
                    done.passed_over.append(&mut errors);
                }
                None if errors.is_empty() => locked(&missing).push(*digest),
                None => return Err(Box::new(errors.swap_remove(worst(&errors)))),
            }
            Ok(())
        });
        // Also after an error: what was fetched stays.
        let synced = sync_dirs(self.disk(), locked(&folders).drain(..));
        progress.finish();
        result.and(synced)?;
        let mut missing = missing.into_inner().unwrap_or_else(|poison| poison.into_inner());
        missing.sort();
        if !missing.is_empty() {
            let names: Vec<String> = remotes.iter().map(|remote| remote.name()).collect();
            if let [one] = &missing[..]
                && let Some(error) = self.moved_away(one)
            {
                return Err(error.field("remotes", names));
            }
            return Err(absent(&missing).field("remotes", names));
        }
        Ok(done.into_inner().unwrap_or_else(|poison| poison.into_inner()))
    }

    /// The size of the blob once it is here; none, with the errors on the way, where no remote could give it.
    fn fetch_one(
        &self,
        (digest, known_size): (&Digest, Option<u64>),
        remotes: &[Arc<dyn BlobRemote>],
        work: Work<'_>,
        folders: &Mutex<Vec<PathBuf>>,
        errors: &mut Vec<Error>,
    ) -> Result<Option<u64>> {
        for remote in remotes {
            let temporary = self.temporary_path()?;
            let limit = known_size.unwrap_or(u64::MAX);
            let fetched = remote.fetch(digest, &temporary.path, limit, work.progress, work.cancel);
            work.cancel.check()?;
            match fetched {
                Ok(()) => {}
                Err(error) if error.code == Code::Absent => continue,
                // Our own disk: no other remote can help.
                Err(error) if error.code == Code::NoSpace => return Err(error),
                Err(error) => {
                    errors.push(*error.field("remote", remote.name()));
                    continue;
                }
            }
            let Some(file) = open_regular(&temporary.path)? else { continue };
            let size = file.metadata().map_or(0, |found| found.len());
            let silent = Work { progress: &Silent, ..work };
            let passed = stream::hash(Named { file: &file, path: &temporary.path }, size, None, silent)?;
            if passed.digest != *digest {
                errors.push(*wrong_bytes(digest, passed.digest, &remote.name()));
                continue;
            }
            self.seal(&file, &temporary)?;
            self.place(temporary, digest, passed.size, folders)?;
            return Ok(Some(passed.size));
        }
        Ok(None)
    }

    /// Gives a remote those of these blobs that it lacks. Errors: `absent` where one is not here, `damaged` where one
    /// is not what it is named (it is moved away, and nothing of it is stored), those of the remote, `cancelled`.
    pub fn push(
        &self,
        digests: &[Digest],
        remote: &dyn BlobRemote,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Transferred> {
        let (mut todo, mut done, mut missing) = (Vec::new(), Transferred::default(), Vec::new());
        for digest in digests.iter().collect::<BTreeSet<_>>() {
            cancel.check()?;
            if remote.has(digest)?.is_some() {
                done.were_there += 1;
                continue;
            }
            match self.presence(digest)? {
                Presence::Present { size } => todo.push((*digest, size)),
                Presence::Absent => missing.push(*digest),
            }
        }
        if !missing.is_empty() {
            return Err(absent(&missing));
        }
        progress.start("pushing files", Some(todo.iter().map(|(_, size)| size).sum()), Unit::Bytes);
        let done = Mutex::new(done);
        let result = for_each(SIDE_BY_SIDE, &todo, |(digest, size)| {
            let path = self.place_of(digest);
            let stored = match remote.store(digest, &path, progress, cancel) {
                Err(error) if error.code == Code::Damaged => {
                    let silent = Work { progress: &Silent, cancel };
                    return Err(self.check_bytes(digest, *size, None, silent)?.unwrap_or(error));
                }
                stored => stored?,
            };
            let mut done = locked(&done);
            done.blobs += u64::from(stored);
            done.were_there += u64::from(!stored);
            done.bytes += if stored { *size } else { 0 };
            Ok(())
        });
        progress.finish();
        result?;
        Ok(done.into_inner().unwrap_or_else(|poison| poison.into_inner()))
    }
}

/// Wrong bytes are worth more attention than no answer.
fn worst(errors: &[Error]) -> usize {
    errors.iter().position(|error| error.code == Code::Damaged).unwrap_or(0)
}

fn too_many_bytes(digest: &Digest, expected: u64, found: u64, remote: &str) -> Box<Error> {
    let message =
        format!("remote {remote} has {found} bytes for blob {}, which has {expected}: none was taken", digest.short());
    Error::new(Code::Damaged, message)
        .field("digest", digest)
        .caused_by(OfBlob(*digest))
        .field("expected", expected)
        .field("found", found)
        .hint("use another remote, and find out what is wrong with that one")
}

fn wrong_bytes(digest: &Digest, found: Digest, remote: &str) -> Box<Error> {
    let mut error = Wrong::Bytes { found }.error(digest);
    error.message = format!("remote {remote} gave wrong bytes for blob {}: they hash to {found}", digest.short());
    error
        .field("remote", remote)
        .hint("nothing of it was stored; use another remote, and find out what is wrong with that one")
}

/// A folder in the store's layout, such as one on a mount or a removable disk. Given a folder that holds `blobs`, it is
/// that one: so another registry's blob folder can be named, too.
pub struct FolderRemote {
    store: Store,
    /// A file that lies in the folder while it is the one that was meant.
    mark: Option<PathBuf>,
}

impl FolderRemote {
    /// The remote in this folder. Touches nothing; the first write makes the folder's own subfolders.
    pub fn open(folder: &std::path::Path, disk: Arc<dyn Disk>) -> FolderRemote {
        let store = match folder.join("blobs") {
            blobs if blobs.is_dir() => Store::with_disk(folder, disk),
            _ => Store::flat(folder, disk),
        };
        FolderRemote { store, mark: None }
    }

    /// The same folder, that counts only while this file lies in it.
    #[must_use]
    pub fn marked(self, mark: &str) -> FolderRemote {
        let mark = Some(self.store.area().join(mark));
        FolderRemote { mark, ..self }
    }

    /// An error where the folder is not there, or is not the one that was meant: a disk that is not mounted, or another one
    /// in its place. That must never read as "absent", nor be written to.
    pub fn mounted(&self) -> Result<()> {
        let folder = self.store.area();
        if !folder.is_dir() {
            return Err(Error::new(Code::Io, format!("the remote folder {} is not there", shown(folder)))
                .hint("mount the disk, or create the folder if it is new")
                .at(shown(folder)));
        }
        match &self.mark {
            Some(mark) if !mark.is_file() => Err(Error::new(
                Code::Io,
                format!("{} is not the folder that was added as a remote: its mark is gone", shown(folder)),
            )
            .hint(
                "if its disk is not mounted, mount it; if it was emptied or moved, remove the remote and add it again",
            )
            .field("mark", shown(mark))
            .at(shown(folder))),
            _ => Ok(()),
        }
    }
}

impl BlobRemote for FolderRemote {
    fn name(&self) -> String {
        shown(self.store.area())
    }

    fn has(&self, digest: &Digest) -> Result<Option<u64>> {
        self.mounted()?;
        Ok(match self.store.presence(digest)? {
            Presence::Present { size } => Some(size),
            Presence::Absent => None,
        })
    }

    fn fetch(
        &self,
        digest: &Digest,
        to: &std::path::Path,
        limit: u64,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<()> {
        self.mounted()?;
        let (from, size) = self.store.open_raw(digest)?;
        if size > limit {
            return Err(too_many_bytes(digest, limit, size, &self.name()));
        }
        let into = self.store.disk().create_new(to, 0o600)?;
        let path = self.store.place_of(digest);
        stream::copy_only(
            Named { file: &from, path: &path },
            Named { file: &into, path: to },
            size,
            Work { progress, cancel },
        )
    }

    fn store(&self, digest: &Digest, from: &std::path::Path, progress: &dyn Progress, cancel: &Cancel) -> Result<bool> {
        self.mounted()?;
        let Some(source) = open_regular(from)? else { return Err(absent(&[*digest])) };
        let size = source.metadata().map_or(0, |found| found.len());
        if self.store.presence(digest)? == (Presence::Present { size }) {
            return Ok(false);
        }
        let (copy, temporary) = self.store.temporary()?;
        let work = Work { progress, cancel };
        let passed = stream::copy(
            Named { file: &source, path: from },
            Named { file: &copy, path: &temporary.path },
            size,
            None,
            work,
        )?;
        if passed.digest != *digest {
            return Err(Wrong::Bytes { found: passed.digest }.error(digest).at(shown(from)));
        }
        self.store.seal(&copy, &temporary)?;
        let folders = Mutex::default();
        let new = self.store.place(temporary, digest, passed.size, &folders)?;
        sync_dirs(self.store.disk(), locked(&folders).drain(..))?;
        Ok(new)
    }

    fn list(&self, each: &mut dyn FnMut(Digest, u64) -> Result<()>) -> Result<()> {
        self.mounted()?;
        self.store.list(each)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::ingest::Source;
    use super::*;
    use crate::fs::disk::RealDisk;

    fn remote_in(path: &Path) -> FolderRemote {
        FolderRemote::open(path, Arc::new(RealDisk))
    }

    fn quiet() -> (Silent, Cancel) {
        (Silent, Cancel::default())
    }

    fn filled(dir: &Path, contents: &[&[u8]]) -> (Store, Vec<Digest>) {
        std::fs::create_dir_all(dir).unwrap();
        let store = Store::open(&dir.join("refmark"));
        let sources = contents.iter().enumerate().map(|(n, bytes)| {
            let path = dir.join(n.to_string());
            std::fs::write(&path, bytes).unwrap();
            Source { path, observer: None }
        });
        let done = store.ingest(sources.collect(), &Silent, &Cancel::default()).unwrap();
        (store, done.into_iter().map(|one| one.digest).collect())
    }

    fn folder(dir: &Path, name: &str) -> (PathBuf, Arc<dyn BlobRemote>) {
        let path = dir.join(name);
        std::fs::create_dir_all(&path).unwrap();
        (path.clone(), Arc::new(remote_in(&path)))
    }

    #[test]
    fn a_folder_is_a_remote_in_both_layouts() {
        for layout in ["flat", "flat/blobs"] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(dir.path().join(layout)).unwrap();
            crate::testing::blob_remote::conforms(&remote_in(&dir.path().join("flat")), dir.path());
        }
    }

    #[test]
    fn what_was_pushed_to_a_folder_comes_back_to_an_empty_store() {
        let dir = tempfile::tempdir().unwrap();
        let (silent, cancel) = quiet();
        let (store, digests) = filled(&dir.path().join("a"), &[b"one", b"two"]);
        let (_, remote) = folder(dir.path(), "mount");
        let pushed = store.push(&digests, &*remote, &silent, &cancel).unwrap();
        assert_eq!((pushed.blobs, pushed.bytes, pushed.were_there), (2, 6, 0));
        assert_eq!(store.push(&digests, &*remote, &silent, &cancel).unwrap().were_there, 2);
        let empty = Store::open(&dir.path().join("b"));
        let fetched = empty.fetch_absent(&digests, &[remote], &silent, &cancel).unwrap();
        assert_eq!((fetched.blobs, fetched.bytes), (2, 6));
        assert_eq!(empty.read(&digests[1], 10).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(empty.area().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn wrong_bytes_of_a_remote_name_it_are_never_stored_and_the_next_remote_helps() {
        let dir = tempfile::tempdir().unwrap();
        let (silent, cancel) = quiet();
        let (good, digests) = filled(&dir.path().join("a"), &[b"one"]);
        let (bad_path, bad) = folder(dir.path(), "bad");
        let place = Store::flat(&bad_path, Arc::new(RealDisk)).place_of(&digests[0]);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(&place, "0ne").unwrap();
        let empty = Store::open(&dir.path().join("b"));
        let error = empty.fetch_absent(&digests, &[Arc::clone(&bad)], &silent, &cancel).unwrap_err();
        assert_eq!((error.code, error.fields["remote"].as_str()), (Code::Damaged, bad_path.to_str()));
        assert_eq!(empty.presence(&digests[0]).unwrap(), Presence::Absent);
        let other: Arc<dyn BlobRemote> = Arc::new(remote_in(good.area()));
        let fetched = empty.fetch_absent(&digests, &[bad, other], &silent, &cancel).unwrap();
        assert_eq!((fetched.blobs, fetched.passed_over.len()), (1, 1));
        assert_eq!(empty.read(&digests[0], 10).unwrap(), b"one");
    }

    #[test]
    fn absent_everywhere_names_all_and_an_unmounted_disk_is_not_absence() {
        let dir = tempfile::tempdir().unwrap();
        let (silent, cancel) = quiet();
        let empty = Store::open(&dir.path().join("b"));
        let (_, remote) = folder(dir.path(), "mount");
        let digests = [Digest::of(b"x"), Digest::of(b"y")];
        let error = empty.fetch_absent(&digests, &[remote], &silent, &cancel).unwrap_err();
        assert_eq!((error.code, error.fields["count"].as_u64()), (Code::Absent, Some(2)));
        let gone: Arc<dyn BlobRemote> = Arc::new(remote_in(&dir.path().join("gone")));
        assert_eq!(empty.fetch_absent(&digests, &[gone], &silent, &cancel).unwrap_err().code, Code::Io);
        assert!(!dir.path().join("gone").exists());
    }

    #[test]
    fn a_damaged_blob_is_not_pushed_but_moved_away() {
        let dir = tempfile::tempdir().unwrap();
        let (silent, cancel) = quiet();
        let (store, digests) = filled(&dir.path().join("a"), &[b"one"]);
        std::fs::remove_file(store.place_of(&digests[0])).unwrap();
        std::fs::write(store.place_of(&digests[0]), "0ne").unwrap();
        let (_, remote) = folder(dir.path(), "mount");
        let error = store.push(&digests, &*remote, &silent, &cancel).unwrap_err();
        assert_eq!((error.code, error.fields.contains_key("moved_to")), (Code::Damaged, true));
        assert_eq!(remote.has(&digests[0]).unwrap(), None);
    }

    #[test]
    fn a_remote_that_has_a_terabyte_for_two_bytes_gives_none_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"ab");
        let (store, _) = filled(&dir.path().join("far"), &[b"ab"]);
        let path = store.place_of(&digest);
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        let remote: Arc<dyn BlobRemote> = Arc::new(remote_in(&dir.path().join("far/refmark")));
        let near = Store::open(&dir.path().join("near"));
        let (silent, cancel) = quiet();
        let error = near.fetch_absent_sized(&[(digest, Some(2))], &[remote], &silent, &cancel).unwrap_err();
        assert_eq!(error.code, Code::Damaged);
        assert_eq!(near.presence(&digest).unwrap(), Presence::Absent);
    }
}
