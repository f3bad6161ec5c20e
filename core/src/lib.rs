//! The core of refmark: a model registry that is a Git repository.
//!
//! Six floors, and imports look down only: `words` (0), `records` (1), `judgement` (2), `ports` (3), the adapters
//! `git`, `blob`, `key`, `sqlite` and `testing` (4), and `registry` (5). Floors 0 to 3 are pure: no files, no network,
//! no clock, no environment.

#![forbid(unsafe_code)]

pub mod judgement;
pub mod ports;
pub mod records;
pub mod words;

#[cfg(feature = "fs")]
pub mod blob;
#[cfg(feature = "git")]
pub mod git;
#[cfg(feature = "fs")]
pub mod key;
#[cfg(feature = "pack")]
pub mod pack;
#[cfg(feature = "git")]
pub mod registry;
#[cfg(feature = "index")]
pub mod sqlite;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(any(feature = "git", feature = "pack"))]
mod tree;
