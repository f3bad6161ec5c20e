//! Before bytes leave the store: does a file that claims to hold tensors or data run something when it is loaded? The manifest
//! may have been trusted by somebody who had no bytes.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::registry::Registry;
use crate::write::register::look;
use refmark_records::manifest::{FileClass, FileEntry};
use refmark_store::blob::Presence;
use refmark_store::fs::parallel::{cores, for_each};
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};

impl Registry {
    /// Refuses files whose manifest hides what loading them would run. What this reader derived once is not looked at again;
    /// bytes that are not here are not looked at.
    ///
    /// Only what no version of the scanner ever took for tensors or data counts: a scanner that tells more kinds apart must
    /// not keep anybody from versions that an older one registered.
    ///
    /// # Errors
    /// `inconsistent-manifest`, with the file.
    pub(crate) fn refuse_hidden_code(&self, artifact: ArtifactId, files: &[&FileEntry]) -> Result<()> {
        let claims = |class: FileClass| matches!(class, FileClass::Tensors | FileClass::Data);
        let files: Vec<&&FileEntry> = files.iter().filter(|file| claims(file.class)).collect();
        if files.is_empty() || self.is_derived(&artifact) {
            return Ok(());
        }
        let hidden: Mutex<Vec<(&str, FileClass, FileClass)>> = Mutex::default();
        for_each(cores(), &files, |file| {
            self.world.cancel.check()?;
            if !matches!(self.store.presence(&file.sha256)?, Presence::Present { .. }) {
                return Ok(());
            }
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            let found = look(&self.store.place_of(&file.sha256), name)?.class;
            let code = found == FileClass::Code && file.class == FileClass::Tensors;
            if code || found == FileClass::UnsafeFormat {
                let mut hidden = hidden.lock().unwrap_or_else(PoisonError::into_inner);
                hidden.push((&file.path, found, file.class));
            }
            Ok(())
        })?;
        let mut hidden = hidden.into_inner().unwrap_or_else(PoisonError::into_inner);
        hidden.sort_unstable();
        let Some((path, found, claimed)) = hidden.first() else { return Ok(()) };
        Err(Error::new(
            Code::InconsistentManifest,
            format!("{} is {found}, and the manifest of {} claims {claimed}", path.escape_debug(), artifact.short()),
        )
        .hint("whoever trusted it did not hold these bytes: revoke the artifact, and register the files themselves")
        .field("artifact", artifact)
        .field("file", *path))
    }
}
