//! One error type for every floor: a stable code, a sentence, a hint and typed fields.
//!
//! An error says what, where, expected and found, and what next. Hints are written here and below the faces,
//! so that a terminal, a notebook and a browser show the same words.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::value::{Value, to_value};
use crate::hint::Hint;

pub use crate::code::{Code, Exit};

/// What went wrong, for people (`message`, `hint`) and for programs (`code`, `fields`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{message}")]
pub struct Error {
    /// The stable reason.
    pub code: Code,
    /// One sentence: what, where, expected and found.
    pub message: String,
    /// What to do next; null where there is nothing to say.
    pub hint: Option<Hint>,
    /// The values that the message names, for programs.
    pub fields: BTreeMap<String, Value>,
    /// The typed error behind it, for code that acts on it. No face shows it.
    #[serde(skip)]
    pub cause: Cause,
}

/// The typed error that an [`Error`] was made from, if any. Code that must tell cases apart asks for the type with
/// [`Error::cause`]; it never looks for keys in [`Error::fields`], which are for programs outside.
#[derive(Debug, Clone, Default)]
pub struct Cause(Option<Arc<dyn std::error::Error + Send + Sync>>);

impl Cause {
    /// The typed error, where it is of this type.
    pub fn get<T: std::error::Error + 'static>(&self) -> Option<&T> {
        self.0.as_deref().and_then(|cause| cause.downcast_ref())
    }
}

/// Two errors that say the same are equal, whatever they were made from.
impl PartialEq for Cause {
    fn eq(&self, _: &Cause) -> bool {
        true
    }
}

impl Eq for Cause {}

/// A result whose error is a [`Error`]. The error is boxed: results stay small on the happy path.
pub type Result<T, E = Box<Error>> = std::result::Result<T, E>;

impl Error {
    /// An error with a code and a sentence. Boxed, because that is how every result carries it.
    pub fn new(code: Code, message: impl Into<String>) -> Box<Error> {
        Box::new(Error { code, message: message.into(), hint: None, fields: BTreeMap::new(), cause: Cause::default() })
    }

    /// Adds what to do next.
    pub fn hint(mut self: Box<Self>, hint: impl Into<Hint>) -> Box<Error> {
        self.hint = Some(hint.into());
        self
    }

    /// The hint in the voice of this process.
    pub fn hint_text(&self) -> Option<String> {
        self.hint.as_ref().map(Hint::to_string)
    }

    /// Adds a value for programs.
    pub fn field(mut self: Box<Self>, name: &str, value: impl serde::Serialize) -> Box<Error> {
        self.fields.insert(name.to_owned(), to_value(&value));
        self
    }

    /// Keeps the typed error that this one was made from.
    ///
    /// ```
    /// use refmark_types::error::{Code, Error};
    ///
    /// #[derive(Debug, thiserror::Error)]
    /// #[error("the file is on another disk")]
    /// struct OtherDisk;
    ///
    /// let error = Error::new(Code::Io, "cannot move it").caused_by(OtherDisk);
    /// assert!(error.cause::<OtherDisk>().is_some());
    /// ```
    pub fn caused_by(mut self: Box<Self>, cause: impl std::error::Error + Send + Sync + 'static) -> Box<Error> {
        self.cause = Cause(Some(Arc::new(cause)));
        self
    }

    /// The typed error behind this one, where it is of this type.
    pub fn cause<T: std::error::Error + 'static>(&self) -> Option<&T> {
        self.cause.get()
    }

    /// Adds the path that the error is about.
    pub fn at(self: Box<Self>, path: impl AsRef<str>) -> Box<Error> {
        self.field("path", path.as_ref())
    }
}

/// What a rule of refmark's own says can never happen, and did: a bug, reported and never a panic.
pub fn bug(what: impl fmt::Display) -> Box<Error> {
    Error::new(Code::Bug, format!("internal error: {what}"))
        .hint("nothing was written; please report this with the command that you ran")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_text_in_kebab_case_and_a_sentence() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let text = code.as_str();
            assert!(seen.insert(text), "{text} stands twice");
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{text}");
            assert!(code.about().ends_with('.'), "{text} has no sentence");
            assert_eq!(Code::parse(text), Some(*code));
        }
    }
}
