//! Files and folders put in their place so that they are there after a power cut: whole or not at all.

use std::io;
use std::path::{Path, PathBuf};

use super::disk::{Disk, io_error, shown};
use super::parallel::{WAITERS, for_each};
use super::sibling::Beside;
use refmark_types::error::{Code, Error, Result};

/// Puts a file in the place of whatever file is at `path`, in one step: written and synced beside it, renamed, and its
/// folder synced. The folder must be there.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let beside = Beside::of(path).ok_or_else(|| io_error("write", path, &io::ErrorKind::InvalidInput.into()))?;
    beside.sweep(disk);
    let staged = beside.fresh();
    let done = disk.write_new(&staged, bytes, mode).and_then(|()| disk.rename(&staged, path));
    done.inspect_err(|_| drop(disk.remove(&staged)))?;
    disk.sync_dir(beside.folder())
}

/// The file that a link leads to, for settings of people's own, which may be links into a shared or versioned folder: the file
/// is written, and the link stays. The path itself where it is no link. An error `not-a-file` where a link leads to no file:
/// nothing is made where somebody else's link points.
pub fn behind_link(path: &Path) -> Result<PathBuf> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => match std::fs::canonicalize(path) {
            Ok(real) if real.is_file() => Ok(real),
            _ => Err(Error::new(Code::NotAFile, format!("{} is a link that leads to no file", shown(path)))
                .hint("remove the link, or make the file that it names")
                .at(shown(path))),
        },
        _ => Ok(path.to_owned()),
    }
}

/// As [`replace`], and not synced: after a power cut the old file, the new one, or an empty one.
pub fn replace_cache(disk: &dyn Disk, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let beside = Beside::of(path).ok_or_else(|| io_error("write", path, &io::ErrorKind::InvalidInput.into()))?;
    let staged = beside.fresh();
    let done = disk.write_cache(&staged, bytes, mode).and_then(|()| disk.rename(&staged, path));
    done.inspect_err(|_| drop(disk.remove(&staged)))
}

/// Makes a folder and those above it, and syncs what holds each new one.
pub fn make_dirs_durably(disk: &dyn Disk, path: &Path) -> Result<()> {
    disk.make_dirs(path)?.iter().try_for_each(|folder| disk.sync_dir(folder))
}

/// Syncs many folders, each once, by a few threads: they only wait.
pub fn sync_dirs(disk: &dyn Disk, dirs: impl IntoIterator<Item = PathBuf>) -> Result<()> {
    let dirs: Vec<PathBuf> = dirs.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    for_each(WAITERS, &dirs, |dir| disk.sync_dir(dir))
}

#[cfg(test)]
mod tests {
    use super::super::disk::RealDisk;
    use super::*;

    #[test]
    fn made_folders_are_named_once_for_the_sync_of_what_holds_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x/y");
        assert_eq!(RealDisk.make_dirs(&path).unwrap(), [dir.path().to_path_buf(), dir.path().join("x")]);
        assert!(RealDisk.make_dirs(&path).unwrap().is_empty());
        sync_dirs(&RealDisk, [path.clone(), dir.path().join("x"), path]).unwrap();
        let absent = dir.path().join("no");
        let error = sync_dirs(&RealDisk, [absent.clone(), dir.path().to_path_buf()]).unwrap_err();
        assert_eq!((error.code, error.fields["path"].as_str()), (Code::Io, absent.to_str()));
    }
}
