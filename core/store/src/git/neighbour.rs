//! A repository on this machine that a child of a child reads: the other end of a clone, a fetch or a push by path.
//!
//! That end runs in the folder itself, with its own configuration, and waits for a FIFO or reads a device for ever. So its
//! files are looked at before: what Git reads there are plain files.

use std::fs;
use std::path::{Path, PathBuf};

use super::open::{alternates_of, placed, read_config};
use crate::fs::disk::io_error;
use crate::fs::read::read_bounded;
use refmark_types::error::{Code, Error, Result};

/// Folders of objects that borrow from one another: Git itself follows five.
const MOST_BORROWED: usize = 16;
/// Folders in folders of references.
const MOST_DEEP: usize = 64;
/// The largest of the files that Git reads whole at once.
const SMALL: u64 = 16 << 20;

/// Refuses a remote of a repository that is a folder of this machine in which something is no plain file.
///
/// # Errors
/// `not-a-file` for a device, a FIFO or a socket, `too-large` for what Git would read whole.
pub(super) fn check_remote(repository: &Path, remote: &str) -> Result<()> {
    let common = super::open::locate(repository)?.common_dir;
    let config = read_config(&common)?;
    for key in ["url", "pushurl"] {
        if let Some(url) = config.string(format!("remote.{remote}.{key}").as_str()) {
            check(&placed(&common, &url.to_string()))?;
        }
    }
    check(&placed(&common, remote))
}

/// The same, of an address.
pub(super) fn check(address: &str) -> Result<()> {
    let path = Path::new(address.strip_prefix("file://").unwrap_or(address));
    // As Git looks for it.
    let tried = [path.to_owned(), path.join(".git"), with_ending(path)];
    let Some(found) = tried.into_iter().find(|it| it.join("objects").is_dir()) else { return Ok(()) };
    for name in ["HEAD", "config", "shallow"] {
        read_bounded(&found.join(name), SMALL)?;
    }
    plain(&found.join("packed-refs"))?;
    walk(&found.join("refs"), MOST_DEEP)?;
    let mut open = vec![found.join("objects")];
    let mut seen = 0;
    while let Some(objects) = open.pop() {
        seen += 1;
        if seen > MOST_BORROWED {
            return Err(Error::new(Code::Incomplete, format!("{} borrows from too many places", found.display())));
        }
        walk(&objects, 2)?;
        open.extend(alternates_of(&objects)?);
    }
    Ok(())
}

fn with_ending(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".git");
    PathBuf::from(name)
}

/// Nothing below a folder, so many folders deep, is anything but a file or a folder.
fn walk(folder: &Path, deep: usize) -> Result<()> {
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // What is not there, or may not be listed, Git does not read either.
            Err(_) => continue,
        };
        for entry in entries {
            let entry = entry.map_err(|error| io_error("list", &folder, &error))?;
            match entry.file_type() {
                Ok(kind) if kind.is_file() => {}
                Ok(kind) if kind.is_dir() && depth < deep => open.push((entry.path(), depth + 1)),
                Ok(kind) if kind.is_dir() => {}
                _ => plain(&entry.path())?,
            }
        }
    }
    Ok(())
}

/// A link is followed, as Git does.
fn plain(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() && !found.is_dir() => read_bounded(path, 0).map(drop),
        _ => Ok(()),
    }
}
