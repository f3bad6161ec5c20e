//! Floor 4: everything that touches the world: files, blobs, Git, keys and the index.

#![forbid(unsafe_code)]

pub mod blob;
pub mod fs;
pub mod git;
pub mod index;
pub mod key;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
