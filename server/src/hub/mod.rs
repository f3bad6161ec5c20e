//! The part of the Hugging Face Hub's protocol that reads: with `HF_ENDPOINT` set to this service, `huggingface_hub` and
//! `from_pretrained` load trusted versions. A revision is an alias, a version, a release or an artifact; `main` is the champion, or
//! the newest trusted version.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::HeaderName;
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};

use crate::access::Caller;
use crate::http::door::{blocking, parts, reader, unusable};
use crate::http::query::{decode, first};
use crate::http::reply::{Reply, guarded, json as json_reply, json_error, text};
use crate::service::Service;
use crate::shelves::send::{self, set};
use crate::shelves::{Package, Packed, models, package, packages};

const API: &str = "/api/models";
const RESOLVE: &str = "/resolve/";
/// The largest body of a question for paths, in bytes.
const BODY_LIMIT: usize = 1 << 20;

/// Whether a path is one of these.
pub fn is_ours(path: &str) -> bool {
    path == API || path.starts_with("/api/models/") || path.contains(RESOLVE)
}

/// Answers a request.
pub async fn handle(service: &Arc<Service>, request: Request<Body>) -> Reply {
    let (head, body) = request.into_parts();
    let Some(caller) = reader(service, &head.headers).await else {
        let mut reply = json_error(StatusCode::UNAUTHORIZED, "a token for reading is needed: set HF_TOKEN");
        set(&mut reply, HeaderName::from_static("x-error-code"), "GatedRepo");
        return guarded(reply);
    };
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(whole) => whole.to_bytes(),
        Err(_) => return guarded(text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")),
    };
    guarded(blocking(service, move |service| answer(service, &caller, &head, &body)).await)
}

fn answer(service: &Service, caller: &Caller, head: &Parts, body: &[u8]) -> Reply {
    let path = head.uri.path();
    if path == API {
        return match models(service, caller) {
            Ok(models) => json_reply(
                StatusCode::OK,
                &models.iter().map(|it| json!({"id": it, "modelId": it})).collect::<Vec<_>>(),
            ),
            Err(error) => unusable(&error),
        };
    }
    match path.split_once(RESOLVE) {
        Some((repo, rest)) if !path.starts_with(API) => resolved(service, caller, head, (repo, rest)),
        _ => told(service, caller, head, body),
    }
}

/// An error as the client reads it.
fn missing(code: &'static str, message: &str) -> Reply {
    let mut reply = json_error(StatusCode::NOT_FOUND, message);
    set(&mut reply, HeaderName::from_static("x-error-code"), code);
    set(&mut reply, HeaderName::from_static("x-error-message"), message);
    reply
}

/// The model of a repository. Some clients want a namespace before every name: `refmark/NAME` is `NAME`.
fn model_of(service: &Service, caller: &Caller, repo: &str) -> String {
    match repo.strip_prefix("refmark/") {
        Some(bare) if !packages(service, caller, repo).is_ok_and(|all| !all.is_empty()) => bare.to_owned(),
        _ => repo.to_owned(),
    }
}

/// The package of a repository's revision, or the answer that says why not.
fn found(service: &Service, caller: &Caller, repo: &str, revision: &str) -> Result<Package, Box<Reply>> {
    match package(service, caller, repo, revision) {
        Err(error) => Err(Box::new(unusable(&error))),
        Ok(Some(package)) => Ok(package),
        Ok(None) => {
            let is_known = packages(service, caller, repo).is_ok_and(|all| !all.is_empty());
            Err(Box::new(match is_known {
                true => missing("RevisionNotFound", "the model has no such revision that is trusted"),
                false => missing("RepoNotFound", "there is no such model that you may read"),
            }))
        }
    }
}

/// `/REPO/resolve/REVISION/PATH`: a file.
fn resolved(service: &Service, caller: &Caller, head: &Parts, (repo, rest): (&str, &str)) -> Reply {
    let repo = model_of(service, caller, &parts(repo).unwrap_or_default().join("/"));
    let (revision, path) = rest.split_once('/').unwrap_or((rest, ""));
    let revision = parts(revision).unwrap_or_default().join("/");
    let path = parts(path).unwrap_or_default().join("/");
    let package = match found(service, caller, &repo, &revision) {
        Ok(package) => package,
        Err(reply) => return *reply,
    };
    let mut reply = match package.file(&path) {
        Some(file) => {
            let mut reply = send::file(service, &package, file, &head.method, &head.headers);
            set(&mut reply, HeaderName::from_static("x-linked-size"), &file.size.to_string());
            set(&mut reply, HeaderName::from_static("x-linked-etag"), &format!("\"{}\"", file.sha256));
            reply
        }
        None => missing("EntryNotFound", "the version has no such file"),
    };
    set(&mut reply, HeaderName::from_static("x-repo-commit"), &package.revision());
    reply
}

