//! What judgement sees of Git: one commit's tree, and the chain of commits. Lazy over Git, in memory elsewhere.

use refmark_types::error::Result;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// What a tree entry is. Records are plain files; everything else but folders is refused by the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// 100644: a plain file.
    File,
    /// 40000: a folder.
    Folder,
    /// Anything else (a link, a submodule, an executable, a legacy mode), with its number.
    Odd(u32),
}

/// One entry of a folder. A name that is not UTF-8 has its bytes written as `\xNN`, which no record's name has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The entry's own name.
    pub name: String,
    /// What it is.
    pub mode: Mode,
    /// The object behind it.
    pub oid: Oid,
}

/// A read-only view of one commit's tree. No verb reads more of it than it needs.
pub trait Snapshot {
    /// The file at a path, with its mode and object id; nothing where the path is free or a folder.
    fn find(&self, path: &str) -> Result<Option<Entry>>;
    /// The entries of a folder in Git's order; none where it does not exist. `""` is the root.
    fn list(&self, folder: &str) -> Result<Vec<Entry>>;
    /// The bytes of a file's object, refused over `limit` bytes before they are all in memory.
    fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>>;

    /// The bytes of the file at a path.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        match self.find(path)? {
            Some(entry) if entry.mode == Mode::File => self.load(entry.oid, limit).map(Some),
            _ => Ok(None),
        }
    }
}

/// What one commit changed at one path against its first parent. Folders are not named, only what is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path, `/` between folders, spelled as [`Entry::name`] is.
    pub path: String,
    /// What stands there now; nothing where it was removed.
    pub new: Option<(Mode, Oid)>,
    /// What stood there before; nothing where it was added.
    pub old: Option<(Mode, Oid)>,
}

/// What a commit says of itself. None of it carries authority; it dates and explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// The commit's id.
    pub id: Oid,
    /// Its tree.
    pub tree: Oid,
    /// Its parents; the first is the one that the registry's history follows.
    pub parents: Vec<Oid>,
    /// The committer's time.
    pub time: Timestamp,
    /// The author as `Name <email>`, lossily decoded.
    pub author: String,
    /// The whole message, lossily decoded.
    pub message: String,
}

/// The history behind a head, as far as it is here.
pub trait History {
    /// A commit's own words. A commit that is not here is an error with code `incomplete`.
    fn commit(&self, id: Oid) -> Result<CommitInfo>;
    /// What a commit changed against its first parent (against nothing, for a first commit), in path order.
    fn changes(&self, id: Oid) -> Result<Vec<Change>>;
    /// What differs between two commits' trees, in path order; `from` nothing means the empty tree.
    fn between(&self, from: Option<Oid>, to: Oid) -> Result<Vec<Change>>;
    /// The tree of a commit.
    fn snapshot(&self, commit: Oid) -> Result<Box<dyn Snapshot + '_>>;
    /// The bytes of a file's object, refused over `limit`.
    fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>>;
}

/// First parents from `head` back to, and not including, `stop`; newest first. Without `stop`, back to the first commit.
/// Returns nothing where `stop` is not on the chain.
pub fn first_parents(history: &dyn History, head: Oid, stop: Option<Oid>) -> Result<Option<Vec<Oid>>> {
    let mut chain = Vec::new();
    let mut at = Some(head);
    while let Some(id) = at {
        if Some(id) == stop {
            return Ok(Some(chain));
        }
        chain.push(id);
        at = history.commit(id)?.parents.first().copied();
    }
    Ok(stop.is_none().then_some(chain))
}
