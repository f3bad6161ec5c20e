//! Reading a backup: every file of it, each byte. Nothing of it is changed.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{BackupCheck, Kept, List, damaged, list};
use crate::context::Context;
use refmark_engine::ports::{Cancel, Unit};
use refmark_store::fs::disk::io_error;
use refmark_store::fs::read::open_regular;
use refmark_types::digest::{Digest, Hasher};
use refmark_types::error::Result;

/// Where the file of a version lies in a backup.
pub(super) fn blob_path(folder: &Path, sha256: &Digest) -> PathBuf {
    let hex = sha256.hex();
    let (first, rest) = hex.split_at(2);
    folder.join("blobs").join(first).join(rest.split_at(2).0).join(&hex)
}

/// The digest and the size of a file's bytes.
pub(super) fn hash_file(path: &Path, cancel: &Cancel) -> Result<(Digest, u64)> {
    let Some(mut file) = open_regular(path)? else { return Err(damaged(path, "it is not there")) };
    let (mut hasher, mut size, mut buffer) = (Hasher::new(), 0, vec![0; 1 << 20]);
    loop {
        cancel.check()?;
        match file.read(&mut buffer).map_err(|error| io_error("read", path, &error))? {
            0 => return Ok((hasher.finish(), size)),
            read => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
}

/// Whether a file is there with this size.
pub(super) fn is_kept(path: &Path, size: u64) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() == size)
}

/// An error unless a file is what its list says.
pub(super) fn check_file(path: &Path, kept: &Kept, cancel: &Cancel) -> Result<()> {
    let (sha256, size) = hash_file(path, cancel)?;
    match (sha256 == kept.sha256, size == kept.size) {
        (true, true) => Ok(()),
        (_, false) => Err(damaged(path, &format!("it has {size} bytes, and should have {}", kept.size))),
        (false, true) => Err(damaged(path, "its bytes do not have the digest that names it")),
    }
}

/// Reads all of a backup, and compares each file with the digest that names it.
pub(super) fn check_files(folder: &Path, list: &List, world: &Context) -> Result<(u64, u64)> {
    let packs = list.packs.iter().map(|it| (it.pack(folder), it));
    let parts = list.parts.values().map(|it| (it.part(folder), it));
    let blobs = list.blobs.iter().map(|it| (blob_path(folder, &it.sha256), it));
    let all: Vec<(PathBuf, &Kept)> = packs.chain(parts).chain(blobs).collect();
    let bytes = all.iter().map(|it| it.1.size).sum();
    world.progress.start("reading the backup", Some(bytes), Unit::Bytes);
    let read = all.iter().try_for_each(|(path, kept)| {
        check_file(path, kept, &world.cancel)?;
        world.progress.advance(kept.size);
        Ok(())
    });
    world.progress.finish();
    read.map(|()| (all.len() as u64, bytes))
}

/// Checks a backup without restoring it: its list, and every byte of every file that the list names.
///
/// # Errors
///
/// `not-found` where the folder has no such backup, `damaged` for the first file that is missing, or is not what it is named.
pub(super) fn check(folder: &Path, number: Option<u64>, world: &Context) -> Result<BackupCheck> {
    let list = list(folder, number)?;
    let (files, bytes) = check_files(folder, &list, world)?;
    Ok(BackupCheck {
        backup: folder.to_owned(),
        number: list.number,
        time: list.time,
        id: list.registry,
        name: list.name,
        head: list.head,
        files,
        bytes,
        absent: list.absent.len() as u64,
    })
}