/// `/api/models/REPO…`: what is known of a repository.
fn told(service: &Service, caller: &Caller, head: &Parts, body: &[u8]) -> Reply {
    let all = parts(head.uri.path()).unwrap_or_default();
    let all = all.get(2..).unwrap_or_default();
    let words = ["revision", "tree", "paths-info", "refs"];
    let at = (1..all.len()).find(|at| words.contains(&all[*at].as_str())).unwrap_or(all.len());
    let (asked, rest) = (all[..at].join("/"), &all[at..]);
    let repo = model_of(service, caller, &asked);
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let revision = rest.get(1).copied().unwrap_or("main");
    if rest.first() == Some(&"refs") {
        return refs(service, caller, &repo);
    }
    let package = match found(service, caller, &repo, revision) {
        Ok(package) => package,
        Err(reply) => return *reply,
    };
    match (rest.first().copied(), &head.method) {
        (None | Some("revision"), &Method::GET) => json_reply(StatusCode::OK, &info(&asked, &package)),
        (Some("tree"), &Method::GET) => {
            let recursive =
                first(head.uri.query(), "recursive").is_some_and(|it| it.eq_ignore_ascii_case("true") || it == "1");
            tree(&package, &rest.get(2..).unwrap_or_default().join("/"), recursive)
        }
        (Some("paths-info"), &Method::POST) => {
            let wanted = wanted(body);
            let files = package.files.iter().filter(|file| wanted.contains(&file.path));
            let folders = wanted.iter().filter(|path| package.files.iter().any(|file| is_below(&file.path, path)));
            let folders = folders.map(|path| folder(path));
            json_reply(StatusCode::OK, &files.map(entry).chain(folders).collect::<Vec<_>>())
        }
        _ => text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"),
    }
}

fn info(repo: &str, package: &Package) -> Value {
    let sibling = |file: &Packed| {
        json!({"rfilename": file.path, "size": file.size, "blobId": file.sha256.hex(),
               "lfs": {"sha256": file.sha256.hex(), "size": file.size, "pointerSize": 134}})
    };
    json!({
        "_id": package.revision(), "id": repo, "modelId": repo, "sha": package.revision(),
        "private": false, "disabled": false, "gated": false, "downloads": 0, "likes": 0, "tags": package.names,
        "siblings": package.files.iter().map(sibling).collect::<Vec<_>>(),
    })
}

fn entry(file: &Packed) -> Value {
    let oid = file.sha256.hex();
    json!({"type": "file", "oid": oid, "size": file.size, "path": file.path,
           "lfs": {"oid": oid, "size": file.size, "pointerSize": 134}})
}

fn folder(path: &str) -> Value {
    json!({"type": "directory", "oid": "0".repeat(40), "size": 0, "path": path})
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn tree(package: &Package, below: &str, recursive: bool) -> Reply {
    let mut entries = Vec::new();
    let mut folders = std::collections::BTreeSet::new();
    for file in &package.files {
        let Some(rest) = (if below.is_empty() {
            Some(file.path.as_str())
        } else {
            file.path.strip_prefix(below).and_then(|rest| rest.strip_prefix('/'))
        }) else {
            continue;
        };
        for (at, _) in rest.match_indices('/') {
            let start = file.path.len() - rest.len();
            if at == rest.find('/').unwrap_or_default() || recursive {
                folders.insert(file.path[..start + at].to_owned());
            }
        }
        if recursive || !rest.contains('/') {
            entries.push(entry(file));
        }
    }
    entries.extend(folders.iter().map(|path| folder(path)));
    match entries.is_empty() && !below.is_empty() {
        true => missing("EntryNotFound", "the version has no such folder"),
        false => json_reply(StatusCode::OK, &entries),
    }
}

/// The paths that a client asks for, as a form or as JSON.
fn wanted(body: &[u8]) -> Vec<String> {
    if let Ok(Value::Object(said)) = serde_json::from_slice(body) {
        return match said.get("paths") {
            Some(Value::Array(paths)) => paths.iter().filter_map(|path| path.as_str().map(str::to_owned)).collect(),
            Some(Value::String(path)) => vec![path.clone()],
            _ => Vec::new(),
        };
    }
    let text = String::from_utf8_lossy(body);
    let values = text.split('&').filter_map(|pair| pair.strip_prefix("paths="));
    values.filter_map(|value| String::from_utf8(decode(value, true)?).ok()).collect()
}

/// Aliases as branches, versions and releases as tags.
fn refs(service: &Service, caller: &Caller, repo: &str) -> Reply {
    let all = match packages(service, caller, repo) {
        Ok(all) if !all.is_empty() => all,
        Ok(_) => return missing("RepoNotFound", "there is no such model that you may read"),
        Err(error) => return unusable(&error),
    };
    let (mut branches, mut tags) = (Vec::new(), Vec::new());
    for package in &all {
        for name in &package.names {
            let is_fixed = name.starts_with(|first: char| first.is_ascii_digit());
            let (kind, list) = if is_fixed { ("tags", &mut tags) } else { ("heads", &mut branches) };
            list.push(json!({"name": name, "ref": format!("refs/{kind}/{name}"), "targetCommit": package.revision()}));
        }
    }
    if let Ok(Some(main)) = package(service, caller, repo, "main") {
        branches.push(json!({"name": "main", "ref": "refs/heads/main", "targetCommit": main.revision()}));
    }
    json_reply(StatusCode::OK, &json!({"branches": branches, "converts": [], "tags": tags}))
}
