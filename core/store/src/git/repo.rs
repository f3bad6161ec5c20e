//! One repository: the record store over Git.

use std::fs;
use std::path::{Path, PathBuf};

use super::commit_info::{parse_commit, tree_of};
use super::objects::Objects;
use super::refs::{REF_LIMIT, Refs, check_branch};
use super::stage::Stage;
use super::{commit, io_error};

mod revision;
mod walk;
use crate::fs::read::read_bounded;
use refmark_engine::ports::store::{NewCommit, RecordStore};
use refmark_engine::snapshot::{Change, CommitInfo, Entry, History, Snapshot};
use refmark_pack::tree;
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// What a tag is of, and what it says of itself. None of it carries authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagInfo {
    /// Its name.
    pub name: String,
    /// The commit that it leads to.
    pub commit: Oid,
    /// Who made it, as `Name <email>`.
    pub by: String,
    /// When.
    pub time: Timestamp,
}

/// An open Git repository. One value serves many threads and may live long: packs that come and go are followed.
pub struct Repo {
    pub(super) objects: Objects,
    pub(super) refs: Refs,
    pub(super) stage: Stage,
    pub(super) worktree: Option<PathBuf>,
    pub(super) bare: bool,
    pub(super) writable: bool,
}

impl Repo {
    /// The folder with objects and branches: of a linked worktree, the main repository's.
    pub fn git_dir(&self) -> &Path {
        &self.refs.common_dir
    }

    /// Whether the repository has no worktree of its own.
    pub fn is_bare(&self) -> bool {
        self.bare
    }

    /// The worktree that the repository was opened by, if it has one. refmark never touches it nor its index.
    pub fn worktree(&self) -> Option<&Path> {
        self.worktree.as_deref().filter(|_| !self.bare)
    }

    /// The branch that `HEAD` names; nothing where it names a commit.
    pub fn head_branch(&self) -> Result<Option<String>> {
        Ok(self.refs.symbolic_head()?.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned)))
    }

    /// A commit's time in seconds and its parents, for walks.
    pub(super) fn time_and_parents(&self, id: Oid) -> Result<(i64, Vec<Oid>)> {
        let commit = parse_commit(&self.objects.commit(id)?, self.objects.hash, id)?;
        Ok((commit.time.unix(), commit.parents))
    }

    fn check_writable(&self) -> Result<()> {
        if self.writable {
            return Ok(());
        }
        Err(bug("a repository that was opened for a pre-receive hook is only read"))
    }
}

impl History for Repo {
    fn commit(&self, id: Oid) -> Result<CommitInfo> {
        parse_commit(&self.objects.commit(id)?, self.objects.hash, id)
    }

    fn changes(&self, id: Oid) -> Result<Vec<Change>> {
        let commit = self.commit(id)?;
        match commit.parents.first() {
            Some(parent) => tree::between(&self.objects, Some(self.commit(*parent)?.tree), Some(commit.tree)),
            None => tree::between(&self.objects, None, Some(commit.tree)),
        }
    }

    fn between(&self, from: Option<Oid>, to: Oid) -> Result<Vec<Change>> {
        let from = from.map(|id| tree_of(&self.objects, id)).transpose()?;
        tree::between(&self.objects, from, Some(tree_of(&self.objects, to)?))
    }

    fn snapshot(&self, commit: Oid) -> Result<Box<dyn Snapshot + '_>> {
        let root = tree_of(&self.objects, commit)?;
        Ok(Box::new(GitSnapshot { objects: &self.objects, root }))
    }

    fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>> {
        self.objects.blob(oid, limit)
    }
}

/// One commit's tree, read as far as it is asked for.
struct GitSnapshot<'r> {
    objects: &'r Objects,
    root: Oid,
}

impl Snapshot for GitSnapshot<'_> {
    fn find(&self, path: &str) -> Result<Option<Entry>> {
        Ok(self.entry(path)?.filter(|entry| entry.mode != refmark_engine::snapshot::Mode::Folder))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        use refmark_engine::snapshot::Mode;
        let tree = match folder {
            "" => self.root,
            _ => match self.entry(folder)? {
                Some(entry) if entry.mode == Mode::Folder => entry.oid,
                _ => return Ok(Vec::new()),
            },
        };
        self.objects.tree(tree)?.iter().map(|entry| entry.entry()).collect()
    }

    fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>> {
        self.objects.blob(oid, limit)
    }
}

impl GitSnapshot<'_> {
    /// Whatever stands at a path, folders included.
    fn entry(&self, path: &str) -> Result<Option<Entry>> {
        let mut folder = self.root;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let tree = self.objects.tree(folder)?;
            let Some(entry) = tree.get(part) else { return Ok(None) };
            if parts.peek().is_none() {
                return entry.entry().map(Some);
            }
            if !entry.is_folder() {
                return Ok(None);
            }
            folder = entry.oid()?;
        }
        Ok(None)
    }
}

