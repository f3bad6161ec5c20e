//! Storing: a small blob by one conditional request, a large one by parts that are under way together. A blob is there whole or
//! not at all, and the file is hashed while it is read.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as Key;
use object_store::{Error as Said, ObjectStore, PutMode, PutPayload};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

use super::unfinished::Unfinished;
use super::{ObjectRemote, runtime};
use crate::blob::store::{Wrong, absent};
use crate::fs::disk::{io_error, shown};
use crate::fs::read::open_regular;
use refmark_engine::ports::{Cancel, Progress};
use refmark_types::digest::{Digest, Hasher};
use refmark_types::error::{Code, Error, Result, bug};

/// Up to this size a blob goes in one request, in bytes.
const WHOLE: u64 = 8 << 20;
/// The size of a part; larger for files that would have too many. S3 takes 10,000.
const PART: u64 = 16 << 20;
const MOST_PARTS: u64 = 9_000;

struct Part {
    number: usize,
    bytes: u64,
    crc: u32,
    sent: JoinHandle<object_store::Result<PartId>>,
    _permit: OwnedSemaphorePermit,
}

/// A file on its way.
struct Sending<'a> {
    remote: &'a ObjectRemote,
    multipart: &'a Arc<dyn MultipartStore>,
    digest: &'a Digest,
    key: Key,
    file: File,
    path: &'a Path,
    size: u64,
    progress: &'a dyn Progress,
}

impl ObjectRemote {
    pub(super) fn upload(
        &self,
        digest: &Digest,
        from: &Path,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<bool> {
        let Some(multipart) = &self.multipart else {
            return Err(Error::new(Code::ReadOnly, format!("{} is for reading", self.name)).field("remote", &self.name));
        };
        let Some(file) = open_regular(from)? else { return Err(absent(&[*digest])) };
        let size = file.metadata().map_err(|error| io_error("look at", from, &error))?.len();
        let key = self.key(digest);
        let sending = Sending { remote: self, multipart, digest, key, file, path: from, size, progress };
        match size {
            ..=WHOLE => runtime::wait(cancel, sending.whole())?,
            _ => runtime::wait(cancel, sending.by_parts())?,
        }
    }
}

impl Sending<'_> {
    async fn whole(&self) -> Result<bool> {
        let mut bytes = vec![0; usize::try_from(self.size).map_err(bug)?];
        self.read(&mut bytes, 0)?;
        let found = Digest::of(&bytes);
        if found != *self.digest {
            return Err(self.is_not_itself(found));
        }
        let payload = PutPayload::from(bytes);
        let put = self.remote.store.put_opts(&self.key, payload.clone(), PutMode::Create.into()).await;
        let new = match put {
            Ok(_) => true,
            Err(Said::AlreadyExists { .. } | Said::Precondition { .. }) => {
                let there = self.remote.size_at(&self.key).await.map_err(|error| self.said(error))?;
                // What has another size is not the blob: a server that lost its bytes.
                let wrong = there.is_some_and(|there| there != self.size);
                if wrong {
                    self.remote
                        .store
                        .put_opts(&self.key, payload, PutMode::Overwrite.into())
                        .await
                        .map_err(|e| self.said(e))?;
                }
                wrong
            }
            Err(error) => return Err(self.said(error)),
        };
        self.progress.advance(self.size);
        Ok(new)
    }

    async fn by_parts(&self) -> Result<bool> {
        let there = self.remote.size_at(&self.key).await.map_err(|error| self.said(error))?;
        if there == Some(self.size) {
            return Ok(false);
        }
        let memory = self.remote.memory.as_deref();
        let mut unfinished = match Unfinished::find(memory, &self.remote.name, self.digest, self.size) {
            Some(found) => found,
            None => self.begin(memory).await?,
        };
        let resumed = unfinished.was_found();
        match self.send(&mut unfinished).await {
            Err(error) if resumed && matches!(error.code, Code::Absent | Code::Unreachable) => {
                // The place may have cleared up what was begun there: from the start, once.
                unfinished.forget();
                let mut anew = self.begin(memory).await?;
                self.send(&mut anew).await?;
            }
            sent => sent?,
        }
        let there = self.remote.size_at(&self.key).await.map_err(|error| self.said(error))?;
        if there != Some(self.size) {
            let found = there.map_or_else(|| "nothing".to_owned(), |found| format!("{found} bytes"));
            let message = format!("{} took {} bytes and has {found}", self.remote.name, self.size);
            return Err(Error::new(Code::Unreachable, message).field("remote", &self.remote.name));
        }
        Ok(true)
    }

