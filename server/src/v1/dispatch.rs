//! From a request to the function that answers it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{ALLOW, HeaderValue, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::refusal::Refusal;
use super::{acquire, integrity, manifest, moves, promote, read, verify};
use crate::access::Caller;
use crate::http::query::first;
use crate::http::reply::{Reply, bytes, guarded, json, text};
use crate::inventory::names::is_name;
use crate::jobs::{Outcome, Progress};
use crate::service::Service;
use crate::tokens::Right;

/// The largest body, in bytes.
const BODY_LIMIT: usize = 1 << 20;
/// How long a body may take.
const BODY_PATIENCE: Duration = Duration::from_secs(10);
const JOBS: &str = "/v1/jobs/";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Health,
    Stats,
    Models,
    Model,
    Path,
    Verify,
    VerifyAll,
    VerifyManifest,
    Integrity,
    Acquire,
    Quarantine,
    Promote,
    Revoke,
    Delete,
    Audit,
    Job,
}

/// The paths, and the one method of each.
const ROUTES: [(&str, Method, Endpoint); 15] = [
    ("/health", Method::GET, Endpoint::Health),
    ("/v1/stats", Method::GET, Endpoint::Stats),
    ("/v1/models", Method::GET, Endpoint::Models),
    ("/v1/model", Method::GET, Endpoint::Model),
    ("/v1/model/path", Method::GET, Endpoint::Path),
    ("/v1/model/verify", Method::POST, Endpoint::Verify),
    ("/v1/models/verify-all", Method::POST, Endpoint::VerifyAll),
    ("/v1/model/verify-manifest", Method::POST, Endpoint::VerifyManifest),
    ("/v1/integrity/status", Method::GET, Endpoint::Integrity),
    ("/v1/model/acquire", Method::POST, Endpoint::Acquire),
    ("/v1/model/quarantine", Method::POST, Endpoint::Quarantine),
    ("/v1/model/promote", Method::POST, Endpoint::Promote),
    ("/v1/model/revoke", Method::POST, Endpoint::Revoke),
    ("/v1/model/delete", Method::DELETE, Endpoint::Delete),
    ("/v1/audit", Method::GET, Endpoint::Audit),
];

impl Endpoint {
    /// What a token must be for; nothing where none is needed.
    const fn right(self) -> Option<Right> {
        match self {
            Endpoint::Health => None,
            Endpoint::Verify | Endpoint::VerifyAll | Endpoint::VerifyManifest => Some(Right::Verify),
            Endpoint::Acquire | Endpoint::Quarantine | Endpoint::Promote => Some(Right::Change),
            Endpoint::Revoke | Endpoint::Delete => Some(Right::Withdraw),
            _ => Some(Right::Read),
        }
    }
}

fn route(path: &str) -> Option<(Method, Endpoint)> {
    if path.strip_prefix(JOBS).is_some_and(|id| !id.is_empty() && !id.contains('/')) {
        return Some((Method::GET, Endpoint::Job));
    }
    ROUTES.iter().find(|(known, ..)| *known == path).map(|(_, method, endpoint)| (method.clone(), *endpoint))
}

/// Whether a path belongs to this protocol, known or not.
pub fn is_ours(path: &str) -> bool {
    path == "/health" || path.starts_with("/v1/") || path == "/v1"
}

/// Answers a request.
pub async fn handle(service: &Arc<Service>, request: Request<Body>) -> Reply {
    let (parts, body) = request.into_parts();
    guarded(answer(service, parts, body).await.unwrap_or_else(Refusal::into_reply))
}

