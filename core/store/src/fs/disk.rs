//! The durable steps of every writer, behind one trait, so that a test can let any single one of them fail.
//!
//! gix never syncs and Git by default does not either: a file is durable only after its own sync, a name only after the
//! sync of its folder. Writers stage a file, sync it, rename it, and sync the folder, in that order.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use refmark_types::error::{Code, Error, Result};

/// The steps that change what is on the disk. Every error names the path and the system's reason
/// (`no-space`, `read-only`, else `io`).
pub trait Disk: Send + Sync {
    /// Creates a file that must not exist, with these bytes and this mode (such as `0o444`), and syncs it.
    /// On an error nothing is left at `path`.
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()>;

    /// Creates a file that must not exist, open for reading and writing, with this mode (less the user's mask): for bytes
    /// that come bit by bit. Durable after [`Disk::sync_file`].
    fn create_new(&self, path: &Path, mode: u32) -> Result<File>;

    /// As [`Disk::write_new`], and not synced: for what may be lost or empty after a power cut.
    fn write_cache(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()>;

    /// Adds to the end of a file, which is made with mode 0600 where it is missing. Not synced: for caches.
    fn append_cache(&self, path: &Path, bytes: &[u8]) -> Result<()>;

    /// Makes a file's bytes and size durable. `path` is for the message only.
    fn sync_file(&self, file: &File, path: &Path) -> Result<()>;

    /// Makes the names in a folder durable. File systems that cannot sync a folder are not an error here:
    /// `init` probes for them and says so.
    fn sync_dir(&self, path: &Path) -> Result<()>;

    /// Why names in a folder cannot be made durable here; none where they can.
    fn weak_names(&self, path: &Path) -> Result<Option<io::Error>>;

    /// Opens the file system that a folder is on, for [`Disk::sync_file_system`]. None where one sync of the whole of it is
    /// not known to be as good as a sync of each file: then each is synced.
    fn file_system(&self, folder: &Path) -> Result<Option<File>>;

    /// Makes durable, at once, all bytes and names on a file system that were written since it was opened, and an error of
    /// what could not be. It waits for what other programs wrote there, too.
    fn sync_file_system(&self, opened: &File, path: &Path) -> Result<()>;

    /// Moves a file or folder over whatever file is at `to`.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;

    /// Lets two files or folders change places at once. False where this disk has no such step; then nothing is done.
    fn exchange(&self, one: &Path, other: &Path) -> Result<bool>;

    /// Moves a file to a name that must be free. False, with `from` left alone, where it is taken.
    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<bool>;

    /// Gives a file a second name that must be free. False where it is taken. A file system without hard links is a
    /// error of code `unsupported`.
    fn link(&self, from: &Path, to: &Path) -> Result<bool>;

    /// Makes a symbolic link at `path` that says `target`. An error where something is there.
    fn symlink(&self, target: &str, path: &Path) -> Result<()>;

    /// Removes a file. One that is gone already is no error.
    fn remove(&self, path: &Path) -> Result<()>;

    /// Removes a folder with everything in it, or a file. One that is gone already is no error.
    fn remove_tree(&self, path: &Path) -> Result<()>;

    /// Creates a folder and what is missing above it. Returns the folders that got a new name in them, which the
    /// caller syncs; empty where nothing was missing.
    fn make_dirs(&self, path: &Path) -> Result<Vec<PathBuf>>;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        write_whole(path, bytes, mode, |file| self.sync_file(file, path))
    }

    fn create_new(&self, path: &Path, mode: u32) -> Result<File> {
        let mut how = OpenOptions::new();
        how.read(true).write(true).create_new(true).mode(mode);
        how.open(path).map_err(|e| io_error("create", path, &e))
    }

    fn write_cache(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        write_whole(path, bytes, mode, |_| Ok(()))
    }

    fn append_cache(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        opened.and_then(|mut file| file.write_all(bytes)).map_err(|e| io_error("write", path, &e))
    }

    fn sync_file(&self, file: &File, path: &Path) -> Result<()> {
        file.sync_all().map_err(|e| io_error("sync", path, &e))
    }

    fn sync_dir(&self, path: &Path) -> Result<()> {
        match self.weak_names(path)? {
            Some(e) if !matches!(Errno::from_io_error(&e), Some(Errno::INVAL | Errno::NOTSUP | Errno::NOSYS)) => {
                Err(io_error("sync the folder", path, &e))
            }
            _ => Ok(()),
        }
    }

    fn weak_names(&self, path: &Path) -> Result<Option<io::Error>> {
        let dir = File::open(path).map_err(|e| io_error("open the folder", path, &e))?;
        Ok(dir.sync_all().err())
    }

    fn file_system(&self, folder: &Path) -> Result<Option<File>> {
        let opened = File::open(folder).map_err(|e| io_error("open the folder", folder, &e))?;
        Ok(Some(opened).filter(syncs_at_once))
    }

    fn sync_file_system(&self, opened: &File, path: &Path) -> Result<()> {
        sync_at_once(opened).map_err(|e| io_error("sync the file system of", path, &e))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        std::fs::rename(from, to).map_err(|e| io_error("rename to", to, &e))
    }

