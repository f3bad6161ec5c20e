//! Floor 4: what tests stand on. The ports in memory, their conformance suites, and stand-ins for a world that fails.
//! They assert, and so panic; never part of a release build.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

pub mod memory;
pub mod registry;
pub mod store;
