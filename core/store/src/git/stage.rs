//! Making objects durable: staged beside the database, synced one by one, renamed in, folders synced. Never in place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gix::zlib::Compression;
use gix::zlib::stream::deflate::Compress;

use super::new_object::{NewObject, deflate};
use super::pack;
use crate::fs::disk::Disk;
use crate::fs::durable::make_dirs_durably;
use crate::fs::host::unique_name;
use crate::fs::parallel::in_parallel;
use refmark_types::error::Result;
use refmark_types::oid::Oid;

/// Above so many objects a commit becomes one pack.
const PACK_ABOVE: usize = 200;
/// Git's own mode for what never changes.
const READ_ONLY: u32 = 0o444;

/// The stage of one repository, and the folder that objects go to.
pub(super) struct Stage {
    pub(super) folder: PathBuf,
    pub(super) objects: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    /// A compressor is 300 KB to set up, so it is kept.
    compressor: Mutex<Option<Compress>>,
}

impl Stage {
    /// The stage of the repository with this (common) folder.
    pub(super) fn of(git_dir: &Path, disk: Arc<dyn Disk>) -> Stage {
        let (folder, objects) = (git_dir.join("refmark/stage"), git_dir.join("objects"));
        Stage { folder, objects, disk, compressor: Mutex::new(None) }
    }

    /// Writes a file that no other writer's staged file can meet, and syncs it.
    pub(super) fn put(&self, kind: &str, bytes: &[u8], mode: u32) -> Result<PathBuf> {
        make_dirs_durably(&*self.disk, &self.folder)?;
        let path = self.folder.join(format!("{kind}-{}", unique_name()));
        self.disk.write_new(&path, bytes, mode)?;
        Ok(path)
    }

    /// Makes objects durable: loose ones, or above a number of them one pack. All are written, whether here already or not.
    pub(super) fn write(&self, objects: Vec<NewObject>, hash: gix::hash::Kind) -> Result<()> {
        let mut seen = BTreeSet::new();
        let objects: Vec<NewObject> = objects.into_iter().filter(|object| seen.insert(object.id)).collect();
        if objects.len() > PACK_ABOVE { self.write_pack(objects, hash) } else { self.write_loose(&objects) }
    }

    fn write_loose(&self, objects: &[NewObject]) -> Result<()> {
        // Compressing ten records takes less than a thread's start; the syncs are what is worth spreading.
        let mut compress = self.compressor.lock().unwrap_or_else(PoisonError::into_inner);
        let compress = compress.get_or_insert_with(|| Compress::new(Compression::BEST_SPEED));
        let mut ready = Vec::with_capacity(objects.len());
        for object in objects {
            let mut raw = gix::objs::encode::loose_header(object.kind, object.bytes.len() as u64).to_vec();
            raw.extend_from_slice(&object.bytes);
            let mut bytes = Vec::new();
            deflate(compress, &raw, &mut bytes)?;
            ready.push((object.id, bytes));
        }
        let staged = Mutex::new(Vec::with_capacity(ready.len()));
        let done = in_parallel(&ready, |part| {
            for (id, bytes) in part {
                let path = self.put("object", bytes, READ_ONLY)?;
                staged.lock().unwrap_or_else(PoisonError::into_inner).push((path, *id));
            }
            Ok(Vec::<()>::new())
        });
        // Where one thread failed, the files of the others go, too.
        let staged = staged.into_inner().unwrap_or_else(PoisonError::into_inner);
        let done = done.and_then(|_| self.rename_in(&staged));
        if done.is_err() {
            self.discard(staged.iter().map(|(path, _)| path));
        }
        done
    }

    fn rename_in(&self, staged: &[(PathBuf, Oid)]) -> Result<()> {
        // `objects` itself, too: a writer that was killed may have made a fan-out folder and never have come to this sync.
        let mut folders = BTreeSet::from([self.objects.clone()]);
        for (from, id) in staged {
            let name = id.to_string();
            let folder = self.objects.join(&name[..2]);
            if folders.insert(folder.clone()) {
                self.disk.make_dirs(&folder)?;
            }
            let to = folder.join(&name[2..]);
            self.disk.rename(from, &to)?;
        }
        let folders: Vec<PathBuf> = folders.into_iter().collect();
        in_parallel(&folders, |part| part.iter().map(|folder| self.sync_dir(folder)).collect::<Result<Vec<()>>>())?;
        Ok(())
    }

    fn write_pack(&self, objects: Vec<NewObject>, hash: gix::hash::Kind) -> Result<()> {
        let built = pack::build(objects, hash)?;
        let folder = self.objects.join("pack");
        make_dirs_durably(&*self.disk, &folder)?;
        let pack = self.put("pack", &built.pack, READ_ONLY)?;
        let index = self.put("idx", &built.index, READ_ONLY).inspect_err(|_| self.discard([&pack].into_iter()))?;
        // The pack first: an index alone would promise objects that are not there.
        for (from, extension) in [(&pack, "pack"), (&index, "idx")] {
            let to = folder.join(format!("pack-{}.{extension}", built.name));
            self.disk.rename(from, &to).inspect_err(|_| self.discard([&pack, &index].into_iter()))?;
        }
        self.sync_dir(&folder)
    }

    pub(super) fn sync_dir(&self, folder: &Path) -> Result<()> {
        self.disk.sync_dir(folder)
    }

    /// Removes staged files; one that is gone already, or cannot go, is left to `recover`.
    pub(super) fn discard<'a>(&self, staged: impl Iterator<Item = &'a PathBuf>) {
        for path in staged {
            let _ = self.disk.remove(path);
        }
    }
}
