//! A workshop over a real Git repository: every commit is made by Git's own programs, with fixed dates.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use refmark_core::engine::snapshot::{Change, CommitInfo, History, Snapshot};
use refmark_core::engine::testing::registry::{Edit, Workshop};
use refmark_core::store::git::Repo;
use refmark_core::types::error::Result;
use refmark_core::types::oid::Oid;
use refmark_core::types::time::Timestamp;

use crate::receive::{git, run};

/// A bare repository in which an attack is made.
pub struct GitShop {
    /// Its folder.
    pub folder: PathBuf,
    repo: Repo,
    made: Cell<u64>,
}

impl GitShop {
    /// A new bare repository.
    pub fn new(folder: &Path) -> GitShop {
        std::fs::create_dir_all(folder).expect("the folder can be made");
        run(&mut git(folder, &["init", "--quiet", "--bare", "--initial-branch=main", "."]), b"");
        let repo = Repo::open(folder).expect("what git made can be opened");
        GitShop { folder: folder.to_owned(), repo, made: Cell::new(0) }
    }

    /// Writes an object as it is, however odd.
    pub fn object(&self, kind: &str, bytes: &[u8]) -> Oid {
        let arguments = ["hash-object", "-t", kind, "-w", "--stdin", "--literally"];
        Oid::parse(&run(&mut git(&self.folder, &arguments), bytes)).expect("git prints an id")
    }

    /// Commits a tree as it is.
    pub fn commit_tree(&self, parents: &[Oid], tree: &str, time: Timestamp) -> Oid {
        let mut command = git(&self.folder, &["commit-tree", tree]);
        for parent in parents {
            command.arg("-p").arg(parent.to_string());
        }
        let date = format!("@{} +0000", time.unix());
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        Oid::parse(&run(&mut command, b"an attack\n")).expect("git prints an id")
    }
}

fn quoted(path: &str) -> Vec<u8> {
    let mut out = vec![b'"'];
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' | 0..=31 | 127.. => out.extend(format!("\\{byte:03o}").bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    out
}

impl Workshop for GitShop {
    fn put(&self, parents: &[Oid], edits: &[Edit], time: Timestamp) -> Oid {
        self.made.set(self.made.get() + 1);
        let name = format!("refs/made/{}", self.made.get());
        let mut script = Vec::new();
        let who = format!("Mallory <mallory@example.com> {} +0000", time.unix());
        script.extend(format!("commit {name}\nauthor {who}\ncommitter {who}\ndata 10\nan attack\n\n").bytes());
        for (at, parent) in parents.iter().enumerate() {
            script.extend(format!("{} {parent}\n", if at == 0 { "from" } else { "merge" }).bytes());
        }
        for edit in edits {
            match edit {
                Edit::Put(path, bytes) => entry(&mut script, 0o100644, path, bytes),
                Edit::Odd(path, 0o160000, id) => {
                    script.extend(b"M 160000 ");
                    script.extend(id);
                    script.push(b' ');
                    script.extend(quoted(path));
                    script.push(b'\n');
                }
                Edit::Odd(path, mode, bytes) => entry(&mut script, *mode, path, bytes),
                Edit::Remove(path) => {
                    script.extend(b"D ");
                    script.extend(quoted(path));
                    script.push(b'\n');
                }
            }
        }
        script.extend(b"done\n");
        run(&mut git(&self.folder, &["fast-import", "--quiet", "--done", "--force"]), &script);
        Oid::parse(&run(&mut git(&self.folder, &["rev-parse", &name]), b"")).expect("git prints an id")
    }

    fn put_tree_of(&self, parents: &[Oid], tree_of: Oid, time: Timestamp) -> Oid {
        self.commit_tree(parents, &format!("{tree_of}^{{tree}}"), time)
    }
}

fn entry(script: &mut Vec<u8>, mode: u32, path: &str, bytes: &[u8]) {
    script.extend(format!("M {mode:o} inline ").bytes());
    script.extend(quoted(path));
    script.extend(format!("\ndata {}\n", bytes.len()).bytes());
    script.extend(bytes);
    script.push(b'\n');
}

impl History for GitShop {
    fn commit(&self, id: Oid) -> Result<CommitInfo> {
        self.repo.commit(id)
    }

    fn changes(&self, id: Oid) -> Result<Vec<Change>> {
        self.repo.changes(id)
    }

    fn between(&self, from: Option<Oid>, to: Oid) -> Result<Vec<Change>> {
        self.repo.between(from, to)
    }

    fn snapshot(&self, commit: Oid) -> Result<Box<dyn Snapshot + '_>> {
        self.repo.snapshot(commit)
    }

    fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>> {
        History::load(&self.repo, oid, limit)
    }
}
