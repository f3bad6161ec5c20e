//! Whether blobs are here and whole, at the price of a `stat` for each that this machine hashed since it last changed.

use std::collections::BTreeSet;

use super::stat_cache::Stamp;
use super::store::Store;
use super::verify::Verified;
use refmark_engine::ports::{Cancel, Progress};
use refmark_types::digest::Digest;
use refmark_types::error::Result;

impl Store {
    /// As [`Store::verify`] of these blobs, but what has the stamp with which it was hashed last is not read again:
    /// [`Verified::bytes`] counts only what was. Errors: `io` where the store cannot be read, `cancelled`.
    pub fn verify_changed(&self, which: &[Digest], progress: &dyn Progress, cancel: &Cancel) -> Result<Verified> {
        let unique: BTreeSet<Digest> = which.iter().copied().collect();
        let mut todo = Vec::new();
        let mut stamps = Vec::new();
        for digest in unique {
            let Some((key, stamp)) = self.stamp_of(&digest) else {
                todo.push(digest);
                continue;
            };
            if self.cache().get(&key, &stamp) != Some(digest) {
                todo.push(digest);
                stamps.push((key, stamp, digest));
            }
        }
        let known = (which.iter().collect::<BTreeSet<_>>().len() - todo.len()) as u64;
        if todo.is_empty() {
            return Ok(Verified { good: known, ..Verified::default() });
        }
        let mut found = self.verify(Some(&todo), progress, cancel)?;
        let bad = |digest: &Digest| {
            found.damaged.iter().chain(&found.unreadable).any(|(bad, _)| bad == digest) || found.absent.contains(digest)
        };
        // Only where nothing touched the file while it was hashed, and any later touch must show.
        stamps.retain(|(_, stamp, digest)| {
            stamp.is_at_rest() && !bad(digest) && self.stamp_of(digest).is_some_and(|(_, now)| now == *stamp)
        });
        self.cache().add(&stamps);
        found.good += known;
        Ok(found)
    }

    /// Where a blob lies and what the system says of it; nothing where it is not here.
    fn stamp_of(&self, digest: &Digest) -> Option<(String, Stamp)> {
        let place = self.place_of(digest);
        let found = std::fs::symlink_metadata(&place).ok().filter(std::fs::Metadata::is_file)?;
        let whole = std::path::absolute(&place).unwrap_or(place);
        Some((whole.to_string_lossy().into_owned(), Stamp::of(&found)))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::ingest::Source;
    use super::*;
    use refmark_engine::ports::Silent;
    use refmark_types::error::Code;

    fn ask(store: &Store, digests: &[Digest]) -> Verified {
        store.verify_changed(digests, &Silent, &Cancel::default()).unwrap()
    }

    #[test]
    fn what_was_hashed_and_has_not_changed_is_not_read_again_and_what_was_touched_is() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("refmark"));
        std::fs::write(dir.path().join("a"), "weights").unwrap();
        let source = Source { path: dir.path().join("a"), observer: None };
        let digest = store.ingest(vec![source], &Silent, &Cancel::default()).unwrap()[0].digest;
        let elsewhere = Digest::of(b"elsewhere");
        // As a file of yesterday: no change can hide in a tick of the clock.
        let place = store.place_of(&digest);
        let day = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
        std::fs::File::open(&place).unwrap().set_modified(day).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(150));

        let first = ask(&store, &[digest, digest, elsewhere]);
        assert_eq!((first.good, first.bytes, first.absent), (1, 7, vec![elsewhere]), "each is asked once");
        let again = ask(&Store::open(&dir.path().join("refmark")), &[digest]);
        assert_eq!((again.good, again.bytes), (1, 0), "another process knows it, too");

        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o644)).unwrap();
        std::fs::write(&place, "weightz").unwrap();
        std::fs::File::open(&place).unwrap().set_modified(day).unwrap();
        let touched = ask(&store, &[digest]);
        assert_eq!(touched.damaged[0].1.code, Code::Damaged, "its size and its time are as before");
    }
}
