//! A writer that dies after any number of durable steps leaves the old head or the new one, and a repository that is sound.

use std::collections::HashSet;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::{bare, commit, git, grow};
use crate::blob::disk::{Disk, RealDisk};
use crate::git::{Format, Repo};
use crate::judgement::snapshot::History;
use crate::ports::store::RecordStore;
use crate::testing::disk::{Dying, Unsynced};
use crate::words::fault::Result;
use crate::words::oid::Oid;

fn copy(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

/// One more commit on `main`, by a writer that may die; the new head where it came to its end.
fn one_more(disk: Arc<dyn Disk>, at: &Path, files: &[(&str, &[u8])]) -> Option<Oid> {
    let repo = Repo::open_on(disk, at).ok()?;
    let head = repo.head("main").ok()?;
    let id = repo.write(&commit(&[head?], 2, files)).ok()?;
    repo.move_branch("main", head, id).ok().map(|()| id)
}

fn every_death_of(files: &[(&str, &[u8])]) {
    let (home, repo) = bare(Format::Sha1);
    let old = grow(&repo, 1, &[("a/b/c", b"1")]);
    let (mut died, mut landed) = (0, 0);
    for steps in 0.. {
        let at = home.path().join(format!("copy{steps}"));
        copy(repo.git_dir(), &at);
        let done = one_more(Arc::new(Dying::after(steps)), &at, files);
        let survivor = Repo::open(&at).unwrap();
        let head = survivor.head("main").unwrap().unwrap();
        git(&at, &["fsck", "--strict", "--no-dangling"]);
        assert!(done.is_none_or(|id| id == head), "what was said to be done is done");
        if head != old {
            assert_eq!(survivor.commit(head).unwrap().parents, [old]);
            assert_eq!(survivor.changes(head).unwrap().len(), files.len());
            landed += 1;
        }
        // The next writer, which holds the registry's lock, clears up and goes on.
        survivor.recover().unwrap();
        assert_eq!(std::fs::read_dir(at.join("refmark/stage")).unwrap().count(), 0);
        let next = survivor.write(&commit(&[head], 3, &[("next", b"1")])).unwrap();
        survivor.move_branch("main", Some(head), next).unwrap();
        git(&at, &["fsck", "--strict", "--no-dangling"]);
        std::fs::remove_dir_all(&at).unwrap();
        if done.is_some() {
            break;
        }
        died += 1;
    }
    assert!(died > 10 && landed > 1, "{died} deaths, {landed} of them after the head moved");
}

#[test]
fn a_writer_of_loose_objects_may_die_at_any_step() {
    every_death_of(&[("a/b/d", b"2"), ("x/y", b"3")]);
}

#[test]
fn a_writer_of_a_bulk_pack_may_die_at_any_step() {
    let names: Vec<String> = (0..250).map(|number| format!("many/{number}")).collect();
    every_death_of(&names.iter().map(|name| (name.as_str(), name.as_bytes())).collect::<Vec<_>>());
}

#[test]
fn a_disk_without_links_still_moves_branches() {
    let (_home, repo) = bare(Format::Sha1);
    let old = grow(&repo, 1, &[("a", b"1")]);
    let new = one_more(Arc::new(Unsynced { links: false }), repo.git_dir(), &[("a", b"2")]).unwrap();
    assert_eq!(repo.commit(new).unwrap().parents, [old]);
    assert_eq!(repo.head("main").unwrap(), Some(new));
    assert!(!repo.git_dir().join("refs/heads/main.lock").exists());
}

#[test]
fn an_init_that_died_can_be_run_again() {
    for steps in 0.. {
        let home = TempDir::new().unwrap();
        let at = home.path().join("r");
        let done = Repo::init_on(Arc::new(Dying::after(steps)), &at, true, Format::Sha256, "main").is_ok();
        if !done {
            assert!(Repo::open(&at).is_err() || at.join("config").exists());
        }
        if !at.join("HEAD").exists() {
            Repo::init(&at, true, Format::Sha256, "main").unwrap();
        }
        let repo = Repo::open(&at).unwrap();
        grow(&repo, 1, &[("a", b"1")]);
        git(&at, &["fsck", "--strict"]);
        if done {
            assert!(steps > 10, "{steps}");
            break;
        }
    }
}

/// Writes down what was made durable, and what must have been before it.
struct Watched {
    synced: Mutex<HashSet<u64>>,
    unsynced_folders: Mutex<HashSet<PathBuf>>,
    renames: AtomicUsize,
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

impl Disk for Watched {
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        assert!(path.to_string_lossy().contains("/refmark/stage/"), "{} is written in place", path.display());
        RealDisk.write_new(path, bytes, mode)?;
        // What the real disk makes new is synced before it returns.
        self.synced.lock().unwrap().insert(inode(path));
        Ok(())
    }
    fn sync_file(&self, file: &File, _: &Path) -> Result<()> {
        self.synced.lock().unwrap().insert(file.metadata().unwrap().ino());
        Ok(())
    }
    fn sync_dir(&self, path: &Path) -> Result<()> {
        self.unsynced_folders.lock().unwrap().remove(path);
        Ok(())
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        assert!(
            self.synced.lock().unwrap().contains(&inode(from)),
            "{} is renamed before it is synced",
            from.display()
        );
        if to.ends_with("refs/heads/main") {
            let open = self.unsynced_folders.lock().unwrap();
            let open: Vec<_> = open.iter().filter(|path| path.to_string_lossy().contains("/objects")).collect();
            assert!(open.is_empty(), "the branch moves before {open:?} are synced");
        }
        self.renames.fetch_add(1, Ordering::SeqCst);
        self.unsynced_folders.lock().unwrap().insert(to.parent().unwrap().to_owned());
        RealDisk.rename(from, to)
    }
    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<bool> {
        self.rename(from, to).map(|()| true)
    }
    fn link(&self, from: &Path, to: &Path) -> Result<bool> {
        assert!(self.synced.lock().unwrap().contains(&inode(from)), "{} is named before it is synced", from.display());
        RealDisk.link(from, to)
    }
    fn make_dirs(&self, path: &Path) -> Result<Vec<PathBuf>> {
        let made = RealDisk.make_dirs(path)?;
        self.unsynced_folders.lock().unwrap().extend(made.iter().cloned());
        Ok(made)
    }
    fn remove(&self, path: &Path) -> Result<()> {
        RealDisk.remove(path)
    }
}

#[test]
fn every_file_is_synced_before_it_has_its_name_and_every_folder_before_the_branch_moves() {
    for count in [3, 300] {
        let home = TempDir::new().unwrap();
        let disk =
            Arc::new(Watched { synced: Mutex::default(), unsynced_folders: Mutex::default(), renames: 0.into() });
        let repo = Repo::init_on(disk.clone(), &home.path().join("r"), true, Format::Sha1, "main").unwrap();
        let names: Vec<String> = (0..count).map(|number| format!("a/{number}")).collect();
        grow(&repo, 1, &names.iter().map(|name| (name.as_str(), name.as_bytes())).collect::<Vec<_>>());
        assert!(disk.unsynced_folders.lock().unwrap().is_empty(), "{:?}", disk.unsynced_folders.lock().unwrap());
        assert!(disk.renames.load(Ordering::SeqCst) >= 5);
    }
}
