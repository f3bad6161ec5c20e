//! Other places that hold blobs, and those who want to see bytes on their way into the store.

use std::path::Path;

use super::{Cancel, Progress};
use refmark_types::digest::Digest;
use refmark_types::error::Result;

/// A place other than the local store that holds blobs: a folder on a mount or a disk, later others.
///
/// Nobody trusts a remote: what it gives is hashed on arrival by the caller. All calls block and may come from several
/// threads.
pub trait BlobRemote: Send + Sync {
    /// What messages call it, such as a folder's path. Holds no credential.
    fn name(&self) -> String;

    /// The size in bytes of this blob, or none where it is not held.
    fn has(&self, digest: &Digest) -> Result<Option<u64>>;

    /// Writes the blob to a new file at `to`, and calls `progress.advance` with bytes. An error of code `absent` where
    /// it is not held, and of code `damaged`, before another byte is taken, where it has more than `limit` bytes. The file
    /// may be left half-written after an error: the caller owns and removes it.
    fn fetch(&self, digest: &Digest, to: &Path, limit: u64, progress: &dyn Progress, cancel: &Cancel) -> Result<()>;

    /// Stores the blob from the file at `from`, durably and whole or not at all. False where it was held already.
    /// An error of code `damaged`, with nothing stored, where the file does not have this digest.
    fn store(&self, digest: &Digest, from: &Path, progress: &dyn Progress, cancel: &Cancel) -> Result<bool>;

    /// Names each blob that is held, with its size in bytes, in no certain order. An error of `each` ends the listing.
    fn list(&self, each: &mut dyn FnMut(Digest, u64) -> Result<()>) -> Result<()>;
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
