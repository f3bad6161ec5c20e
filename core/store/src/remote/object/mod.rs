//! Remotes in object stores: S3 and what speaks its protocol, Google Cloud Storage, Azure Blob Storage, and web servers for
//! reading. The only part of refmark-store that has an asynchronous runtime; no call of it leaves this folder.

#![allow(clippy::disallowed_methods)]

mod adopt;
mod connect;
mod download;
mod runtime;
mod said;
mod unfinished;
mod upload;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use object_store::multipart::MultipartStore;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::sync::Semaphore;

use crate::remote::{Address, Mark, Remote, Settings};
use refmark_engine::ports::blob::{Arrival, BlobRemote, Held};
use refmark_engine::ports::{Cancel, Progress};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::time::Timestamp;

/// How many transfers and parts are under way where the user says nothing.
const JOBS: usize = 8;
/// From so many blobs on a listing is cheaper than asking for each: a page of it has a thousand.
const LIST_FROM: usize = 200;

/// Opens the remote at an address. No connection is made yet.
pub(crate) fn open(
    address: &Address,
    mark: Option<&Mark>,
    settings: &Settings,
    memory: Option<&Path>,
) -> Result<Arc<dyn Remote>> {
    let jobs = settings.jobs.unwrap_or(JOBS).max(1);
    let connected = connect::connect(address, settings, jobs)?;
    Ok(Arc::new(ObjectRemote {
        name: address.to_string(),
        root: connected.root,
        store: connected.store,
        multipart: connected.multipart,
        mark: mark.cloned(),
        seen: AtomicBool::new(false),
        jobs,
        parts: Arc::new(Semaphore::new(jobs)),
        memory: memory.map(Path::to_owned),
    }))
}

struct ObjectRemote {
    name: String,
    /// What stands before every key.
    root: Key,
    store: Arc<dyn ObjectStore>,
    /// Nothing where bytes cannot be sent there.
    multipart: Option<Arc<dyn MultipartStore>>,
    mark: Option<Mark>,
    /// Whether the mark was seen.
    seen: AtomicBool,
    jobs: usize,
    /// Each part of a file that is in memory holds one.
    parts: Arc<Semaphore>,
    /// Where uploads that broke off are remembered.
    memory: Option<PathBuf>,
}

impl ObjectRemote {
    /// Where a blob is: in the layout of the local store.
    fn key(&self, digest: &Digest) -> Key {
        let hex = digest.hex();
        let (first, second) = (hex.get(..2).unwrap_or_default(), hex.get(2..4).unwrap_or_default());
        self.root.clone().join(first).join(second).join(hex.as_str())
    }

    fn beside(&self, name: &str) -> Key {
        self.root.clone().join(name)
    }

    async fn size_at(&self, key: &Key) -> object_store::Result<Option<u64>> {
        match self.store.head(key).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn held_by_asking(&self, digests: &[Digest]) -> object_store::Result<BTreeMap<Digest, u64>> {
        let asked = digests.iter().map(|digest| async move { (*digest, self.size_at(&self.key(digest)).await) });
        let mut found = futures_util::stream::iter(asked).buffer_unordered(self.jobs * 2);
        let mut held = BTreeMap::new();
        while let Some((digest, size)) = found.next().await {
            held.extend(size?.map(|size| (digest, size)));
        }
        Ok(held)
    }

    /// Calls `each` with what lies under the remote, as far as it is a blob in its place.
    async fn walk(&self, each: &mut (dyn FnMut(Held) -> Result<()> + Send)) -> Result<()> {
        let mut found = self.store.list(Some(&self.root));
        while let Some(meta) = found.next().await {
            let meta = meta.map_err(|error| self.said("list", error))?;
            let Some(digest) = meta.location.filename().and_then(|name| Digest::parse(name).ok()) else { continue };
            if meta.location == self.key(&digest) {
                let since = Some(Timestamp::from_unix(meta.last_modified.timestamp()));
                each(Held { digest, size: meta.size, since })?;
            }
        }
        Ok(())
    }

    fn unmarked(&self, mark: &Mark) -> Box<Error> {
        Error::new(Code::Io, format!("{} is not the place that was added as a remote: its mark is gone", self.name))
            .hint("if it was emptied, moved or made again, remove the remote and add it again")
            .field("mark", mark.file())
            .field("remote", &self.name)
    }
}

impl BlobRemote for ObjectRemote {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn ready(&self) -> Result<()> {
        let Some(mark) = self.mark.as_ref().filter(|_| !self.seen.load(Ordering::Relaxed)) else { return Ok(()) };
        let found = runtime::wait(&Cancel::default(), self.size_at(&self.beside(&mark.file())))?;
        match found.map_err(|error| self.said("reach", error))? {
            Some(_) => {
                self.seen.store(true, Ordering::Relaxed);
                Ok(())
            }
            None => Err(self.unmarked(mark)),
        }
    }

    fn writable(&self) -> bool {
        self.multipart.is_some()
    }

    fn side_by_side(&self) -> usize {
        self.jobs
    }

    fn has(&self, digest: &Digest) -> Result<Option<u64>> {
        self.ready()?;
        let found = runtime::wait(&Cancel::default(), self.size_at(&self.key(digest)))?;
        found.map_err(|error| self.said("look into", error))
    }

    fn held(&self, digests: &[Digest], cancel: &Cancel) -> Result<BTreeMap<Digest, u64>> {
        self.ready()?;
        // Web servers need not list.
        if digests.len() < LIST_FROM || !self.writable() {
            return runtime::wait(cancel, self.held_by_asking(digests))?.map_err(|error| self.said("look into", error));
        }
        let mut all = BTreeMap::new();
        let mut each = |held: Held| {
            all.insert(held.digest, held.size);
            Ok(())
        };
        runtime::wait(cancel, self.walk(&mut each))??;
        let wanted: BTreeSet<&Digest> = digests.iter().collect();
        all.retain(|digest, _| wanted.contains(digest));
        Ok(all)
    }

    fn fetch(&self, digest: &Digest, into: &mut dyn Arrival, limit: u64, cancel: &Cancel) -> Result<()> {
        self.ready()?;
        self.download(digest, into, limit, cancel)
    }

    fn store(&self, digest: &Digest, from: &Path, progress: &dyn Progress, cancel: &Cancel) -> Result<bool> {
        self.ready()?;
        self.upload(digest, from, progress, cancel)
    }

    fn list(&self, each: &mut dyn FnMut(Held) -> Result<()>) -> Result<()> {
        self.ready()?;
        // Collected first: `each` may call this remote again, and a runtime's thread must not wait for itself.
        let mut all = Vec::new();
        let mut keep = |held| {
            all.push(held);
            Ok(())
        };
        runtime::wait(&Cancel::default(), self.walk(&mut keep))??;
        all.into_iter().try_for_each(each)
    }

    fn remove(&self, digest: &Digest) -> Result<bool> {
        self.ready()?;
        if self.has(digest)?.is_none() {
            return Ok(false);
        }
        let key = self.key(digest);
        runtime::wait(&Cancel::default(), self.store.delete(&key))?.map_err(|error| self.said("remove from", error))?;
        Ok(true)
    }
}
