//! Hashing what is stored, on every core.

use super::error::OfBlob;
use std::collections::BTreeMap;
use std::sync::Mutex;

use super::store::{Presence, Store, Wrong};
use super::stream::{self, LARGE, Named, Work};
use crate::fs::disk::shown;
use crate::fs::parallel::{cores, for_each, locked};
use refmark_engine::ports::blob::Observer;
use refmark_engine::ports::{Cancel, Progress, Unit};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};

/// What a verification of blobs found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Blobs that were read whole and are what they are named.
    pub good: u64,
    /// Bytes read.
    pub bytes: u64,
    /// An error of code `damaged` for each blob that is not, or was not when it was read last and has not come back; it was
    /// moved to `damaged/`. In order of digests.
    pub damaged: Vec<(Digest, Box<Error>)>,
    /// An error of code `io` or `read-only` for each blob that the disk would not give. It stays where it is. In order.
    pub unreadable: Vec<(Digest, Box<Error>)>,
    /// Asked for and not here: not damaged, only elsewhere. In order.
    pub absent: Vec<Digest>,
}

/// Who looks at a blob while it is hashed, if anybody does.
pub type Watch<'a> = dyn Fn(&Digest) -> Option<Box<dyn Observer>> + Sync + 'a;

impl Store {
    /// Reads and hashes these blobs, or all where `which` is none. Damaged ones are moved away and reported, not a
    /// error of the call, and so are those that cannot be read. Errors: `io` where the store cannot be listed, `cancelled`.
    pub fn verify(&self, which: Option<&[Digest]>, progress: &dyn Progress, cancel: &Cancel) -> Result<Verified> {
        self.verify_watched(which, &|_| None, progress, cancel).map(|(found, _)| found)
    }

    /// The same; `watch` looks at the bytes on the way, and what it saw is given for each blob that is what it is named.
    pub fn verify_watched(
        &self,
        which: Option<&[Digest]>,
        watch: &Watch<'_>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(Verified, BTreeMap<Digest, Vec<u8>>)> {
        let mut found = Verified::default();
        let mut todo = Vec::new();
        match which {
            None => self.list(&mut |digest, size| {
                todo.push((digest, size));
                Ok(())
            })?,
            Some(which) => {
                for digest in which.iter().collect::<std::collections::BTreeSet<_>>() {
                    match self.presence(digest)? {
                        Presence::Present { size } => todo.push((*digest, size)),
                        Presence::Absent => match self.moved_away(digest) {
                            Some(error) => found.damaged.push((*digest, error)),
                            None => found.absent.push(*digest),
                        },
                    }
                }
            }
        }
        progress.start("verifying files", Some(todo.iter().map(|(_, size)| size).sum()), Unit::Bytes);
        let found = Mutex::new((found, BTreeMap::new()));
        // The largest first, so that no core is left alone with one at the end.
        todo.sort_by_key(|(digest, size)| (std::cmp::Reverse(*size), *digest));
        let work = Work { progress, cancel };
        // Alone, a large file gets a thread for reading; among many, each core reads and hashes its own.
        let alone = todo.iter().filter(|(_, size)| *size >= LARGE).count() < cores();
        let done = for_each(cores(), &todo, |(digest, size)| {
            let mut observer = watch(digest);
            let seeing: Option<&mut dyn Observer> = match &mut observer {
                Some(observer) => Some(&mut **observer),
                None => None,
            };
            let checked = self.check_bytes(digest, if alone { *size } else { 0 }, seeing, work);
            let (found, seen) = &mut *locked(&found);
            match checked {
                Ok(None) => {
                    found.good += 1;
                    seen.extend(observer.map(|observer| (*digest, observer.finish())));
                }
                Ok(Some(error)) => found.damaged.push((*digest, error)),
                Err(error) if error.code == Code::Cancelled => return Err(error),
                // Deleted since it was listed.
                Err(error) if error.code == Code::Absent && which.is_none() => return Ok(()),
                Err(error) if error.code == Code::Absent => found.absent.push(*digest),
                Err(error) => found.unreadable.push((*digest, error)),
            }
            found.bytes += size;
            Ok(())
        });
        progress.finish();
        done?;
        let (mut found, seen) = found.into_inner().unwrap_or_else(|poison| poison.into_inner());
        found.damaged.sort_by_key(|(digest, _)| *digest);
        found.unreadable.sort_by_key(|(digest, _)| *digest);
        found.absent.sort();
        Ok((found, seen))
    }

