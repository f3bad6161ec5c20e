//! Hashing what a remote holds, and keeping nothing of it.

use std::path::Path;

use super::too_many_bytes;
use crate::blob::OfBlob;
use crate::blob::stream::{self, Named, Work};
use crate::fs::read::open_regular;
use refmark_engine::ports::blob::{Arrival, BlobRemote};
use refmark_engine::ports::{Cancel, Progress};
use refmark_types::digest::{Digest, Hasher};
use refmark_types::error::{Code, Error, Result};

struct Hashed<'a> {
    hasher: Hasher,
    size: u64,
    whole: Option<Digest>,
    work: Work<'a>,
}

impl Arrival for Hashed<'_> {
    fn here(&self) -> u64 {
        self.size
    }

    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.work.cancel.check()?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        self.work.progress.advance(bytes.len() as u64);
        Ok(())
    }

    fn take_file(&mut self, from: &Path, size: u64) -> Result<()> {
        let Some(file) = open_regular(from)? else {
            return Err(Error::new(Code::Absent, format!("{} is not there any more", from.display())));
        };
        let passed = stream::hash(Named { file: &file, path: from }, size, None, self.work)?;
        (self.whole, self.size) = (Some(passed.digest), passed.size);
        Ok(())
    }
}

/// Fetches a blob of this size and hashes it. An error of code `damaged` where it is something else.
pub fn hash_at(
    remote: &dyn BlobRemote,
    digest: &Digest,
    size: u64,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let mut hashed = Hashed { hasher: Hasher::new(), size: 0, whole: None, work: Work { progress, cancel } };
    remote.fetch(digest, &mut hashed, size, cancel)?;
    let found = hashed.whole.unwrap_or_else(|| hashed.hasher.finish());
    if found == *digest {
        return Ok(());
    }
    let message = format!("{} has wrong bytes for blob {}: they hash to {found}", remote.name(), digest.short());
    Err(wrong(digest, message, &remote.name()).field("found", found))
}

/// The error for a blob that a remote holds with another size.
pub fn wrong_size(digest: &Digest, expected: u64, found: u64, remote: &str) -> Box<Error> {
    if found > expected {
        return too_many_bytes(digest, expected, found, remote).field("remote", remote);
    }
    let message = format!("{remote} has {found} bytes for blob {}, which has {expected}", digest.short());
    wrong(digest, message, remote).field("expected", expected).field("found", found)
}

fn wrong(digest: &Digest, message: String, remote: &str) -> Box<Error> {
    Error::new(Code::Damaged, message).field("digest", digest).caused_by(OfBlob(*digest)).field("remote", remote)
}
