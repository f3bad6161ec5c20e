//! `push`: own commits to the origin, their bytes first.

use crate::registry::Sharing;
use serde::Serialize;

use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::History;
use refmark_records::layout::{Document, Place};
use refmark_store::blob::{FolderRemote, Presence};
use refmark_store::git::program::{Git, GitProgram};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;
use std::collections::BTreeSet;

/// What a push took to the origin.
#[derive(Debug, Clone, Serialize)]
pub struct PushAnswer {
    /// Where it went.
    pub url: String,
    /// The head, there and here.
    pub head: Oid,
    /// The origin's head before.
    pub before: Option<Oid>,
    /// How many commits went.
    pub commits: u64,
    /// How many blobs went.
    pub blobs: u64,
    /// How many bytes of blobs went.
    pub bytes: u64,
}

impl Sharing<'_> {
    /// Pushes this copy's own commits to the origin, never by force, after the bytes that they need. An error `head-moved`
    /// where the origin has commits that are not here.
    pub fn push_commits(&self) -> Result<PushAnswer> {
        let url = self.registry.needs_origin()?;
        let _lock = self.registry.lock()?;
        let view = self.registry.view()?;
        view.check_tip()?;
        let before = self.registry.tracked_head();
        if before == Some(view.head) {
            return Err(Error::new(Code::NothingToDo, format!("{url} has everything that is here")));
        }
        let commits = match before {
            Some(before) if self.registry.repo().is_ancestor(before, view.head)? => {
                self.registry.chain_length(view.head, before)?
            }
            Some(before) => return Err(moved(&url, before)),
            None => view.verified().map_or(0, |it| it.walk.commits()),
        };
        let (blobs, bytes) = self.push_blobs(before, view.head)?;
        let refspec = format!("refs/heads/{0}:refs/heads/{0}", self.registry.branch());
        Git::default().push(self.registry.git_dir(), "origin", &refspec).map_err(|error| match error.code {
            Code::HeadMoved => error.hint(again_on_top()),
            _ => error,
        })?;
        Ok(PushAnswer { url, head: view.head, before, commits, blobs, bytes })
    }

    /// Sends the blobs of artifacts that came with these commits, as far as they are here and the origin takes blobs.
    fn push_blobs(&self, from: Option<Oid>, to: Oid) -> Result<(u64, u64)> {
        let Some(row) = self.list_remotes()?.into_iter().find(|row| row.name.as_str() == "origin") else {
            return Ok((0, 0));
        };
        let mut needed: BTreeSet<Digest> = BTreeSet::new();
        let view = self.registry.view()?;
        for change in self.registry.repo().between(from, to)? {
            if let Some(Place::Document(artifact, Document::Manifest)) = Place::parse(&change.path)
                && let Some(manifest) = view.facts()?.manifest(&artifact)?
            {
                needed.extend(manifest.files.iter().map(|file| file.sha256));
            }
        }
        let mut here = Vec::new();
        for digest in needed {
            if self.registry.store().presence(&digest)? != Presence::Absent {
                here.push(digest);
            }
        }
        let world = self.registry.world();
        let origin = FolderRemote::open(&row.folder, world.disk.clone());
        let moved = self.registry.store().push(&here, &origin, &*world.progress, &world.cancel)?;
        Ok((moved.blobs, moved.bytes))
    }
}

fn moved(url: &str, theirs: Oid) -> Box<Error> {
    Error::new(Code::HeadMoved, format!("{url} is at {}, which is not behind this copy", theirs.short()))
        .hint(again_on_top())
        .field("found", theirs)
}

/// What helps where the origin has commits that this copy lacks.
fn again_on_top() -> Hint {
    Hint::of("bring what is there, and make your changes again on top: ")
        .then(Next::Fetch)
        .say(", then ")
        .then(Next::Renew { branch: None })
}
