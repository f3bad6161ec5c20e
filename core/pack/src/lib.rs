//! Floor 4: a Git repository that is given as bytes, for a browser: packs, loose objects, bundles and refs.
//!
//! Nothing is fetched and no file is opened, so it builds for wasm32. What comes in is taken to be hostile: each object
//! is checked against the id that names it, and sizes, delta chains and the work for one object are bounded. It reads
//! packs itself over miniz_oxide and sha1dc: the crates of gix cost four times as many bytes of a module that has few.

#![forbid(unsafe_code)]

mod bundle;
mod cache;
mod commit;
mod delta;
mod entry;
mod format;
mod history;
mod index;
mod indexer;
mod inflate;
mod loose;
mod objects;
mod refs;
mod repository;
pub mod tree;

#[cfg(test)]
mod tests;

pub use format::Format;
pub use repository::Repository;
