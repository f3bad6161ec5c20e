//! Floor 4: what tests stand on. The ports in memory, their conformance suites, and stand-ins for a world that fails.
//! Never part of a release build.

pub mod memory;
#[cfg(feature = "git")]
pub mod disk;
pub mod store;
//! Floor 4, for tests only: one conformance suite per port, and adapters that fail on request. They assert, and so panic.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

pub mod blob_remote;
pub mod disk;
