//! Floor 4: conformance suites of the ports, and what stands in for a world that fails.

#[cfg(feature = "git")]
pub mod disk;
pub mod store;
