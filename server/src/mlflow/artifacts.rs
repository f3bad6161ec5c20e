//! `mlflow-artifacts`: the files of trusted versions at `models/MODEL/VERSION/…`, and what callers put at `uploads/…`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::failure::{Failure, Result};
use super::{blocking, check, names};
use crate::access::Caller;
use crate::http::door::parts;
use crate::http::query::first;
use crate::http::reply::{Reply, json as json_reply};
use crate::service::Service;
use crate::shelves::{Package, packages, send};
use crate::tokens::Right;

/// A client that sends no byte of a file for so long is gone.
const PATIENCE: Duration = Duration::from_secs(30);
const UPLOADS: &str = "uploads";

/// Answers a request for `artifacts…`.
pub async fn answer(service: &Arc<Service>, caller: Caller, head: Parts, path: &str, body: Body) -> Result<Reply> {
    let found = parts(path).ok_or_else(|| Failure::parameter("the path is no UTF-8"))?;
    let Some(("artifacts", found)) = found.split_first().map(|(first, rest)| (first.as_str(), rest.to_vec())) else {
        return Err(Failure::no_endpoint());
    };
    match (&head.method, found.first().map(String::as_str)) {
        (&Method::GET | &Method::HEAD, _) => {
            check(&caller, Right::Read)?;
            blocking(service, move |service| read(service, &caller, &head, &found)).await
        }
        (&Method::PUT, Some(UPLOADS)) => {
            check(&caller, Right::Change)?;
            put(service, caller, found[1..].join("/"), body).await
        }
        (&Method::DELETE, Some(UPLOADS)) => {
            check(&caller, Right::Change)?;
            blocking(service, move |service| {
                service.uploads.forget(&caller.name, &found[1..].join("/"));
                Ok(json_reply(StatusCode::OK, &json!({})))
            })
            .await
        }
        (&Method::PUT | &Method::DELETE, _) => {
            Err(Failure::forbidden("files are put at uploads/… and then made a version: model-versions/create"))
        }
        _ => Err(Failure::method()),
    }
}

fn read(service: &Service, caller: &Caller, head: &Parts, path: &[String]) -> Result<Reply> {
    if path.is_empty() {
        let asked = first(head.uri.query(), "path").unwrap_or_default();
        let asked: Vec<String> = asked.split('/').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect();
        return Ok(json_reply(StatusCode::OK, &json!({"files": list(service, caller, &asked)?})));
    }
    let [kind, model, version, file @ ..] = path else { return Err(missing()) };
    if kind != "models" {
        return Err(Failure::forbidden("what was put here is read once it is a version"));
    }
    let package = package(service, caller, model, version)?;
    let file = package.file(&file.join("/")).ok_or_else(missing)?;
    Ok(send::file(service, &package, file, &head.method, &head.headers))
}

fn missing() -> Failure {
    Failure::missing("there is no such file that you may read")
}

/// A version whose bytes are handed out; an error says why another's are not.
fn package(service: &Service, caller: &Caller, model: &str, version: &str) -> Result<Package> {
    let model = names::shown(model);
    let all = packages(service, caller, &model)?;
    let found = all.into_iter().find(|package| package.version == version);
    found.ok_or_else(|| {
        Failure::forbidden(format!(
            "the bytes of {model}/{version} are not handed out: it is not there, or not trusted"
        ))
    })
}

/// What lies directly in a folder of a version, or of what the caller put here.
fn list(service: &Service, caller: &Caller, path: &[String]) -> Result<Vec<Value>> {
    let row = |name: &str, size: Option<u64>| match size {
        None => json!({"path": name, "is_dir": true}),
        Some(size) => json!({"path": name, "is_dir": false, "file_size": size}),
    };
    match path {
        [kind, rest @ ..] if kind == UPLOADS => {
            let rows = service.uploads.list(&caller.name, &rest.join("/"))?;
            Ok(rows.iter().map(|found| row(&found.name, found.size)).collect())
        }
        [kind, model, version, folder @ ..] if kind == "models" => {
            let package = package(service, caller, model, version)?;
            let prefix = folder.iter().map(|part| format!("{part}/")).collect::<String>();
            let mut rows: std::collections::BTreeMap<&str, Option<u64>> = std::collections::BTreeMap::new();
            for file in &package.files {
                let Some(rest) = file.path.strip_prefix(&prefix) else { continue };
                match rest.split_once('/') {
                    Some((name, _)) => rows.insert(name, None),
                    None => rows.insert(rest, Some(file.size)),
                };
            }
            Ok(rows.into_iter().map(|(name, size)| row(name, size)).collect())
        }
        _ => Err(missing()),
    }
}

/// Takes a file in: its bytes are written by a thread that may wait for the disk.
async fn put(service: &Arc<Service>, caller: Caller, path: String, mut body: Body) -> Result<Reply> {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
    let writing = Arc::clone(service);
    let written = tokio::task::spawn_blocking(move || -> Result<()> {
        let mut upload = writing.uploads.begin(&caller.name, &path).map_err(Failure::of_upload)?;
        while let Some(bytes) = receiver.blocking_recv() {
            // The empty piece that comes last says that all of it has come.
            if bytes.is_empty() {
                return Ok(upload.finish()?);
            }
            upload.write(&bytes).map_err(Failure::of_upload)?;
        }
        Err(Failure::parameter("the file did not come whole"))
    });
    loop {
        let piece = match tokio::time::timeout(PATIENCE, body.frame()).await {
            Ok(None) => Bytes::new(),
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(bytes) if !bytes.is_empty() => bytes,
                _ => continue,
            },
            Ok(Some(Err(_))) | Err(_) => break,
        };
        let is_last = piece.is_empty();
        if sender.send(piece).await.is_err() || is_last {
            break;
        }
    }
    drop(sender);
    written.await.unwrap_or_else(|_| Err(Failure::internal("the request failed in the service")))?;
    Ok(json_reply(StatusCode::OK, &json!({})))
}
