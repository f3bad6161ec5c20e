//! Floor 4: the content-addressed store of large files, and everything that makes bytes durable on a disk.

#![allow(clippy::disallowed_methods)]

mod arrival;
mod collisions;
mod derived;
mod error;
mod ingest;
mod materialise;
mod stat_cache;
pub(crate) mod store;
pub(crate) mod stream;
mod transfer;
mod trash;
mod verify;
mod walk;
mod whole;

pub use collisions::check_spelling;
pub use error::OfBlob;
pub use ingest::{Ingested, Refuse, Source};
pub use materialise::{How, Materialised, Placement};
pub use store::{Presence, Store, VerifiedReader, error_of};
pub use stream::{Work, digest_of_file};
pub use transfer::Transferred;
pub use trash::{KEEP_SECONDS, LeftOver};
pub use verify::{Verified, Watch};
pub use walk::{Found, IGNORE_FILE, Walked, walk_package};
