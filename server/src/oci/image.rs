//! A package as an OCI image manifest of the CNCF ModelPack kind. It follows from the package alone, so its digest is stable.

use refmark_core::types::digest::Digest;
use serde_json::json;

use crate::shelves::{Package, Packed};

/// The kind of the manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.cncf.model.config.v1+json";

/// A manifest and its configuration.
pub struct Image {
    /// The manifest's bytes.
    pub manifest: Vec<u8>,
    /// The configuration's bytes.
    pub config: Vec<u8>,
}

impl Image {
    /// Of a package.
    pub fn of(package: &Package) -> Image {
        let layers: Vec<String> = package.files.iter().map(|file| format!("sha256:{}", file.sha256)).collect();
        let config = json!({
            "descriptor": {"name": package.model, "version": package.version},
            "config": {},
            "modelfs": {"type": "layers", "diffIds": layers},
        });
        let config = config.to_string().into_bytes();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": "application/vnd.cncf.model.manifest.v1+json",
            "config": {"mediaType": CONFIG, "digest": digest(&config), "size": config.len()},
            "layers": package.files.iter().map(layer).collect::<Vec<_>>(),
            "annotations": {"org.refmark.artifact": format!("sha256-{}", package.artifact)},
        });
        Image { manifest: manifest.to_string().into_bytes(), config }
    }

    /// The manifest's digest.
    pub fn digest(&self) -> String {
        digest(&self.manifest)
    }

    /// The configuration's digest.
    pub fn config_digest(&self) -> String {
        digest(&self.config)
    }
}

/// The digest of bytes, as this protocol writes it.
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", Digest::of(bytes))
}

fn layer(file: &Packed) -> serde_json::Value {
    let ending = file.path.rsplit('.').next().unwrap_or_default();
    let kind = match ending {
        "json" | "txt" | "yaml" | "model" | "jinja" => "application/vnd.cncf.model.weight.config.v1.raw",
        "md" => "application/vnd.cncf.model.doc.v1.raw",
        "py" => "application/vnd.cncf.model.code.v1.raw",
        _ => "application/vnd.cncf.model.weight.v1.raw",
    };
    json!({
        "mediaType": kind, "digest": format!("sha256:{}", file.sha256), "size": file.size,
        "annotations": {"org.cncf.model.filepath": file.path, "org.opencontainers.image.title": file.path},
    })
}