    /// The error of a blob that is not here because its bytes were wrong: it stays damaged, and is not merely elsewhere,
    /// until a good copy is here.
    pub fn moved_away(&self, digest: &Digest) -> Option<Box<Error>> {
        let place = self.area().join("damaged").join(digest.hex());
        place.symlink_metadata().ok()?;
        let what = format!("blob {} was damaged, and no good copy has come since", digest.short());
        let error = Error::new(Code::Damaged, what)
            .hint(
                Hint::of(
                    "its bytes are in damaged/ with the reason; register the file again, or fetch it from a remote: ",
                )
                .then(Next::Sync),
            )
            .field("digest", digest)
            .caused_by(OfBlob(*digest))
            .field("moved_to", shown(&place));
        Some(error)
    }

    /// Hashes one blob; the error of a damaged one, which was moved away. `weight` is its size in bytes where threads of
    /// its own are worth it.
    pub(super) fn check_bytes(
        &self,
        digest: &Digest,
        weight: u64,
        observer: Option<&mut dyn Observer>,
        work: Work<'_>,
    ) -> Result<Option<Box<Error>>> {
        let path = self.place_of(digest);
        let (file, _) = self.open_raw(digest)?;
        let passed = stream::hash(Named { file: &file, path: &path }, weight, observer, work)?;
        Ok((passed.digest != *digest).then(|| self.quarantine(digest, &Wrong::Bytes { found: passed.digest }, path)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use super::super::ingest::Source;
    use super::super::store::error_of;
    use super::*;
    use refmark_engine::ports::Silent;

    fn filled(dir: &std::path::Path, contents: &[&[u8]]) -> (Store, Vec<Digest>) {
        let store = Store::open(&dir.join("refmark"));
        let sources = contents.iter().enumerate().map(|(n, bytes)| {
            let path = dir.join(n.to_string());
            std::fs::write(&path, bytes).unwrap();
            Source { path, observer: None }
        });
        let done = store.ingest(sources.collect(), &Silent, &Cancel::default()).unwrap();
        (store, done.into_iter().map(|one| one.digest).collect())
    }

    fn damage(store: &Store, digest: &Digest, bytes: &[u8]) {
        let path = store.place_of(digest);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn a_flipped_bit_is_found_moved_away_with_its_reason_and_stays_damaged_until_a_good_copy_is_here() {
        let dir = tempfile::tempdir().unwrap();
        let (store, digests) = filled(dir.path(), &[b"one", b"two", b"three"]);
        damage(&store, &digests[1], b"twO");
        let elsewhere = Digest::of(b"elsewhere");
        let asked: Vec<_> = digests.iter().copied().chain([elsewhere]).collect();
        let found = store.verify(Some(&asked), &Silent, &Cancel::default()).unwrap();
        assert_eq!((found.good, found.bytes, found.absent), (2, 11, vec![elsewhere]));
        let (digest, error) = &found.damaged[0];
        assert_eq!((digest, error.code), (&digests[1], Code::Damaged));
        assert_eq!(error.fields["found"].as_str(), Some(Digest::of(b"twO").hex().as_str()));
        let damaged = store.area().join("damaged");
        assert_eq!(std::fs::read(damaged.join(digests[1].hex())).unwrap(), b"twO");
        let reason = std::fs::read_to_string(damaged.join(format!("{}.reason.json", digests[1]))).unwrap();
        assert!(reason.contains(&Digest::of(b"twO").hex()));
        assert_eq!(store.presence(&digests[1]).unwrap(), Presence::Absent);
        assert_eq!(store.verify(None, &Silent, &Cancel::default()).unwrap().good, 2);
        let again = store.verify(Some(&asked), &Silent, &Cancel::default()).unwrap();
        assert_eq!((again.damaged[0].0, again.absent), (digests[1], vec![elsewhere]), "it is not merely elsewhere");
        std::fs::write(dir.path().join("again"), "two").unwrap();
        let back = Source { path: dir.path().join("again"), observer: None };
        store.ingest(vec![back], &Silent, &Cancel::default()).unwrap();
        let mended = store.verify(Some(&asked), &Silent, &Cancel::default()).unwrap();
        assert_eq!((mended.good, mended.damaged.len()), (3, 0), "until a good copy is here");
    }

    #[test]
    fn a_reader_of_damaged_bytes_gets_an_error_instead_of_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let (store, digests) = filled(dir.path(), &[b"one", b"two"]);
        assert_eq!(store.read(&digests[0], 3).unwrap(), b"one");
        assert_eq!(store.read(&digests[0], 2).unwrap_err().code, Code::TooLarge);
        damage(&store, &digests[1], b"twO");
        let mut bytes = Vec::new();
        let error = store.open_blob(&digests[1]).unwrap().read_to_end(&mut bytes).unwrap_err();
        assert_eq!(error_of(error).unwrap().code, Code::Damaged);
        assert_eq!(store.open_blob(&digests[1]).err().unwrap().code, Code::Absent);
        assert_eq!(store.path(&digests[0], Some(3)).unwrap(), store.place_of(&digests[0]));
        assert_eq!(store.path(&digests[0], Some(4)).unwrap_err().code, Code::Damaged);
    }
}
