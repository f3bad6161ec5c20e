//! Commits in memory: a history for tests that need Git's shape and not Git.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::snapshot::{Change, CommitInfo, Entry, History, Mode, Snapshot};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// A tree, flat: what stands at each path.
type Files = BTreeMap<String, (Mode, Oid)>;

/// A commit, the files of its tree, and its number in the order of making.
#[derive(Clone)]
struct Made {
    info: CommitInfo,
    files: Rc<Files>,
    number: usize,
}

/// Commits in memory, without branches: a commit is known by its id, and the test keeps the ids.
///
/// Every method takes `&self`, so that a judge may hold the history while the test goes on committing. Ids are the first
/// 20 bytes of a SHA-256: as long as SHA-1's, and equal for equal content. What a commit says is asked of it as a
/// [`History`]: `History::commit(&memory, id)`.
#[derive(Default)]
pub struct MemoryHistory {
    commits: RefCell<HashMap<Oid, Made>>,
    blobs: RefCell<HashMap<Oid, Rc<[u8]>>>,
}

impl MemoryHistory {
    /// A history without a commit.
    pub fn new() -> MemoryHistory {
        MemoryHistory::default()
    }

    /// Commits plain files on top of the first parent's tree (of nothing, without parents): bytes to put at a path, or
    /// nothing to remove what is there. Returns the commit's id. Panics where a parent is not here.
    pub fn commit<P, B>(
        &self,
        parents: &[Oid],
        changes: impl IntoIterator<Item = (P, Option<B>)>,
        time: Timestamp,
    ) -> Oid
    where
        P: Into<String>,
        B: AsRef<[u8]>,
    {
        let mut files = self.first_files(parents);
        for (path, bytes) in changes {
            match bytes {
                Some(bytes) => files.insert(path.into(), (Mode::File, self.blob(bytes.as_ref()))),
                None => files.remove(&path.into()),
            };
        }
        self.commit_files(parents, files, time)
    }

