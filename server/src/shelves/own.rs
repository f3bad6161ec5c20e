//! The service's own models as packages of one file.

use refmark_core::records::trust::TrustState;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::Result;

use super::{Package, Packed};
use crate::inventory::contents::{Contents, Entry};
use crate::objects::guard::Kind;
use crate::service::Service;

/// The trusted package of a name.
pub fn packages(service: &Service, model: &str) -> Result<Vec<Package>> {
    let contents = service.inventory.contents()?;
    Ok(contents.get(model).and_then(|entry| package(&contents, entry)).into_iter().collect())
}

/// The names that have one.
pub fn models(service: &Service) -> Result<Vec<String>> {
    let contents = service.inventory.contents()?;
    let trusted = contents.entries().iter().filter(|entry| package(&contents, entry).is_some());
    Ok(trusted.map(|entry| entry.artifact.name.clone()).collect())
}

fn package(contents: &Contents, entry: &Entry) -> Option<Package> {
    let artifact = &*entry.artifact;
    let is_open = artifact.state == TrustState::Trusted && !contents.is_revoked(&artifact.sha256);
    if !is_open || artifact.object_path.is_empty() {
        return None;
    }
    let file = Packed {
        path: artifact.filename.rsplit('/').next().unwrap_or_default().to_owned(),
        size: u64::try_from(artifact.size_bytes).unwrap_or_default(),
        sha256: Digest::parse(&artifact.sha256).ok()?,
        place: artifact.object_path.clone(),
        kind: Kind::Object,
        claimed: None,
    };
    let version = entry.version.to_string();
    let names = vec![version.clone(), "current".to_owned()];
    Some(Package { model: artifact.name.clone(), version, artifact: entry.id.digest(), names, files: vec![file] })
}
