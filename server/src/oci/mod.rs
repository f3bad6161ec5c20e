//! The reading part of the OCI distribution protocol, `/v2/`: trusted versions as ModelPack artifacts, for `skopeo` and `oras`. A
//! layer's digest is the SHA-256 of the file; tags are aliases, versions and releases.

mod image;

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;

use crate::access::Caller;
use crate::http::door::{blocking, parts, reader, unusable};
use crate::http::reply::{Reply, bytes, guarded, json as json_reply};
use crate::service::Service;
use crate::shelves::send::{self, set};
use crate::shelves::{Package, models, package, packages};
use image::{Image, MANIFEST};

const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

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
            set(&mut reply, header::WWW_AUTHENTICATE, "Basic realm=\"refmark\"");
            reply
        }
        Some(_) if !matches!(head.method, Method::GET | Method::HEAD) => {
            error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "this registry is read here, and changed elsewhere")
        }
        Some(caller) => blocking(service, move |service| answer(service, &caller, &head)).await,
    };
    set(&mut reply, HeaderName::from_static("docker-distribution-api-version"), "registry/2.0");
    guarded(reply)
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
        [name @ .., "tags", "list"] => tags(service, caller, &name.join("/")),
        [name @ .., "manifests", reference] => manifest(service, caller, &name.join("/"), reference, &head.method),
        [name @ .., "blobs", digest] => blob(service, caller, &name.join("/"), digest, head),
        // The signed records stay in the registry: none is attached here yet.
        [_, .., "referrers", _] => {
            let index =
                json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []});
            let mut reply = json_reply(StatusCode::OK, &index);
            set(&mut reply, header::CONTENT_TYPE, "application/vnd.oci.image.index.v1+json");
            reply
        }
        _ => error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "there is nothing here"),
    }
}

fn unknown() -> Reply {
    error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "there is no such version that you may read")
}

fn tags(service: &Service, caller: &Caller, name: &str) -> Reply {
    match packages(service, caller, name) {
        Err(error) => unusable(&error),
        Ok(all) if all.is_empty() => {
            error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "there is no such model that you may read")
        }
        Ok(all) => {
            let tags: Vec<&String> = all.iter().flat_map(|package| &package.names).collect();
            json_reply(StatusCode::OK, &json!({"name": name, "tags": tags}))
        }
    }
}

fn manifest(service: &Service, caller: &Caller, name: &str, reference: &str, method: &Method) -> Reply {
    let found = match reference.strip_prefix("sha256:") {
        None => package(service, caller, name, reference),
        Some(_) => packages(service, caller, name)
            .map(|all| all.into_iter().find(|package| Image::of(package).digest() == reference)),
    };
    match found {
        Err(error) => unusable(&error),
        Ok(None) => unknown(),
        Ok(Some(package)) => {
            let image = Image::of(&package);
            let body = if *method == Method::HEAD { Vec::new() } else { image.manifest.clone() };
            let mut reply = bytes(StatusCode::OK, MANIFEST, body);
            set(&mut reply, header::CONTENT_LENGTH, &image.manifest.len().to_string());
            set(&mut reply, DIGEST, &image.digest());
            set(&mut reply, HeaderName::from_static("x-refmark-version"), &package.version);
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
    let config = all.iter().map(Image::of).find(|image| image.config_digest() == digest);
    match config {
        None => error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "there is no such file that you may read"),
        Some(image) => {
            let length = image.config.len().to_string();
            let body = if head.method == Method::HEAD { Vec::new() } else { image.config };
            let mut reply = bytes(StatusCode::OK, "application/octet-stream", body);
            set(&mut reply, header::CONTENT_LENGTH, &length);
            set(&mut reply, DIGEST, digest);
            reply
        }
    }
}
