//! Which artifacts this reader held against their bytes. A cache of its own work, which may be deleted at any time.

use std::collections::BTreeMap;

use crate::registry::Registry;
use crate::view::reader_folder::read_own;
use refmark_query::answer::ManifestIs;
use refmark_types::digest::ArtifactId;

/// The folder among the reader's own.
const FOLDER: &str = "derived";
/// What another scanner derived is derived again.
const SCANNER: &str = env!("CARGO_PKG_VERSION");

impl Registry {
    /// Whether this reader held a manifest against its bytes, and they said the same.
    pub(crate) fn is_derived(&self, artifact: &ArtifactId) -> bool {
        let line = line_of(artifact);
        let bytes = read_own(&self.own_folder().join(FOLDER).join(page_of(artifact)));
        bytes.is_some_and(|bytes| bytes.split(|byte| *byte == b'\n').any(|have| have == line.trim_end().as_bytes()))
    }

    /// How far what a manifest says of its files is known here.
    pub(crate) fn manifest_is(&self, artifact: &ArtifactId) -> ManifestIs {
        if self.is_derived(artifact) { ManifestIs::Derived } else { ManifestIs::Claimed }
    }

    /// Takes note of artifacts whose bytes said what their manifests claim. A failure is no error: it is only a cache.
    pub(crate) fn note_derived(&self, artifacts: impl IntoIterator<Item = ArtifactId>) {
        let mut pages: BTreeMap<String, String> = BTreeMap::new();
        for artifact in artifacts {
            if !self.is_derived(&artifact) {
                pages.entry(page_of(&artifact)).or_default().push_str(&line_of(&artifact));
            }
        }
        let Some(folder) = self.make_own_folder().map(|own| own.join(FOLDER)).filter(|_| !pages.is_empty()) else {
            return;
        };
        let disk = &*self.world.disk;
        if disk.make_dirs(&folder).is_err() {
            return;
        }
        for (page, lines) in pages {
            let _ = disk.append_cache(&folder.join(page), lines.as_bytes());
        }
    }
}

fn page_of(artifact: &ArtifactId) -> String {
    // Behind `sha256-`.
    artifact.to_string().get(7..9).unwrap_or_default().to_owned()
}

fn line_of(artifact: &ArtifactId) -> String {
    format!("{artifact} {SCANNER}\n")
}
