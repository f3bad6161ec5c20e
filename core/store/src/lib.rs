//! Everything of refmark that touches the world: files, blobs, Git, keys and the index. What it holds is judged elsewhere.
//!
//! | module | holds |
//! |---|---|
//! | [`fs`] | the disk: durable writes, temporary names, locks, the probe of what a disk promises |
//! | [`blob`] | files by their SHA-256, in the layout of Git LFS; hashed on the way in and on the way out |
//! | [`git`] | the records' repository, through gix, and through a sealed `git` program where gix cannot |
//! | [`key`] | signing keys: OpenSSH files, PEM, agents |
//! | [`http`] | short requests to servers, to public addresses unless others are allowed |
//! | [`remote`] | other places that hold blobs: folders, and with the feature `object-stores` S3, Google, Azure and web servers |
//! | [`index`] | the SQLite index over the records, which can be removed at any time |
//!
//! What was said to be done is on the disk: files are written under another name, synced, renamed, and their folder is synced.
//! A crash leaves the old state or the new one.
//!
//! ```
//! use refmark_engine::ports::{Cancel, Silent};
//! use refmark_store::blob::{Source, Store};
//!
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("weights"), b"0123456789")?;
//! let store = Store::open(&folder.path().join("store"));
//! let source = Source { path: folder.path().join("weights"), observer: None };
//! let stored = store.ingest(vec![source], &Silent, &Cancel::default())?;
//! assert_eq!((stored[0].size, stored[0].was_here), (10, false));
//! // Every byte that is read is hashed; what was altered on the disk is `damaged`, and is never handed out.
//! assert_eq!(store.read(&stored[0].digest, 1 << 20)?, b"0123456789");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

pub mod blob;
pub mod fs;
pub mod git;
pub mod http;
pub mod index;
pub mod key;
#[cfg(feature = "object-stores")]
#[path = "remote/object/mod.rs"]
mod object;
#[cfg(not(feature = "object-stores"))]
#[path = "remote/no_object.rs"]
mod object;
pub mod remote;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
