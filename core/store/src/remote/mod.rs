//! Other places that hold blobs: one trait, an adapter a kind.
//!
//! | address | adapter |
//! |---|---|
//! | a path | [`FolderRemote`]: a mount, a disk, another registry's store |
//! | `s3://bucket/prefix`, `gs://…`, `az://…` | `object`, with the feature `object-stores` |
//! | `https://host/path` | the same, read-only |
//!
//! Every kind keeps the store's layout, `ab/cd/<sha256>`, so that a remote can be copied with the tools of its place. A remote
//! that was added carries the registry's mark beside the blobs: a bucket that was made again, or a mount point without its disk,
//! lacks it, and is neither believed nor written to. Nothing that a remote says is believed: bytes are hashed as they arrive.

#![allow(clippy::disallowed_methods)]

mod address;
mod audit;
mod folder;
mod profile;
mod settings;
mod unopened;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::blob::OfBlob;
use crate::fs::disk::Disk;
use refmark_engine::ports::blob::BlobRemote;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};

pub use address::{Address, Kind};
pub use audit::{hash_at, wrong_size};
pub use folder::FolderRemote;
pub use profile::{Profile, find as find_profile};
pub use settings::{Settings, Variables};
use unopened::Unopened;

/// What can be done with a remote beside moving blobs.
pub trait Remote: BlobRemote {
    /// Leaves the registry's mark there and says what of the place is weak. A place that cannot be written serves bytes, and
    /// has no mark of ours. Errors: `unsupported` where writers could overwrite each other there; the place's own.
    fn adopt(&self, mark: &Mark) -> Result<Adopted>;

    /// The ids of the registries whose marks lie there.
    fn marks(&self) -> Result<Vec<String>>;
}

/// The file by which a registry's remote is known again.
#[derive(Debug, Clone)]
pub struct Mark {
    /// The registry's id.
    pub id: String,
    /// What stands in it, for people.
    pub text: String,
}

impl Mark {
    /// What a mark's name has before the registry's id.
    pub const FILE: &'static str = "refmark-remote-";

    /// The file's name.
    pub fn file(&self) -> String {
        format!("{}{}", Mark::FILE, self.id)
    }
}

/// What came of leaving a mark.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adopted {
    /// Whether the mark lies there.
    pub marked: bool,
    /// What is weak about the place, in sentences.
    pub warnings: Vec<String>,
}

/// Where a remote is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder of this machine.
    Folder(PathBuf),
    /// Elsewhere.
    Address(Address),
}

impl Location {
    /// Opens the remote, which counts only while the mark lies there, where one is given. No connection is made yet.
    ///
    /// Errors: `unsupported` where this build has no adapter for the kind; `bad-argument` for what the adapter cannot take.
    pub fn open(
        &self,
        mark: Option<&Mark>,
        settings: &Settings,
        disk: &Arc<dyn Disk>,
        memory: Option<&Path>,
    ) -> Result<Arc<dyn Remote>> {
        match self {
            Location::Folder(path) => {
                let folder = FolderRemote::open(path, Arc::clone(disk));
                Ok(Arc::new(match mark {
                    Some(mark) => folder.marked(mark),
                    None => folder,
                }))
            }
            Location::Address(address) => match address.kind() {
                Kind::S3 | Kind::Gs | Kind::Az | Kind::Http => crate::object::open(address, mark, settings, memory),
            },
        }
    }

    /// The same, but for a remote that cannot be opened: it gives the error whenever it is asked, so that another can help.
    pub fn open_or_error(
        &self,
        mark: Option<&Mark>,
        settings: &Settings,
        disk: &Arc<dyn Disk>,
        memory: Option<&Path>,
    ) -> Arc<dyn Remote> {
        self.open(mark, settings, disk, memory)
            .unwrap_or_else(|error| Arc::new(Unopened { name: self.to_string(), error }))
    }

    /// The kind's word: `folder`, `s3`, `gs`, `az`, `https`.
    pub fn kind(&self) -> &'static str {
        match self {
            Location::Folder(_) => "folder",
            Location::Address(address) => address.kind().as_str(),
        }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Location::Folder(path) => write!(f, "{}", path.display()),
            Location::Address(address) => write!(f, "{address}"),
        }
    }
}

pub(crate) fn too_many_bytes(digest: &Digest, expected: u64, found: u64, remote: &str) -> Box<Error> {
    let message =
        format!("remote {remote} has {found} bytes for blob {}, which has {expected}: none was taken", digest.short());
    Error::new(Code::Damaged, message)
        .field("digest", digest)
        .caused_by(OfBlob(*digest))
        .field("expected", expected)
        .field("found", found)
        .hint("use another remote, and find out what is wrong with that one")
}
