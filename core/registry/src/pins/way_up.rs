//! How far up from a folder a lock file or a registry is looked for. Whoever owns the folders above may be somebody else:
//! what lies there decides for nobody but its owner.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use refmark_types::error::{Code, Error, Result};

/// The folders in which something is looked for, nearest first.
pub(crate) struct WayUp {
    /// The folders: the first one, and those above it of the same owner on the same file system.
    pub(crate) folders: Vec<PathBuf>,
    /// Where the way ends before the root of the file system, and why.
    pub(crate) border: Option<String>,
}

/// The way up from a folder.
pub(crate) fn way_up(from: &Path) -> WayUp {
    let mut way = WayUp { folders: Vec::new(), border: None };
    let Ok(first) = std::fs::metadata(from) else {
        way.folders.push(from.to_owned());
        return way;
    };
    for folder in from.ancestors() {
        let why = match std::fs::metadata(folder) {
            Ok(meta) if meta.dev() != first.dev() => Some("it is on another file system"),
            Ok(meta) if meta.uid() != first.uid() => Some("it belongs to another user"),
            Ok(_) => None,
            Err(_) => Some("it cannot be read"),
        };
        if let Some(why) = why {
            way.border = Some(format!("the search ended below {}, because {why}", folder.display()));
            break;
        }
        way.folders.push(folder.to_owned());
    }
    way
}

/// An error where a file that decides for its reader was put there by somebody else: its owner is neither this user nor
/// root, and in a folder that anybody can write not even the folder's owner is enough.
pub(crate) fn check_owner(path: &Path) -> Result<()> {
    let (Ok(file), Some(Ok(folder))) = (path.symlink_metadata(), path.parent().map(std::fs::metadata)) else {
        return Ok(());
    };
    let user = rustix::process::geteuid().as_raw();
    if is_trusted(&file, &folder, user) {
        return Ok(());
    }
    Err(Error::new(
        Code::NotYours,
        format!("{} belongs to user {}, and would decide for user {user}", path.display(), file.uid()),
    )
    .hint("if it is right, copy it to a folder of your own; else work below a folder of your own")
    .at(path.display().to_string())
    .field("owner", u64::from(file.uid())))
}

fn is_trusted(file: &Metadata, folder: &Metadata, user: u32) -> bool {
    let folders_own = file.uid() == folder.uid() && folder.mode() & 0o002 == 0;
    file.uid() == user || file.uid() == 0 || folders_own
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, chown};

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_way_up_ends_where_another_users_folders_begin() {
        let temp = tempfile::tempdir().unwrap();
        let inner = temp.path().join("mine/project/src");
        std::fs::create_dir_all(&inner).unwrap();
        if chown(temp.path(), Some(12_345), None).is_err() {
            // Only root can give a folder away.
            return;
        }
        let way = way_up(&inner);
        assert_eq!(way.folders.last(), Some(&temp.path().join("mine")));
        assert!(way.border.unwrap().contains("another user"));
    }

    #[test]
    fn a_file_that_somebody_else_put_into_a_folder_for_all_decides_for_nobody() {
        let temp = tempfile::tempdir().unwrap();
        let (all, lock) = (temp.path().join("all"), temp.path().join("all/refmark.lock"));
        std::fs::create_dir(&all).unwrap();
        std::fs::write(&lock, "").unwrap();
        check_owner(&lock).unwrap();
        set_mode(&all, 0o1777);
        check_owner(&lock).unwrap();
        if chown(&lock, Some(12_345), None).is_err() {
            return;
        }
        assert_eq!(check_owner(&lock).unwrap_err().code, Code::NotYours);
        // A whole checkout of another user, as in a container, is what the user chose to work in.
        chown(&all, Some(12_345), None).unwrap();
        assert_eq!(check_owner(&lock).unwrap_err().code, Code::NotYours);
        set_mode(&all, 0o755);
        check_owner(&lock).unwrap();
    }
}
