//! For those who run the service: `/ready`, and `/metrics` for Prometheus.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};

use crate::http::reply::{Reply, bytes, guarded, json_error, text};
use crate::service::Service;
use crate::tokens::Right;

/// Whether a path is one of these.
pub fn is_ours(path: &str) -> bool {
    matches!(path, "/ready" | "/metrics")
}

/// Answers a request.
pub async fn handle(service: &Arc<Service>, request: Request<Body>) -> Reply {
    guarded(answer(service, request.into_parts().0).await)
}

async fn answer(service: &Arc<Service>, request: Parts) -> Reply {
    let is_metrics = request.uri.path() == "/metrics";
    let caller = service.access.caller(&request.headers);
    if is_metrics && !caller.is_some_and(|caller| caller.may(Right::Read) && caller.sees_all()) {
        return json_error(StatusCode::FORBIDDEN, "a token for reading everything is needed");
    }
    if request.method != Method::GET {
        return text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed");
    }
    let service = Arc::clone(service);
    let done = tokio::task::spawn_blocking(move || if is_metrics { metrics(&service) } else { ready(&service) });
    done.await.unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "the request failed in the service"))
}

/// Whether the registry can be read.
fn ready(service: &Service) -> Reply {
    match service.inventory.contents() {
        Ok(_) => text(StatusCode::OK, "ready"),
        Err(error) => text(StatusCode::SERVICE_UNAVAILABLE, &format!("not ready: {}", error.code.as_str())),
    }
}

fn metrics(service: &Service) -> Reply {
    let mut out = String::new();
    out.push_str("# HELP refmark_answers_total Answers, by the first digit of their status.\n# TYPE refmark_answers_total counter\n");
    for (class, count) in service.figures.classes().into_iter().enumerate().skip(1) {
        let _ = writeln!(out, "refmark_answers_total{{class=\"{class}xx\"}} {}", count);
    }
    match service.inventory.contents() {
        Ok(contents) => {
            out.push_str("# HELP refmark_models Models, by state.\n# TYPE refmark_models gauge\n");
            for (state, count) in contents.counts(|_| true) {
                let _ = writeln!(out, "refmark_models{{state=\"{state}\"}} {count}");
            }
            out.push_str("# HELP refmark_events_total Changes since the registry was made.\n# TYPE refmark_events_total counter\n");
            let _ = writeln!(out, "refmark_events_total {}", contents.events().len());
        }
        Err(_) => {
            out.push_str("# HELP refmark_up Whether the registry can be read.\n# TYPE refmark_up gauge\nrefmark_up 0\n")
        }
    }
    bytes(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", out)
}
