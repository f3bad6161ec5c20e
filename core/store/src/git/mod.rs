//! Floor 4: records in Git, the only place that knows gix.
//!
//! gix lends its formats (packs, loose objects, trees, commits, packed refs, zlib, hashes); finding, checking, staging and
//! moving are done here, because gix neither syncs to disk, nor hash-checks what it reads, nor leaves alternates and the
//! user's configuration alone.

#![allow(clippy::disallowed_methods)]

mod advice;
mod commit;
mod commit_info;
mod neighbour;
mod new_object;
mod objects;
mod open;
mod pack;
pub mod program;
mod refs;
mod repo;
mod seal;
pub mod settings;
mod stage;
mod upstream;
mod worktrees;

#[cfg(test)]
mod tests;

pub use objects::blob_id;
pub use open::{Format, RepoCondition};
pub use repo::{Repo, TagInfo};

use std::path::Path;

use refmark_types::error::{Code, Error};
use refmark_types::oid::Oid;

/// A file operation that the operating system refused.
fn io_error(what: &str, path: &Path, error: &std::io::Error) -> Box<Error> {
    use std::io::ErrorKind;
    let code = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::NoSpace,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::ReadOnly,
        _ => Code::Io,
    };
    Error::new(code, format!("cannot {what} {}: {error}", path.display())).at(path.to_string_lossy())
}

fn to_gix(id: Oid) -> gix::hash::ObjectId {
    // An `Oid` has 20 or 32 bytes by its own construction, which are the two lengths gix knows.
    gix::hash::ObjectId::try_from(id.as_bytes()).unwrap_or(gix::hash::ObjectId::null(gix::hash::Kind::Sha1))
}

fn from_gix(id: &gix::hash::oid) -> refmark_types::error::Result<Oid> {
    Oid::from_bytes(id.as_bytes())
}
