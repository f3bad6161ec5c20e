//! Git and Git LFS: `git clone http://…/git/registry.git` copies the registry that is served (REFMARK_REGISTRY) with its whole signed
//! history, and `git lfs` fetches the files of trusted versions. Nothing is pushed here.

mod backend;

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};

use crate::http::door::{blocking, reader, unusable};
use crate::http::query::first;
use crate::http::reply::{Reply, bytes, guarded, text};
use crate::service::Service;
use crate::shelves::library::Library;
use crate::shelves::send::{self, set};

const PREFIX: &str = "/git/registry.git";
const LFS: &str = "application/vnd.git-lfs+json";
/// The largest body of a request, in bytes: what a client has already.
const BODY_LIMIT: usize = 16 << 20;
/// The most files that one batch asks for.
const BATCH_LIMIT: usize = 10_000;

/// Whether a path is one of these.
pub fn is_ours(path: &str) -> bool {
    path.starts_with("/git/")
}

/// Answers a request.
pub async fn handle(service: &Arc<Service>, request: Request<Body>) -> Reply {
    let (head, body) = request.into_parts();
    let Some(caller) = reader(service, &head.headers).await else {
        let mut reply = text(StatusCode::UNAUTHORIZED, "a token for reading is needed, as the password");
        set(&mut reply, header::WWW_AUTHENTICATE, "Basic realm=\"refmark\"");
        return guarded(reply);
    };
    // A clone has every model's records.
    if !caller.sees_all() {
        return guarded(text(StatusCode::FORBIDDEN, "the token is for some models only, and a clone has all"));
    }
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(whole) => whole.to_bytes(),
        Err(_) => return guarded(text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")),
    };
    guarded(blocking(service, move |service| answer(service, &head, &body)).await)
}

fn answer(service: &Service, head: &Parts, body: &[u8]) -> Reply {
    let missing = || text(StatusCode::NOT_FOUND, "there is nothing here");
    let (Some(library), Some(path)) = (service.library.as_ref(), head.uri.path().strip_prefix(PREFIX)) else {
        return missing();
    };
    match (&head.method, path) {
        (&Method::GET, "/info/refs") => match first(head.uri.query(), "service").as_deref() {
            Some("git-upload-pack") => backend::run(library, head, path, body),
            _ => text(StatusCode::FORBIDDEN, "this registry is read here, and changed elsewhere"),
        },
        (&Method::POST, "/git-upload-pack") => backend::run(library, head, path, body),
        (&Method::POST, "/git-receive-pack") => {
            text(StatusCode::FORBIDDEN, "this registry is read here, and changed elsewhere")
        }
        (&Method::POST, "/info/lfs/objects/batch") => batch(service, library, head, body),
        (&Method::GET | &Method::HEAD, path) => match path.strip_prefix("/lfs/objects/") {
            Some(oid) => object(service, library, head, oid),
            None => missing(),
        },
        _ => missing(),
    }
}

fn lfs(status: StatusCode, value: &Value) -> Reply {
    bytes(status, LFS, value.to_string())
}

/// Where each file of a batch is; those that belong to no trusted version are not there.
fn batch(service: &Service, library: &Library, head: &Parts, body: &[u8]) -> Reply {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    if asked["operation"] != "download" {
        return lfs(StatusCode::FORBIDDEN, &json!({"message": "this registry is read here, and changed elsewhere"}));
    }
    let listing = match library.listing() {
        Ok(listing) => listing,
        Err(error) => return unusable(&error),
    };
    let base = service.base_of(head);
    let given = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let answer = |object: &Value| {
        let (oid, size) = (object["oid"].as_str().unwrap_or_default(), &object["size"]);
        match listing.with_bytes(oid) {
            Some((_, file)) => {
                let href = format!("{base}{PREFIX}/lfs/objects/{oid}");
                let mut action = json!({ "href": href });
                if let Some(given) = given {
                    action["header"] = json!({"Authorization": given});
                }
                json!({"oid": oid, "size": file.size, "authenticated": true, "actions": {"download": action}})
            }
            None => json!({"oid": oid, "size": size,
                           "error": {"code": 404, "message": "it belongs to no version that is trusted now"}}),
        }
    };
    let objects = asked["objects"].as_array().map_or(&[][..], Vec::as_slice);
    if objects.len() > BATCH_LIMIT {
        return lfs(StatusCode::PAYLOAD_TOO_LARGE, &json!({"message": "too many objects in one batch"}));
    }
    let objects: Vec<Value> = objects.iter().map(answer).collect();
    lfs(StatusCode::OK, &json!({"transfer": "basic", "hash_algo": "sha256", "objects": objects}))
}

fn object(service: &Service, library: &Library, head: &Parts, oid: &str) -> Reply {
    match library.listing() {
        Err(error) => unusable(&error),
        Ok(listing) => match listing.with_bytes(oid) {
            None => lfs(StatusCode::NOT_FOUND, &json!({"message": "it belongs to no version that is trusted now"})),
            Some((package, file)) => {
                let mut reply = send::file(service, package, file, &head.method, &head.headers);
                set(&mut reply, HeaderName::from_static("x-content-type-options"), "nosniff");
                reply
            }
        },
    }
}
