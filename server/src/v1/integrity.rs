//! `GET /v1/integrity/status`: what the last integrity run found, handed on as it was written.

use std::io::Read;

use axum::http::StatusCode;
use serde_json::Value;

use super::refusal::Refusal;
use crate::http::reply::{Reply, json};
use crate::service::Service;

/// The largest result, in bytes.
const LIMIT: u64 = 1 << 20;

/// Reads the result's file. Blocks for as long as that takes.
pub fn status(service: &Service) -> Result<Reply, Refusal> {
    let path = &service.settings.integrity_path;
    let unfit = || Refusal::text(StatusCode::SERVICE_UNAVAILABLE, "the integrity result cannot be used");
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let none = serde_json::json!({"status": "unknown", "detail": "no integrity check has run yet"});
            return Ok(json(StatusCode::OK, &none));
        }
        Ok(meta) if meta.is_file() && meta.len() <= LIMIT => {}
        _ => return Err(unfit()),
    }
    let file = refmark_core::store::fs::read::open_regular(path).map_err(|_| unfit())?.ok_or_else(unfit)?;
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|_| unfit())?;
    if bytes.len() as u64 > LIMIT {
        return Err(unfit());
    }
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| unfit())?;
    Ok(json(StatusCode::OK, &value))
}
