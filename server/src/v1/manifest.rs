//! `POST /v1/model/verify-manifest`: a model's tensors against the manifest that came with it. Checked in this process, for every
//! type of tensor.

use std::io::Read;

use axum::http::StatusCode;
use refmark_core::scan::{GgufManifest, inspect, verdict};
use refmark_core::types::error::Result as CoreResult;
use serde::Serialize;

use super::read::get;
use super::refusal::Refusal;
use super::verify::{Finding, finding};
use crate::http::reply::{Reply, json};
use crate::inventory::artifact::Artifact;
use crate::objects::beneath::{open, open_object};
use crate::objects::place::canonical;
use crate::objects::source::Opened;
use crate::service::Service;

/// The largest manifest, in bytes: some 200,000 tensors.
const MANIFEST_LIMIT: u64 = 64 << 20;

#[derive(Serialize)]
struct Said<'a> {
    status: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// Verifies. Blocks for as long as the file is read.
pub fn run(service: &Service, name: &str) -> Result<Reply, Refusal> {
    let entry = get(service, name)?;
    let artifact = &*entry.artifact;
    let said = Said { status: "skipped", name, detail: None, error: None, reason: None };
    if artifact.gguf_guard_manifest.is_empty() {
        let reason = Some("the artifact came without a manifest of its tensors");
        return Ok(json(StatusCode::OK, &Said { reason, ..said }));
    }
    if let Finding::Bad { .. } = finding(service, &entry) {
        return Err(Refusal::text(StatusCode::CONFLICT, "the model's own bytes are not as its record says"));
    }
    let no_manifest = || Refusal::text(StatusCode::CONFLICT, "the manifest of the tensors cannot be used");
    let path = canonical(&artifact.gguf_guard_manifest).map_err(|_| no_manifest())?;
    let (file, meta) = open(service.guard.root(), &path).map_err(|_| no_manifest())?;
    if meta.len() > MANIFEST_LIMIT {
        return Err(no_manifest());
    }
    let mut bytes = Vec::new();
    file.take(MANIFEST_LIMIT).read_to_end(&mut bytes).map_err(|_| no_manifest())?;
    let (good, text) = match compare(service, artifact, &bytes) {
        Ok(found) => found,
        Err(error) => (false, format!("error: {}", error.message)),
    };
    match good {
        true => Ok(json(StatusCode::OK, &Said { status: "verified", detail: Some(&text), ..said })),
        false => Ok(json(StatusCode::CONFLICT, &Said { status: "failed", error: Some(&text), ..said })),
    }
}

fn compare(service: &Service, artifact: &Artifact, manifest: &[u8]) -> CoreResult<(bool, String)> {
    let said = GgufManifest::parse(manifest)?;
    let root = service.guard.root();
    let opened = match artifact.object_path.is_empty() {
        true => canonical(&artifact.filename).ok().map(|file| open(root, &file)),
        false => Some(open_object(root, &artifact.object_path)),
    };
    let Some(Ok((file, meta))) = opened else { return Ok((false, "error: the file is gone".to_owned())) };
    let source = Opened { file, size: meta.len() };
    let _slot = service.guard.slots().take();
    let found = GgufManifest::of(&inspect(&artifact.filename, &source)?, &source)?;
    Ok(verdict(&said.mismatches(&found)))
}
