//! A second look at the files of a registered artifact: at its bytes, whatever its manifest claims of them.

use crate::read::pull::name_the_file;
use crate::registry::Registry;
use crate::write::register::look;
use refmark_records::manifest::{FileEntry, Gap, Manifest};
use refmark_scan::{PackageFile, inspect_package};
use refmark_types::error::Result;

/// What the files of an artifact are, by their bytes.
pub(crate) struct InspectedFiles {
    /// Each file and what it is, in the manifest's order.
    pub(crate) files: Vec<PackageFile>,
    /// What the package lacks.
    pub(crate) gaps: Vec<Gap>,
}

impl Registry {
    /// Brings what is absent, hashes every byte against the manifest, and inspects each file.
    ///
    /// # Errors
    /// `absent` or `damaged` where bytes are not here, or are not those of the manifest; `cancelled`.
    pub(crate) fn look_again(&self, manifest: &Manifest) -> Result<InspectedFiles> {
        let entries: Vec<&FileEntry> = manifest.files.iter().collect();
        self.fetch(&entries)?;
        let digests: Vec<_> = entries.iter().map(|file| file.sha256).collect();
        let found = self.store.verify(Some(&digests), &*self.world.progress, &self.world.cancel)?;
        if let Some((_, error)) = found.damaged.into_iter().next() {
            return Err(name_the_file(error, &entries));
        }
        let mut files = Vec::with_capacity(entries.len());
        for file in &entries {
            self.world.cancel.check()?;
            let at =
                self.store.path(&file.sha256, file.known_size()).map_err(|error| name_the_file(error, &entries))?;
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            let size = self.store.size(&file.sha256)?;
            files.push(PackageFile { path: file.path.clone(), size, inspection: look(&at, name)? });
        }
        let gaps = inspect_package(&mut files);
        Ok(InspectedFiles { files, gaps })
    }
}
