//! Opening files below the registry's folder, part by part, without following a link anywhere on the way.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};

/// Why a file cannot be taken.
#[derive(Debug)]
pub enum Unfit {
    /// Nothing is there.
    Absent,
    /// A link, a folder, a device, a FIFO.
    NotAFile,
    /// The file has other names: who has one of them can alter it.
    Linked,
    /// Its mode lets somebody write to it.
    Writable,
    /// The system said no.
    Io(io::Error),
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unfit::Absent => f.write_str("the file is not there"),
            Unfit::NotAFile => f.write_str("it is not a regular file, or a link leads to it"),
            Unfit::Linked => f.write_str("the file has more than one name"),
            Unfit::Writable => f.write_str("the object can be written to"),
            Unfit::Io(error) => write!(f, "it cannot be read: {error}"),
        }
    }
}

impl From<rustix::io::Errno> for Unfit {
    fn from(errno: rustix::io::Errno) -> Unfit {
        use rustix::io::Errno;
        match errno {
            Errno::NOENT => Unfit::Absent,
            Errno::LOOP | Errno::NOTDIR | Errno::ISDIR | Errno::NXIO => Unfit::NotAFile,
            other => Unfit::Io(other.into()),
        }
    }
}

/// Opens a folder below `root`.
pub fn folder(root: &Path, relative: &str) -> Result<OwnedFd, Unfit> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut at = openat(CWD, root, flags, Mode::empty())?;
    for part in relative.split('/').filter(|part| !part.is_empty()) {
        at = openat(&at, part, flags, Mode::empty())?;
    }
    Ok(at)
}

/// Opens a regular file with one name below `root`.
pub fn open(root: &Path, relative: &str) -> Result<(File, Metadata), Unfit> {
    let (file, meta) = open_any(root, relative)?;
    match meta.nlink() {
        1 => Ok((file, meta)),
        _ => Err(Unfit::Linked),
    }
}

/// Opens a regular file below `root` that nobody may write to, however many names it has.
pub fn open_blob(root: &Path, relative: &str) -> Result<(File, Metadata), Unfit> {
    let (file, meta) = open_any(root, relative)?;
    match meta.mode() & 0o222 {
        0 => Ok((file, meta)),
        _ => Err(Unfit::Writable),
    }
}

fn open_any(root: &Path, relative: &str) -> Result<(File, Metadata), Unfit> {
    let (above, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(folder(root, above)?, name, flags, Mode::empty())?);
    let meta = file.metadata().map_err(Unfit::Io)?;
    if !meta.is_file() {
        return Err(Unfit::NotAFile);
    }
    Ok((file, meta))
}

/// Opens an object: what [`open`] takes, that nobody may write to.
pub fn open_object(root: &Path, relative: &str) -> Result<(File, Metadata), Unfit> {
    let (file, meta) = open(root, relative)?;
    if meta.mode() & 0o222 != 0 {
        return Err(Unfit::Writable);
    }
    Ok((file, meta))
}

/// Removes a file below `root`, and never what a link on the way leads to. One that is gone already is no error.
pub fn remove(root: &Path, relative: &str) -> Result<bool, Unfit> {
    let (above, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    let at = match folder(root, above) {
        Ok(at) => at,
        Err(Unfit::Absent | Unfit::NotAFile) => return Ok(false),
        Err(error) => return Err(error),
    };
    match rustix::fs::unlinkat(&at, name, rustix::fs::AtFlags::empty()) {
        Ok(()) => {}
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::ISDIR) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    rustix::fs::fsync(&at)?;
    Ok(true)
}
