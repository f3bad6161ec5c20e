//! The adapter against the real `git` program, against crashes, and against damage.

mod crash;
mod damage;
mod interop;
mod race;
mod settings;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::{Format, Repo};
use crate::testing::disk::FaultyDisk;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::testing::store::{commit, conforms};
use refmark_types::oid::Oid;

/// Runs the real `git`, isolated, and gives back what it printed. Panics with its words where it fails.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> String {
    let (done, said) = try_git(folder, arguments);
    assert!(done, "git {arguments:?}: {said}");
    said
}

/// Runs the real `git`, isolated; whether it succeeded, and what it printed.
pub(super) fn try_git(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("git")
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([("GIT_AUTHOR_NAME", "G"), ("GIT_AUTHOR_EMAIL", "g@x"), ("GIT_AUTHOR_DATE", "1700000000 +0000")])
        .envs([("GIT_COMMITTER_NAME", "G"), ("GIT_COMMITTER_EMAIL", "g@x"), ("GIT_COMMITTER_DATE", "1700000000 +0000")])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        (true, text(&output.stdout))
    } else {
        (false, text(&output.stderr) + &text(&output.stdout))
    }
}

pub(super) fn bare(format: Format) -> (TempDir, Repo) {
    let home = TempDir::new().unwrap();
    // What syncing is for is tested in `crash`; elsewhere it would only cost the suite its speed.
    let disk = Arc::new(FaultyDisk::sound());
    let repo = Repo::init_on(disk, &home.path().join("r"), true, format, "main").unwrap();
    (home, repo)
}

/// Writes a commit on the head of `main` and moves it.
pub(super) fn grow(repo: &Repo, second: i64, files: &[(&str, &[u8])]) -> Oid {
    let head = repo.head("main").unwrap();
    let parents: Vec<Oid> = head.into_iter().collect();
    let id = repo.write(&commit(&parents, second, files)).unwrap();
    repo.move_branch("main", head, id).unwrap();
    id
}

#[test]
fn the_adapter_keeps_the_promises_of_its_port_in_both_formats() {
    let homes = std::cell::RefCell::new(Vec::new());
    for format in [Format::Sha1, Format::Sha256] {
        conforms(&|| {
            let (home, repo) = bare(format);
            homes.borrow_mut().push(home);
            Box::new(repo)
        });
    }
}
