//! A writer that dies after any number of durable steps leaves the old head or the new one, and a repository that is sound.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::{bare, commit, git, grow};
use crate::fs::disk::Disk;
use crate::git::{Format, Repo};
use crate::testing::disk::{FaultyDisk, Then};
use crate::testing::power::Cut;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::History;
use refmark_types::oid::Oid;

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
        let done = one_more(Arc::new(FaultyDisk::at(steps + 1, Then::Die)), &at, files);
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
    let new = one_more(Arc::new(FaultyDisk::without_links()), repo.git_dir(), &[("a", b"2")]).unwrap();
    assert_eq!(repo.commit(new).unwrap().parents, [old]);
    assert_eq!(repo.head("main").unwrap(), Some(new));
    assert!(!repo.git_dir().join("refs/heads/main.lock").exists());
}

#[test]
fn an_init_that_died_can_be_run_again() {
    for steps in 0.. {
        let home = TempDir::new().unwrap();
        let at = home.path().join("r");
        let done =
            Repo::init_on(Arc::new(FaultyDisk::at(steps + 1, Then::Die)), &at, true, Format::Sha256, "main").is_ok();
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

#[test]
fn every_file_is_synced_before_it_has_its_name_and_every_folder_before_the_branch_moves() {
    for count in [3, 250] {
        let names: Vec<String> = (0..count).map(|number| format!("a/{number}")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), name.as_bytes())).collect();
        let mut landed = 0;
        for step in 1.. {
            let home = TempDir::new().unwrap();
            let (at, graves) = (home.path().join("r"), home.path().join("graves"));
            let repo = Repo::init_on(Arc::new(FaultyDisk::sound()), &at, true, Format::Sha1, "main").unwrap();
            let old = grow(&repo, 1, &[("old", b"1")]);
            let disk = Arc::new(FaultyDisk::at(step, Then::Die).with_power(&graves));
            let done = one_more(disk.clone(), &at, &files);
            disk.cut_power(home.path(), [Cut::All, Cut::Bytes, Cut::Some(step)][step as usize % 3]);
            git(&at, &["fsck", "--strict", "--no-dangling"]);
            let head = Repo::open(&at).unwrap().head("main").unwrap().unwrap();
            assert!(done.is_none_or(|id| id == head), "step {step}: what was said to be done is done");
            landed += u32::from(head != old);
            if done.is_some() {
                break;
            }
        }
        assert!(landed > 0);
    }
}
