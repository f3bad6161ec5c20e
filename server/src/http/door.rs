//! What the reading protocols do with every request: who asks, and work on a thread that may wait.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};

use super::query::decode;
use super::reply::{Reply, text};
use crate::access::Caller;
use crate::service::Service;
use crate::tokens::Right;

/// Who asks, if that caller may read. A wrong token is slowed.
pub async fn reader(service: &Service, headers: &HeaderMap) -> Option<Caller> {
    let caller = service.access.caller_of_tool(headers).filter(|caller| caller.may(Right::Read));
    if caller.is_none()
        && let Some(delay) = service.access.delay()
    {
        tokio::time::sleep(delay).await;
    }
    caller
}

/// Answers on a thread that may wait for the disk.
pub async fn blocking(service: &Arc<Service>, work: impl FnOnce(&Service) -> Reply + Send + 'static) -> Reply {
    let service = Arc::clone(service);
    let done = tokio::task::spawn_blocking(move || work(&service)).await;
    done.unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "the request failed in the service"))
}

/// The parts of a path between slashes, each decoded; nothing where one is no text.
pub fn parts(path: &str) -> Option<Vec<String>> {
    path.split('/').filter(|part| !part.is_empty()).map(|part| String::from_utf8(decode(part, false)?).ok()).collect()
}

/// The registry cannot be read now.
pub fn unusable(error: &refmark_core::types::error::Error) -> Reply {
    tracing::error!(code = error.code.as_str(), "the registry refused: {}", error.message.escape_debug());
    text(StatusCode::SERVICE_UNAVAILABLE, &format!("the registry cannot be used now: {}", error.code.as_str()))
}