    /// Commits entries of any mode, or removals, on top of the first parent's tree.
    pub fn commit_entries<'b>(
        &self,
        parents: &[Oid],
        changes: impl IntoIterator<Item = (String, Option<(Mode, &'b [u8])>)>,
        time: Timestamp,
    ) -> Oid {
        let mut files = self.first_files(parents);
        for (path, entry) in changes {
            match entry {
                Some((mode, bytes)) => files.insert(path, (mode, self.blob(bytes))),
                None => files.remove(&path),
            };
        }
        self.commit_files(parents, files, time)
    }

    /// Commits one entry of any mode, as a hostile pusher could, on top of the first parent's tree.
    pub fn commit_mode(&self, parents: &[Oid], path: &str, mode: Mode, bytes: &[u8], time: Timestamp) -> Oid {
        let mut files = self.first_files(parents);
        files.insert(path.to_owned(), (mode, self.blob(bytes)));
        self.commit_files(parents, files, time)
    }

    /// Commits exactly the tree of another commit, as a forge's Revert or a hostile merge does.
    pub fn commit_tree_of(&self, parents: &[Oid], tree_of: Oid, time: Timestamp) -> Oid {
        let files = (*self.made(tree_of).expect("the commit whose tree is taken is here").files).clone();
        self.commit_files(parents, files, time)
    }

    /// Merges `second` into `first` as Git does with files that are each changed as a whole: what `second` changed since
    /// their merge base is taken over. Where both changed a path to different things, the paths are the error.
    pub fn merge(&self, first: Oid, second: Oid, time: Timestamp) -> Result<Oid, Vec<String>> {
        let files = self.merged(first, second)?;
        Ok(self.commit_files(&[first, second], files, time))
    }

    /// The same as [`MemoryHistory::merge`] with the first parent alone: what a forge calls a squash.
    pub fn squash(&self, first: Oid, second: Oid, time: Timestamp) -> Result<Oid, Vec<String>> {
        let files = self.merged(first, second)?;
        Ok(self.commit_files(&[first], files, time))
    }

    /// Commits what `commit` changed against its first parent on top of `onto`: one step of a rebase, or a cherry-pick.
    pub fn pick(&self, onto: Oid, commit: Oid, time: Timestamp) -> Oid {
        let mut files = self.first_files(&[onto]);
        for change in self.changes(commit).expect("the commit that is picked is here") {
            match change.new {
                Some(new) => files.insert(change.path, new),
                None => files.remove(&change.path),
            };
        }
        self.commit_files(&[onto], files, time)
    }

    /// Forgets a commit, as a shallow clone does: asking for it is an error with code `incomplete`.
    pub fn forget(&self, commit: Oid) {
        self.commits.borrow_mut().remove(&commit);
    }

    fn made(&self, id: Oid) -> Result<Made> {
        self.commits.borrow().get(&id).cloned().ok_or_else(|| {
            Error::new(Code::Incomplete, format!("commit {id} is not here")).hint("fetch the whole history")
        })
    }

    fn blob(&self, bytes: &[u8]) -> Oid {
        let oid = id_of(&[b"blob", bytes]);
        self.blobs.borrow_mut().insert(oid, bytes.into());
        oid
    }

    fn first_files(&self, parents: &[Oid]) -> Files {
        match parents.first() {
            Some(first) => (*self.made(*first).expect("the first parent is here").files).clone(),
            None => Files::new(),
        }
    }

    fn commit_files(&self, parents: &[Oid], files: Files, time: Timestamp) -> Oid {
        let listed: Vec<String> = files.iter().map(|(path, (mode, oid))| format!("{mode:?} {oid} {path}\0")).collect();
        let tree = id_of(&[b"tree", listed.concat().as_bytes()]);
        let words = format!("{tree} {parents:?} {time}");
        let id = id_of(&[b"commit", words.as_bytes()]);
        let mut commits = self.commits.borrow_mut();
        let number = commits.len();
        commits.entry(id).or_insert_with(|| Made {
            info: CommitInfo {
                id,
                tree,
                parents: parents.to_vec(),
                time,
                author: "Test <test@example.com>".to_owned(),
                message: "a commit of a test\n".to_owned(),
            },
            files: Rc::new(files),
            number,
        });
        id
    }

    /// A commit and everything behind it, by number: a commit's number is higher than those of its ancestors.
    fn ancestors(&self, of: Oid) -> BTreeMap<usize, Oid> {
        let mut found = BTreeMap::new();
        let mut open = vec![of];
        while let Some(id) = open.pop() {
            let Ok(made) = self.made(id) else { continue };
            if found.insert(made.number, id).is_none() {
                open.extend(made.info.parents);
            }
        }
        found
    }

    fn merged(&self, first: Oid, second: Oid) -> Result<Files, Vec<String>> {
        let ours = self.ancestors(first);
        let base = self.ancestors(second).into_iter().rev().find(|(number, _)| ours.contains_key(number));
        let base = base.map(|(_, id)| self.first_files(&[id])).unwrap_or_default();
        let theirs = self.first_files(&[second]);
        let mut files = self.first_files(&[first]);
        let mut conflicts = Vec::new();
        for change in differences(&base, &theirs) {
            let here = files.get(&change.path).copied();
            if here == change.new {
                continue;
            }
            match change.new {
                _ if here != change.old => conflicts.push(change.path),
                Some(new) => drop(files.insert(change.path, new)),
                None => drop(files.remove(&change.path)),
            }
        }
        if conflicts.is_empty() { Ok(files) } else { Err(conflicts) }
    }
}

fn id_of(parts: &[&[u8]]) -> Oid {
    let digest = Digest::of(&parts.join(&0));
    Oid::from_bytes(&digest.as_bytes()[..20]).expect("20 bytes are an id")
}

fn differences(old: &Files, new: &Files) -> Vec<Change> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changes = paths.into_iter().map(|path| Change {
        path: path.clone(),
        new: new.get(path).copied(),
        old: old.get(path).copied(),
    });
    changes.filter(|change| change.new != change.old).collect()
}

impl History for MemoryHistory {
    fn commit(&self, id: Oid) -> Result<CommitInfo> {
        Ok(self.made(id)?.info)
    }

    fn changes(&self, id: Oid) -> Result<Vec<Change>> {
        self.between(self.made(id)?.info.parents.first().copied(), id)
    }

    fn between(&self, from: Option<Oid>, to: Oid) -> Result<Vec<Change>> {
        let old = match from {
            Some(from) => self.made(from)?.files,
            None => Rc::default(),
        };
        Ok(differences(&old, &self.made(to)?.files))
    }

    fn snapshot(&self, commit: Oid) -> Result<Box<dyn Snapshot + '_>> {
        Ok(Box::new(MemorySnapshot { history: self, files: self.made(commit)?.files }))
    }

    fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>> {
        let blobs = self.blobs.borrow();
        let bytes = blobs.get(&oid).ok_or_else(|| Error::new(Code::Incomplete, format!("object {oid} is not here")))?;
        if bytes.len() as u64 > limit {
            return Err(Error::new(Code::TooLarge, format!("{} bytes are over the limit of {limit}", bytes.len())));
        }
        Ok(bytes.to_vec())
    }
}

/// One commit's tree in memory.
struct MemorySnapshot<'h> {
    history: &'h MemoryHistory,
    files: Rc<Files>,
}

