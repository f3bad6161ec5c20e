//! Verifying: one model's bytes, or all.

use axum::http::StatusCode;
use refmark_core::records::trust::TrustState;
use refmark_core::store::fs::parallel::in_parallel;
use serde::Serialize;

use super::read::get;
use super::refusal::Refusal;
use crate::access::Caller;
use crate::http::reply::{Reply, json};
use crate::inventory::artifact::Artifact;
use crate::inventory::contents::Entry;
use crate::objects::guard::Kind;
use crate::objects::place::canonical;
use crate::service::Service;

/// What was found out about a model's bytes.
#[derive(Debug, Clone)]
pub enum Finding {
    /// They are as the record says.
    Good,
    /// They are not.
    Bad {
        /// The digest that was found; empty where the file could not be read.
        actual: String,
        /// What is wrong.
        why: String,
        /// Whether the file's name itself is the trouble.
        is_name: bool,
    },
}

/// Reads a model's bytes, where they are not known to be as they were. Blocks.
pub fn finding(service: &Service, entry: &Entry) -> Finding {
    let artifact = &*entry.artifact;
    let bad = |actual: String, why: String| Finding::Bad { actual, why, is_name: false };
    if artifact.state == TrustState::Deleted {
        return bad(String::new(), "the artifact was deleted".to_owned());
    }
    let is_object = !artifact.object_path.is_empty();
    let file = match is_object {
        true => artifact.object_path.clone(),
        false => match canonical(&artifact.filename) {
            Ok(file) => file,
            Err(why) => return Finding::Bad { actual: String::new(), why: why.to_string(), is_name: true },
        },
    };
    match service.guard.content(&file, if is_object { Kind::Object } else { Kind::Dropped }) {
        Ok(content) if content.digest.hex() == artifact.sha256 => Finding::Good,
        Ok(content) => {
            let actual = content.digest.hex();
            let why = format!("hash mismatch: expected {}, got {actual}", artifact.sha256);
            bad(actual, why)
        }
        Err(why) => bad(String::new(), why.to_string()),
    }
}

/// `POST /v1/model/verify`.
pub fn one(service: &Service, name: &str) -> Result<Reply, Refusal> {
    let entry = get(service, name)?;
    let artifact = &*entry.artifact;
    let Artifact { sha256, .. } = artifact;
    match finding(service, &entry) {
        Finding::Good => {
            let is_revoked = service.inventory.contents()?.is_revoked(sha256);
            let safe = artifact.state == TrustState::Trusted && !is_revoked;
            #[derive(Serialize)]
            struct Verified<'a> {
                status: &'static str,
                name: &'a str,
                sha256: &'a str,
                state: TrustState,
                safe_to_use: &'static str,
            }
            let safe_to_use = if safe { "true" } else { "false" };
            Ok(json(StatusCode::OK, &Verified { status: "verified", name, sha256, state: artifact.state, safe_to_use }))
        }
        Finding::Bad { actual, why, is_name } => {
            #[derive(Serialize)]
            struct Failed<'a> {
                status: &'static str,
                name: &'a str,
                #[serde(skip_serializing_if = "Option::is_none")]
                expected: Option<&'a str>,
                #[serde(skip_serializing_if = "Option::is_none")]
                actual: Option<&'a str>,
                error: &'a str,
                safe_to_use: &'static str,
            }
            let (expected, actual) = if is_name { (None, None) } else { (Some(&**sha256), Some(&*actual)) };
            let failed = Failed { status: "failed", name, expected, actual, error: &why, safe_to_use: "false" };
            Ok(json(StatusCode::CONFLICT, &failed))
        }
    }
}

/// What a batch says of one model.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Row {
    /// Its bytes are as the record says.
    Verified {
        /// The name.
        name: String,
        /// `verified`.
        status: &'static str,
        /// The digest.
        sha256: String,
    },
    /// They are not.
    Failed {
        /// The name.
        name: String,
        /// `failed`.
        status: &'static str,
        /// The digest of the record.
        expected: String,
        /// The digest that was found; empty where the file could not be read.
        actual: String,
        /// What is wrong.
        error: String,
    },
    /// It was deleted.
    Skipped {
        /// The name.
        name: String,
        /// `deleted`.
        state: TrustState,
        /// `skipped`.
        status: &'static str,
        /// Why.
        reason: &'static str,
    },
}

impl Row {
    /// Whether the bytes are not as the record says.
    pub fn is_failed(&self) -> bool {
        matches!(self, Row::Failed { .. })
    }
}

/// Verifies every model. Blocks.
pub fn rows(service: &Service, caller: &Caller) -> Result<Vec<Row>, Refusal> {
    let mut entries = service.inventory.contents()?.entries().to_vec();
    entries.retain(|entry| caller.sees(&entry.artifact.name));
    let row = |entry: &Entry| {
        let (name, sha256) = (entry.artifact.name.clone(), entry.artifact.sha256.clone());
        if entry.state() == TrustState::Deleted {
            let reason = "the bytes of a deleted artifact are gone on purpose";
            return Row::Skipped { name, state: TrustState::Deleted, status: "skipped", reason };
        }
        match finding(service, entry) {
            Finding::Good => Row::Verified { name, status: "verified", sha256 },
            Finding::Bad { actual, why, .. } => {
                Row::Failed { name, status: "failed", expected: sha256, actual, error: why }
            }
        }
    };
    Ok(in_parallel(&entries, |part| Ok(part.iter().map(row).collect()))?)
}

/// `POST /v1/models/verify-all`.
pub fn all(service: &Service, caller: &Caller) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    struct Batch {
        status: &'static str,
        models: Vec<Row>,
        checked: usize,
    }
    let models = rows(service, caller)?;
    let failed = models.iter().any(Row::is_failed);
    let (status, code) = if failed { ("failed", StatusCode::CONFLICT) } else { ("ok", StatusCode::OK) };
    Ok(json(code, &Batch { status, checked: models.len(), models }))
}
