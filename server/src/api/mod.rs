//! refmark's own answers: `GET /api/v1/…` is what the command prints with `--json`, for the registry that is handed out. The
//! document at `/openapi.json` is made from the table of routes, and events can be followed as they land.

mod asked;
mod document;
mod follow;
mod routes;

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode, header};
use refmark_core::types::error::{Code, Error, Exit, Result};
use serde_json::{Value, json};
use tokio::sync::watch;

use self::asked::Asked;
use self::routes::{ROUTES, Route, Scope};
use crate::access::Caller;
use crate::http::door::{blocking, parts, reader};
use crate::http::reply::{Reply, guarded, json as json_reply};
use crate::service::Service;
use crate::shelves::send::set;

const DOCUMENT: &str = "/openapi.json";
const EVENTS: &str = "/api/v1/events";

/// Whether a path is one of these.
pub fn is_ours(path: &str) -> bool {
    path == DOCUMENT || path == "/api/v1" || path.starts_with("/api/v1/")
}

/// Answers a request. Followers of events are let go when the service ends.
pub async fn handle(service: &Arc<Service>, stopped: &watch::Receiver<bool>, request: Request<Body>) -> Reply {
    let (head, _) = request.into_parts();
    if !matches!(head.method, Method::GET | Method::HEAD) {
        let mut reply = refused(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "this only reads: GET");
        set(&mut reply, header::ALLOW, "GET, HEAD");
        return guarded(reply);
    }
    if head.uri.path() == DOCUMENT {
        return guarded(json_reply(StatusCode::OK, &document::openapi()));
    }
    let Some(caller) = reader(service, &head.headers).await else {
        let mut reply = refused(StatusCode::UNAUTHORIZED, "unauthorized", "a token for reading is needed");
        set(&mut reply, header::WWW_AUTHENTICATE, "Bearer");
        return guarded(reply);
    };
    if head.uri.path() == EVENTS && head.method == Method::GET && follow::is_asked_for(&head) {
        return guarded(follow::begin(service, caller, &head, stopped.clone()).await);
    }
    guarded(blocking(service, move |service| answered(service, &caller, &head)).await)
}

fn answered(service: &Service, caller: &Caller, head: &Parts) -> Reply {
    match answer(service, caller, head) {
        Ok(value) => json_reply(StatusCode::OK, &value),
        Err(error) => failed(&error),
    }
}

fn answer(service: &Service, caller: &Caller, head: &Parts) -> Result<Value> {
    let path = parts(head.uri.path()).ok_or_else(|| Error::new(Code::BadArgument, "the path is no UTF-8"))?;
    let Some((route, names)) = ROUTES.iter().find_map(|route| Some((route, fits(route, &path)?))) else {
        return Err(Error::new(Code::NotFound, "there is no such answer; /openapi.json lists all of them"));
    };
    if route.scope == Scope::Registry && !caller.sees_all() {
        return Err(Error::new(Code::Refused, "a token for all models is needed for what is about the whole registry"));
    }
    let asked = Asked { registry: service.registry(), caller, names, query: head.uri.query(), route };
    asked.check_query()?;
    (route.answer)(&asked)
}

/// The values of a route's `{names}` in a path; nothing where it is another path.
fn fits(route: &Route, path: &[String]) -> Option<Vec<(&'static str, String)>> {
    let template: Vec<&'static str> = route.path.split('/').filter(|part| !part.is_empty()).collect();
    if template.len() != path.len() {
        return None;
    }
    let mut names = Vec::new();
    for (want, have) in template.into_iter().zip(path) {
        match want.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => names.push((name, have.clone())),
            None if want == have => {}
            None => return None,
        }
    }
    Some(names)
}

fn refused(status: StatusCode, code: &str, message: &str) -> Reply {
    json_reply(status, &json!({"error": {"code": code, "message": message, "hint": null, "fields": {}}}))
}

/// An error as the command prints it, under the status that says who has to do something.
fn failed(error: &Error) -> Reply {
    let status = match (error.code, error.code.exit()) {
        (Code::NotFound | Code::NotPinned | Code::Absent | Code::NothingToDo, _) => StatusCode::NOT_FOUND,
        (Code::Ambiguous, _) | (_, Exit::Usage) => StatusCode::BAD_REQUEST,
        (_, Exit::Refused) => StatusCode::FORBIDDEN,
        (_, Exit::Conflict) => StatusCode::CONFLICT,
        (Code::Bug, _) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => {
            tracing::error!(code = error.code.as_str(), "the registry refused: {}", error.message.escape_debug());
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    json_reply(status, &json!({ "error": error }))
}
