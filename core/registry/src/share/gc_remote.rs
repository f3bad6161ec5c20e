//! `gc --remote`: takes the files of deleted artifacts from a remote.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::registry::{Maintenance, Sharing};
use refmark_records::trust::TrustState;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::RemoteName;
use refmark_types::time::Timestamp;

/// What was removed from a remote.
#[derive(Debug, Clone, Serialize)]
pub struct RemoteGcAnswer {
    /// The remote's name.
    pub remote: RemoteName,
    /// Whether nothing was touched.
    pub dry_run: bool,
    /// Blobs that only deleted artifacts name, and that went, or would go.
    pub removed: u64,
    /// Their bytes.
    pub removed_bytes: u64,
    /// Blobs of artifacts that were deleted less than two weeks ago.
    pub waiting: u64,
    /// Blobs that no artifact of this registry names: of a proposal, or of somebody who has not pushed yet. Left alone.
    pub others: u64,
    /// Their bytes.
    pub other_bytes: u64,
}

impl Sharing<'_> {
    /// Removes from a remote the blobs of artifacts that were deleted two weeks ago or earlier and that no other artifact
    /// shares. What no artifact names is left alone: it may be of a registration that is not pushed yet.
    ///
    /// Errors: `not-found`; `refused` where another registry's mark lies there, or none of this one's, or where this copy has
    /// commits that the origin lacks or the tip is bad; those of the remote.
    pub fn gc_remote(&self, name: &RemoteName, dry_run: bool) -> Result<RemoteGcAnswer> {
        let row = self.remote_row(name)?;
        let remote = self.registry.open_remote(&row);
        remote.ready()?;
        let own = self.registry.id().to_string();
        let others: Vec<String> = remote.marks()?.into_iter().filter(|id| *id != own).collect();
        if !row.marked || !others.is_empty() {
            let why = match others.first() {
                Some(other) => format!("the registry {other} keeps its files there too"),
                None => "it does not carry this registry's mark".to_owned(),
            };
            return Err(Error::new(Code::Refused, format!("nothing is removed from {}: {why}", row.url))
                .hint("give each registry a prefix of its own")
                .field("remote", &row.url));
        }
        let (needed, gone) = (self.needed_blobs()?, self.deleted_blobs()?);
        let now = self.registry.world.clock.now();
        let mut answer = RemoteGcAnswer {
            remote: row.name,
            dry_run,
            removed: 0,
            removed_bytes: 0,
            waiting: 0,
            others: 0,
            other_bytes: 0,
        };
        let mut due = Vec::new();
        remote.list(&mut |held| {
            match gone.get(&held.digest).filter(|_| !needed.contains_key(&held.digest)) {
                // Who sent it again after the deletion may want it.
                Some(since) => match now.since((*since).max(held.since.unwrap_or(*since))) > Maintenance::TRASH_SECONDS
                {
                    true => due.push(held),
                    false => answer.waiting += 1,
                },
                None if needed.contains_key(&held.digest) => {}
                None => (answer.others, answer.other_bytes) = (answer.others + 1, answer.other_bytes + held.size),
            }
            Ok(())
        })?;
        for held in due {
            self.registry.world.cancel.check()?;
            if dry_run || remote.remove(&held.digest)? {
                answer.removed += 1;
                answer.removed_bytes += held.size;
            }
        }
        Ok(answer)
    }

    /// The blobs of deleted artifacts, and when the last of those that name each was deleted.
    fn deleted_blobs(&self) -> Result<BTreeMap<Digest, Timestamp>> {
        let view = self.registry.view()?;
        view.check_tip()?;
        let facts = view.facts()?;
        let mut gone = BTreeMap::new();
        for artifact in crate::write::transition::artifacts(facts)? {
            let (TrustState::Deleted, Some(record)) = facts.trust(&artifact)? else { continue };
            let time = record.record.common().time;
            for file in facts.manifest(&artifact)?.iter().flat_map(|manifest| &manifest.files) {
                let last = gone.entry(file.sha256).or_insert(time);
                *last = time.max(*last);
            }
        }
        Ok(gone)
    }
}
