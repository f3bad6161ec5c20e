//! The disk, and everything that makes bytes durable on it.

#![allow(clippy::disallowed_methods)]

pub mod beside;
pub mod disk;
pub mod host;
pub mod lock;
pub mod parallel;
pub mod read;