async fn answer(service: &Arc<Service>, parts: Parts, body: Body) -> Result<Reply, Refusal> {
    let Some((method, endpoint)) = route(parts.uri.path()) else {
        return Err(Refusal::text(StatusCode::NOT_FOUND, "there is nothing here"));
    };
    let caller = service.access.caller(&parts.headers);
    if let Some(right) = endpoint.right() {
        check(service, caller.as_ref(), right).await?;
    }
    if parts.method != method {
        return Err(wrong_method(&parts.method, &method));
    }
    match (endpoint, caller) {
        (Endpoint::Health, caller) => looked(service, move |service| read::health(service, caller.as_ref())).await,
        (Endpoint::Job, _) => job(service, parts.uri.path()),
        (Endpoint::Acquire | Endpoint::Promote, Some(caller)) => {
            let body = read_body(body).await?;
            let run = if endpoint == Endpoint::Acquire { acquire::run } else { promote::run };
            worked(service, &parts, move |service| run(service, &caller, &body)).await
        }
        (_, Some(caller)) => without_body(service, &parts, endpoint, caller).await,
        (_, None) => Err(Refusal::unknown()),
    }
}

/// Refuses a caller without a token, or with one that is for other things.
async fn check(service: &Service, caller: Option<&Caller>, right: Right) -> Result<(), Refusal> {
    match caller {
        Some(caller) if caller.may(right) => Ok(()),
        Some(_) => Err(Refusal::json(StatusCode::FORBIDDEN, "the token is not for this")),
        None => {
            if let Some(delay) = service.access.delay() {
                tokio::time::sleep(delay).await;
            }
            Err(Refusal::json(StatusCode::FORBIDDEN, "the service's token is needed, and this is not it"))
        }
    }
}

async fn without_body(
    service: &Arc<Service>,
    parts: &Parts,
    endpoint: Endpoint,
    caller: Caller,
) -> Result<Reply, Refusal> {
    match endpoint {
        Endpoint::Stats => return looked(service, move |service| read::stats(service, &caller)).await,
        Endpoint::Models => return looked(service, move |service| read::models(service, &caller)).await,
        Endpoint::Audit => return looked(service, move |service| read::audit(service, &caller)).await,
        Endpoint::Integrity => return worked(service, parts, integrity::status).await,
        Endpoint::VerifyAll => return worked(service, parts, move |service| verify::all(service, &caller)).await,
        _ => {}
    }
    let name = first(parts.uri.query(), "name").filter(|name| is_name(name));
    let Some(name) = name else {
        return Err(Refusal::text(
            StatusCode::BAD_REQUEST,
            "the query names no model: ?name= is missing or not allowed",
        ));
    };
    // A model that the token is not for is not there.
    if !caller.sees(&name) {
        return Err(Refusal::unknown());
    }
    match endpoint {
        Endpoint::Model => looked(service, move |service| read::model(service, &name)).await,
        Endpoint::Path => path(service, parts, name).await,
        Endpoint::Verify => worked(service, parts, move |service| verify::one(service, &name)).await,
        Endpoint::VerifyManifest => worked(service, parts, move |service| manifest::run(service, &name)).await,
        Endpoint::Quarantine => worked(service, parts, move |service| moves::quarantine(service, &caller, &name)).await,
        Endpoint::Revoke => worked(service, parts, move |service| moves::revoke(service, &caller, &name)).await,
        Endpoint::Delete => worked(service, parts, move |service| moves::delete(service, &caller, &name)).await,
        _ => Err(Refusal::unknown()),
    }
}

/// The path of a model: at once where the object is known, else once it was read.
async fn path(service: &Arc<Service>, parts: &Parts, name: String) -> Result<Reply, Refusal> {
    if !service.inventory.is_behind() {
        let located = read::locate(service, &name)?;
        if let Some(content) = located.known(service)? {
            return located.answer(service, content);
        }
    }
    worked(service, parts, move |service| {
        let located = read::locate(service, &name)?;
        let content = located.read(service)?;
        located.answer(service, content)
    })
    .await
}

