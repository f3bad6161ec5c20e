//! What a power cut may take from a disk: the names that were not synced with their folder, in any choice of them, and the
//! bytes that were not synced with their file.
//!
//! A rename happens or does not, also in a power cut: every file system with a journal promises that. Everything else that
//! was not asked to be durable may come in any order or not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A disk writes no less, in bytes.
const PAGE: u64 = 4096;

/// What is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Everything that was not synced.
    All,
    /// The bytes of files that were not synced; every name stays.
    Bytes,
    /// Some of the names and some of the bytes, by this seed.
    Some(u64),
}

/// A name in a folder, by the folder's inode: it stays the same where the folder itself is moved.
type Place = (u64, OsString);

/// One change of names, which happens as a whole.
struct Step {
    changes: Vec<(Place, Option<u64>)>,
    durable: bool,
}

/// What was done and is not sure to be on the disk.
pub(super) struct Journal {
    graves: PathBuf,
    before: BTreeMap<Place, Option<u64>>,
    steps: Vec<Step>,
    /// Files of which no byte is sure.
    unsynced: BTreeSet<u64>,
    /// Files that grew, and the length that is sure.
    grown: BTreeMap<u64, u64>,
}

impl Journal {
    pub(super) fn new(graves: &Path) -> Journal {
        fs::create_dir_all(graves).unwrap();
        let (before, steps, unsynced, grown) = Default::default();
        Journal { graves: graves.to_owned(), before, steps, unsynced, grown }
    }

    pub(super) fn created(&mut self, path: &Path) {
        self.unsynced.extend(inode(path));
        self.named(path);
    }

    pub(super) fn grown(&mut self, path: &Path, by: u64) {
        let (Some(inode), Ok(now)) = (inode(path), fs::metadata(path)) else { return };
        self.grown.entry(inode).or_insert(now.len() - by);
    }

    pub(super) fn synced_file(&mut self, file: &File) {
        let inode = file.metadata().unwrap().ino();
        self.unsynced.remove(&inode);
        self.grown.remove(&inode);
    }

    pub(super) fn synced_dir(&mut self, path: &Path) {
        let folder = fs::metadata(path).unwrap().ino();
        for step in &mut self.steps {
            step.durable |= step.changes.iter().any(|((at, _), _)| *at == folder);
        }
    }

    pub(super) fn synced_all(&mut self) {
        self.unsynced.clear();
        self.grown.clear();
        self.steps.iter_mut().for_each(|step| step.durable = true);
    }

    /// A new name of what stands there now.
    pub(super) fn named(&mut self, path: &Path) {
        let Some(place) = place(path) else { return };
        self.before.entry(place.clone()).or_insert(None);
        let now = self.keep(path);
        self.steps.push(Step { changes: vec![(place, now)], durable: false });
    }

    /// Called before the removal. A folder is kept whole, elsewhere.
    pub(super) fn removed(&mut self, path: &Path) {
        let (Some(place), Some(was)) = (place(path), self.keep(path)) else { return };
        self.before.entry(place.clone()).or_insert(Some(was));
        self.steps.push(Step { changes: vec![(place, None)], durable: false });
        if path.is_dir() && !path.is_symlink() {
            fs::rename(path, self.graves.join(format!("folder-{was}"))).unwrap();
        }
    }

    pub(super) fn renamed(&mut self, from: &Path, to: &Path, rename: impl FnOnce()) {
        let (Some(old), Some(new)) = (place(from), place(to)) else { return rename() };
        let (moved, replaced) = (self.keep(from), self.keep(to));
        rename();
        if moved.is_none() || inode(to) != moved {
            return;
        }
        self.before.entry(old.clone()).or_insert(moved);
        self.before.entry(new.clone()).or_insert(replaced);
        self.steps.push(Step { changes: vec![(old, None), (new, moved)], durable: false });
    }

    /// Called before the exchange.
    pub(super) fn exchanged(&mut self, one: &Path, other: &Path) {
        let (Some(first), Some(second)) = (place(one), place(other)) else { return };
        let (a, b) = (self.keep(one), self.keep(other));
        self.before.entry(first.clone()).or_insert(a);
        self.before.entry(second.clone()).or_insert(b);
        self.steps.push(Step { changes: vec![(first, b), (second, a)], durable: false });
    }

