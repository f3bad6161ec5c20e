//! `sync`: blobs both ways between the registry and its remotes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::remotes::RemoteRow;
use crate::registry::Sharing;
use refmark_engine::ports::blob::BlobRemote;
use refmark_records::trust::TrustState;
use refmark_store::remote::Remote;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::RemoteName;

/// What a sync moved.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SyncAnswer {
    /// Blobs that went to the remotes.
    pub sent: u64,
    /// Bytes that went to the remotes.
    pub sent_bytes: u64,
    /// Blobs that came from them.
    pub fetched: u64,
    /// Bytes that came from them.
    pub fetched_bytes: u64,
    /// Blobs that are in no place that can be reached.
    pub absent: Vec<Digest>,
    /// What remotes handed out that was wrong, and was not kept.
    pub problems: Vec<Error>,
}

impl Sharing<'_> {
    /// Moves blobs both ways: what the registry's artifacts need and is absent comes, what a remote lacks goes.
    pub fn sync(&self, only: Option<&RemoteName>) -> Result<SyncAnswer> {
        let needed = self.needed_blobs()?;
        let rows: Vec<RemoteRow> =
            self.registry.places()?.into_iter().filter(|row| only.is_none_or(|name| row.name == *name)).collect();
        if rows.is_empty() {
            return Err(Error::new(Code::NotFound, "there is no remote to sync with")
                .hint(Hint::of("add one: ").then(Next::RemoteAdd)));
        }
        let remotes: Vec<Arc<dyn Remote>> = rows.iter().map(|row| self.registry.open_remote(row)).collect();
        // Before a byte moves: a disk that is not mounted would be filled under its mount point.
        remotes.iter().try_for_each(|remote| remote.ready())?;
        let remotes: Vec<Arc<dyn BlobRemote>> = remotes.into_iter().map(|remote| remote as Arc<_>).collect();
        self.exchange(needed, &remotes)
    }

    /// The blobs of all artifacts that are not deleted, with their sizes where they are known.
    pub(crate) fn needed_blobs(&self) -> Result<BTreeMap<Digest, Option<u64>>> {
        let view = self.registry.view()?;
        let facts = view.facts()?;
        let mut needed = BTreeMap::new();
        for artifact in crate::write::transition::artifacts(facts)? {
            if facts.trust(&artifact)?.0 != TrustState::Deleted
                && let Some(manifest) = facts.manifest(&artifact)?
            {
                needed.extend(manifest.files.iter().map(|file| (file.sha256, file.known_size())));
            }
        }
        Ok(needed)
    }

    fn exchange(&self, needed: BTreeMap<Digest, Option<u64>>, remotes: &[Arc<dyn BlobRemote>]) -> Result<SyncAnswer> {
        let (progress, cancel) = (&*self.registry.world.progress, &self.registry.world.cancel);
        let sized: Vec<(Digest, Option<u64>)> = needed.into_iter().collect();
        let came = self.registry.store.fetch_held(&sized, remotes, progress, cancel)?;
        let mut answer = SyncAnswer {
            fetched: came.blobs,
            fetched_bytes: came.bytes,
            absent: came.missing,
            problems: came.passed_over,
            ..SyncAnswer::default()
        };
        let here =
            sized.iter().map(|(digest, _)| *digest).filter(|digest| answer.absent.binary_search(digest).is_err());
        let here: Vec<Digest> = here.collect();
        for remote in remotes.iter().filter(|remote| remote.writable()) {
            let moved = self.registry.store.push(&here, &**remote, progress, cancel)?;
            answer.sent += moved.blobs;
            answer.sent_bytes += moved.bytes;
            answer.problems.extend(moved.passed_over);
        }
        Ok(answer)
    }
}
