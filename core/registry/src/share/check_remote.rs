//! `remote check`: what a remote holds beside what the registry needs.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Serialize;

use super::remotes::RemoteRow;
use crate::registry::Sharing;
use refmark_engine::ports::Unit;
use refmark_store::fs::parallel::{for_each, locked};
use refmark_store::remote::{hash_at, wrong_size};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::RemoteName;

/// What a remote holds of what the registry needs.
#[derive(Debug, Clone, Serialize)]
pub struct RemoteCheckAnswer {
    /// The remote's name.
    pub remote: RemoteName,
    /// Where it is.
    pub url: String,
    /// Whether every byte was fetched and hashed; else sizes alone were compared.
    pub hashed: bool,
    /// Blobs that the registry needs and the remote holds.
    pub held: u64,
    /// Their bytes.
    pub held_bytes: u64,
    /// Blobs that the registry needs and the remote lacks.
    pub missing: Vec<Digest>,
    /// Blobs that the remote has under their digest and that are something else.
    pub wrong: Vec<Error>,
    /// Blobs that no artifact of this registry names: of another registry, of a proposal, or deleted.
    pub others: u64,
    /// Their bytes.
    pub other_bytes: u64,
}

impl Sharing<'_> {
    /// A remote by its name. Errors: `not-found`.
    pub(crate) fn remote_row(&self, name: &RemoteName) -> Result<RemoteRow> {
        self.list_remotes()?.into_iter().find(|row| row.name == *name).ok_or_else(|| {
            Error::new(Code::NotFound, format!("there is no remote {name}"))
                .hint(Hint::of("to see the remotes: ").then(Next::RemoteList))
        })
    }

    /// Compares what a remote holds with what the registry needs, by a listing; with `hash` by every byte, of which nothing is
    /// kept. Wrong blobs are no error of the check: they are its answer.
    pub fn check_remote(&self, name: &RemoteName, hash: bool) -> Result<RemoteCheckAnswer> {
        let row = self.remote_row(name)?;
        let remote = self.registry.open_remote(&row);
        let needed = self.needed_blobs()?;
        let mut there = BTreeMap::new();
        let (mut others, mut other_bytes) = (0, 0);
        remote.ready()?;
        if remote.writable() {
            remote.list(&mut |held| {
                match needed.contains_key(&held.digest) {
                    true => drop(there.insert(held.digest, held.size)),
                    false => (others, other_bytes) = (others + 1, other_bytes + held.size),
                }
                Ok(())
            })?;
        } else {
            // A web server need not list what it has.
            there = remote.held(&needed.keys().copied().collect::<Vec<_>>(), &self.registry.world.cancel)?;
        }
        let missing = needed.keys().filter(|digest| !there.contains_key(digest)).copied().collect();
        let mut wrong = Vec::new();
        there.retain(|digest, size| match needed.get(digest).copied().flatten() {
            Some(expected) if expected != *size => {
                wrong.push(*wrong_size(digest, expected, *size, &remote.name()));
                false
            }
            _ => true,
        });
        if hash {
            let (progress, cancel) = (&*self.registry.world.progress, &self.registry.world.cancel);
            progress.start("hashing files", Some(there.values().sum()), Unit::Bytes);
            let (bad, all) = (Mutex::new(Vec::new()), there.iter().collect::<Vec<_>>());
            let done = for_each(remote.side_by_side(), &all, |(digest, size)| {
                match hash_at(&*remote, digest, **size, progress, cancel) {
                    Err(error) if error.code == Code::Damaged => locked(&bad).push((**digest, *error)),
                    other => other?,
                }
                Ok(())
            });
            progress.finish();
            done?;
            let mut bad = bad.into_inner().unwrap_or_else(|poison| poison.into_inner());
            bad.sort_by_key(|(digest, _)| *digest);
            for (digest, error) in bad {
                there.remove(&digest);
                wrong.push(error);
            }
        }
        Ok(RemoteCheckAnswer {
            remote: row.name,
            url: row.url,
            hashed: hash,
            held: there.len() as u64,
            held_bytes: there.values().sum(),
            missing,
            wrong,
            others,
            other_bytes,
        })
    }
}
