//! A backup is whole or is not there; a restore is whole or leaves nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::context::Context;
use crate::pins::tests::Stage1;
use crate::registry::Registry;
use crate::tests::world;
use refmark_store::git::program::Git;
use refmark_store::testing::disk::{FaultyDisk, Then};

fn files(top: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![top.to_owned()]);
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// A registry with a backup of two parts: the second was made after a promotion.
fn twice() -> (Stage1, PathBuf) {
    let stage = Stage1::new();
    let to = stage.home().join("backup");
    let first = stage.registry().share().backup(&Git::default(), &to).unwrap();
    assert_eq!((first.number, first.new), (1, true));
    stage.promote(&stage.registry(), 2);
    let second = stage.registry().share().backup(&Git::default(), &to).unwrap();
    assert_eq!((second.number, second.new, second.blobs), (2, true, 0));
    assert!(second.git_bytes < first.git_bytes, "the second backup took everything again");
    (stage, to)
}

fn restore(stage: &Stage1, from: &Path, to: &str, number: Option<u64>) -> Result<(Registry, RestoreAnswer)> {
    let (into, request) = (stage.home().join(to), RestoreRequest { number, tofu: false });
    Registry::restore(from, &into, world(stage.home()), &Git::default(), request)
}

#[test]
fn a_backup_grows_by_what_is_new_and_each_of_its_states_can_be_restored() {
    let (stage, to) = twice();
    let registry = stage.registry();
    assert!(!registry.share().backup(&Git::default(), &to).unwrap().new, "nothing is new");
    let (newest, answer) = restore(&stage, &to, "newest", None).unwrap();
    assert_eq!((answer.head, answer.number, answer.pinned), (registry.read().head().unwrap(), 2, true));
    assert_eq!(newest.read().verify(None, Default::default()).unwrap().absent, []);
    let (older, answer) = restore(&stage, &to, "older", Some(1)).unwrap();
    assert_eq!(older.read().head().unwrap(), answer.head);
    assert_ne!(answer.head, registry.read().head().unwrap());
    let drill = registry.share().drill(&to, Some(1), &Git::default()).unwrap();
    assert!(drill.passed && drill.behind == 1 && !drill.aliases.is_empty(), "{drill:?}");
    assert_eq!(registry.share().last_drill().unwrap().number, 1);
    // What was put back can be backed up in turn, and goes on where the backup stands.
    assert!(!newest.share().backup(&Git::default(), &to).unwrap().new);
    let error = older.share().backup(&Git::default(), &to).unwrap_err();
    assert_eq!(error.code, Code::HistoryRewritten);
}

#[test]
fn damage_to_any_file_of_a_backup_is_found_and_nothing_is_restored_from_it() {
    let (stage, to) = twice();
    let newest = list_path(&to, 2, &lists(&to).unwrap()[&2]);
    // The list of the first backup is not read for the second; the lock is gone.
    let first = list_path(&to, 1, &lists(&to).unwrap()[&1]);
    let all: Vec<PathBuf> = files(&to).into_iter().filter(|path| *path != first).collect();
    assert!(all.len() > 6 && all.contains(&newest), "{all:?}");
    for path in all {
        let good = std::fs::read(&path).unwrap();
        let cut = good[..good.len() / 2].to_vec();
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        for bad in [Some(flipped), Some(cut), None] {
            std::fs::remove_file(&path).unwrap();
            if let Some(bad) = &bad {
                std::fs::write(&path, bad).unwrap();
            }
            // Without its newest list a backup is the one before it; whoever knows its number is told.
            let number = Some(2);
            let checked = Registry::check_backup(&to, number, &world(stage.home())).unwrap_err();
            assert!(matches!(checked.code, Code::Damaged | Code::NotFound), "{}: {checked:?}", path.display());
            let restored = restore(&stage, &to, "out", number).err().unwrap();
            assert!(matches!(restored.code, Code::Damaged | Code::NotFound), "{}: {restored:?}", path.display());
            assert!(!stage.home().join("out").exists());
            let _ = std::fs::remove_file(&path);
            std::fs::write(&path, &good).unwrap();
        }
    }
    restore(&stage, &to, "out", None).unwrap();
}

