//! Where files and folders are built that get their name at the end: beside it, on the same disk, known by their process.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::Disk;
use super::host::{Life, life_of_name, unique_name};
use refmark_types::digest::Digest;

/// What every such name has before its process.
const OURS: &str = ".refmark-";

/// The longest name, in bytes, that leaves room for a process and a call behind it: a name on disk has 255.
const LONGEST: usize = 160;

/// A name, or where it is long its beginning and its digest.
fn short(name: &str) -> Cow<'_, str> {
    if name.len() <= LONGEST {
        return name.into();
    }
    let hex = Digest::of(name.as_bytes()).hex();
    let beginning = (0..=32).rev().find_map(|end| name.get(..end)).unwrap_or_default();
    format!("{beginning}~{}", hex.get(..16).unwrap_or_default()).into()
}

/// The neighbourhood of one target.
pub struct Beside {
    folder: PathBuf,
    prefix: String,
}

impl Beside {
    /// Beside a target, which has a name.
    pub fn of(target: &Path) -> Option<Beside> {
        let (folder, name) = (target.parent()?, target.file_name()?);
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Some(Beside { folder: folder.to_owned(), prefix: format!(".{}{OURS}", short(&name.to_string_lossy())) })
    }

    /// The same names, in another folder than the one that holds the target.
    #[must_use]
    pub fn inside(self, folder: &Path) -> Beside {
        Beside { folder: folder.to_owned(), ..self }
    }

    /// The folder that holds the target.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A name that no other process and no other call uses. Nothing is made.
    pub fn fresh(&self) -> PathBuf {
        self.folder.join(format!("{}{}", self.prefix, unique_name()))
    }

    /// Removes what killed processes left of the same target. What cannot be removed stays for the next time.
    pub fn sweep(&self, disk: &dyn Disk) {
        for path in self.dead() {
            let _ = disk.remove_tree(&path);
        }
    }

    /// What killed processes left of the same target.
    pub fn dead(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            // Also what was being built beside a folder of ours: `..out.refmark-…`.
            let name = if name.starts_with("..") { name.get(1..).unwrap_or(name) } else { name };
            if name.strip_prefix(&self.prefix).and_then(life_of_name) == Some(Life::Dead) {
                found.push(entry.path());
            }
        }
        found
    }
}

/// What killed processes left in a folder, of any target: names that [`Beside`] gives.
pub fn left_over(folder: &Path) -> Vec<PathBuf> {
    let dead = |name: &str| name.rsplit_once(OURS).is_some_and(|(_, tail)| life_of_name(tail) == Some(Life::Dead));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_str().is_some_and(dead)).map(|entry| entry.path()).collect()
}

/// A folder that is being built. Dropping it removes what is left of it.
pub struct Building {
    /// Its path.
    pub path: PathBuf,
    disk: Arc<dyn Disk>,
}

impl Building {
    /// A folder beside a target, of a name that nobody else uses. Nothing is made.
    pub fn at(beside: &Beside, disk: &Arc<dyn Disk>) -> Building {
        Building { path: beside.fresh(), disk: Arc::clone(disk) }
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        let _ = self.disk.remove_tree(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_beside_a_name_of_255_bytes_has_room_for_its_own() {
        for name in ["n".repeat(255), "ü".repeat(127), "n".repeat(161)] {
            let folder = tempfile::tempdir().unwrap();
            let beside = Beside::of(&folder.path().join(&name)).unwrap();
            let fresh = beside.fresh();
            std::fs::create_dir(&fresh).unwrap();
            let within = Beside::of(&fresh).unwrap().fresh();
            std::fs::create_dir(&within).unwrap();
            // Two long names that begin alike are two targets.
            let other = Beside::of(&folder.path().join(format!("{}x", &name[..name.len() - 2]))).unwrap();
            assert_ne!(beside.prefix, other.prefix);
        }
    }
}
