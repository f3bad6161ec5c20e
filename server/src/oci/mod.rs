//! The reading part of the OCI distribution protocol, `/v2/`: trusted versions as ModelPack artifacts, for `skopeo` and `oras`. A
//! layer's digest is the SHA-256 of the file; tags are aliases, versions and releases.

mod attached;
mod image;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};
use refmark_core::types::error::Result;
use serde_json::json;

use crate::access::{Caller, password};
use crate::http::door::{blocking, parts, reader, unusable};
use crate::http::query::first;
use crate::http::reply::{Reply, bytes, guarded, json as json_reply};
use crate::service::Service;
use crate::shelves::send::{self, set};
use crate::shelves::{Package, models, package, packages};
use image::{Image, MANIFEST};

const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Where clients exchange a password for a token.
const TOKEN: &str = "/v2/token";

/// Whether a path is one of these.
pub fn is_ours(path: &str) -> bool {
    path == "/v2" || path.starts_with("/v2/")
}

/// Answers a request.
pub async fn handle(service: &Arc<Service>, request: Request<Body>) -> Reply {
    let (head, _) = request.into_parts();
    let mut reply = match reader(service, &head.headers).await {
        None => {
            let mut reply =
                error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "a token for reading is needed, as the password");
            // Some clients know this way alone, and all of those know it that know the other.
            let challenge = format!("Bearer realm=\"{}{TOKEN}\",service=\"refmark\"", service.base_of(&head));
            set(&mut reply, header::WWW_AUTHENTICATE, &challenge);
            reply
        }
        Some(_) if !matches!(head.method, Method::GET | Method::HEAD) => {
            error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "this registry is read here, and changed elsewhere")
        }
        Some(_) if head.uri.path() == TOKEN => token(&head),
        Some(caller) => blocking(service, move |service| answer(service, &caller, &head)).await,
    };
    set(&mut reply, HeaderName::from_static("docker-distribution-api-version"), "registry/2.0");
    guarded(reply)
}

/// The token that a client shall show from now on: the one that it gave as password.
fn token(head: &Parts) -> Reply {
    let token = password(&head.headers).flatten().and_then(|token| String::from_utf8(token).ok());
    // Where nobody is asked for a token, any will do.
    let token = token.unwrap_or_else(|| "none".to_owned());
    json_reply(StatusCode::OK, &json!({"token": token, "access_token": token, "expires_in": 3600}))
}

fn error(status: StatusCode, code: &str, message: &str) -> Reply {
    json_reply(status, &json!({"errors": [{"code": code, "message": message}]}))
}

fn answer(service: &Service, caller: &Caller, head: &Parts) -> Reply {
    let all = parts(head.uri.path()).unwrap_or_default();
    let all: Vec<&str> = all.iter().skip(1).map(String::as_str).collect();
    match all.as_slice() {
        [] => json_reply(StatusCode::OK, &json!({})),
        ["_catalog"] => match models(service, caller) {
            Ok(models) => json_reply(StatusCode::OK, &json!({ "repositories": models })),
            Err(error) => unusable(&error),
        },
        [name @ .., "tags", "list"] => tags(service, caller, &name.join("/"), head.uri.query()),
        [name @ .., "manifests", reference] => manifest(service, caller, &name.join("/"), reference, &head.method),
        [name @ .., "blobs", digest] => blob(service, caller, &name.join("/"), digest, head),
        [name @ .., "referrers", digest] => referrers(service, caller, &name.join("/"), digest, head),
        _ => error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "there is nothing here"),
    }
}

fn unknown() -> Reply {
    error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "there is no such version that you may read")
}

/// The tags of a model in their order, `n` at once after `last`.
fn tags(service: &Service, caller: &Caller, name: &str, query: Option<&str>) -> Reply {
    let all = match packages(service, caller, name) {
        Err(error) => return unusable(&error),
        Ok(all) if all.is_empty() => {
            return error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "there is no such model that you may read");
        }
        Ok(all) => all,
    };
    let last = first(query, "last").unwrap_or_default();
    let tags: BTreeSet<&String> = all.iter().flat_map(|package| &package.names).filter(|tag| **tag > last).collect();
    let Some(count) = first(query, "n") else {
        return json_reply(StatusCode::OK, &json!({"name": name, "tags": tags}));
    };
    let Ok(count) = count.parse::<usize>() else {
        return error(StatusCode::BAD_REQUEST, "PAGINATION_NUMBER_INVALID", "n is no whole number");
    };
    let page: Vec<&&String> = tags.iter().take(count).collect();
    let mut reply = json_reply(StatusCode::OK, &json!({"name": name, "tags": page}));
    if let Some(end) = page.last().filter(|_| page.len() < tags.len()) {
        let next = format!("</v2/{name}/tags/list?n={count}&last={end}>; rel=\"next\"");
        set(&mut reply, header::LINK, &next);
    }
    reply
}

