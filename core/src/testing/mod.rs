//! What tests stand on: the ports in memory. Never part of a release build.

pub mod memory;
//! Floor 4: conformance suites of the ports, and what stands in for a world that fails.

pub mod store;
