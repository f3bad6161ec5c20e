//! A registry of a group: what is made below its folder has the modes that `core.sharedRepository` asks for, so that every
//! member of the group can go on writing whatever another member's mask was.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::Disk;
use refmark_types::error::Result;

/// Files that are this user's alone keep this mode wherever they are.
const PRIVATE: u32 = 0o600;
/// New entries of a folder get its group.
const SET_GROUP: u32 = 0o2000;

/// What `core.sharedRepository` says: the bits that every file and folder gets. Nothing where it is not shared.
pub fn shared_bits(value: &str) -> Option<u32> {
    match value.to_ascii_lowercase().as_str() {
        "group" | "true" | "yes" | "on" | "1" | "" => Some(0o660),
        "all" | "world" | "everybody" | "2" => Some(0o664),
        octal if octal.len() >= 4 && octal.starts_with('0') => {
            u32::from_str_radix(octal, 8).ok().filter(|bits| bits & 0o600 == 0o600).map(|bits| bits & 0o666)
        }
        _ => None,
    }
}

/// A disk on which one folder is a group's.
pub struct SharedDisk {
    inner: Arc<dyn Disk>,
    root: PathBuf,
    bits: u32,
}

impl SharedDisk {
    /// Of the folder at `root`, with these bits.
    pub fn new(inner: Arc<dyn Disk>, root: &Path, bits: u32) -> SharedDisk {
        SharedDisk { inner, root: root.to_owned(), bits }
    }

    fn mode(&self, path: &Path, mode: u32) -> u32 {
        if mode == PRIVATE || !path.starts_with(&self.root) {
            return mode;
        }
        // As Git does: who may not write to a file shares only its reading.
        let bits = if mode & 0o200 == 0 { self.bits & 0o444 } else { self.bits };
        let run = if mode & 0o100 == 0 { 0 } else { (self.bits & 0o444) >> 2 };
        mode | bits | run
    }

    fn share(&self, folder: &Path) {
        let mode = 0o700 | self.bits | (self.bits & 0o444) >> 2 | SET_GROUP;
        // Whoever else made it meanwhile shares it, too.
        let _ = std::fs::set_permissions(folder, Permissions::from_mode(mode));
    }
}

impl Disk for SharedDisk {
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        self.inner.write_new(path, bytes, self.mode(path, mode))
    }

    fn create_new(&self, path: &Path, mode: u32) -> Result<File> {
        self.inner.create_new(path, self.mode(path, mode))
    }

    fn write_cache(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        self.inner.write_cache(path, bytes, self.mode(path, mode))
    }

    fn append_cache(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.inner.append_cache(path, bytes)
    }

    fn sync_file(&self, file: &File, path: &Path) -> Result<()> {
        self.inner.sync_file(file, path)
    }

    fn sync_dir(&self, path: &Path) -> Result<()> {
        self.inner.sync_dir(path)
    }

    fn weak_names(&self, path: &Path) -> Result<Option<io::Error>> {
        self.inner.weak_names(path)
    }

    fn file_system(&self, folder: &Path) -> Result<Option<File>> {
        self.inner.file_system(folder)
    }

    fn sync_file_system(&self, opened: &File, path: &Path) -> Result<()> {
        self.inner.sync_file_system(opened, path)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.inner.rename(from, to)
    }

    fn exchange(&self, one: &Path, other: &Path) -> Result<bool> {
        self.inner.exchange(one, other)
    }

    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<bool> {
        self.inner.rename_noreplace(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> Result<bool> {
        self.inner.link(from, to)
    }

    fn symlink(&self, target: &str, path: &Path) -> Result<()> {
        self.inner.symlink(target, path)
    }

    fn remove(&self, path: &Path) -> Result<()> {
        self.inner.remove(path)
    }

    fn remove_tree(&self, path: &Path) -> Result<()> {
        self.inner.remove_tree(path)
    }

    fn make_dirs(&self, path: &Path) -> Result<Vec<PathBuf>> {
        let inside = path.ancestors().take_while(|folder| folder.starts_with(&self.root));
        let missing: Vec<PathBuf> = inside.take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
        let to_sync = self.inner.make_dirs(path)?;
        missing.iter().for_each(|folder| self.share(folder));
        Ok(to_sync)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::disk::RealDisk;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn what_is_made_in_a_groups_registry_is_the_groups_and_what_is_ones_own_stays_so() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("registry");
        std::fs::create_dir(&root).unwrap();
        let disk = SharedDisk::new(Arc::new(RealDisk), &root, shared_bits("group").unwrap());
        disk.make_dirs(&root.join("objects/ab")).unwrap();
        disk.make_dirs(&home.path().join("other")).unwrap();
        assert_eq!((mode(&root.join("objects")), mode(&root.join("objects/ab"))), (0o2770, 0o2770));
        assert_eq!(mode(&home.path().join("other")) & 0o2020, 0, "elsewhere the user's own mask holds");
        for (name, asked, got) in
            [("object", 0o444, 0o444), ("ref", 0o644, 0o664), ("key", 0o600, 0o600), ("hook", 0o755, 0o775)]
        {
            disk.write_new(&root.join(name), b"", asked).unwrap();
            assert_eq!(mode(&root.join(name)), got, "{name}");
        }
    }

    #[test]
    fn the_setting_is_read_as_git_reads_it() {
        for (value, bits) in [
            ("group", Some(0o660)),
            ("true", Some(0o660)),
            ("1", Some(0o660)),
            ("all", Some(0o664)),
            ("0640", Some(0o640)),
            ("0660", Some(0o660)),
            ("umask", None),
            ("false", None),
            ("0", None),
            ("0444", None),
        ] {
            assert_eq!(shared_bits(value), bits, "{value}");
        }
    }
}
