//! What can go wrong with an index.

use refmark_types::error::{Code, Error};
use refmark_types::hint::{Hint, Next};
use rusqlite::ErrorCode;

/// A result whose error is an [`IndexError`].
pub type Result<T, E = IndexError> = std::result::Result<T, E>;

/// What SQLite says, or a value in the index that no record could have brought.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// SQLite's own word.
    #[error("the index says: {0}")]
    Sql(#[from] rusqlite::Error),
    /// There is nowhere to keep it.
    #[error("there is no folder for the index that only this user can write")]
    NoFolder,
    /// Other processes were faster, again and again.
    #[error("other processes keep writing the index")]
    Busy,
    /// A value that refmark does not read.
    #[error(transparent)]
    Value(#[from] Box<Error>),
}

impl IndexError {
    /// The stable code of this error.
    pub fn code(&self) -> Code {
        match self {
            IndexError::Value(error) => error.code,
            IndexError::NoFolder => Code::ReadOnly,
            IndexError::Busy => Code::Locked,
            IndexError::Sql(sql) => match sql.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Code::Locked,
                Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Code::ReadOnly,
                Some(ErrorCode::DiskFull) => Code::NoSpace,
                Some(ErrorCode::SystemIoFailure) => Code::Io,
                // A table that is not there, a value of another type: not what this refmark wrote.
                _ => Code::Damaged,
            },
        }
    }
}

impl From<IndexError> for Box<Error> {
    fn from(error: IndexError) -> Box<Error> {
        let code = error.code();
        match error {
            IndexError::Value(error) => error,
            own => Error::new(code, own.to_string())
                .hint(Hint::of("it holds nothing of its own; make it again: ").then(Next::IndexRebuild))
                .field("index", true)
                .caused_by(own),
        }
    }
}
