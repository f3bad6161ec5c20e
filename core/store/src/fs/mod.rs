//! The disk, and everything that makes bytes durable on it.

#![allow(clippy::disallowed_methods)]

pub mod child;
pub mod disk;
pub mod durable;
pub mod host;
pub mod input;
pub mod lock;
pub mod parallel;
pub mod probe;
pub mod read;
pub mod room;
pub mod shared;
pub mod sibling;
