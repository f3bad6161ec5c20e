//! Plain files: `GET /files/MODEL/REVISION` lists a package, `GET /files/MODEL/REVISION/PATH` is a file of it. For curl, for browsers,
//! and for every library that reads URLs.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;

use crate::access::Caller;
use crate::http::door::{blocking, parts, reader, unusable};
use crate::http::reply::{Reply, guarded, json as json_reply, json_error, text};
use crate::service::Service;
use crate::shelves::{models, package, send};

/// Whether a path is one of these.
pub fn is_ours(path: &str) -> bool {
    path == "/files" || path.starts_with("/files/")
}

/// Answers a request.
pub async fn handle(service: &Arc<Service>, request: Request<Body>) -> Reply {
    let (head, _) = request.into_parts();
    let Some(caller) = reader(service, &head.headers).await else {
        return guarded(json_error(StatusCode::FORBIDDEN, "a token for reading is needed"));
    };
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return guarded(text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"));
    }
    let answer = move |service: &Service| {
        let found = parts(head.uri.path()).unwrap_or_default();
        match found.get(1..) {
            Some([model, revision, path @ ..]) if !path.is_empty() => {
                file(service, &caller, (model, revision, &path.join("/")), &head)
            }
            Some([model, revision]) => listed(service, &caller, model, revision),
            Some([]) => match models(service, &caller) {
                Ok(models) => json_reply(StatusCode::OK, &json!({ "models": models })),
                Err(error) => unusable(&error),
            },
            _ => missing(),
        }
    };
    guarded(blocking(service, answer).await)
}

fn missing() -> Reply {
    text(StatusCode::NOT_FOUND, "there is no such file that you may read")
}

fn file(
    service: &Service,
    caller: &Caller,
    (model, revision, path): (&str, &str, &str),
    head: &axum::http::request::Parts,
) -> Reply {
    match package(service, caller, model, revision) {
        Err(error) => unusable(&error),
        Ok(None) => missing(),
        Ok(Some(package)) => match package.file(path) {
            Some(file) => send::file(service, &package, file, &head.method, &head.headers),
            None => missing(),
        },
    }
}

fn listed(service: &Service, caller: &Caller, model: &str, revision: &str) -> Reply {
    match package(service, caller, model, revision) {
        Err(error) => unusable(&error),
        Ok(None) => missing(),
        Ok(Some(package)) => {
            let files = package.files.iter();
            let files: Vec<_> =
                files.map(|file| json!({"path": file.path, "size": file.size, "sha256": file.sha256.hex()})).collect();
            let artifact = format!("sha256-{}", package.artifact);
            let said =
                json!({"model": package.model, "version": package.version, "artifact": artifact, "files": files});
            json_reply(StatusCode::OK, &said)
        }
    }
}