/// The bytes of a manifest or an index, with their digest.
fn described(body: Vec<u8>, kind: &'static str, method: &Method) -> Reply {
    let (length, digest) = (body.len().to_string(), image::digest(&body));
    let mut reply = bytes(StatusCode::OK, kind, if *method == Method::HEAD { Vec::new() } else { body });
    set(&mut reply, header::CONTENT_LENGTH, &length);
    set(&mut reply, DIGEST, &digest);
    reply
}

fn manifest(service: &Service, caller: &Caller, name: &str, reference: &str, method: &Method) -> Reply {
    match find_manifest(service, caller, name, reference, method) {
        Ok(reply) => reply.unwrap_or_else(unknown),
        Err(error) => unusable(&error),
    }
}

fn find_manifest(
    service: &Service,
    caller: &Caller,
    name: &str,
    reference: &str,
    method: &Method,
) -> Result<Option<Reply>> {
    let all = packages(service, caller, name)?;
    let with = |digest: &str| all.iter().find(|package| Image::of(package).digest() == digest);
    let found = match reference.strip_prefix("sha256:") {
        Some(_) => with(reference).cloned(),
        None => package(service, caller, name, reference)?,
    };
    if let Some(package) = found {
        let mut reply = described(Image::of(&package).manifest, MANIFEST, method);
        set(&mut reply, HeaderName::from_static("x-refmark-version"), &package.version);
        return Ok(Some(reply));
    }
    if reference.starts_with("sha256:") {
        let attached = attached::all(service, name, &all)?;
        return Ok(attached.manifests.get(reference).map(|body| described(body.clone(), MANIFEST, method)));
    }
    // Clients that know no referrers look for them under a tag that is made of the digest.
    let tagged = reference.strip_prefix("sha256-").and_then(|hex| with(&format!("sha256:{hex}")));
    tagged.map(|package| Ok(described(attached::index(service, package, None)?, attached::INDEX, method))).transpose()
}

/// The signed records of a version, as artifacts that refer to its image.
fn referrers(service: &Service, caller: &Caller, name: &str, digest: &str, head: &Parts) -> Reply {
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() != 64 || !hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", "the digest is not sha256: and 64 hex digits");
    }
    let kind = first(head.uri.query(), "artifactType").filter(|kind| !kind.is_empty());
    let index = packages(service, caller, name).and_then(|all| {
        match all.iter().find(|package| Image::of(package).digest() == digest) {
            Some(package) => attached::index(service, package, kind.as_deref()),
            None => Ok(attached::index_of(&[])),
        }
    });
    match index {
        Err(error) => unusable(&error),
        Ok(index) => {
            let mut reply = described(index, attached::INDEX, &head.method);
            if kind.is_some() {
                set(&mut reply, HeaderName::from_static("oci-filters-applied"), "artifactType");
            }
            reply
        }
    }
}

fn blob(service: &Service, caller: &Caller, name: &str, digest: &str, head: &Parts) -> Reply {
    let all = match packages(service, caller, name) {
        Ok(all) => all,
        Err(error) => return unusable(&error),
    };
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    let file = |package: &Package| package.files.iter().find(|file| file.sha256.hex() == hex).cloned();
    if let Some((package, file)) = all.iter().find_map(|package| Some((package, file(package)?))) {
        let mut reply = send::file(service, package, &file, &head.method, &head.headers);
        set(&mut reply, DIGEST, digest);
        return reply;
    }
    let config = all.iter().map(Image::of).find(|image| image.config_digest() == digest).map(|image| image.config);
    let attached = match (config, all.is_empty()) {
        (Some(config), _) => Ok(Some(config)),
        (None, true) => Ok(None),
        (None, false) => attached::all(service, name, &all).map(|found| found.blobs.get(digest).cloned()),
    };
    match attached {
        Err(error) => unusable(&error),
        Ok(None) => error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "there is no such file that you may read"),
        Ok(Some(bytes)) => described(bytes, "application/octet-stream", &head.method),
    }
}
