//! A place where a folder is to appear whole: built beside it and renamed, where that can be, else built inside it.
//!
//! A container's target is often an empty folder that cannot be replaced: the root of a mounted volume, or a folder of
//! this user's in one that is not. Its contents are then built in a hidden folder inside, and moved up name by name. What
//! is moved is written down first, so that what a killed process left half moved is taken away by the next.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, io_error, shown};
use super::sibling::{Beside, Building};
use refmark_types::error::{Code, Error, Result};

/// What the list of moved names is called: the building's name and this.
const MOVING: &str = ".moving";

/// Where a folder is built, and how it gets its name.
pub struct Room {
    target: PathBuf,
    beside: Beside,
    building: Building,
    /// Whether the target stays the folder that it is, and is filled.
    inside: bool,
    disk: Arc<dyn Disk>,
}

impl Room {
    /// Room for a folder that is not there, or empty. What killed processes left of it is swept. An error `bad-argument`
    /// where the target has no name.
    pub fn at(target: &Path, disk: &Arc<dyn Disk>) -> Result<Room> {
        let Some(mut beside) = Beside::of(target) else {
            return Err(Error::new(Code::BadArgument, format!("{} cannot be written as a whole", shown(target)))
                .hint("name a folder of its own"));
        };
        let inside = must_be_filled(target);
        if inside {
            beside = beside.inside(target);
        }
        beside.sweep(&**disk);
        let building = Building::at(&beside, disk);
        Ok(Room { target: target.to_owned(), beside, building, inside, disk: Arc::clone(disk) })
    }

    /// The folder to build: not there yet.
    pub fn path(&self) -> &Path {
        &self.building.path
    }

    /// Where else something may be built for the same target.
    pub fn beside(&self) -> &Beside {
        &self.beside
    }

    /// Puts what was built, and is on the disk, in the place of a folder of ours; at once where the system can.
    pub fn replace(self) -> Result<()> {
        if self.inside {
            return self.replace_inside();
        }
        if !self.disk.exchange(&self.building.path, &self.target)? {
            let aside = Building::at(&self.beside, &self.disk);
            self.disk.rename(&self.target, &aside.path)?;
            self.disk.rename(&self.building.path, &self.target).inspect_err(|_| {
                let _ = self.disk.rename(&aside.path, &self.target);
            })?;
        }
        self.disk.sync_dir(self.beside.folder())
    }

    /// Of a folder that stays, the old contents are put aside first, so that an error brings them back.
    fn replace_inside(self) -> Result<()> {
        let aside = Building::at(&self.beside, &self.disk);
        self.disk.make_dirs(&aside.path)?;
        let old: Vec<OsString> = names_in(&self.target)?
            .into_iter()
            .filter(|name| ![&self.building.path, &aside.path].iter().any(|path| path.file_name() == Some(name)))
            .collect();
        for name in &old {
            self.disk.rename(&self.target.join(name), &aside.path.join(name))?;
        }
        let (target, disk) = (self.target.clone(), Arc::clone(&self.disk));
        self.finish().inspect_err(|_| {
            for name in &old {
                let _ = disk.rename(&aside.path.join(name), &target.join(name));
            }
        })
    }

    /// Of two that make the same at once the second finds the first one's work, and that is no fault of the disk.
    fn taken_meanwhile(&self, error: Box<Error>) -> Box<Error> {
        match names_in(&self.target) {
            Ok(names) if !names.is_empty() => {
                Error::new(Code::Exists, format!("{} was put there meanwhile", shown(&self.target)))
                    .hint("somebody else was first: look at what is there, or name another folder")
                    .at(shown(&self.target))
            }
            _ => error,
        }
    }

    /// Gives what was built, and is on the disk, its name. An error `exists` where somebody else was first.
    pub fn finish(self) -> Result<()> {
        if !self.inside {
            self.disk.rename(&self.building.path, &self.target).map_err(|error| self.taken_meanwhile(error))?;
            return self.disk.sync_dir(self.beside.folder());
        }
        let names = names_in(&self.building.path)?;
        let journal = with_suffix(&self.building.path, MOVING);
        let lines: Vec<u8> = names.iter().flat_map(|name| [name.as_bytes(), b"\n"].concat()).collect();
        self.disk.write_new(&journal, &lines, 0o600)?;
        self.disk.sync_dir(&self.target)?;
        for (at, name) in names.iter().enumerate() {
            let (from, to) = (self.building.path.join(name), self.target.join(name));
            // What came there meanwhile is somebody else's.
            let moved = match to.symlink_metadata() {
                Ok(_) => {
                    Err(Error::new(Code::Exists, format!("{} was put there meanwhile", shown(&to))).at(shown(&to)))
                }
                Err(_) => self.disk.rename(&from, &to),
            };
            if let Err(error) = moved {
                for name in &names[..at] {
                    let _ = self.disk.remove_tree(&self.target.join(name));
                }
                let _ = self.disk.remove(&journal);
                return Err(error);
            }
        }
        self.disk.sync_dir(&self.target)?;
        self.disk.remove_tree(&self.building.path)?;
        self.disk.remove(&journal)?;
        self.disk.sync_dir(&self.target)
    }
}