    async fn begin(&self, memory: Option<&Path>) -> Result<Unfinished> {
        let part = PART.max((self.size / MOST_PARTS).next_multiple_of(1 << 20));
        let id = self.multipart.create_multipart(&self.key).await.map_err(|error| self.said(error))?;
        Ok(Unfinished::begin(memory, &self.remote.name, self.digest, self.size, part, id))
    }

    async fn send(&self, unfinished: &mut Unfinished) -> Result<()> {
        let mut hasher = Hasher::new();
        let mut under_way: VecDeque<Part> = VecDeque::new();
        let mut at = 0;
        let done = async {
            for number in 0.. {
                if at >= self.size {
                    break;
                }
                let length = unfinished.part_size().min(self.size - at);
                let permit = self.next_permit(&mut under_way, unfinished).await?;
                let mut bytes = vec![0; usize::try_from(length).map_err(bug)?];
                self.read(&mut bytes, at)?;
                hasher.update(&bytes);
                at += length;
                let crc = crc32fast::hash(&bytes);
                if unfinished.has(number, crc) {
                    self.progress.advance(length);
                    continue;
                }
                let (multipart, key, id) = (Arc::clone(self.multipart), self.key.clone(), unfinished.id().to_owned());
                let payload = PutPayload::from(bytes);
                let sent = tokio::spawn(async move { multipart.put_part(&key, &id, number, payload).await });
                under_way.push_back(Part { number, bytes: length, crc, sent, _permit: permit });
            }
            while let Some(part) = under_way.pop_front() {
                self.arrived(part, unfinished).await?;
            }
            Ok(())
        };
        let done: Result<()> = done.await;
        under_way.iter().for_each(|part| part.sent.abort());
        done?;
        let found = hasher.finish();
        if found != *self.digest {
            let id = unfinished.id().to_owned();
            unfinished.forget();
            // The place clears up on its own where this fails.
            let _ = self.multipart.abort_multipart(&self.key, &id).await;
            return Err(self.is_not_itself(found));
        }
        let (id, parts) = (unfinished.id().to_owned(), unfinished.parts()?);
        self.multipart.complete_multipart(&self.key, &id, parts).await.map_err(|error| self.said(error))?;
        unfinished.forget();
        Ok(())
    }

    /// Room for a part in memory: where all is taken, a part of this file is waited for, if it has one under way.
    async fn next_permit(
        &self,
        under_way: &mut VecDeque<Part>,
        unfinished: &mut Unfinished,
    ) -> Result<OwnedSemaphorePermit> {
        loop {
            if let Ok(permit) = Arc::clone(&self.remote.parts).try_acquire_owned() {
                return Ok(permit);
            }
            match under_way.pop_front() {
                Some(part) => self.arrived(part, unfinished).await?,
                None => return Arc::clone(&self.remote.parts).acquire_owned().await.map_err(bug),
            }
        }
    }

    async fn arrived(&self, part: Part, unfinished: &mut Unfinished) -> Result<()> {
        let id = part.sent.await.map_err(bug)?.map_err(|error| self.said(error))?;
        unfinished.add(part.number, part.crc, id.content_id);
        self.progress.advance(part.bytes);
        Ok(())
    }

    fn read(&self, bytes: &mut [u8], at: u64) -> Result<()> {
        self.file.read_exact_at(bytes, at).map_err(|error| io_error("read", self.path, &error))
    }

    fn is_not_itself(&self, found: Digest) -> Box<Error> {
        Wrong::Bytes { found }.error(self.digest).at(shown(self.path))
    }

    fn said(&self, error: Said) -> Box<Error> {
        self.remote.said("send to", error)
    }
}
