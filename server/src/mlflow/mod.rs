//! MLflow's model registry, `/api/2.0/mlflow/…`, and its artifacts, `/api/2.0/mlflow-artifacts/…`, for stock clients: of the registry
//! that is handed out. What a client changes is a commit that the service signs on the caller's behalf, under the policy.

mod artifacts;
mod call;
mod checks;
mod entities;
mod failure;
mod filter;
mod models;
mod names;
mod routes;
mod said;
mod search;
mod sources;
mod versions;

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};

use self::call::Call;
use self::failure::{Failure, Result};
use self::said::Said;
use crate::access::Caller;
use crate::http::reply::{Reply, guarded, json};
use crate::service::Service;
use crate::tokens::Right;

const REGISTRY: &str = "/api/2.0/mlflow/";
const ARTIFACTS: &str = "/api/2.0/mlflow-artifacts/";
/// The largest body of a request but for a file, in bytes.
const BODY_LIMIT: usize = 1 << 20;
/// How long such a body may take.
const BODY_PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Whether a path is one of these.
pub fn is_ours(path: &str) -> bool {
    path.starts_with(REGISTRY) || path.starts_with(ARTIFACTS)
}

/// Answers a request.
pub async fn handle(service: &Arc<Service>, request: Request<Body>) -> Reply {
    let (head, body) = request.into_parts();
    guarded(answer(service, head, body).await.unwrap_or_else(Failure::into_reply))
}

async fn answer(service: &Arc<Service>, head: Parts, body: Body) -> Result<Reply> {
    let caller = caller(service, &head).await?;
    if let Some(path) = head.uri.path().strip_prefix(ARTIFACTS) {
        let path = path.to_owned();
        return artifacts::answer(service, caller, head, &path, body).await;
    }
    let path = head.uri.path().strip_prefix(REGISTRY).unwrap_or_default();
    let route = routes::find(path, &head.method)?;
    check(&caller, route.right)?;
    let said = match head.method {
        Method::GET => Said::of_query(head.uri.query())?,
        _ => Said::of_body(&read(body).await?)?,
    };
    blocking(service, move |service| {
        let call = Call { service, caller: &caller, said, base: service.base_of(&head) };
        Ok(json(StatusCode::OK, &(route.run)(&call)?))
    })
    .await
}

/// Who asks; a wrong token is slowed.
async fn caller(service: &Service, head: &Parts) -> Result<Caller> {
    match service.access.caller_of_tool(&head.headers) {
        Some(caller) => Ok(caller),
        None => {
            if let Some(delay) = service.access.delay() {
                tokio::time::sleep(delay).await;
            }
            Err(Failure::unauthenticated())
        }
    }
}

fn check(caller: &Caller, right: Right) -> Result<()> {
    match caller.may(right) {
        true => Ok(()),
        false => Err(Failure::forbidden("the token is not for this")),
    }
}

async fn read(body: Body) -> Result<axum::body::Bytes> {
    match tokio::time::timeout(BODY_PATIENCE, Limited::new(body, BODY_LIMIT).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(_)) => Err(Failure::parameter("the body cannot be read, or has over 1 MiB")),
        Err(_) => Err(Failure::parameter("the body took over 10 seconds")),
    }
}

/// Works on a thread that may wait for the disk.
async fn blocking(
    service: &Arc<Service>,
    work: impl FnOnce(&Service) -> Result<Reply> + Send + 'static,
) -> Result<Reply> {
    let service = Arc::clone(service);
    let done = tokio::task::spawn_blocking(move || work(&service)).await;
    done.unwrap_or_else(|_| Err(Failure::internal("the request failed in the service")))
}