#[test]
fn a_backup_that_dies_at_any_step_leaves_the_one_before_it_whole_and_is_finished_by_the_next() {
    let (stage, to) = twice();
    stage.promote(&stage.registry(), 1);
    let kept = stage.home().join("kept");
    copy(&to, &kept);
    let (mut step, mut reached) = (0, true);
    while reached {
        step += 1;
        std::fs::remove_dir_all(&to).unwrap();
        copy(&kept, &to);
        let disk = Arc::new(FaultyDisk::at(step, Then::Die));
        let dying = Context { disk: disk.clone(), ..world(stage.home()) };
        let registry = Registry::open(&stage.home().join("models"), dying).unwrap();
        let done = registry.share().backup(&Git::default(), &to);
        reached = disk.is_reached();
        let found = Registry::check_backup(&to, None, &world(stage.home())).unwrap();
        assert!(found.number == 2 || found.number == 3, "step {step}");
        assert!(found.number == 3 || done.is_err(), "step {step} said that it was done");
        // The lock of the dead is this process's own: nobody else clears it for a test.
        let _ = std::fs::remove_file(to.join("lock"));
        let next = stage.registry().share().backup(&Git::default(), &to).unwrap();
        assert_eq!(next.number, 3, "step {step}");
        Registry::check_backup(&to, None, &world(stage.home())).unwrap();
    }
    assert!(step > 8, "only {step} steps");
    restore(&stage, &to, "out", None).unwrap();
}

#[test]
fn a_restore_that_dies_at_any_step_leaves_no_registry_or_a_whole_one() {
    let (stage, to) = twice();
    let (mut step, mut reached) = (0, true);
    while reached {
        step += 1;
        let into = stage.home().join("out");
        let disk = Arc::new(FaultyDisk::at(step, Then::Die));
        let dying = Context { disk: disk.clone(), ..world(stage.home()) };
        let done = Registry::restore(&to, &into, dying, &Git::default(), RestoreRequest::default());
        reached = disk.is_reached();
        match into.join("HEAD").exists() {
            true => {
                let registry = Registry::open(&into, world(stage.home())).unwrap();
                assert_eq!(registry.read().verify(None, Default::default()).unwrap().absent, [], "step {step}");
            }
            false => assert!(done.is_err(), "step {step} said that it was done"),
        }
        let _ = std::fs::remove_dir_all(&into);
        // One in forty is enough, once the first steps are through: most of them write files of one kind.
        step += if step > 40 { 6 } else { 0 };
    }
    restore(&stage, &to, "out", None).unwrap();
}

#[test]
fn a_backup_of_another_registry_or_anything_else_is_left_alone() {
    let (stage, to) = twice();
    let other = Stage1::new();
    let error = other.registry().share().backup(&Git::default(), &to).unwrap_err();
    assert_eq!(error.code, Code::WrongRegistry);
    let mine = stage.home().join("mine");
    std::fs::create_dir(&mine).unwrap();
    std::fs::write(mine.join("thesis.txt"), "years of work").unwrap();
    assert_eq!(stage.registry().share().backup(&Git::default(), &mine).unwrap_err().code, Code::Exists);
    assert_eq!(files(&mine).len(), 1);
    // Held to the root that this user pinned for it.
    let stranger = stage.home().join("stranger");
    let mut held = world(&stranger);
    held.pinning = crate::context::Pinning::Root(Digest::of(b"another"));
    let into = stage.home().join("out");
    let error = Registry::restore(&to, &into, held, &Git::default(), RestoreRequest::default()).err().unwrap();
    assert_eq!(error.code, Code::WrongRoot);
    assert!(!into.exists());
}

fn copy(from: &Path, to: &Path) {
    for path in files(from) {
        let into = to.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(into.parent().unwrap()).unwrap();
        std::fs::copy(&path, &into).unwrap();
    }
}