    fn exchange(&self, one: &Path, other: &Path) -> Result<bool> {
        Ok(rustix::fs::renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok())
    }

    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<bool> {
        match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            // NFS and older kernels have no such rename: a second name, then the first one goes.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                let moved = self.link(from, to)?;
                if moved {
                    self.remove(from)?;
                }
                Ok(moved)
            }
            Err(e) => Err(io_error("rename to", to, &e.into())),
        }
    }

    fn link(&self, from: &Path, to: &Path) -> Result<bool> {
        match std::fs::hard_link(from, to) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                // Over NFS a repeated request may report its own success as "exists".
                let same = |a: std::fs::Metadata, b: std::fs::Metadata| a.ino() == b.ino() && a.dev() == b.dev();
                let mine = std::fs::symlink_metadata(from).and_then(|a| Ok(same(a, std::fs::symlink_metadata(to)?)));
                Ok(mine.unwrap_or(false))
            }
            Err(e) => match Errno::from_io_error(&e) {
                Some(Errno::PERM | Errno::NOTSUP | Errno::NOSYS | Errno::XDEV | Errno::MLINK) => {
                    Err(Error::new(Code::Unsupported, format!("cannot make a hard link at {}: {e}", shown(to)))
                        .at(shown(to)))
                }
                _ => Err(io_error("link", to, &e)),
            },
        }
    }

    fn symlink(&self, target: &str, path: &Path) -> Result<()> {
        std::os::unix::fs::symlink(target, path).map_err(|e| io_error("link", path, &e))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(io_error("remove", path, &e)),
            _ => Ok(()),
        }
    }

    fn remove_tree(&self, path: &Path) -> Result<()> {
        match std::fs::remove_dir_all(path) {
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => self.remove(path),
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(io_error("remove", path, &e)),
            _ => Ok(()),
        }
    }

    fn make_dirs(&self, path: &Path) -> Result<Vec<PathBuf>> {
        let mut to_sync = Vec::new();
        match std::fs::create_dir(path) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => return Ok(to_sync),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let above = path.parent().ok_or_else(|| io_error("create the folder", path, &e))?;
                to_sync = self.make_dirs(above)?;
                match std::fs::create_dir(path) {
                    Ok(()) => {}
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
                    Err(e) => return Err(io_error("create the folder", path, &e)),
                }
            }
            Err(e) => return Err(io_error("create the folder", path, &e)),
        }
        to_sync.extend(path.parent().map(Path::to_path_buf));
        Ok(to_sync)
    }
}

/// Whether `syncfs` is known to write everything to this file system's disk and to tell of what failed: ext4, XFS and
/// btrfs, from Linux 5.8 on. FUSE and overlays pass it on as they please.
#[cfg(target_os = "linux")]
fn syncs_at_once(opened: &File) -> bool {
    const KNOWN: [u64; 3] = [0xEF53, 0x5846_5342, 0x9123_683E];
    let system = rustix::system::uname();
    let release = system.release().to_string_lossy();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|it| it.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= (5, 8) && rustix::fs::fstatfs(opened).is_ok_and(|it| KNOWN.contains(&(it.f_type as u64 & 0xFFFF_FFFF)))
}

#[cfg(target_os = "linux")]
fn sync_at_once(opened: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(opened)?)
}

/// Other systems have no such step.
#[cfg(not(target_os = "linux"))]
fn syncs_at_once(_: &File) -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn sync_at_once(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A new file, whole or not at all; `last` is what makes it as durable as it must be.
fn write_whole(path: &Path, bytes: &[u8], mode: u32, last: impl FnOnce(&File) -> Result<()>) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| io_error("create", path, &e))?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.set_permissions(std::fs::Permissions::from_mode(mode)))
        .map_err(|e| io_error("write", path, &e))
        .and_then(|()| last(&file));
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written
}

/// A path for people: lossy, and without control characters that could move a terminal's cursor.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The error for a refused file operation: `no-space`, `read-only` or `io`, with the path and the system's words.
/// `doing` is a verb, such as `open`.
pub fn io_error(doing: &str, path: &Path, error: &io::Error) -> Box<Error> {
    let path = shown(path);
    let (code, hint) = match Errno::from_io_error(error) {
        Some(Errno::NOSPC | Errno::DQUOT) => {
            (Code::NoSpace, Some("free some space, or raise the quota, and try again"))
        }
        Some(Errno::ROFS) => (Code::ReadOnly, Some("the file system is mounted read-only")),
        Some(Errno::ACCESS | Errno::PERM) => {
            (Code::ReadOnly, Some("this user lacks the permission; look at the owner and mode of the path"))
        }
        Some(Errno::NOENT) => (Code::Io, Some("nothing is there; check the path")),
        Some(Errno::MFILE | Errno::NFILE) => (Code::Io, Some("too many open files; raise `ulimit -n`")),
        _ => (Code::Io, None),
    };
    let error = Error::new(code, format!("cannot {doing} {path}: {error}")).at(path);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_whole_has_its_mode_and_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        RealDisk.write_new(&path, b"abc", 0o444).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"abc");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o444);
        assert_eq!(RealDisk.write_new(&path, b"x", 0o444).unwrap_err().code, Code::Io);
        assert_eq!(std::fs::read(&path).unwrap(), b"abc");
    }

    #[test]
    fn a_move_to_a_taken_name_leaves_both_files_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&a, "a").unwrap();
        std::fs::write(&b, "b").unwrap();
        assert!(!RealDisk.rename_noreplace(&a, &b).unwrap());
        assert!(!RealDisk.link(&a, &b).unwrap());
        assert_eq!((std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap()), (b"a".to_vec(), b"b".to_vec()));
        assert!(RealDisk.rename_noreplace(&a, &dir.path().join("c")).unwrap());
        assert!(RealDisk.link(&b, &dir.path().join("d")).unwrap());
        assert!(!a.exists());
    }
}
