//! What ends the process before it serves.

use refmark_core::types::error::Error;

/// Why the service does not start: a sentence for whoever started it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fatal {
    message: String,
}

impl Fatal {
    /// With this reason.
    pub fn new(message: impl Into<String>) -> Fatal {
        Fatal { message: message.into() }
    }
}

impl std::fmt::Display for Fatal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fatal {}

impl From<Box<Error>> for Fatal {
    fn from(error: Box<Error>) -> Fatal {
        match error.hint_text() {
            Some(hint) => Fatal::new(format!("{} (hint: {hint})", error.message)),
            None => Fatal::new(error.message),
        }
    }
}
