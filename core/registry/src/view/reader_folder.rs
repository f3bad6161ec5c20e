//! The reader's own folder: what was verified here, and the index of it. Both are caches of this reader's own work, and may
//! be deleted at any time; both are believed, so nobody else may be able to write them.
//!
//! It lies in the user's cache folder, by registry, place and copy (what was seen of one copy says nothing of another), so that whoever can write to a shared registry's folder can tell
//! no other reader what it holds, and so that a registry that can only be read is read as fast. Without a cache folder it lies
//! in the registry's, by user.

use std::fs::DirBuilder;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::registry::Registry;
use refmark_types::digest::Digest;

impl Registry {
    /// The reader's own folder, whether it is there yet or not.
    pub(crate) fn own_folder(&self) -> PathBuf {
        let mut folders = self.own_folders();
        let missing = |folder: &PathBuf| folder.symlink_metadata().is_err();
        let own = folders.iter().position(|folder| is_own(folder));
        let at = own.or_else(|| folders.iter().position(missing)).unwrap_or_default();
        folders.swap_remove(at)
    }

    /// The same, made where it is not there. Nothing where there is no place for one that others cannot write.
    pub(crate) fn make_own_folder(&self) -> Option<PathBuf> {
        let make = |folder: &PathBuf| {
            is_own(folder) || (DirBuilder::new().recursive(true).mode(0o700).create(folder).is_ok() && is_own(folder))
        };
        self.own_folders().into_iter().find(make)
    }

    fn own_folders(&self) -> Vec<PathBuf> {
        let mut place = self.repo.git_dir().as_os_str().as_bytes().to_vec();
        place.extend(copy_of(self.repo.git_dir()).as_bytes());
        let place = Digest::of(&place).to_string();
        let name = format!("{}-{}", self.id(), place.get(..16).unwrap_or_default());
        let in_cache = self.world.cache.iter().map(|cache| cache.join(format!("readers-{}", user())).join(&name));
        in_cache.chain([self.folder_in_registry(&name)]).collect()
    }

    /// Whoever copies the registry copies this folder, too: so it is named after the copy that it is of.
    fn folder_in_registry(&self, name: &str) -> PathBuf {
        let copy = name.rsplit('-').next().unwrap_or_default();
        self.work_folder().join(format!("reader-{}-{copy}", user()))
    }
}

/// Which copy a folder is: its number and birth on its file system. A folder that was put back from a backup, or cloned
/// again at an old place, is another one, whose reader begins anew; one whose files were changed in place is the same.
fn copy_of(folder: &Path) -> String {
    let Ok(meta) = std::fs::metadata(folder) else { return String::new() };
    match meta.created().ok().and_then(|it| it.duration_since(std::time::UNIX_EPOCH).ok()) {
        Some(born) => format!(" {} {}", meta.ino(), born.as_nanos()),
        // Without a birth, a number that was given again must at least be on the same disk.
        None => format!(" {} on {}", meta.ino(), meta.dev()),
    }
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether this is a folder of the user's own that others cannot write, and no link to one.
fn is_own(folder: &Path) -> bool {
    folder.symlink_metadata().is_ok_and(|it| it.is_dir() && it.uid() == user() && it.mode() & 0o022 == 0)
}

/// Reads what this user wrote, and nobody else could have: a plain file of the user's own that others cannot write.
pub(crate) fn read_own(path: &Path) -> Option<Vec<u8>> {
    let file = std::fs::OpenOptions::new().read(true).custom_flags(libc_nofollow()).open(path).ok()?;
    let meta = file.metadata().ok()?;
    let own = meta.is_file() && meta.uid() == user() && meta.mode() & 0o022 == 0;
    let mut bytes = Vec::new();
    own.then(|| std::io::Read::read_to_end(&mut { file }, &mut bytes)).and_then(|read| read.ok())?;
    Some(bytes)
}

/// The flag that refuses a symbolic link at the end of a path.
fn libc_nofollow() -> i32 {
    rustix::fs::OFlags::NOFOLLOW.bits() as i32
}
