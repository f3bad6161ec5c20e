//! Reading: health, figures, records, the audit trail.

use axum::http::StatusCode;
use refmark_core::records::trust::TrustState;
use serde::Serialize;
use serde_json::{Map, Value};

use super::refusal::{Refusal, quoted};
use crate::access::Caller;
use crate::http::reply::{Reply, bytes, json};
use crate::inventory::artifact::Artifact;
use crate::inventory::contents::{Contents, Entry};
use crate::objects::guard::{Content, Kind};
use crate::service::Service;

#[derive(Serialize)]
struct Figures {
    model_count: usize,
    trusted_count: usize,
    state_counts: Map<String, Value>,
}

fn figures(contents: &Contents, caller: &Caller) -> Figures {
    let counts = contents.counts(|name| caller.sees(name));
    let trusted = counts.iter().find(|(state, _)| *state == TrustState::Trusted).map_or(0, |(_, count)| *count);
    let state_counts = counts.iter().map(|(state, count)| (state.to_string(), Value::from(*count))).collect();
    let model_count = counts.iter().map(|(_, count)| count).sum();
    Figures { model_count, trusted_count: trusted, state_counts }
}

/// `GET /health`: to those who show the token, also what `/v1/stats` has, the folder, and whether a token is asked for.
pub fn health(service: &Service, caller: Option<&Caller>) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    struct Health<'a> {
        status: &'static str,
        #[serde(flatten)]
        more: Option<More<'a>>,
    }
    #[derive(Serialize)]
    struct More<'a> {
        #[serde(flatten)]
        figures: Figures,
        registry_dir: &'a str,
        auth_required: bool,
    }
    let folder = service.settings.registry_dir.to_string_lossy();
    let more = match caller {
        Some(caller) => {
            let figures = figures(&*service.inventory.contents()?, caller);
            Some(More { figures, registry_dir: &folder, auth_required: service.access.is_asked() })
        }
        None => None,
    };
    Ok(json(StatusCode::OK, &Health { status: "ok", more }))
}

/// `GET /v1/stats`.
pub fn stats(service: &Service, caller: &Caller) -> Result<Reply, Refusal> {
    Ok(json(StatusCode::OK, &figures(&*service.inventory.contents()?, caller)))
}

/// `GET /v1/models`.
pub fn models(service: &Service, caller: &Caller) -> Result<Reply, Refusal> {
    let contents = service.inventory.contents()?;
    if !caller.sees_all() {
        let seen = contents.entries().iter().filter(|entry| caller.sees(&entry.artifact.name));
        return Ok(json(StatusCode::OK, &seen.map(|entry| &*entry.artifact).collect::<Vec<_>>()));
    }
    Ok(bytes(StatusCode::OK, "application/json", contents.listed()))
}

/// `GET /v1/audit`.
pub fn audit(service: &Service, caller: &Caller) -> Result<Reply, Refusal> {
    let contents = service.inventory.contents()?;
    if !caller.sees_all() {
        let seen = contents.events().iter().filter(|event| caller.sees(&event.artifact.name));
        return Ok(json(StatusCode::OK, &seen.collect::<Vec<_>>()));
    }
    Ok(bytes(StatusCode::OK, "application/json", contents.audited()))
}

/// `GET /v1/model`.
pub fn model(service: &Service, name: &str) -> Result<Reply, Refusal> {
    let entry = get(service, name)?;
    Ok(json(StatusCode::OK, &*entry.artifact))
}

/// The record of a name.
pub fn get(service: &Service, name: &str) -> Result<Entry, Refusal> {
    service.inventory.contents()?.get(name).cloned().ok_or_else(Refusal::unknown)
}

/// A trusted model, on the way to its path.
pub struct Located {
    entry: Entry,
}

/// The first half of `GET /v1/model/path`: whether the bytes may be handed out at all.
pub fn locate(service: &Service, name: &str) -> Result<Located, Refusal> {
    let contents = service.inventory.contents()?;
    let entry = contents.get(name).ok_or_else(Refusal::unknown)?;
    let Artifact { state, object_path, sha256, .. } = &*entry.artifact;
    if *state != TrustState::Trusted {
        let (name, state) = (quoted(name), quoted(state.as_str()));
        return Err(Refusal::json(
            StatusCode::FORBIDDEN,
            format!("artifact {name} is in {state} state — only trusted artifacts can be loaded"),
        ));
    }
    if contents.is_revoked(sha256) {
        let name = quoted(name);
        return Err(Refusal::json(StatusCode::FORBIDDEN, format!("the bytes of artifact {name} were revoked")));
    }
    if object_path.is_empty() {
        return Err(Refusal::text(StatusCode::CONFLICT, "the artifact has no object yet; promote it"));
    }
    Ok(Located { entry: entry.clone() })
}

impl Located {
    /// The content of the object where it is known without reading.
    pub fn known(&self, service: &Service) -> Result<Option<Content>, Refusal> {
        service.guard.known(&self.entry.artifact.object_path, Kind::Object).map_err(damaged)
    }

    /// The content of the object; blocks while it is read.
    pub fn read(&self, service: &Service) -> Result<Content, Refusal> {
        service.guard.content(&self.entry.artifact.object_path, Kind::Object).map_err(damaged)
    }

    /// The second half: the bytes are as they should be, and the record did not change meanwhile.
    pub fn answer(&self, service: &Service, content: Content) -> Result<Reply, Refusal> {
        let Artifact { name, object_path, sha256, size_bytes, .. } = &*self.entry.artifact;
        let is_size = *size_bytes == 0 || i64::try_from(content.size) == Ok(*size_bytes);
        if content.digest.hex() != *sha256 || !is_size {
            return Err(damaged("it has other bytes"));
        }
        let contents = service.inventory.contents()?;
        let is_same = contents.get(name).is_some_and(|now| now.artifact == self.entry.artifact);
        if !is_same || contents.is_revoked(sha256) {
            return Err(Refusal::text(StatusCode::CONFLICT, "the artifact's record changed while its bytes were read"));
        }
        #[derive(Serialize)]
        struct Locator<'a> {
            path: &'a str,
            sha256: &'a str,
            size_bytes: u64,
            storage_contract: &'static str,
        }
        let path = service.path_of(object_path);
        let path = path.to_str().ok_or_else(|| {
            Refusal::text(StatusCode::INTERNAL_SERVER_ERROR, "the registry's folder has no name in UTF-8")
        })?;
        let locator = Locator { path, sha256, size_bytes: content.size, storage_contract: "content-addressed-v1" };
        Ok(json(StatusCode::OK, &locator))
    }
}

fn damaged(why: impl std::fmt::Display) -> Refusal {
    Refusal::text(StatusCode::CONFLICT, format!("the object is not what its record says: {why}"))
}
