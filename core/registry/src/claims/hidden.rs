//! Before bytes leave the store: does a file that claims to hold tensors or data run something when it is loaded? The manifest
//! may have been trusted by somebody who had no bytes.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::registry::{Reader, Registry};
use crate::write::register::look;
use refmark_engine::ports::{Cancel, Silent};
use refmark_records::manifest::{FileClass, FileEntry};
use refmark_store::blob::{Presence, Store};
use refmark_store::fs::parallel::{cores, for_each};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};

/// Refuses files whose manifest hides what loading them would run; bytes that are not in this store are not looked at.
///
/// Only what no version of the scanner ever took for tensors or data counts: a scanner that tells more kinds apart must
/// not keep anybody from versions that an older one registered.
///
/// # Errors
/// `inconsistent-manifest`, with the file; `damaged` where the bytes are not those of the digest.
pub(crate) fn refuse_hidden(store: &Store, cancel: &Cancel, artifact: ArtifactId, files: &[&FileEntry]) -> Result<()> {
    let files: Vec<(&str, Digest, FileClass)> =
        files.iter().map(|file| (file.path.as_str(), file.sha256, file.class)).collect();
    refuse(store, cancel, artifact, &files)
}

fn refuse(store: &Store, cancel: &Cancel, artifact: ArtifactId, files: &[(&str, Digest, FileClass)]) -> Result<()> {
    let hidden: Mutex<Vec<(&str, Digest, FileClass, FileClass)>> = Mutex::default();
    for_each(cores(), files, |(path, sha256, claimed)| {
        cancel.check()?;
        let harmless = matches!(claimed, FileClass::Tensors | FileClass::Data);
        if !harmless || !matches!(store.presence(sha256)?, Presence::Present { .. }) {
            return Ok(());
        }
        let found = look(&store.place_of(sha256), path.rsplit('/').next().unwrap_or(path))?.class;
        let code = found == FileClass::Code && *claimed == FileClass::Tensors;
        if code || found == FileClass::UnsafeFormat {
            hidden.lock().unwrap_or_else(PoisonError::into_inner).push((path, *sha256, found, *claimed));
        }
        Ok(())
    })?;
    let mut hidden = hidden.into_inner().unwrap_or_else(PoisonError::into_inner);
    hidden.sort_unstable();
    let Some((path, sha256, found, claimed)) = hidden.first() else { return Ok(()) };
    // A disk that rotted accuses nobody.
    if let Some((_, damaged)) = store.verify(Some(&[*sha256]), &Silent, cancel)?.damaged.pop() {
        return Err(damaged);
    }
    Err(Error::new(
        Code::InconsistentManifest,
        format!("{} is {found}, and the manifest of {} claims {claimed}", path.escape_debug(), artifact.short()),
    )
    .hint("whoever trusted it did not hold these bytes: revoke the artifact, and register the files themselves")
    .field("artifact", artifact)
    .field("file", *path))
}

impl Registry {
    /// Refuses files whose manifest hides what loading them would run. What this reader derived once is not looked at again.
    pub(crate) fn refuse_hidden_code(&self, artifact: ArtifactId, files: &[&FileEntry]) -> Result<()> {
        match self.is_derived(&artifact) {
            true => Ok(()),
            false => refuse_hidden(&self.store, &self.world.cancel, artifact, files),
        }
    }
}

impl Reader<'_> {
    /// Refuses to hand a file out whose bytes, as far as they are here, run something when they are loaded, while its manifest
    /// claims tensors or data. Whoever serves a file asks once: the answer is true of these bytes for ever.
    ///
    /// # Errors
    /// `inconsistent-manifest`, with the file.
    pub fn refuse_hidden_code(
        &self,
        artifact: ArtifactId,
        path: &str,
        sha256: Digest,
        claimed: FileClass,
    ) -> Result<()> {
        let (store, cancel) = (&self.registry.store, &self.registry.world.cancel);
        match self.registry.is_derived(&artifact) {
            true => Ok(()),
            false => refuse(store, cancel, artifact, &[(path, sha256, claimed)]),
        }
    }
}
