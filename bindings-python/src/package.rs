//! A package to register, as `refmark.Registry.register` hands it over.

use std::path::PathBuf;

use pyo3::prelude::*;
use refmark_core::records::manifest::Lineage;
use refmark_core::types::canonical::FreeMap;
use refmark_core::types::digest::{ArtifactId, Digest};
use refmark_core::types::error::{Code, Result};
use refmark_core::types::name::{EntryId, ModelName, Release};
use refmark_core::types::reference::Reference;
use refmark_core::types::time::Timestamp;
use refmark_core::{Package, Registry};

use crate::convert::document;
use crate::errors::OrRaise;
use crate::values::contract;

/// What Python hands over, each part as it came.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Given {
    model: String,
    paths: Vec<PathBuf>,
    absent: Vec<(String, String, u64)>,
    metrics: Vec<(String, f64)>,
    lineage: Vec<(String, String)>,
    card: Option<String>,
    contract: Option<String>,
    evaluation_card: Option<String>,
    owner: Option<String>,
    artifact_type: String,
    capabilities: Vec<String>,
    parents: Vec<String>,
    source: Option<String>,
    release: Option<String>,
    description: Option<String>,
    imported: Option<String>,
    follow_links: bool,
    allow_incomplete: bool,
    /// Whether what looks like a secret is taken.
    pub allow_secret: bool,
    /// Whether bytes that were revoked or deleted are taken.
    pub allow_withdrawn: bool,
    ignore: Vec<String>,
}

impl Given {
    /// The package that this asks for. References to parents are looked up in the registry.
    pub fn package(&self, py: Python<'_>, registry: &Registry) -> PyResult<Package> {
        self.read(registry).or_raise(py)
    }

    fn read(&self, registry: &Registry) -> Result<Package> {
        let mut package = Package::new(ModelName::parse(&self.model)?, self.paths.clone())?;
        for (path, sha256, size) in &self.absent {
            let sha256 = Digest::parse(sha256.strip_prefix("sha256:").unwrap_or(sha256))?;
            package.absent.push((path.clone(), sha256, *size));
        }
        let mut lineage: Lineage = FreeMap::new();
        for (key, value) in &self.lineage {
            lineage.insert(key.clone(), value.clone());
        }
        package.metrics.clone_from(&self.metrics);
        package.lineage = lineage;
        package.card.clone_from(&self.card);
        package.owner.clone_from(&self.owner);
        package.artifact_type = EntryId::parse(&self.artifact_type)?;
        package.capabilities.clone_from(&self.capabilities);
        package.parents = self.parents.iter().map(|it| artifact(registry, it)).collect::<Result<_>>()?;
        package.source.clone_from(&self.source);
        package.release = self.release.as_deref().map(Release::parse).transpose()?;
        package.description.clone_from(&self.description);
        package.imported = self.imported.as_deref().map(Timestamp::parse_lenient).transpose()?;
        package.follow_links = self.follow_links;
        package.allow_incomplete = self.allow_incomplete;
        package.ignore.clone_from(&self.ignore);
        package.contract = self.contract.as_deref().map(contract).transpose()?;
        let card = |text| document(text, "the evaluation card", Code::BadArgument);
        package.evaluation_card = self.evaluation_card.as_deref().map(card).transpose()?;
        Ok(package)
    }
}

/// The artifact that a reference names, whatever its state.
pub fn artifact(registry: &Registry, reference: &str) -> Result<ArtifactId> {
    match Reference::parse(reference)? {
        Reference::Artifact(artifact) => Ok(artifact),
        other => Ok(registry.read().show(&registry.read().view()?, &other)?.artifact),
    }
}
