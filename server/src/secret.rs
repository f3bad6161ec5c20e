//! The service's token: read from a file that nobody else can read, and compared in constant time.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use refmark_core::types::digest::Digest;

use crate::fatal::Fatal;

/// The largest token file, in bytes.
const FILE_LIMIT: u64 = 4096;
/// The shortest token, in bytes.
const SHORTEST: usize = 32;

/// A token, kept as its SHA-256: comparing digests takes the same time whatever the caller sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Digest);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Of this text.
    pub fn of(text: &[u8]) -> Secret {
        Secret(Digest::of(text))
    }

    /// Whether two secrets are one; the time does not depend on where they differ.
    pub fn is(&self, other: &Secret) -> bool {
        let pairs = self.0.as_bytes().iter().zip(other.0.as_bytes());
        std::hint::black_box(pairs.fold(0u8, |differ, (one, two)| differ | (one ^ two))) == 0
    }
}

impl From<Digest> for Secret {
    /// Of the text that has this SHA-256.
    fn from(digest: Digest) -> Secret {
        Secret(digest)
    }
}

/// Reads the token file. Nothing where the file is absent or empty and that is allowed (`optional`).
pub fn read(path: &Path, optional: bool) -> Result<Option<Secret>, Fatal> {
    let shown = path.display();
    let bad = |why: &str| Fatal::new(format!("the token file {shown} cannot be used: {why}"));
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && optional => return Ok(None),
        Err(error) => return Err(bad(&error.to_string())),
    };
    let meta = file.metadata().map_err(|error| bad(&error.to_string()))?;
    if !meta.is_file() {
        return Err(bad("it is not a regular file"));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(bad("others can read it; its mode must be 0600 or less"));
    }
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(|error| bad(&error.to_string()))?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(bad("it has over 4096 bytes"));
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim();
    if text.is_empty() && optional {
        return Ok(None);
    }
    if text.len() < SHORTEST {
        return Err(bad("the token is shorter than 32 bytes"));
    }
    if text.contains([' ', '\t', '\r', '\n']) {
        return Err(bad("the token holds white space"));
    }
    Ok(Some(Secret::of(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_token_file_that_others_can_read_or_that_is_weak_is_refused() {
        let good = "0123456789abcdef0123456789abcdef";
        let (_kept, path) = file(&format!("  {good}\n"), 0o600);
        assert!(read(&path, false).unwrap().unwrap().is(&Secret::of(good.as_bytes())));
        for (text, mode) in [(good, 0o640), (good, 0o604), ("short", 0o600), (&format!("{good} x"), 0o600), ("", 0o600)]
        {
            let (_kept, path) = file(text, mode);
            assert!(read(&path, false).is_err(), "{text} {mode:o}");
        }
        let (_kept, path) = file(&"a".repeat(4097), 0o600);
        assert!(read(&path, true).is_err());
        let (kept, path) = file(good, 0o600);
        let link = kept.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read(&link, true).is_err());
        assert!(read(&kept.path().join("none"), true).unwrap().is_none());
        assert!(read(&kept.path().join("none"), false).is_err());
    }
}