    /// The inode of what stands at a path. A file is given a second name, so that its bytes outlive its removal.
    fn keep(&self, path: &Path) -> Option<u64> {
        let found = fs::symlink_metadata(path).ok()?;
        let grave = self.graves.join(found.ino().to_string());
        if !found.is_dir() && !grave.exists() && !grave.is_symlink() {
            fs::hard_link(path, grave).unwrap();
        }
        Some(found.ino())
    }

    pub(super) fn cut(&mut self, root: &Path, how: Cut) {
        let mut dice = match how {
            Cut::Some(seed) => seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            Cut::All | Cut::Bytes => 1,
        };
        let mut roll = |sides: u64| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            (dice >> 20) % sides
        };
        let mut names = std::mem::take(&mut self.before);
        for step in std::mem::take(&mut self.steps) {
            let stays = match how {
                Cut::All => false,
                Cut::Bytes => true,
                Cut::Some(_) => roll(2) == 0,
            };
            if step.durable || stays {
                names.extend(step.changes);
            }
        }
        self.name(root, names);
        for file in std::mem::take(&mut self.unsynced) {
            let parts = if matches!(how, Cut::Some(_)) { roll(3) } else { 0 };
            // What fits a page comes whole or not at all.
            self.shorten(file, |whole| if whole > PAGE { whole * parts / 2 } else { whole * (parts / 2) });
        }
        for (file, sure) in std::mem::take(&mut self.grown) {
            self.shorten(file, |whole| sure + (whole - sure) / 2);
        }
    }

    fn shorten(&self, file: u64, to: impl FnOnce(u64) -> u64) {
        use std::os::unix::fs::PermissionsExt;
        let grave = self.graves.join(file.to_string());
        let Ok(found) = fs::symlink_metadata(&grave) else { return };
        if found.is_file() {
            fs::set_permissions(&grave, fs::Permissions::from_mode(0o600)).unwrap();
            fs::File::options().write(true).open(&grave).unwrap().set_len(to(found.len())).unwrap();
            fs::set_permissions(&grave, found.permissions()).unwrap();
        }
    }

    /// Gives every place what it shall have.
    fn name(&self, root: &Path, names: BTreeMap<Place, Option<u64>>) {
        let wrong = |folders: &HashMap<u64, PathBuf>, (at, name): &Place, wanted: Option<u64>| {
            let path = folders.get(at)?.join(name);
            (inode(&path) != wanted).then_some(path)
        };
        let mut folders = self.folders(root);
        for (place, wanted) in &names {
            let Some(path) = wrong(&folders, place, *wanted) else { continue };
            let Some(have) = inode(&path) else { continue };
            if path.is_dir() && !path.is_symlink() {
                fs::rename(&path, self.graves.join(format!("folder-{have}"))).unwrap();
                folders = self.folders(root);
            } else {
                fs::remove_file(&path).unwrap();
            }
        }
        // A folder may wait for the one that it lies in.
        for _ in 0..8 {
            for (place, wanted) in &names {
                let (Some(path), Some(inode)) = (wrong(&folders, place, *wanted), *wanted) else { continue };
                match folders.get(&inode) {
                    Some(folder) => {
                        fs::rename(folder, &path).unwrap();
                        folders = self.folders(root);
                    }
                    None => {
                        let grave = self.graves.join(inode.to_string());
                        if grave.exists() || grave.is_symlink() {
                            fs::hard_link(grave, &path).unwrap();
                        }
                    }
                }
            }
        }
    }

    /// Every folder below the root and in the graves, by its inode.
    fn folders(&self, root: &Path) -> HashMap<u64, PathBuf> {
        let mut found = HashMap::new();
        let mut open = vec![root.to_owned(), self.graves.clone()];
        while let Some(folder) = open.pop() {
            let Some(own) = inode(&folder) else { continue };
            for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    open.push(entry.path());
                }
            }
            found.insert(own, folder);
        }
        found
    }
}

fn inode(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().map(|found| found.ino())
}

fn place(path: &Path) -> Option<Place> {
    Some((inode(path.parent()?)?, path.file_name()?.to_owned()))
}
