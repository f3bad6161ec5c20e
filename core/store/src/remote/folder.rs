//! A folder as a remote: on a mount, a removable disk, or the store of another registry.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{Adopted, Mark, Remote, too_many_bytes};
use crate::blob::store::{Wrong, absent};
use crate::blob::stream::{self, Named, Work};
use crate::blob::{Presence, Store};
use crate::fs::disk::{Disk, shown};
use crate::fs::durable::{make_dirs_durably, replace, sync_dirs};
use crate::fs::parallel::locked;
use crate::fs::probe::probe;
use crate::fs::read::{names, open_regular};
use refmark_engine::ports::blob::{Arrival, BlobRemote, Held};
use refmark_engine::ports::{Cancel, Progress};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::time::Timestamp;

/// A folder in the store's layout, such as one on a mount or a removable disk. Given a folder that holds `blobs`, it is
/// that one: so another registry's blob folder can be named, too.
pub struct FolderRemote {
    store: Store,
    /// A file that lies in the folder while it is the one that was meant.
    mark: Option<PathBuf>,
}

impl FolderRemote {
    /// The remote in this folder. Touches nothing; the first write makes the folder's own subfolders.
    pub fn open(folder: &Path, disk: Arc<dyn Disk>) -> FolderRemote {
        let store = match folder.join("blobs") {
            blobs if blobs.is_dir() => Store::with_disk(folder, disk),
            _ => Store::flat(folder, disk),
        };
        FolderRemote { store, mark: None }
    }

    /// The same folder, that counts only while this file lies in it.
    #[must_use]
    pub fn marked(self, mark: &Mark) -> FolderRemote {
        let mark = Some(self.store.area().join(mark.file()));
        FolderRemote { mark, ..self }
    }
}

impl BlobRemote for FolderRemote {
    fn name(&self) -> String {
        shown(self.store.area())
    }

    fn ready(&self) -> Result<()> {
        let folder = self.store.area();
        if !folder.is_dir() {
            return Err(Error::new(Code::Io, format!("the remote folder {} is not there", shown(folder)))
                .hint("mount the disk, or create the folder if it is new")
                .at(shown(folder)));
        }
        match &self.mark {
            Some(mark) if !mark.is_file() => Err(Error::new(
                Code::Io,
                format!("{} is not the folder that was added as a remote: its mark is gone", shown(folder)),
            )
            .hint(
                "if its disk is not mounted, mount it; if it was emptied or moved, remove the remote and add it again",
            )
            .field("mark", shown(mark))
            .at(shown(folder))),
            _ => Ok(()),
        }
    }

    fn has(&self, digest: &Digest) -> Result<Option<u64>> {
        self.ready()?;
        Ok(match self.store.presence(digest)? {
            Presence::Present { size } => Some(size),
            Presence::Absent => None,
        })
    }

    fn fetch(&self, digest: &Digest, into: &mut dyn Arrival, limit: u64, _: &Cancel) -> Result<()> {
        self.ready()?;
        let size = self.store.size(digest)?;
        if size > limit {
            return Err(too_many_bytes(digest, limit, size, &self.name()));
        }
        into.take_file(&self.store.place_of(digest), size)
    }

    fn store(&self, digest: &Digest, from: &Path, progress: &dyn Progress, cancel: &Cancel) -> Result<bool> {
        self.ready()?;
        let Some(source) = open_regular(from)? else { return Err(absent(&[*digest])) };
        let size = source.metadata().map_or(0, |found| found.len());
        if self.store.presence(digest)? == (Presence::Present { size }) {
            return Ok(false);
        }
        let (copy, temporary) = self.store.temporary()?;
        let work = Work { progress, cancel };
        let passed = stream::copy(
            Named { file: &source, path: from },
            Named { file: &copy, path: &temporary.path },
            size,
            None,
            work,
        )?;
        if passed.digest != *digest {
            return Err(Wrong::Bytes { found: passed.digest }.error(digest).at(shown(from)));
        }
        self.store.seal(&copy, &temporary)?;
        let folders = Mutex::default();
        let new = self.store.place(temporary, digest, passed.size, &folders)?;
        sync_dirs(self.store.disk(), locked(&folders).drain(..))?;
        Ok(new)
    }

    fn list(&self, each: &mut dyn FnMut(Held) -> Result<()>) -> Result<()> {
        self.ready()?;
        self.store.list(&mut |digest, size| {
            let found = std::fs::symlink_metadata(self.store.place_of(&digest));
            let since = found.and_then(|found| found.modified()).ok();
            let since = since.and_then(|since| since.duration_since(std::time::UNIX_EPOCH).ok());
            let since = since.map(|since| Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)));
            each(Held { digest, size, since })
        })
    }

    fn remove(&self, digest: &Digest) -> Result<bool> {
        self.ready()?;
        if self.store.presence(digest)? == Presence::Absent {
            return Ok(false);
        }
        let place = self.store.place_of(digest);
        self.store.disk().remove(&place)?;
        place.parent().map_or(Ok(()), |folder| self.store.disk().sync_dir(folder))?;
        Ok(true)
    }
}

impl Remote for FolderRemote {
    fn adopt(&self, mark: &Mark) -> Result<Adopted> {
        let (disk, folder) = (self.store.disk(), self.store.area());
        make_dirs_durably(disk, folder)?;
        let mut warnings = match probe(disk, folder) {
            Ok(warnings) => warnings,
            Err(error) => {
                let warnings = vec![format!("{}: nothing can be sent there", error.message)];
                return Ok(Adopted { marked: false, warnings });
            }
        };
        warnings.iter_mut().for_each(|it| *it = it.replace("the registry lies on", "the remote lies on"));
        replace(disk, &folder.join(mark.file()), mark.text.as_bytes(), 0o644)?;
        Ok(Adopted { marked: true, warnings })
    }

    fn marks(&self) -> Result<Vec<String>> {
        let found = names(self.store.area())?.into_iter();
        Ok(found.filter_map(|(name, _)| name.strip_prefix(Mark::FILE).map(str::to_owned)).collect())
    }
}
