//! Errors in MLflow's words: `{"error_code", "message"}`, and a status that its clients do not ask again upon.

use axum::http::StatusCode;
use refmark_core::engine::gate::{Refusal, Status};
use refmark_core::types::error::{Code, Error, Exit};
use serde_json::json;

use crate::http::reply::{Reply, json as json_reply};

/// What a request comes to.
pub type Result<T> = std::result::Result<T, Failure>;

/// A request that was not done.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Failure {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Failure {
        Failure { status, code, message: message.into() }
    }

    /// A parameter is wrong.
    pub fn parameter(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE", message)
    }

    /// What was named is not there.
    pub fn missing(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST", message)
    }

    /// There is one already.
    pub fn exists(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS", message)
    }

    /// There is no such path.
    pub fn no_endpoint() -> Failure {
        Failure::new(StatusCode::NOT_FOUND, "ENDPOINT_NOT_FOUND", "MLflow's registry has no such endpoint here")
    }

    /// The path has other methods.
    pub fn method() -> Failure {
        Failure::new(StatusCode::METHOD_NOT_ALLOWED, "BAD_REQUEST", "this path has other methods")
    }

    /// No token, or a wrong one.
    pub fn unauthenticated() -> Failure {
        let message = "the service's token is needed, and this is not it: MLFLOW_TRACKING_TOKEN";
        Failure::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
    }

    /// The caller may not do this.
    pub fn forbidden(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
    }

    /// This service does not do this.
    pub fn disabled(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::CONFLICT, "FEATURE_DISABLED", message)
    }

    /// The disk, or the service itself.
    pub fn internal(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", message)
    }

    /// The disk refused.
    pub fn disk(error: &std::io::Error) -> Failure {
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "IO_ERROR", format!("the service's disk refused: {error}"))
    }

    /// A file that was not taken in. MLflow's clients would ask again upon 429 and 503, and a limit stays.
    pub fn of_upload(error: Box<Error>) -> Failure {
        match error.code {
            Code::TooLarge => Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "RESOURCE_LIMIT_EXCEEDED", report(&error)),
            _ => Failure::from(error),
        }
    }

    /// As an answer.
    pub fn into_reply(self) -> Reply {
        json_reply(self.status, &json!({"error_code": self.code, "message": self.message}))
    }
}

impl From<Box<Error>> for Failure {
    fn from(error: Box<Error>) -> Failure {
        let (status, code) = said_as(error.code);
        if status.is_server_error() {
            tracing::error!(code = error.code.as_str(), "the registry refused: {}", error.message.escape_debug());
        }
        Failure::new(status, code, report(&error))
    }
}

/// MLflow's code, and the status. MLflow itself serves `DATA_LOSS` and `INVALID_STATE` as 500, which its clients ask again and again:
/// what stays so is 4xx here.
fn said_as(code: Code) -> (StatusCode, &'static str) {
    match (code, code.exit()) {
        (Code::NotFound | Code::NotARegistry | Code::NotPinned, _) => {
            (StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST")
        }
        (Code::Absent, _) => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        (Code::Exists, _) => (StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS"),
        (Code::Ambiguous | Code::NotAFile | Code::Secret | Code::TooLarge | Code::Unsupported, _)
        | (_, Exit::Usage) => (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE"),
        (Code::AccessDenied | Code::ReadOnly, _) | (_, Exit::Refused) => (StatusCode::FORBIDDEN, "PERMISSION_DENIED"),
        (_, Exit::Integrity) => (StatusCode::CONFLICT, "DATA_LOSS"),
        (Code::SourceChanged | Code::NothingToDo, _) | (_, Exit::Conflict) => {
            (StatusCode::CONFLICT, "RESOURCE_CONFLICT")
        }
        (Code::NoKey | Code::BadKey | Code::UpgradeNeeded | Code::FormatRetired, _) => {
            (StatusCode::CONFLICT, "FEATURE_DISABLED")
        }
        (Code::GitFailed | Code::Io | Code::MissingObject | Code::NoSpace | Code::Unreachable, _) => {
            (StatusCode::SERVICE_UNAVAILABLE, "IO_ERROR")
        }
        (Code::Bug, _) => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR"),
        _ => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
    }
}

/// The sentence, every gate that does not hold, and what to do next.
fn report(error: &Error) -> String {
    let mut said = error.message.clone();
    if let Some(hint) = error.hint_text() {
        said.push_str(&format!("\n{hint}"));
    }
    let Some(Refusal(report)) = error.cause::<Refusal>() else { return said };
    let unmet = |status: Status| matches!(status, Status::Failed | Status::Missing | Status::Pending);
    for gate in report.gates.iter().filter(|gate| unmet(gate.status)) {
        let line = format!("{}: expected {}, found {}", gate.name, gate.expected, gate.found);
        if !said.contains(&line) {
            said.push_str(&format!("\n- {line}"));
        }
    }
    for signer in report.signers.iter().filter(|signer| signer.by.is_none()) {
        if !said.contains(&signer.asks) {
            said.push_str(&format!("\n- to be approved by {}", signer.asks));
        }
    }
    said
}