fn wrong_method(found: &Method, expected: &Method) -> Refusal {
    let mut reply = match *found {
        Method::HEAD => bytes(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", Body::empty()),
        _ => text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"),
    };
    if let Ok(allowed) = HeaderValue::from_str(expected.as_str()) {
        reply.headers_mut().insert(ALLOW, allowed);
    }
    Refusal::of(reply)
}

async fn read_body(body: Body) -> Result<Bytes, Refusal> {
    let read = tokio::time::timeout(BODY_PATIENCE, Limited::new(body, BODY_LIMIT).collect());
    match read.await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(Refusal::text(StatusCode::PAYLOAD_TOO_LARGE, "the body has over 1 MiB"))
        }
        Ok(Err(_)) => Err(Refusal::text(StatusCode::BAD_REQUEST, "invalid request body")),
        Err(_) => Err(Refusal::text(StatusCode::REQUEST_TIMEOUT, "the body took over 10 seconds")),
    }
}

/// Answers from memory; where the registry moved, off the threads that serve connections.
async fn looked(
    service: &Arc<Service>,
    look: impl FnOnce(&Service) -> Result<Reply, Refusal> + Send + 'static,
) -> Result<Reply, Refusal> {
    match service.inventory.is_behind() {
        false => look(service),
        true => blocking(service, look).await,
    }
}

/// Does what reads files or changes the registry. A client that prefers so is answered at once, and asks again later.
async fn worked(
    service: &Arc<Service>,
    parts: &Parts,
    work: impl FnOnce(&Service) -> Result<Reply, Refusal> + Send + 'static,
) -> Result<Reply, Refusal> {
    const PREFER: HeaderName = HeaderName::from_static("prefer");
    let prefers = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|text| text.split([',', ';']).any(|it| it.trim().eq_ignore_ascii_case("respond-async")))
    };
    if !parts.headers.get_all(PREFER).iter().any(prefers) {
        return blocking(service, work).await;
    }
    let id = service.jobs.start();
    let service = Arc::clone(service);
    tokio::spawn(async move {
        let reply = blocking(&service, work).await.unwrap_or_else(Refusal::into_reply);
        let (head, body) = reply.into_parts();
        let body = body.collect().await.map(|whole| whole.to_bytes()).unwrap_or_default();
        let kind = head.headers.get(axum::http::header::CONTENT_TYPE).cloned();
        service.jobs.finish(id, Outcome { status: head.status, kind, body });
    });
    let at = format!("{JOBS}{id}");
    let mut reply = json(StatusCode::ACCEPTED, &serde_json::json!({"status": "running", "job": at}));
    if let Ok(at) = HeaderValue::from_str(&at) {
        reply.headers_mut().insert(LOCATION, at);
    }
    Ok(reply)
}

async fn blocking(
    service: &Arc<Service>,
    work: impl FnOnce(&Service) -> Result<Reply, Refusal> + Send + 'static,
) -> Result<Reply, Refusal> {
    let service = Arc::clone(service);
    let done = tokio::task::spawn_blocking(move || work(&service)).await;
    done.unwrap_or_else(|_| Err(Refusal::text(StatusCode::INTERNAL_SERVER_ERROR, "the request failed in the service")))
}

/// `GET /v1/jobs/ID`: 202 while it goes on, then the answer that the request would have had.
fn job(service: &Service, path: &str) -> Result<Reply, Refusal> {
    let id = path.strip_prefix(JOBS).and_then(|id| id.parse().ok()).unwrap_or_default();
    match service.jobs.get(id) {
        Progress::Unknown => Err(Refusal::text(StatusCode::NOT_FOUND, "there is no such job")),
        Progress::Running => Ok(json(StatusCode::ACCEPTED, &serde_json::json!({"status": "running", "job": path}))),
        Progress::Done(outcome) => {
            let mut reply = bytes(outcome.status, "application/json", outcome.body);
            if let Some(kind) = outcome.kind {
                reply.headers_mut().insert(axum::http::header::CONTENT_TYPE, kind);
            }
            Ok(reply)
        }
    }
}
