//! Floor 4: conformance suites of the ports, and what stands in for a world that fails.

pub mod store;
