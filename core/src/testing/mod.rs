//! Floor 4: what tests stand on. The ports in memory, their conformance suites, and stand-ins for a world that fails.
//! Never part of a release build.

pub mod memory;
#[cfg(feature = "git")]
pub mod disk;
pub mod store;
