//! Stand-ins for a disk that fails and a machine that loses power, and the conformance suite of blob remotes. They
//! assert, and so panic; never part of a release build.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

pub mod blob_remote;
pub mod disk;
pub mod power;