/// Takes away what a killed process left inside a target that it was filling.
pub fn sweep_inside(target: &Path, disk: &dyn Disk) {
    let Some(beside) = Beside::of(target).map(|beside| beside.inside(target)) else { return };
    for journal in beside.dead().into_iter().filter(|path| path.as_os_str().as_bytes().ends_with(MOVING.as_bytes())) {
        let text = std::fs::read(&journal).unwrap_or_default();
        let building = PathBuf::from(OsStr::from_bytes(
            journal.as_os_str().as_bytes().strip_suffix(MOVING.as_bytes()).unwrap_or_default(),
        ));
        for name in text.split(|byte| *byte == b'\n').filter(|name| !name.is_empty() && !name.contains(&b'/')) {
            let name = OsString::from_vec(name.to_vec());
            let is_moved = building.join(&name).symlink_metadata().is_err();
            if is_moved && !matches!(name.to_str(), Some("." | "..")) {
                let _ = disk.remove_tree(&target.join(name));
            }
        }
    }
    beside.sweep(disk);
}

/// The folder that a link leads to, so that what is written goes there and the link stays; else the path as it is.
pub fn behind_links(path: &Path) -> PathBuf {
    let is_link = path.symlink_metadata().is_ok_and(|found| found.is_symlink());
    match std::fs::canonicalize(path) {
        Ok(real) if is_link && real.is_dir() => real,
        _ => path.to_owned(),
    }
}

/// Whether an empty folder cannot be replaced by another: it is the root of a mount, or what holds it is not this user's.
fn must_be_filled(target: &Path) -> bool {
    let Ok(meta) = std::fs::symlink_metadata(target) else { return false };
    if !meta.is_dir() {
        return false;
    }
    let Some(parent) = target.parent() else { return true };
    let other_disk = std::fs::metadata(parent).is_ok_and(|parent| parent.dev() != meta.dev());
    other_disk || is_mount_root(target) || !may_write(parent)
}

/// A folder that is mounted on itself is on the same disk as what holds it, and the system alone knows.
#[cfg(target_os = "linux")]
fn is_mount_root(target: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
    const MOUNT_ROOT: u64 = 0x2000;
    statx(CWD, target, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS)
        .is_ok_and(|found| found.stx_attributes.bits() & MOUNT_ROOT != 0)
}

#[cfg(not(target_os = "linux"))]
fn is_mount_root(_: &Path) -> bool {
    false
}

/// Whether this user may make files in a folder.
pub fn may_write(folder: &Path) -> bool {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

/// The names in a folder; the one that makes a folder a repository last.
fn names_in(folder: &Path) -> Result<Vec<OsString>> {
    let mut names = Vec::new();
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(io_error("list", folder, &error)),
        Ok(entries) => {
            for entry in entries {
                names.push(entry.map_err(|error| io_error("list", folder, &error))?.file_name());
            }
        }
    }
    names.sort_by_key(|name| (name == "HEAD", name.clone()));
    Ok(names)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::disk::RealDisk;
    use crate::fs::host::unique_name;

    fn disk() -> Arc<dyn Disk> {
        Arc::new(RealDisk)
    }

    fn filled(target: &Path) -> Room {
        let mut room = Room::at(target, &disk()).unwrap();
        // As where it is the root of a mount.
        room.inside = true;
        room.beside = Beside::of(target).unwrap().inside(target);
        room.building = Building::at(&room.beside, &disk());
        std::fs::create_dir_all(room.path().join("sub")).unwrap();
        std::fs::write(room.path().join("sub/a"), "a").unwrap();
        std::fs::write(room.path().join("HEAD"), "b").unwrap();
        room
    }

    fn names(folder: &Path) -> Vec<String> {
        names_in(folder).unwrap().into_iter().map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn a_folder_that_cannot_be_replaced_is_filled_and_stays_itself() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("volume");
        std::fs::create_dir(&target).unwrap();
        let before = std::fs::metadata(&target).unwrap().ino();
        filled(&target).finish().unwrap();
        assert_eq!(names(&target), ["sub", "HEAD"]);
        assert_eq!(std::fs::metadata(&target).unwrap().ino(), before);
        assert_eq!(names(home.path()), ["volume"]);
    }

    #[test]
    fn what_somebody_put_there_meanwhile_stays_and_nothing_else_does() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("volume");
        std::fs::create_dir(&target).unwrap();
        let room = filled(&target);
        std::fs::write(target.join("HEAD"), "theirs").unwrap();
        assert_eq!(room.finish().unwrap_err().code, Code::Exists);
        assert_eq!(names(&target), ["HEAD"]);
        assert_eq!(std::fs::read_to_string(target.join("HEAD")).unwrap(), "theirs");
    }

    #[test]
    fn what_a_killed_process_left_half_moved_is_taken_away() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("volume");
        std::fs::create_dir(&target).unwrap();
        let mut parts: Vec<String> = unique_name().split('.').map(str::to_owned).collect();
        "1".clone_into(&mut parts[2]);
        let building = target.join(format!(".volume.refmark-{}", parts.join(".")));
        std::fs::create_dir_all(&building).unwrap();
        std::fs::write(building.join("HEAD"), "not moved").unwrap();
        std::fs::create_dir(target.join("sub")).unwrap();
        std::fs::write(target.join("other"), "nobody wrote this down").unwrap();
        std::fs::write(with_suffix(&building, MOVING), "sub\nHEAD\n../x\n").unwrap();
        sweep_inside(&target, &RealDisk);
        assert_eq!(names(&target), ["other"]);
    }
}
