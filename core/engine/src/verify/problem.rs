//! What is not as it should be, and what a verification comes to.

use serde::{Deserialize, Serialize};

use refmark_types::fault::{Code, Fault};
use refmark_types::map::Map;
use refmark_types::oid::Oid;
use refmark_types::value::Value;

/// Something that is not as it should be.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// The stable reason.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The path, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The commit, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Oid>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What else the fault says, for programs.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
}

impl Problem {
    /// A fault as a problem of a path and a commit.
    pub fn of(fault: &Fault, path: Option<&str>, commit: Option<Oid>) -> Problem {
        let mut fields = fault.fields.clone();
        fields.remove("path");
        fields.remove("commit");
        Problem {
            code: fault.code,
            message: fault.message.clone(),
            path: path.map(str::to_owned),
            commit,
            hint: fault.hint.clone(),
            fields,
        }
    }
}

/// What a verification comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything is here as signed and allowed.
    Ok,
    /// So is everything that has effect, and something waits for an approval or evidence.
    Pending,
    /// Not all of the history is here.
    Incomplete,
    /// Something is not as signed or allowed.
    Failed,
}

impl Outcome {
    /// The outcome's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Pending => "pending",
            Outcome::Incomplete => "incomplete",
            Outcome::Failed => "failed",
        }
    }
}
