//! Opening and listing without surprises: no link is followed, no FIFO is waited for.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use refmark_types::error::{Code, Error, Result};

use super::disk::{io_error, shown};

/// Opens a regular file without following a link at its end and without waiting on a FIFO. None where nothing is there;
/// an error of code `not-a-file` for anything but a regular file.
pub fn open_regular(path: &Path) -> Result<Option<File>> {
    Ok(open_and_look(path)?.map(|(file, _)| file))
}

/// The same, with what the system says of the file.
pub fn open_and_look(path: &Path) -> Result<Option<(File, std::fs::Metadata)>> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => {
            return match std::fs::symlink_metadata(path) {
                Ok(found) if !found.is_file() => Err(not_a_file(path, &found)),
                _ => Err(io_error("open", path, &e)),
            };
        }
    };
    let found = file.metadata().map_err(|e| io_error("look at", path, &e))?;
    if !found.is_file() {
        return Err(not_a_file(path, &found));
    }
    Ok(Some((file, found)))
}

/// The error for a symbolic link, a folder, a device, a FIFO or a socket where a file is needed.
pub fn not_a_file(path: &Path, found: &std::fs::Metadata) -> Box<Error> {
    use std::os::unix::fs::FileTypeExt;
    let kind = found.file_type();
    let kind = match () {
        () if kind.is_symlink() => "a symbolic link",
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a FIFO",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    Error::new(Code::NotAFile, format!("{} is {kind}, not a regular file", shown(path)))
        .hint("a package holds regular files only; leave it out with a line in .refmarkignore, or copy its contents")
        .field("kind", kind)
        .at(shown(path))
}

/// The entries of a folder by name, in order; none where the folder is not there.
pub fn names(folder: &Path) -> Result<Vec<(String, std::fs::DirEntry)>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(e) => return Err(io_error("list", folder, &e)),
    };
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| io_error("list", folder, &e))?;
        if let Ok(name) = entry.file_name().into_string() {
            all.push((name, entry));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(all)
}
