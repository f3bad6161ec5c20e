//! A repository made by the real `git`, and the bytes that it left.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Repository;
use refmark_types::oid::Oid;
use std::collections::BTreeMap;

/// A repository in a temporary folder, shut off from the user's configuration.
pub(super) struct Git {
    folder: tempfile::TempDir,
    time: u64,
}

/// A pack and its index.
pub(super) type Packed = (Vec<u8>, Vec<u8>);

impl Git {
    pub(super) fn init(format: &str) -> Git {
        let git = Git { folder: tempfile::tempdir().unwrap(), time: 1_700_000_000 };
        git.run(&["init", "-q", "-b", "main", &format!("--object-format={format}")]);
        git
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        let date = format!("{} +0100", self.time);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Zoë Q").env(format!("GIT_{who}_EMAIL"), "zoe@example.org");
            command.env(format!("GIT_{who}_DATE"), &date);
        }
        command
    }

    pub(super) fn run(&self, args: &[&str]) -> Vec<u8> {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    pub(super) fn feed(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        let mut child = self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        assert!(output.status.success(), "git {args:?}");
        output.stdout
    }

    pub(super) fn text(&self, args: &[&str]) -> String {
        String::from_utf8(self.run(args)).unwrap().trim_end().to_owned()
    }

    pub(super) fn oid(&self, name: &str) -> Oid {
        Oid::parse(&self.text(&["rev-parse", name])).unwrap()
    }

    pub(super) fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(super) fn remove(&self, path: &str) {
        let path = self.path().join(path);
        if path.is_dir() { std::fs::remove_dir_all(path).unwrap() } else { std::fs::remove_file(path).unwrap() }
    }

    pub(super) fn commit(&mut self, message: &str) {
        self.time += 60;
        self.run(&["add", "-A"]);
        self.run(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// Every pack with its index, as the repository has them now.
    pub(super) fn packs(&self) -> Vec<Packed> {
        let mut packs: Vec<PathBuf> = files(&self.path().join(".git/objects/pack"));
        packs.retain(|path| path.extension().is_some_and(|extension| extension == "pack"));
        packs.sort();
        let both = |path: PathBuf| (std::fs::read(&path).unwrap(), std::fs::read(path.with_extension("idx")).unwrap());
        packs.into_iter().map(both).collect()
    }

    /// A reader of all that lies in `.git`, as a dropped folder would give it.
    pub(super) fn reader(&self, with_idx: bool) -> Repository {
        let repository = Repository::new();
        for (pack, idx) in self.packs() {
            repository.add_pack("a pack", pack, with_idx.then_some(idx)).unwrap();
        }
        for folder in files(&self.path().join(".git/objects")) {
            for file in files(&folder) {
                let name = file.to_str().unwrap().to_owned();
                if folder.file_name().is_some_and(|name| name.len() == 2) {
                    repository.add_loose(&name, std::fs::read(file).unwrap()).unwrap();
                }
            }
        }
        for line in self.text(&["for-each-ref", "--format=%(objectname) %(refname)"]).lines() {
            let (id, name) = line.split_once(' ').unwrap();
            repository.add_ref(name, Oid::parse(id).unwrap());
        }
        repository
    }

    /// Every object with its type and bytes, by `git cat-file`.
    pub(super) fn objects(&self) -> BTreeMap<Oid, (String, Vec<u8>)> {
        let args = ["cat-file", "--batch", "--batch-all-objects"];
        let out = self.run(&args);
        let (mut rest, mut objects) = (out.as_slice(), BTreeMap::new());
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap();
            let line: Vec<&str> = std::str::from_utf8(&rest[..end]).unwrap().split(' ').collect();
            let size: usize = line[2].parse().unwrap();
            let bytes = rest[end + 1..end + 1 + size].to_vec();
            objects.insert(Oid::parse(line[0]).unwrap(), (line[1].to_owned(), bytes));
            rest = &rest[end + 2 + size..];
        }
        objects
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// A repository with what a registry has and what it must not have: many versions of a few files, a merge, a file that
/// becomes a folder and back, odd modes, names that are not UTF-8.
pub(super) fn eventful(format: &str) -> Git {
    use std::os::unix::ffi::OsStrExt as _;
    let mut git = Git::init(format);
    let list = |count: usize| (0..count).map(|at| format!("{at} {}\n", at * 7919 % 1009)).collect::<String>();
    git.write("README.md", "a registry\n");
    git.write("empty", "");
    git.commit("the first");
    for at in 0..12 {
        git.write("long/list.txt", list(400 + at * 3));
        git.write(format!("models/{:x}/{at:04}.json", at % 5), format!("{{\"at\": {at}}}\n"));
        git.commit(&format!("version {at}\n\nwith a body, Ünïcode and no end"));
    }
    git.run(&["checkout", "-q", "-b", "side", "HEAD~4"]);
    git.write("models/side.json", "{}\n");
    git.commit("beside");
    git.run(&["checkout", "-q", "main"]);
    git.time += 60;
    git.run(&["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    git.remove("README.md");
    git.write("README.md/inside", "now a folder\n");
    git.write("README.md/also/deep", "now a folder\n");
    git.commit("a file becomes a folder");
    git.remove("README.md");
    git.write("README.md", "a file again\n");
    git.write("README-2", "sorts before a folder `README.md/`\n");
    git.commit("and back");
    git.write(Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9/\xff")), "not UTF-8\n");
    git.write("back\\slash", "x");
    git.commit("odd names");
    std::os::unix::fs::symlink("README.md", git.path().join("link")).unwrap();
    git.run(&["update-index", "--add", "--chmod=+x", "empty"]);
    git.run(&["commit", "-q", "-m", "odd modes"]);
    git.commit("a link");
    git.remove("long");
    git.commit("removed");
    git.commit("nothing at all");
    git.run(&["tag", "-a", "-m", "a tag", "v1.0"]);
    git
}
