//! What commits of a story are made of: edits, signed records, and versions with all that brings them in.

use crate::snapshot::{History, Mode};
use crate::testing::memory::MemoryHistory;
use refmark_records::alias::Target;
use refmark_records::statement::Record;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// One change of a commit's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// These bytes stand at this path, as a plain file.
    Put(String, Vec<u8>),
    /// Nothing stands at this path.
    Remove(String),
    /// An entry of another mode, as a hostile pusher makes it: a link's target, or a submodule's commit in hex.
    Odd(String, u32, Vec<u8>),
}

impl Edit {
    /// A plain file.
    pub fn put(path: &str, bytes: impl AsRef<[u8]>) -> Edit {
        Edit::Put(path.to_owned(), bytes.as_ref().to_vec())
    }

    /// A removal.
    pub fn remove(path: &str) -> Edit {
        Edit::Remove(path.to_owned())
    }

    /// The path.
    pub fn path(&self) -> &str {
        match self {
            Edit::Put(path, _) | Edit::Remove(path) | Edit::Odd(path, ..) => path,
        }
    }
}

/// Where commits are made. Whoever implements it panics where it cannot.
pub trait Workshop: History {
    /// Commits edits on top of the first parent's tree (of nothing, without parents).
    fn put(&self, parents: &[Oid], edits: &[Edit], time: Timestamp) -> Oid;
    /// Commits the tree of another commit, as a forge's Revert or a hostile merge does.
    fn put_tree_of(&self, parents: &[Oid], tree_of: Oid, time: Timestamp) -> Oid;
}

impl Workshop for MemoryHistory {
    fn put(&self, parents: &[Oid], edits: &[Edit], time: Timestamp) -> Oid {
        let edits = edits.iter().map(|edit| match edit {
            Edit::Put(path, bytes) => (path.clone(), Some((Mode::File, bytes.as_slice()))),
            Edit::Remove(path) => (path.clone(), None),
            Edit::Odd(path, mode, bytes) => (path.clone(), Some((Mode::Odd(*mode), bytes.as_slice()))),
        });
        self.commit_entries(parents, edits, time)
    }

    fn put_tree_of(&self, parents: &[Oid], tree_of: Oid, time: Timestamp) -> Oid {
        self.commit_tree_of(parents, tree_of, time)
    }
}

/// A signed record and where it lies.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The record.
    pub record: Record,
    /// Its path.
    pub path: String,
}

impl Signed {
    /// The file.
    pub fn edit(&self) -> Edit {
        Edit::Put(self.path.clone(), self.bytes())
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.record.print().unwrap().into_bytes()
    }

    /// The statement's digest.
    pub fn digest(&self) -> Digest {
        self.record.digest()
    }

    /// The same file with one text in place of another, as an editor makes it.
    pub fn edited(&self, from: &str, to: &str) -> Edit {
        let text = self.record.print().unwrap();
        assert!(text.contains(from), "`{from}` is not in {}", self.path);
        Edit::Put(self.path.clone(), text.replacen(from, to, 1).into_bytes())
    }
}

/// A version that was made for a test: its records, its artifact and the files that bring it in.
#[derive(Debug, Clone)]
pub struct Made {
    /// The model.
    pub model: String,
    /// The number.
    pub number: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The version's record.
    pub version: Signed,
    /// The artifact's first trust move.
    pub trust: Signed,
    /// The manifest's file.
    pub manifest: Edit,
}

impl Made {
    /// Everything that brings it in.
    pub fn edits(&self) -> Vec<Edit> {
        vec![self.version.edit(), self.trust.edit(), self.manifest.clone()]
    }

    /// What an alias would point at.
    pub fn target(&self) -> Target {
        Target { version: self.number, artifact: self.artifact }
    }
}
