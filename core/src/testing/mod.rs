//! What tests stand on: the ports in memory. Never part of a release build.

pub mod memory;
