//! Opening and listing without surprises: no link is followed, no FIFO is waited for.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use refmark_types::error::{Code, Error, Result};

use super::disk::{io_error, shown};

/// What to do about a file that refmark or Git keeps for itself, and that is none.
const OWN: &str = "put the file back as it was, from a copy or from Git, or take away what lies in its place";

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

/// The bytes of a file that refmark or Git keeps for itself, at most `limit`. A link to it is followed, a FIFO not waited
/// for. None where nothing is there, or a folder; an error `not-a-file` for a device, a FIFO or a socket, and `too-large`
/// where there are more bytes, whatever the system says of its size.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let nothing = |e: &io::Error| {
        matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
    };
    let mut file = match opened {
        Ok(file) => file,
        Err(e) if nothing(&e) => return Ok(None),
        Err(e) => {
            return match std::fs::metadata(path) {
                Ok(found) if !found.is_file() => Err(not_a_file(path, &found).hint(OWN)),
                _ => Err(io_error("open", path, &e)),
            };
        }
    };
    let found = file.metadata().map_err(|e| io_error("look at", path, &e))?;
    if found.is_dir() {
        return Ok(None);
    }
    if !found.is_file() {
        return Err(not_a_file(path, &found).hint(OWN));
    }
    let mut bytes = Vec::new();
    if found.len() <= limit {
        (&mut file).take(limit + 1).read_to_end(&mut bytes).map_err(|e| io_error("read", path, &e))?;
    }
    if found.len().max(bytes.len() as u64) > limit {
        let message = format!("{} has over {limit} bytes, which is more than it is read to", shown(path));
        return Err(Error::new(Code::TooLarge, message).field("limit", limit).at(shown(path)));
    }
    Ok(Some(bytes))
}

/// The same as text; an error `bad-argument` where it is not UTF-8.
pub fn read_text_bounded(path: &Path, limit: u64) -> Result<Option<String>> {
    let Some(bytes) = read_bounded(path, limit)? else { return Ok(None) };
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| Error::new(Code::BadArgument, format!("{} is not UTF-8", shown(path))).hint(OWN).at(shown(path)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_blocking_and_huge_files_are_errors_at_once_and_never_read() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("small"), "abc").unwrap();
        assert_eq!(read_bounded(&at("small"), 3).unwrap().unwrap(), b"abc");
        assert_eq!(read_bounded(&at("small"), 2).unwrap_err().code, Code::TooLarge);
        assert_eq!(read_bounded(&at("none"), 2).unwrap(), None);
        assert_eq!(read_bounded(dir.path(), 2).unwrap(), None);
        std::fs::File::create(at("sparse")).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(read_bounded(&at("sparse"), 1 << 20).unwrap_err().code, Code::TooLarge);
        rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), rustix::fs::Mode::RUSR).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("zero")).unwrap();
        std::os::unix::fs::symlink("fifo", at("link")).unwrap();
        for odd in ["fifo", "zero", "link"] {
            assert_eq!(read_bounded(&at(odd), 1 << 20).unwrap_err().code, Code::NotAFile, "{odd}");
        }
        // What the system gives no size is read to the limit.
        assert_eq!(read_bounded(Path::new("/proc/self/status"), 8).unwrap_err().code, Code::TooLarge);
        std::fs::write(at("bytes"), b"\xff").unwrap();
        assert_eq!(read_text_bounded(&at("bytes"), 8).unwrap_err().code, Code::BadArgument);
    }
}
