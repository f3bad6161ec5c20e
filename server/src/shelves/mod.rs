//! What the reading protocols hand out: packages of files, all trusted, from the service's own models and from a registry.

pub mod library;
mod own;
pub mod records;
pub mod send;

use refmark_core::records::manifest::FileClass;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::Result;

use crate::access::Caller;
use crate::objects::guard::Kind;
use crate::service::Service;

/// A file of a package.
#[derive(Debug, Clone)]
pub struct Packed {
    /// Its path in the package.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// Where it lies, below the folder of its shelf.
    pub place: String,
    /// What sort of file that is.
    pub kind: Kind,
    /// What a signed manifest claims that it is; none for what the service itself took in.
    pub claimed: Option<FileClass>,
}

/// Files that belong together, under one id.
#[derive(Debug, Clone)]
pub struct Package {
    /// The model.
    pub model: String,
    /// The version, as it is told.
    pub version: String,
    /// The artifact's digest.
    pub artifact: Digest,
    /// The names that lead here: aliases, releases, versions.
    pub names: Vec<String>,
    /// The files, by path.
    pub files: Vec<Packed>,
}

impl Package {
    /// The first 40 digits of the artifact's digest: what clients that think of Git commits are given.
    pub fn revision(&self) -> String {
        self.artifact.hex().chars().take(40).collect()
    }

    /// The file at a path.
    pub fn file(&self, path: &str) -> Option<&Packed> {
        self.files.iter().find(|file| file.path == path)
    }

    fn is_named(&self, revision: &str) -> bool {
        let hex = self.artifact.hex();
        let is_digest = revision.strip_prefix("sha256-").unwrap_or(revision) == hex || revision == self.revision();
        is_digest || self.names.iter().any(|name| name == revision)
    }
}

/// The trusted packages of a model that the caller may see, oldest first. Blocks.
pub fn packages(service: &Service, caller: &Caller, model: &str) -> Result<Vec<Package>> {
    if !caller.sees(model) {
        return Ok(Vec::new());
    }
    if let Some(library) = service.library.as_ref() {
        let found = library.listing()?.packages(model);
        if !found.is_empty() {
            return Ok(found);
        }
    }
    own::packages(service, model)
}

/// The package that a revision of a model names: an alias, a version, a release, an artifact; `main` and `latest` the one that
/// people mean without saying. Blocks.
pub fn package(service: &Service, caller: &Caller, model: &str, revision: &str) -> Result<Option<Package>> {
    let mut all = packages(service, caller, model)?;
    if let Some(at) = all.iter().rposition(|package| package.is_named(revision)) {
        return Ok(Some(all.swap_remove(at)));
    }
    if !matches!(revision, "main" | "latest" | "") {
        return Ok(None);
    }
    let champion = all.iter().rposition(|package| package.is_named("champion"));
    Ok(champion.or_else(|| all.len().checked_sub(1)).map(|at| all.swap_remove(at)))
}

/// The models that have a trusted package and that the caller may see, by name. Blocks.
pub fn models(service: &Service, caller: &Caller) -> Result<Vec<String>> {
    let mut all = own::models(service)?;
    if let Some(library) = service.library.as_ref() {
        all.extend(library.listing()?.models());
    }
    all.retain(|model| caller.sees(model));
    all.sort();
    all.dedup();
    Ok(all)
}
