//! `push`: own commits to the origin, their bytes first.

use serde::Serialize;

use crate::registry::Sharing;
use crate::share::again::AgainAnswer;
use crate::share::remotes::ORIGIN;
use refmark_engine::ports::signer::Signer;
use refmark_engine::snapshot::History;
use refmark_records::layout::{Document, Place};
use refmark_store::blob::Presence;
use refmark_store::git::program::{Git, GitProgram};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;
use std::collections::BTreeSet;

/// How often own changes are made again where somebody else pushes in between.
const TRIES: usize = 5;

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
    /// How many blobs of these commits are in this copy alone: neither the origin nor a remote takes blobs.
    pub kept: u64,
    /// What to do next.
    #[serde(serialize_with = "refmark_types::hint::as_lines")]
    pub next: Vec<Hint>,
    /// What became of own changes that had to be made again on top of what others had pushed.
    pub again: AgainAnswer,
}

/// What became of the blobs of a push.
#[derive(Default)]
struct Went {
    blobs: u64,
    bytes: u64,
    /// How many no place took.
    kept: u64,
}

fn answer(
    url: String,
    (before, head, commits): (Option<Oid>, Oid, u64),
    went: &Went,
    again: AgainAnswer,
) -> PushAnswer {
    let Went { blobs, bytes, kept } = *went;
    // Others who clone the origin have the records then, and no place to take the bytes from.
    let nowhere = Hint::of("the bytes are in this copy alone; name a place that others reach: ").then(Next::RemoteAdd);
    let next = if kept > 0 { vec![nowhere.say(", and bring them there: ").then(Next::Sync)] } else { Vec::new() };
    PushAnswer { url, head, before, commits, blobs, bytes, kept, next, again }
}

impl Sharing<'_> {
    /// Pushes this copy's own commits to the origin, never by force, after the bytes that they need. Where the origin has
    /// gone on, own changes are made again on top of it first, as [`Sharing::fetch_commits`] does; those whose premises are
    /// gone are not pushed, and the answer says which.
    pub fn push_commits(&self, signer: Option<&dyn Signer>) -> Result<PushAnswer> {
        let origin = self.registry.needs_origin()?;
        let _lock = self.registry.begin()?;
        let mut again = AgainAnswer::default();
        let mut went = Went::default();
        let mut theirs = self.registry.tracked_head();
        theirs.map_or(Ok(()), |theirs| self.registry.check_origin_follows(theirs))?;
        for attempt in 0.. {
            if let Some(theirs) = theirs.filter(|theirs| {
                !self.registry.goes_on_from(self.registry.head().unwrap_or(*theirs), *theirs).unwrap_or(false)
            }) {
                again.absorb(self.registry.follow_origin(&origin, theirs, signer)?.again);
            }
            let view = self.registry.view()?;
            view.check_tip()?;
            let before = theirs;
            if before == Some(view.head) {
                if again.made.is_empty() && again.left.is_empty() {
                    return Err(Error::new(Code::NothingToDo, format!("{} has everything that is here", origin.url)));
                }
                return Ok(answer(origin.url, (before, view.head, 0), &went, again));
            }
            let commits = match before {
                Some(before) => self.registry.chain_length(view.head, before)?,
                None => view.verified().map_or(0, |it| it.walk.commits()),
            };
            let now = self.push_blobs(before, view.head)?;
            went = Went { blobs: went.blobs + now.blobs, bytes: went.bytes + now.bytes, kept: now.kept };
            let refspec = format!("refs/heads/{0}:refs/heads/{0}", self.registry.branch());
            let expected = before.map(|it| it.to_string()).unwrap_or_default();
            let git = Git::default().until(&self.registry.world.cancel);
            match git.push(self.registry.git_dir(), &origin.remote, &refspec, &expected) {
                Ok(()) => {
                    self.registry.track(&origin.remote, view.head)?;
                    self.registry.bind(view.head);
                    return Ok(answer(origin.url, (before, view.head, commits), &went, again));
                }
                Err(error) if error.code == Code::HeadMoved && attempt < TRIES => {}
                Err(error) => return Err(error),
            }
            theirs = Some(self.registry.fetch_origin(&origin)?);
        }
        Err(refmark_types::error::bug("pushing never ends"))
    }

    /// Sends the blobs of artifacts that came with these commits, as far as they are here, to the origin where it takes blobs,
    /// else to every remote that does.
    fn push_blobs(&self, from: Option<Oid>, to: Oid) -> Result<Went> {
        let rows = self.registry.places()?;
        let origin = rows.iter().position(|row| row.name.as_str() == ORIGIN);
        // An origin that is no folder takes commits alone: then the bytes go where the registry keeps them.
        let rows = origin.map_or(&rows[..], |at| std::slice::from_ref(&rows[at]));
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
        let mut moved = Went { kept: here.len() as u64, ..Went::default() };
        for row in rows {
            let remote = self.registry.open_remote(row);
            if here.is_empty() || !remote.writable() {
                continue;
            }
            let went = self.registry.store().push(&here, &*remote, &*world.progress, &world.cancel)?;
            moved = Went { blobs: moved.blobs + went.blobs, bytes: moved.bytes + went.bytes, kept: 0 };
        }
        Ok(moved)
    }
}
