//! A Git repository that is given as bytes, for a browser: packs, loose objects, bundles and refs. Nothing is fetched and no
//! file is opened, so the crate builds for wasm32.
//!
//! A [`Repository`] takes what a clone's `.git` folder or a static site holds, in any order, and is then read as a
//! [`History`](refmark_engine::snapshot::History) by the same engine that verifies on a server. The bytes are taken to be
//! hostile: each object is checked against the id that names it when it is read, and sizes, delta chains and the work for
//! one object are bounded.
//!
//! Objects are inflated by `miniz_oxide` and hashed by `sha1dc`, which detects collision attacks. gix-pack is not used: it cost
//! four times as many bytes of the browser module, and its indexer asks for the time, which stops a program in wasm32.
//!
//! # Examples
//!
//! ```
//! use refmark_pack::{Format, Repository};
//!
//! let repository = Repository::new();
//! repository.add_head("ref: refs/heads/main\n")?;
//! repository.add_packed_refs("4b825dc642cb6eb9a060e54bf8d69288fbee4904 refs/heads/main\n")?;
//! // A loose object as Git stores it: the empty tree, deflated.
//! let deflated = miniz_oxide::deflate::compress_to_vec_zlib(b"tree 0\0", 6);
//! repository.add_loose("objects/4b/825dc642cb6eb9a060e54bf8d69288fbee4904", deflated)?;
//!
//! assert_eq!(repository.head().as_deref(), Some("refs/heads/main"));
//! assert_eq!(repository.format(), Some(Format::Sha1));
//! assert_eq!(repository.branch("main").unwrap().short(), "4b825dc");
//! # Ok::<(), Box<refmark_types::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod bundle;
mod cache;
pub mod commit;
mod delta;
mod entry;
mod format;
mod history;
mod index;
mod indexer;
mod inflate;
mod loose;
mod object;
mod objects;
mod refs;
mod repository;
pub mod tree;

#[cfg(test)]
mod tests;

pub use format::Format;
pub use repository::Repository;
