//! Floor 4, for tests only: one conformance suite per port, and adapters that fail on request. They assert, and so panic.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

pub mod blob_remote;
pub mod disk;
