//! `POST /v1/model/acquire`: names a file and the digest that it shall have. The file need not be there yet.

use axum::http::StatusCode;
use refmark_core::records::trust::TrustState;

use super::body::Fields;
use super::limits::SOURCE_LIMIT;
use super::refusal::Refusal;
use crate::access::Caller;
use crate::http::reply::{Reply, json};
use crate::inventory::artifact::{Artifact, Format, is_digest};
use crate::inventory::contents::Contents;
use crate::inventory::event::Action;
use crate::inventory::names::is_name;
use crate::inventory::write::{Draft, Part};
use crate::objects::place::canonical;
use crate::service::Service;

/// Records a new name. Blocks.
pub fn run(service: &Service, caller: &Caller, body: &[u8]) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(body, &["name", "filename", "sha256", "size_bytes", "source"])?;
    let (name, filename) = (fields.text("name")?, fields.text("filename")?);
    let (sha256, size_bytes) = (fields.text("sha256")?, fields.number("size_bytes")?);
    let source = fields.text("source")?;
    let is_whole = is_name(&name) && !filename.is_empty() && is_digest(&sha256) && size_bytes >= 0;
    if !is_whole || source.len() > SOURCE_LIMIT {
        let line = "a name, a filename, a SHA-256 in lower-case hex and a size are needed";
        return Err(Refusal::text(StatusCode::BAD_REQUEST, line));
    }
    let format = place(&filename)?;
    check_scope(caller, &name)?;
    let entries = service.inventory.change(|contents| {
        if contents.get(&name).is_some() || contents.of_file(&filename).is_some() {
            return Err(Refusal::text(StatusCode::CONFLICT, "the name, or the filename, is registered already"));
        }
        let artifact = Artifact {
            name: name.clone(),
            format,
            filename: filename.clone(),
            object_path: String::new(),
            sha256: sha256.clone(),
            size_bytes,
            source: source.clone(),
            promoted_at: service.inventory.now().to_string(),
            state: TrustState::Acquired,
            scan_results: Default::default(),
            scanner_versions: Default::default(),
            policy_version: String::new(),
            source_revision: String::new(),
            gguf_guard_fingerprint: serde_json::Value::Null,
            gguf_guard_manifest: String::new(),
            blocked_reason: String::new(),
        };
        Ok(new_name(artifact, caller, Action::Acquire))
    })?;
    let artifact = &entries.first().ok_or_else(Refusal::unknown)?.artifact;
    tracing::info!("ACQUIRED: {} ({}) state=acquired", name.escape_debug(), filename.escape_debug());
    Ok(json(StatusCode::CREATED, &**artifact))
}

/// The format of a dropped file, where its name may stand.
pub fn place(filename: &str) -> Result<Format, Refusal> {
    canonical(filename)
        .map_err(|why| Refusal::text(StatusCode::BAD_REQUEST, format!("the filename cannot be used: {why}")))?;
    Format::of(filename).map_err(|ending| {
        let line = format!("format \"{}\" is not allowed; gguf and safetensors are", ending.escape_debug());
        Refusal::text(StatusCode::FORBIDDEN, line)
    })
}

/// The change that brings a new name.
pub fn new_name(artifact: Artifact, caller: &Caller, action: Action) -> Draft {
    let part = Part { artifact, id: None, version: 1, revision: Some(1), action, blob: None };
    Draft { parts: vec![part], on_behalf_of: caller.name.clone() }
}

/// Whether another live record means the same file.
pub fn is_taken(contents: &Contents, filename: &str, name: &str) -> bool {
    contents.of_file(filename).is_some_and(|other| other.artifact.name != name)
}

/// Refuses a name that the caller's token is not for.
pub fn check_scope(caller: &Caller, name: &str) -> Result<(), Refusal> {
    match caller.sees(name) {
        true => Ok(()),
        false => Err(Refusal::json(StatusCode::FORBIDDEN, "the token is not for models of this name")),
    }
}
