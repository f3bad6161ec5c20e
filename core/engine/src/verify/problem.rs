//! What is not as it should be, and what a verification comes to.

use serde::{Deserialize, Serialize};

use crate::gate::Refusal;
use refmark_types::error::{Cause, Code, Error};
use refmark_types::hint::Hint;
use refmark_types::oid::Oid;
use refmark_types::value::Value;
use std::collections::BTreeMap;

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
    pub hint: Option<Hint>,
    /// What else the error says, for programs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    /// The typed error behind it; no face shows it.
    #[serde(skip)]
    pub cause: Cause,
}

impl Problem {
    /// An error as a problem of a path and a commit.
    pub fn of(error: &Error, path: Option<&str>, commit: Option<Oid>) -> Problem {
        let mut fields = error.fields.clone();
        fields.remove("path");
        fields.remove("commit");
        Problem {
            code: error.code,
            message: error.message.clone(),
            path: path.map(str::to_owned),
            commit,
            hint: error.hint.clone(),
            fields,
            cause: error.cause.clone(),
        }
    }

    /// The same problem of a change that waits on a branch: its hint names the branch.
    pub fn on_branch(mut self, branch: &str) -> Problem {
        self.hint = Refusal::hint_on_branch(&self.cause, self.hint.take(), branch);
        self
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
