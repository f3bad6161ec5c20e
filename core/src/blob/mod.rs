//! Floor 4: the content-addressed store of large files, and everything that makes bytes durable on a disk.

#![allow(clippy::disallowed_methods)]

pub mod disk;
mod extra;
pub mod host;
mod ingest;
pub mod lock;
mod parallel;
mod remote;
mod stat_cache;
mod store;
mod stream;
mod verify;

pub use ingest::{Ingested, Source};
pub use remote::{FolderRemote, Transferred};
pub use store::{Presence, Store, VerifiedReader, fault_of};
pub use verify::Verified;
