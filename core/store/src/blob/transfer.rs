//! Between the local store and other places: fetched on first use and hashed on arrival, pushed where it is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::arrival::Incoming;
use super::store::{Presence, Store, Wrong, absent};
use super::stream::Work;
use crate::fs::durable::sync_dirs;
use crate::fs::parallel::{for_each, locked};
use refmark_engine::ports::blob::BlobRemote;
use refmark_engine::ports::{Cancel, Progress, Silent, Unit};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};

/// What a transfer did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transferred {
    /// Blobs that were not there before.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that were there already.
    pub were_there: u64,
    /// Blobs that no remote holds.
    pub missing: Vec<Digest>,
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
        let done = self.fetch_held(digests, remotes, progress, cancel)?;
        if done.missing.is_empty() {
            return Ok(done);
        }
        let names: Vec<String> = remotes.iter().map(|remote| remote.name()).collect();
        if let [one] = &done.missing[..]
            && let Some(error) = self.moved_away(one)
        {
            return Err(error.field("remotes", names));
        }
        Err(absent(&done.missing).field("remotes", names))
    }

    /// The same, and what no remote holds is no error: it is in `missing`, in order.
    pub fn fetch_held(
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
        let total = todo.iter().map(|(_, size)| *size).sum();
        progress.start("fetching files", total, Unit::Bytes);
        let (done, folders) = (Mutex::new(done), Mutex::new(Vec::new()));
        let work = Work { progress, cancel };
        let threads = remotes.iter().map(|remote| remote.side_by_side()).max().unwrap_or(1);
        let result = for_each(threads, &todo, |(digest, size)| {
            let mut errors = Vec::new();
            let fetched = self.fetch_one((digest, *size), remotes, work, &folders, &mut errors)?;
            let mut done = locked(&done);
            match fetched {
                Some(size) => {
                    done.blobs += 1;
                    done.bytes += size;
                    done.passed_over.append(&mut errors);
                }
                None if errors.is_empty() => done.missing.push(*digest),
                None => return Err(Box::new(errors.swap_remove(worst(&errors)))),
            }
            Ok(())
        });
        // Also after an error: what was fetched stays.
        let synced = sync_dirs(self.disk(), locked(&folders).drain(..));
        progress.finish();
        result.and(synced)?;
        let mut done = done.into_inner().unwrap_or_else(|poison| poison.into_inner());
        done.missing.sort();
        Ok(done)
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
            let fetched = self.fetch_from(&**remote, digest, known_size.unwrap_or(u64::MAX), work, folders);
            work.cancel.check()?;
            match fetched {
                Ok(size) => return Ok(Some(size)),
                Err(error) if error.code == Code::Absent => {}
                // Our own disk: no other remote can help.
                Err(error) if error.code == Code::NoSpace => return Err(error),
                Err(error) => errors.push(*error.field("remote", remote.name())),
            }
        }
        Ok(None)
    }

    fn fetch_from(
        &self,
        remote: &dyn BlobRemote,
        digest: &Digest,
        limit: u64,
        work: Work<'_>,
        folders: &Mutex<Vec<PathBuf>>,
    ) -> Result<u64> {
        let mut incoming = Incoming::begin(self, digest, limit, work)?;
        loop {
            if let Err(error) = remote.fetch(digest, &mut incoming, limit, work.cancel) {
                // Where the disk is full, the space is wanted; where the bytes lie, there is nothing to go on from.
                if !matches!(error.code, Code::NoSpace | Code::Damaged) {
                    incoming.set_aside();
                }
                return Err(error);
            }
            let passed = incoming.passed();
            if passed.digest == *digest {
                let (file, temporary) = incoming.finish();
                self.seal(&file, &temporary)?;
                self.place(temporary, digest, passed.size, folders)?;
                return Ok(passed.size);
            }
            if !incoming.is_resumed() {
                return Err(wrong_bytes(digest, passed.digest, &remote.name()));
            }
            // The first part may be another remote's, or may not have reached the disk before the power went.
            incoming.start_over()?;
        }
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
        let digests: Vec<Digest> = digests.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let held = remote.held(&digests, cancel)?;
        let (mut todo, mut done, mut missing) = (Vec::new(), Transferred::default(), Vec::new());
        for digest in &digests {
            match (self.presence(digest)?, held.get(digest)) {
                (Presence::Present { size }, Some(there)) if size == *there => done.were_there += 1,
                // What has another size there is not the blob.
                (Presence::Present { size }, _) => todo.push((*digest, size)),
                (Presence::Absent, Some(_)) => done.were_there += 1,
                (Presence::Absent, None) => missing.push(*digest),
            }
        }
        if !missing.is_empty() {
            return Err(absent(&missing));
        }
        if todo.is_empty() {
            return Ok(done);
        }
        progress.start("pushing files", Some(todo.iter().map(|(_, size)| size).sum()), Unit::Bytes);
        let done = Mutex::new(done);
        let result = for_each(remote.side_by_side(), &todo, |(digest, size)| {
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

fn wrong_bytes(digest: &Digest, found: Digest, remote: &str) -> Box<Error> {
    let mut error = Wrong::Bytes { found }.error(digest);
    error.message = format!("remote {remote} gave wrong bytes for blob {}: they hash to {found}", digest.short());
    error
        .field("remote", remote)
        .hint("nothing of it was stored; use another remote, and find out what is wrong with that one")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::ingest::Source;
    use super::*;
    use crate::fs::disk::RealDisk;
    use crate::remote::FolderRemote;
    use refmark_engine::ports::blob::{Arrival, Held};

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

    /// A remote that breaks off after so many bytes.
    struct Breaking(Vec<u8>, usize);

    impl BlobRemote for Breaking {
        fn name(&self) -> String {
            "breaking".to_owned()
        }
        fn ready(&self) -> Result<()> {
            Ok(())
        }
        fn has(&self, _: &Digest) -> Result<Option<u64>> {
            Ok(Some(self.0.len() as u64))
        }
        fn fetch(&self, _: &Digest, into: &mut dyn Arrival, _: u64, _: &Cancel) -> Result<()> {
            let here = usize::try_from(into.here()).unwrap();
            into.take(&self.0[here..self.1])?;
            match self.1 == self.0.len() {
                true => Ok(()),
                false => Err(Error::new(Code::Unreachable, "the line broke")),
            }
        }
        fn store(&self, _: &Digest, _: &Path, _: &dyn Progress, _: &Cancel) -> Result<bool> {
            Ok(false)
        }
        fn list(&self, _: &mut dyn FnMut(Held) -> Result<()>) -> Result<()> {
            Ok(())
        }
        fn remove(&self, _: &Digest) -> Result<bool> {
            Ok(false)
        }
    }

    #[test]
    fn a_fetch_that_broke_goes_on_where_it_was_and_a_lying_first_half_spoils_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (silent, cancel) = quiet();
        let bytes = vec![7; 3 << 20];
        let digest = Digest::of(&bytes);
        let store = Store::open(&dir.path().join("a"));
        let fetch = |bytes: &[u8], end| {
            let remote: Arc<dyn BlobRemote> = Arc::new(Breaking(bytes.to_vec(), end));
            store.fetch_absent(&[digest], &[remote], &silent, &cancel)
        };
        assert_eq!(fetch(&bytes, 2 << 20).unwrap_err().code, Code::Unreachable);
        assert_eq!(std::fs::metadata(store.half_of(&digest)).unwrap().len(), 2 << 20);
        assert_eq!(store.presence(&digest).unwrap(), Presence::Absent, "half a blob is none");
        // Zeros at the front: were they asked for again, the digest would be wrong.
        let mut rest = bytes.clone();
        rest[..2 << 20].fill(0);
        assert_eq!(fetch(&rest, rest.len()).unwrap().blobs, 1);
        let store = Store::open(&dir.path().join("b"));
        let fetch = |bytes: &[u8], end| {
            let remote: Arc<dyn BlobRemote> = Arc::new(Breaking(bytes.to_vec(), end));
            store.fetch_absent(&[digest], &[remote], &silent, &cancel)
        };
        assert_eq!(fetch(&rest, 2 << 20).unwrap_err().code, Code::Unreachable);
        assert_eq!(fetch(&bytes, bytes.len()).unwrap().blobs, 1, "what another remote began wrongly is begun again");
        assert!(!store.half_of(&digest).exists());
    }

    #[test]
    fn what_a_killed_process_had_fetched_is_gone_on_from() {
        let dir = tempfile::tempdir().unwrap();
        let (silent, cancel) = quiet();
        let bytes = vec![7; 3 << 20];
        let digest = Digest::of(&bytes);
        let store = Store::open(dir.path());
        let mut name: Vec<String> = crate::fs::host::unique_name().split('.').map(str::to_owned).collect();
        name[2] = "1".to_owned();
        std::fs::create_dir(dir.path().join("tmp")).unwrap();
        std::fs::write(dir.path().join("tmp").join(format!("{}.{digest}", name.join("."))), &bytes[..2 << 20]).unwrap();
        let mut rest = bytes.clone();
        rest[..2 << 20].fill(0);
        let remote: Arc<dyn BlobRemote> = Arc::new(Breaking(rest, bytes.len()));
        assert_eq!(store.fetch_absent(&[digest], &[remote], &silent, &cancel).unwrap().blobs, 1);
        assert_eq!(std::fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
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
