//! Other places that hold blobs, and those who want to see bytes on their way into the store.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Cancel, Progress};
use refmark_types::digest::Digest;
use refmark_types::error::Result;
use refmark_types::time::Timestamp;

/// A place other than the local store that holds blobs: a folder on a mount, an object store, a web server.
///
/// Nobody trusts a remote: what it gives is hashed on arrival by the caller. All calls block and may come from several
/// threads.
pub trait BlobRemote: Send + Sync {
    /// What messages call it, such as a folder's path or an address. Holds no credential.
    fn name(&self) -> String;

    /// An error where the place cannot be reached, or is not the one that was meant: a disk that is not mounted, another
    /// bucket under the same name. That must never read as "absent", nor be written to.
    fn ready(&self) -> Result<()>;

    /// Whether blobs can be stored there at all.
    fn writable(&self) -> bool {
        true
    }

    /// How many calls it serves well at a time.
    fn side_by_side(&self) -> usize {
        4
    }

    /// The size in bytes of this blob, or none where it is not held.
    fn has(&self, digest: &Digest) -> Result<Option<u64>>;

    /// Those of these blobs that are held, with their sizes in bytes.
    fn held(&self, digests: &[Digest], cancel: &Cancel) -> Result<BTreeMap<Digest, u64>> {
        let mut held = BTreeMap::new();
        for digest in digests {
            cancel.check()?;
            if let Some(size) = self.has(digest)? {
                held.insert(*digest, size);
            }
        }
        Ok(held)
    }

    /// Hands the blob's bytes to `into`, in order, from where `into` says that it stands. An error of code `absent` where
    /// the blob is not held, and of code `damaged`, before another byte is taken, where it has more than `limit` bytes.
    fn fetch(&self, digest: &Digest, into: &mut dyn Arrival, limit: u64, cancel: &Cancel) -> Result<()>;

    /// Stores the blob from the file at `from`, durably and whole or not at all, and calls `progress.advance` with bytes.
    /// False where it was held already. An error of code `damaged`, with nothing stored, where the file does not have this
    /// digest.
    fn store(&self, digest: &Digest, from: &Path, progress: &dyn Progress, cancel: &Cancel) -> Result<bool>;

    /// Names each blob that is held, in no certain order. An error of `each` ends the listing.
    fn list(&self, each: &mut dyn FnMut(Held) -> Result<()>) -> Result<()>;

    /// Removes the blob. False where it was not held.
    fn remove(&self, digest: &Digest) -> Result<bool>;
}

/// A blob that a remote holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Its digest, as the remote has it in its name.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// When it came or was last changed, where the remote tells.
    pub since: Option<Timestamp>,
}

/// Takes a blob's bytes on their way in, hashes and writes them.
pub trait Arrival {
    /// How many bytes are here from an earlier try: a fetch goes on behind them.
    fn here(&self) -> u64;

    /// The next bytes.
    fn take(&mut self, bytes: &[u8]) -> Result<()>;

    /// All bytes, from a file of this machine, whatever came before.
    fn take_file(&mut self, from: &Path, size: u64) -> Result<()>;
}

/// Sees a file's bytes, in order and all of them, while it is stored: digests of tensors need no second pass.
pub trait Observer: Send {
    /// What kind of result this gives, with its version, such as `tensors-1`: lower-case letters, digits and `-`.
    /// Results are kept by digest and kind, so that a file that is known needs no reading.
    fn kind(&self) -> &'static str;

    /// Whether a result that was kept for a file of this digest is what this observer would give.
    fn accepts(&self, _kept: &[u8]) -> bool {
        true
    }

    /// The next bytes of the file.
    fn take(&mut self, bytes: &[u8]);

    /// The result, at most 16 MiB, once the last byte was taken.
    fn finish(self: Box<Self>) -> Vec<u8>;
}
