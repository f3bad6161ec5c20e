//! Why a request is not done: an answer that says so.

use axum::http::StatusCode;
use refmark_core::types::error::{Code, Error};

use crate::http::reply::{Reply, json_error, text};

/// An answer that says no.
#[derive(Debug)]
pub struct Refusal(Box<Reply>);

impl Refusal {
    /// This answer.
    pub fn of(reply: Reply) -> Refusal {
        Refusal(Box::new(reply))
    }

    /// The answer.
    pub fn into_reply(self) -> Reply {
        *self.0
    }

    /// A line of text.
    pub fn text(status: StatusCode, line: impl AsRef<str>) -> Refusal {
        Refusal::of(text(status, line.as_ref()))
    }

    /// `{"error": TEXT}`.
    pub fn json(status: StatusCode, message: impl AsRef<str>) -> Refusal {
        Refusal::of(json_error(status, message.as_ref()))
    }

    /// 404: nobody has that name.
    pub fn unknown() -> Refusal {
        Refusal::text(StatusCode::NOT_FOUND, "model not found")
    }
}

impl From<Box<Error>> for Refusal {
    /// What the registry refused. History that cannot be believed is the service's affair and no answer to the caller.
    fn from(error: Box<Error>) -> Refusal {
        tracing::error!(code = error.code.as_str(), "the registry refused: {}", error.message.escape_debug());
        match error.code {
            Code::NoSpace | Code::ReadOnly | Code::Io | Code::Refused | Code::Pending => Refusal::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("the change was not saved: {}", error.code.as_str()),
            ),
            other => Refusal::text(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("the registry cannot be used now: {}", other.as_str()),
            ),
        }
    }
}

impl From<super::body::BadBody> for Refusal {
    fn from(_: super::body::BadBody) -> Refusal {
        Refusal::text(StatusCode::BAD_REQUEST, "invalid request body")
    }
}

/// A text between quotes, with what cannot be printed escaped.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            letter if letter.is_control() => quoted.extend(letter.escape_default()),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