impl Repo {
    /// The names of all tags, as `refs/tags/` has them.
    pub fn tags(&self) -> Result<Vec<String>> {
        Ok(self.refs.below("refs/tags/")?.into_keys().collect())
    }

    /// A tag by its name: the commit that it leads to, and who made it when, as it says.
    ///
    /// # Errors
    ///
    /// `not-found` where there is no such tag, `bad-argument` where it is of something else than a commit.
    pub fn tag(&self, name: &str) -> Result<TagInfo> {
        let found = self.refs.below("refs/tags/")?.get(name).copied();
        let id = found.ok_or_else(|| Error::new(Code::NotFound, format!("there is no tag {}", name.escape_debug())))?;
        let commit = self.commit(revision::commit_behind(self, id)?)?;
        // A tag without an object of its own says nothing of itself: it is taken to be of its commit's author and time.
        let tagged = match self.objects.any(id)? {
            Some((gix::objs::Kind::Tag, bytes)) => tagger(&bytes, self.objects.hash),
            _ => None,
        };
        let (by, time) = tagged.unwrap_or((commit.author, commit.time));
        Ok(TagInfo { name: name.to_owned(), commit: commit.id, by, time })
    }
}

/// Who made a tag, and when.
fn tagger(bytes: &[u8], hash: gix::hash::Kind) -> Option<(String, Timestamp)> {
    let tag = gix::objs::TagRef::from_bytes(bytes, hash).ok()?;
    let tagger = tag.tagger().ok()??;
    let seconds = tagger.time().ok()?.seconds;
    Some((format!("{} <{}>", tagger.name, tagger.email), Timestamp::from_unix(seconds)))
}

impl RecordStore for Repo {
    fn head(&self, branch: &str) -> Result<Option<Oid>> {
        check_branch(branch)?;
        self.refs.find(&format!("refs/heads/{branch}"))
    }

    fn branches(&self) -> Result<Vec<String>> {
        // Others may have any name that Git takes: what is not taken here is passed over, and stops nobody.
        Ok(self.refs.below("refs/heads/")?.into_keys().filter(|name| super::refs::check_branch(name).is_ok()).collect())
    }

    fn resolve_revision(&self, text: &str) -> Result<Oid> {
        revision::resolve(self, text)
    }

    fn blob_id(&self, bytes: &[u8]) -> Result<Oid> {
        let id = gix::objs::compute_hash(self.objects.hash, gix::objs::Kind::Blob, bytes).map_err(bug)?;
        Oid::from_bytes(id.as_bytes())
    }

    fn write(&self, change: &NewCommit<'_>) -> Result<Oid> {
        self.check_writable()?;
        let objects = commit::build(&self.objects, change)?;
        let id = objects.last().map(|commit| commit.id).ok_or_else(|| bug("a commit without objects"))?;
        self.stage.write(objects, self.objects.hash)?;
        Ok(id)
    }

    fn move_branch(&self, branch: &str, expected: Option<Oid>, new: Oid) -> Result<()> {
        self.check_writable()?;
        check_branch(branch)?;
        self.objects.commit(new)?;
        self.refs.compare_and_swap(&self.stage, branch, expected, new)
    }

    fn recover(&self) -> Result<usize> {
        self.check_writable()?;
        let entries = match fs::read_dir(&self.stage.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            other => other.map_err(|error| io_error("list", &self.stage.folder, &error))?,
        };
        let staged: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        let is_ref = |path: &&PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("ref-"))
        };
        let refs: Vec<Vec<u8>> = staged
            .iter()
            .filter(is_ref)
            .filter_map(|path| read_bounded(path, REF_LIMIT).ok().flatten())
            .filter(|it| !it.is_empty())
            .collect();
        let mut cleared = self.refs.clear_locks(&self.stage, &refs)?;
        for path in &staged {
            self.stage.disk.remove(path)?;
            cleared += 1;
        }
        Ok(cleared)
    }

    fn merge_base(&self, one: Oid, other: Oid) -> Result<Option<Oid>> {
        walk::merge_base(self, one, other)
    }

    fn is_ancestor(&self, ancestor: Oid, of: Oid) -> Result<bool> {
        walk::is_ancestor(self, ancestor, of)
    }

    fn on_first_parent_chain(&self, head: Oid, commit: Oid) -> Result<bool> {
        let mut at = Some(head);
        while let Some(id) = at {
            if id == commit {
                return Ok(true);
            }
            at = self.time_and_parents(id)?.1.first().copied();
        }
        Ok(false)
    }
}
