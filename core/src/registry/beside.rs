//! Folders that are built beside their target and renamed at the end: complete or not at all.

use std::path::{Path, PathBuf};

use crate::blob::host::{Life, life_of_name, unique_name};

/// A folder of ours beside the target. Dropping it removes what is left.
pub(super) struct Building(pub(super) PathBuf);

impl Drop for Building {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where folders for one target are built.
pub(super) struct Beside {
    parent: PathBuf,
    prefix: String,
}

impl Beside {
    /// Beside a target, which has a name.
    pub(super) fn of(target: &Path) -> Option<Beside> {
        let (parent, name) = (target.parent()?, target.file_name()?);
        Some(Beside { parent: parent.to_owned(), prefix: format!(".{}.refmark-", name.to_string_lossy()) })
    }

    /// The folder that holds the target.
    pub(super) fn parent(&self) -> &Path {
        &self.parent
    }

    /// A name that no other process uses. Nothing is made.
    pub(super) fn fresh(&self) -> Building {
        Building(self.parent.join(format!("{}{}", self.prefix, unique_name())))
    }

    /// Removes what killed processes left of the same target.
    pub(super) fn sweep(&self) {
        for entry in std::fs::read_dir(&self.parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            // Also what was being built beside a folder of ours: `..out.refmark-…`.
            let name = if name.starts_with("..") { name.get(1..).unwrap_or(name) } else { name };
            if name.strip_prefix(&self.prefix).and_then(life_of_name) == Some(Life::Dead) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}
