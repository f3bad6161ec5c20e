//! Taking a dropped file in: its bytes become an object that nobody writes to, named by its SHA-256.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use refmark_core::store::fs::disk::{Disk, RealDisk};
use refmark_core::store::fs::host::unique_name;

use super::beneath::{Unfit, folder, open};
use super::guard::{Guard, Identity, Unread};
use super::hashing::read_through;
use crate::inventory::artifact::{Format, object_path};

/// What was taken in.
#[derive(Debug)]
pub struct Kept {
    /// The object, relative to the registry's folder.
    pub object: String,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it was made just now: who then changes nothing takes it away again.
    pub is_new: bool,
}

/// Why a dropped file was not taken in.
#[derive(Debug)]
pub enum NotKept {
    /// It cannot be read, or changed meanwhile.
    Unread(Unread),
    /// It has other bytes.
    Differs(String),
    /// It has another size than was said.
    Size(u64),
    /// The object could not be written, or what stands in its place is no such object.
    Storage(String),
}

/// Copies a dropped file to its object, hashing the copy's bytes as they pass. Durable when it returns.
pub fn keep(guard: &Guard, filename: &str, sha256: &str, format: Format, said_size: i64) -> Result<Kept, NotKept> {
    let root = guard.root();
    let (file, meta) = open(root, filename).map_err(|why| NotKept::Unread(why.into()))?;
    let object = object_path(sha256, format);
    let _slot = guard.slots().take();
    if root.join(&object).symlink_metadata().is_ok() {
        let (digest, size) = read_through(&file, &mut |_| Ok(())).map_err(unreadable)?;
        unchanged(&file, &meta)?;
        as_said(&digest.hex(), sha256, size, said_size)?;
        return stands(guard, object, sha256);
    }
    let parent = parent_of(root, &object).map_err(NotKept::Storage)?;
    let staged = parent.join(format!(".{}.tmp", unique_name()));
    let made = copy(&file, &staged).and_then(|(digest, size)| {
        unchanged(&file, &meta)?;
        as_said(&digest, sha256, size, said_size)?;
        Ok(size)
    });
    let placed = made.and_then(|size| {
        let target = root.join(&object);
        let is_new =
            RealDisk.rename_noreplace(&staged, &target).map_err(|error| NotKept::Storage(error.message.clone()))?;
        RealDisk.sync_dir(&parent).map_err(|error| NotKept::Storage(error.message.clone()))?;
        Ok((size, is_new))
    });
    let _ = std::fs::remove_file(&staged);
    match placed? {
        (size, true) => Ok(Kept { object, size, is_new: true }),
        (_, false) => stands(guard, object, sha256),
    }
}

/// An object that stands already must be what its name says.
fn stands(guard: &Guard, object: String, sha256: &str) -> Result<Kept, NotKept> {
    // A place for hashing is held already; the object's own hashing must not wait for one more.
    let (file, meta) =
        super::beneath::open_object(guard.root(), &object).map_err(|why| NotKept::Storage(why.to_string()))?;
    let (digest, size) = read_through(&file, &mut |_| Ok(())).map_err(|error| NotKept::Storage(error.to_string()))?;
    if digest.hex() != sha256 || size != meta.size() {
        return Err(NotKept::Storage("what stands in the object's place has other bytes".to_owned()));
    }
    Ok(Kept { object, size, is_new: false })
}

fn copy(from: &File, staged: &Path) -> Result<(String, u64), NotKept> {
    let storage = |error: std::io::Error| NotKept::Storage(error.to_string());
    let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(staged).map_err(storage)?;
    let mut failed = None;
    let read =
        read_through(from, &mut |bytes| to.write_all(bytes).inspect_err(|error| failed = Some(error.to_string())));
    if let Some(error) = failed {
        return Err(NotKept::Storage(error));
    }
    let (digest, size) = read.map_err(unreadable)?;
    to.set_permissions(std::fs::Permissions::from_mode(0o400)).map_err(storage)?;
    to.sync_all().map_err(storage)?;
    Ok((digest.hex(), size))
}

fn unchanged(file: &File, before: &std::fs::Metadata) -> Result<(), NotKept> {
    let after = file.metadata().map_err(unreadable)?;
    match Identity::of(before) == Identity::of(&after) {
        true => Ok(()),
        false => Err(NotKept::Unread(Unread::Changed)),
    }
}

fn as_said(found: &str, sha256: &str, size: u64, said_size: i64) -> Result<(), NotKept> {
    if found != sha256 {
        return Err(NotKept::Differs(found.to_owned()));
    }
    match said_size == 0 || i64::try_from(size) == Ok(said_size) {
        true => Ok(()),
        false => Err(NotKept::Size(size)),
    }
}

fn unreadable(error: std::io::Error) -> NotKept {
    NotKept::Unread(Unread::Unfit(Unfit::Io(error)))
}

/// The folder of an object: made with mode 0700 where it is missing, refused where others may write to it.
fn parent_of(root: &Path, object: &str) -> Result<PathBuf, String> {
    let above = object.rsplit_once('/').map_or("", |(above, _)| above);
    let parent = root.join(above);
    let mut made = Vec::new();
    let mut at = root.to_owned();
    for part in above.split('/') {
        let outer = at.clone();
        at.push(part);
        match DirBuilder::new().mode(0o700).create(&at) {
            Ok(()) => made.push(outer),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("{} cannot be made: {error}", at.display())),
        }
        let meta = at.symlink_metadata().map_err(|error| error.to_string())?;
        if !meta.is_dir() || meta.mode() & 0o022 != 0 {
            return Err(format!("{} is no folder, or others may write to it", at.display()));
        }
    }
    for folder in made {
        RealDisk.sync_dir(&folder).map_err(|error| error.message.clone())?;
    }
    folder(root, above).map_err(|why| why.to_string())?;
    Ok(parent)
}
