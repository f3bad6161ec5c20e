//! Revocation is of bytes: what holds them is closed under every name, whatever its manifest claims.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::state_reader::StateReader;
use refmark_records::manifest::{FileClass, FileEntry, Manifest};
use refmark_records::trust::TrustState;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;

/// A file that is claimed to be data, and is no larger than this, is taken for one that packages share: a licence, a
/// configuration, a vocabulary. In bytes.
pub const SHARED_DATA_LIMIT: u64 = 1 << 20;

/// The bytes that a revocation names where it does not say which: those of all files but small data. A class is a
/// registrar's claim, a size is not.
pub fn named_by_default(manifest: &Manifest) -> Vec<Digest> {
    let names = |file: &&FileEntry| file.class != FileClass::Data || file.size > SHARED_DATA_LIMIT;
    manifest.files.iter().filter(names).map(|file| file.sha256).collect()
}

/// What is revoked now, and what was deleted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Revoked {
    artifacts: BTreeMap<String, Withdrawn>,
    /// The files of what was deleted, until something that has them is trusted after that.
    deleted: BTreeMap<String, Vec<Digest>>,
    #[serde(skip)]
    files: BTreeMap<Digest, u64>,
    #[serde(skip)]
    gone: BTreeMap<Digest, ArtifactId>,
}

/// What one revocation named.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdrawn {
    /// The place on the chain of the commit in which it took effect, counted from 0.
    at: u64,
    files: Vec<Digest>,
}

impl Revoked {
    pub(super) fn add(&mut self, artifact: &ArtifactId, at: u64, files: Vec<Digest>) {
        self.artifacts.insert(artifact.to_string(), Withdrawn { at, files });
        self.index();
    }

    pub(super) fn remove(&mut self, artifact: &ArtifactId) {
        if self.artifacts.remove(&artifact.to_string()).is_some() {
            self.index();
        }
    }

    /// The files of everything that is revoked, each with the place on the chain where it was last.
    pub fn files(&self) -> &BTreeMap<Digest, u64> {
        &self.files
    }

    pub(super) fn delete(&mut self, artifact: &ArtifactId, files: Vec<Digest>) {
        self.deleted.insert(artifact.to_string(), files);
        self.index();
    }

    /// Whether anything was deleted whose bytes have not come back.
    pub(super) fn has_deleted(&self) -> bool {
        !self.deleted.is_empty()
    }

    /// Somebody trusted an artifact with these files after they were deleted: they are as any others again.
    pub(super) fn bring_back(&mut self, files: &[FileEntry]) {
        if files.iter().any(|file| self.gone.contains_key(&file.sha256)) {
            for deleted in self.deleted.values_mut() {
                deleted.retain(|digest| !files.iter().any(|file| file.sha256 == *digest));
            }
            self.deleted.retain(|_, files| !files.is_empty());
            self.index();
        }
    }

    /// The files of everything that was deleted, each with an artifact that had it; but for those that came back since, in
    /// something that was trusted.
    pub fn deleted_files(&self) -> &BTreeMap<Digest, ArtifactId> {
        &self.gone
    }

    /// Makes the files anew from the artifacts.
    pub(super) fn index(&mut self) {
        self.gone.clear();
        for (artifact, files) in &self.deleted {
            let Ok(artifact) = ArtifactId::parse(artifact) else { continue };
            self.gone.extend(files.iter().map(|digest| (*digest, artifact)));
        }
        self.files.clear();
        for withdrawn in self.artifacts.values() {
            for digest in &withdrawn.files {
                let at = self.files.entry(*digest).or_default();
                *at = (*at).max(withdrawn.at);
            }
        }
    }
}

/// A file of a trusted artifact whose bytes were revoked under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedFile {
    /// Its path in the package.
    pub path: String,
    /// Its bytes.
    pub sha256: Digest,
}

/// The first file of an artifact whose bytes are revoked, unless somebody trusted the artifact who had seen that: whose
/// move has a base at or after the revocation.
pub fn closed_by(
    facts: StateReader<'_>,
    artifact: &ArtifactId,
    files: &BTreeMap<Digest, u64>,
    position: &dyn Fn(refmark_types::oid::Oid) -> Result<Option<u64>>,
) -> Result<Option<SharedFile>> {
    if files.is_empty() {
        return Ok(None);
    }
    let Some(manifest) = facts.manifest(artifact)? else { return Ok(None) };
    let shared = manifest.files.iter().filter_map(|file| Some((file, *files.get(&file.sha256)?)));
    let Some((file, at)) = shared.max_by_key(|(_, at)| *at) else { return Ok(None) };
    if let (TrustState::Trusted, Some(moved)) = facts.trust(artifact)? {
        let seen = match moved.base {
            Some(base) => position(base)?,
            None => None,
        };
        if seen.is_some_and(|seen| seen >= at) {
            return Ok(None);
        }
    }
    Ok(Some(SharedFile { path: file.path.clone(), sha256: file.sha256 }))
}
