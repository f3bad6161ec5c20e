//! Fetching: a small blob by one request, a large one by parts that are under way together and arrive in order.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use futures_util::StreamExt;
use object_store::ObjectStoreExt;
use tokio::task::JoinHandle;

use super::{ObjectRemote, runtime};
use crate::blob::store::absent;
use crate::remote::too_many_bytes;
use refmark_engine::ports::Cancel;
use refmark_engine::ports::blob::Arrival;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result, bug};

/// The size of a part, in bytes: large enough that asking costs little, small enough that eight fit into memory anywhere.
const PART: u64 = 8 << 20;

type Part = JoinHandle<object_store::Result<bytes::Bytes>>;

impl ObjectRemote {
    pub(super) fn download(&self, digest: &Digest, into: &mut dyn Arrival, limit: u64, cancel: &Cancel) -> Result<()> {
        let fetched = match limit {
            ..=PART if into.here() == 0 => runtime::wait(cancel, self.whole(digest, into, limit))?,
            _ => runtime::wait(cancel, self.by_parts(digest, into, limit))?,
        };
        fetched.map_err(|error| match error.code {
            Code::Absent => absent(&[*digest]).field("remote", &self.name),
            _ => error,
        })
    }

    async fn whole(&self, digest: &Digest, into: &mut dyn Arrival, limit: u64) -> Result<()> {
        let found = self.store.get(&self.key(digest)).await.map_err(|error| self.said("fetch from", error))?;
        if found.meta.size > limit {
            return Err(too_many_bytes(digest, limit, found.meta.size, &self.name));
        }
        let (mut seen, mut skip) = (0, into.here());
        let mut bytes = found.into_stream();
        while let Some(next) = bytes.next().await {
            let next = next.map_err(|error| self.said("fetch from", error))?;
            // A server may say less than it sends.
            seen += next.len() as u64;
            if seen > limit {
                return Err(too_many_bytes(digest, limit, seen, &self.name));
            }
            let known = skip.min(next.len() as u64);
            skip -= known;
            into.take(next.get(usize::try_from(known).unwrap_or_default()..).unwrap_or_default())?;
        }
        Ok(())
    }

    async fn by_parts(&self, digest: &Digest, into: &mut dyn Arrival, limit: u64) -> Result<()> {
        let meta = self.store.head(&self.key(digest)).await.map_err(|error| self.said("fetch from", error))?;
        if meta.size > limit {
            return Err(too_many_bytes(digest, limit, meta.size, &self.name));
        }
        let mut next = into.here();
        let mut under_way: VecDeque<(Part, tokio::sync::OwnedSemaphorePermit, u64)> = VecDeque::new();
        loop {
            while next < meta.size && under_way.len() < self.jobs {
                // Who has a part under way takes a further one only where one is free: so nobody waits in a circle.
                let permit = match under_way.is_empty() {
                    true => Arc::clone(&self.parts).acquire_owned().await.map_err(bug)?,
                    false => match Arc::clone(&self.parts).try_acquire_owned() {
                        Ok(permit) => permit,
                        Err(_) => break,
                    },
                };
                let range = next..(next + PART).min(meta.size);
                next = range.end;
                let length = range.end - range.start;
                under_way.push_back((self.part(digest, range), permit, length));
            }
            let Some((part, permit, length)) = under_way.pop_front() else { return Ok(()) };
            let stop =
                Stop(under_way.iter().map(|(part, ..)| part.abort_handle()).chain([part.abort_handle()]).collect());
            let bytes = match part.await.map_err(bug)? {
                // A simple web server gives whole files only.
                Err(object_store::Error::NotSupported { .. }) => {
                    drop((stop, permit));
                    return self.whole(digest, into, limit).await;
                }
                fetched => fetched.map_err(|error| self.said("fetch from", error))?,
            };
            if bytes.len() as u64 != length {
                let message = format!("{} gave {} bytes where {length} were asked for", self.name, bytes.len());
                return Err(Error::new(Code::Unreachable, message).field("remote", &self.name));
            }
            into.take(&bytes)?;
            stop.disarm();
            drop(permit);
        }
    }

    fn part(&self, digest: &Digest, range: Range<u64>) -> Part {
        let (store, key) = (Arc::clone(&self.store), self.key(digest));
        tokio::spawn(async move { store.get_range(&key, range).await })
    }
}

/// Ends the parts that are under way where their file is given up.
struct Stop(Vec<tokio::task::AbortHandle>);

impl Stop {
    fn disarm(mut self) {
        self.0.clear();
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.iter().for_each(tokio::task::AbortHandle::abort);
    }
}
