//! What observers made of a blob, kept by digest and kind, so that a file that is known needs no second reading.
//!
//! Derived and checked: 32 bytes of SHA-256, then the bytes. What is torn or altered is taken for absent.

use std::path::PathBuf;

use super::store::Store;
use refmark_types::digest::Digest;

/// A larger result is not kept.
const MAX_BYTES: usize = 16 << 20;

impl Store {
    /// What an observer of this kind made of the blob, where that is kept.
    pub fn extra(&self, digest: &Digest, kind: &str) -> Option<Vec<u8>> {
        let mut bytes = std::fs::read(self.extra_path(digest, kind)).ok()?;
        let (sum, body) = bytes.split_at_checked(32)?;
        if Digest::of(body).as_bytes() != sum {
            return None;
        }
        Some(bytes.split_off(32))
    }

    /// Keeps a result. It can be made again, so nothing is synced and a failure is no error.
    pub(super) fn keep_extra(&self, digest: &Digest, kind: &str, bytes: &[u8]) {
        if bytes.len() > MAX_BYTES {
            return;
        }
        let path = self.extra_path(digest, kind);
        let Ok(temporary) = self.temporary_path() else { return };
        let whole = [Digest::of(bytes).as_bytes(), bytes].concat();
        let written = self.disk().write_cache(&temporary.path, &whole, 0o644);
        if let (Ok(()), Some(folder)) = (written, path.parent())
            && self.disk().make_dirs(folder).is_ok()
        {
            let _ = self.disk().rename(&temporary.path, &path);
        }
    }

    fn extra_path(&self, digest: &Digest, kind: &str) -> PathBuf {
        let hex = digest.hex();
        let folder = hex.get(..2).unwrap_or_default();
        self.area().join("extra").join(kind).join(folder).join(&hex)
    }
}