impl Snapshot for MemorySnapshot<'_> {
    fn find(&self, path: &str) -> Result<Option<Entry>> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let found = self.files.get(path);
        Ok(found.map(|(mode, oid)| Entry { name: name.to_owned(), mode: *mode, oid: *oid }))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        for (path, (mode, oid)) in self.files.range(prefix.clone()..) {
            let Some(rest) = path.strip_prefix(&prefix) else { break };
            let entry = match rest.split_once('/') {
                Some((name, _)) => Entry {
                    name: name.to_owned(),
                    mode: Mode::Folder,
                    oid: id_of(&[b"folder", prefix.as_bytes(), name.as_bytes()]),
                },
                None => Entry { name: rest.to_owned(), mode: *mode, oid: *oid },
            };
            // Git sorts a folder as if its name ended in a slash.
            let key = if entry.mode == Mode::Folder { format!("{}/", entry.name) } else { entry.name.clone() };
            entries.entry(key).or_insert(entry);
        }
        Ok(entries.into_values().collect())
    }

    fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>> {
        self.history.load(oid, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::first_parents;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_700_000_000 + seconds)
    }

    fn info(history: &dyn History, id: Oid) -> CommitInfo {
        history.commit(id).unwrap()
    }

    fn add(history: &MemoryHistory, parents: &[Oid], path: &str, text: &str, seconds: i64) -> Oid {
        history.commit(parents, [(path, Some(text))], at(seconds))
    }

    #[test]
    fn a_commit_stands_on_its_first_parent_and_knows_what_it_changed() {
        let history = MemoryHistory::new();
        let first = history.commit(&[], [("a/b", Some("1")), ("a.x", Some("2")), ("a0", Some("3"))], at(0));
        let second = history.commit(&[first], [("a/b", None), ("c", Some("4"))], at(1));
        let snapshot = history.snapshot(first).unwrap();
        let names = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.name).collect::<Vec<_>>();
        assert_eq!(names(snapshot.list("").unwrap()), ["a.x", "a", "a0"], "Git's order");
        assert_eq!(names(snapshot.list("a").unwrap()), ["b"]);
        assert_eq!(snapshot.find("a").unwrap(), None, "a folder is not found as a file");
        assert_eq!(snapshot.read("a/b", 1).unwrap().unwrap(), b"1");
        assert_eq!(snapshot.read("a/b", 0).unwrap_err().code, Code::TooLarge);
        let changes = history.changes(second).unwrap();
        assert_eq!(changes.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["a/b", "c"]);
        assert_eq!((changes[0].new, changes[1].old), (None, None));
        assert_eq!(history.between(Some(second), first).unwrap().len(), 2);
        assert_eq!(first_parents(&history, second, Some(first)).unwrap(), Some(vec![second]));
    }

    #[test]
    fn a_merge_takes_both_sides_and_names_the_paths_on_which_they_disagree() {
        let history = MemoryHistory::new();
        let base = add(&history, &[], "base", "0", 0);
        let ours = add(&history, &[base], "ours", "1", 1);
        let theirs = add(&history, &[base], "theirs", "2", 2);
        let merge = history.merge(ours, theirs, at(3)).unwrap();
        assert_eq!(info(&history, merge).parents, [ours, theirs]);
        let brought = history.changes(merge).unwrap();
        assert_eq!(brought.iter().map(|brought| brought.path.as_str()).collect::<Vec<_>>(), ["theirs"]);
        let other = add(&history, &[base], "theirs", "3", 4);
        assert_eq!(history.merge(merge, other, at(5)).unwrap_err(), ["theirs"]);
        let squash = history.squash(ours, theirs, at(3)).unwrap();
        assert_eq!(info(&history, squash).tree, info(&history, merge).tree);
        let picked = history.pick(ours, theirs, at(6));
        assert_eq!(info(&history, picked).tree, info(&history, merge).tree);
    }

    #[test]
    fn what_was_forgotten_is_incomplete_and_a_revert_has_the_old_tree() {
        let history = MemoryHistory::new();
        let first = add(&history, &[], "a", "0", 0);
        let second = history.commit_mode(&[first], "link", Mode::Odd(0o120000), b"a", at(1));
        assert_eq!(history.snapshot(second).unwrap().find("link").unwrap().unwrap().mode, Mode::Odd(0o120000));
        assert_eq!(history.snapshot(second).unwrap().read("link", 9).unwrap(), None, "a link is not a file");
        let revert = history.commit_tree_of(&[second], first, at(2));
        assert_eq!(info(&history, revert).tree, info(&history, first).tree);
        history.forget(first);
        assert_eq!(first_parents(&history, revert, None).unwrap_err().code, Code::Incomplete);
    }
}
