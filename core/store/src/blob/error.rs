//! Which blob an error is about, for callers that know its file.

use refmark_types::digest::Digest;

/// The cause of every error of the store that is about one blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("blob {0}")]
pub struct OfBlob(pub Digest);
