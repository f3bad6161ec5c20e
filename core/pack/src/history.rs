//! Judgement's view of what was given: the chain of commits, and one commit's tree.

use std::rc::Rc;

use super::cache::Object;
use super::commit;
use super::object::Kind;
use super::objects::Objects;
use super::repository::Repository;
use crate::tree;
use refmark_engine::snapshot::{Change, CommitInfo, Entry, History, Mode, Snapshot};
use refmark_types::error::Result;
use refmark_types::oid::Oid;

impl History for Repository {
    fn commit(&self, id: Oid) -> Result<CommitInfo> {
        commit::parse(&self.objects.commit(id)?.bytes, id)
    }

    fn changes(&self, id: Oid) -> Result<Vec<Change>> {
        let commit = History::commit(self, id)?;
        let old = commit.parents.first().map(|parent| self.tree_of(*parent)).transpose()?;
        tree::between(&self.objects, old, Some(commit.tree))
    }

    fn between(&self, from: Option<Oid>, to: Oid) -> Result<Vec<Change>> {
        let old = from.map(|from| self.tree_of(from)).transpose()?;
        tree::between(&self.objects, old, Some(self.tree_of(to)?))
    }

    fn snapshot(&self, commit: Oid) -> Result<Box<dyn Snapshot + '_>> {
        Ok(Box::new(View { objects: &self.objects, tree: self.tree_of(commit)? }))
    }

    fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>> {
        load(&self.objects, oid, limit)
    }
}

impl Repository {
    fn tree_of(&self, commit: Oid) -> Result<Oid> {
        Ok(History::commit(self, commit)?.tree)
    }
}

struct View<'a> {
    objects: &'a Objects,
    tree: Oid,
}

impl View<'_> {
    /// The entry at a path; nothing where the path, or a folder on the way to it, is not there.
    fn walk(&self, path: &str) -> Result<Option<Entry>> {
        let mut folder = self.tree;
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            let entry = self.objects.tree(folder)?.get(name).map(|entry| entry.entry()).transpose()?;
            match (entry, names.peek()) {
                (Some(entry), None) => return Ok(Some(entry)),
                (Some(entry), Some(_)) if entry.mode == Mode::Folder => folder = entry.oid,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }
}

impl Snapshot for View<'_> {
    fn find(&self, path: &str) -> Result<Option<Entry>> {
        Ok(self.walk(path)?.filter(|entry| entry.mode != Mode::Folder))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let id = match folder {
            "" => self.tree,
            _ => match self.walk(folder)? {
                Some(entry) if entry.mode == Mode::Folder => entry.oid,
                _ => return Ok(Vec::new()),
            },
        };
        self.objects.tree(id)?.iter().map(|entry| entry.entry()).collect()
    }

    fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>> {
        load(self.objects, oid, limit)
    }
}

fn load(objects: &Objects, oid: Oid, limit: u64) -> Result<Vec<u8>> {
    let Object { bytes, .. } = objects.expect(oid, Kind::Blob, limit)?;
    Ok(Rc::unwrap_or_clone(bytes))
}
