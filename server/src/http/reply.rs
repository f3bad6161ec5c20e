//! Answers: JSON or a line of text, with the headers that every answer has.

use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use serde::Serialize;

use super::json::compact;

/// An answer over HTTP.
pub type Reply = Response<Body>;

/// The headers that every answer carries, also those that say no.
const GUARDS: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// Sets the headers that every answer carries, where the answer does not say otherwise itself.
pub fn guarded(mut reply: Reply) -> Reply {
    for (name, value) in GUARDS {
        reply.headers_mut().entry(name).or_insert(value);
    }
    reply
}

/// An answer of bytes.
pub fn bytes(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

/// A JSON value and a newline.
pub fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    let mut body = compact(value);
    body.push(b'\n');
    bytes(status, "application/json", body)
}

/// A line of text.
pub fn text(status: StatusCode, line: &str) -> Reply {
    bytes(status, "text/plain; charset=utf-8", format!("{line}\n"))
}

/// An error as JSON: `{"error": TEXT}`.
pub fn json_error(status: StatusCode, message: &str) -> Reply {
    #[derive(Serialize)]
    struct Said<'a> {
        error: &'a str,
    }
    json(status, &Said { error: message })
}
