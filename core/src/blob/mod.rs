//! Floor 4: the content-addressed store of large files, and everything that makes bytes durable on a disk.

#![allow(clippy::disallowed_methods)]

pub mod disk;
pub mod host;
pub mod lock;
pub mod parallel;
pub mod stream;
