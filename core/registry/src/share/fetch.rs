//! `fetch`: what happened at the origin since, verified before it counts here.

use crate::registry::Sharing;
use serde::Serialize;

use crate::registry::Registry;
use crate::view::View;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::{Outcome, Problem};
use refmark_store::git::program::{Git, GitProgram};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;

/// What a fetch brought.
#[derive(Debug, Clone, Serialize)]
pub struct FetchAnswer {
    /// Where it came from.
    pub url: String,
    /// The head before.
    pub before: Oid,
    /// The head now.
    pub head: Oid,
    /// How many commits came, along first parents.
    pub commits: u64,
    /// How many commits of this copy the origin lacks.
    pub ahead: u64,
    /// What the verification of the new head came to.
    pub verdict: Outcome,
    /// Everything at the new head that is not as it should be.
    pub problems: Vec<Problem>,
}

impl Sharing<'_> {
    /// Fetches the origin's branches, verifies the new head, and moves the local branch to it where it has no commits of
    /// its own that the origin lacks. Errors: `history-rewritten` where the origin's branch lost what was seen there
    /// before, `head-moved` where both sides have commits of their own, `wrong-root`.
    pub fn fetch_commits(&self) -> Result<FetchAnswer> {
        let url = self.registry.needs_origin()?;
        let _lock = self.registry.lock()?;
        let seen = self.registry.tracked_head();
        Git::default().fetch(self.registry.git_dir(), "origin")?;
        let Some(theirs) = self.registry.tracked_head() else {
            return Err(Error::new(Code::NotFound, format!("{url} has no branch {}", self.registry.branch()))
                .hint("the registry is gone from its origin, or was renamed there"));
        };
        if let Some(seen) = seen
            && !self.registry.repo().on_first_parent_chain(theirs, seen)?
        {
            // Nothing that was not vouched for may become the base of new statements.
            self.track(seen)?;
            return Err(rewritten(seen, theirs));
        }
        self.follow_origin(url, theirs)
    }

    fn follow_origin(&self, url: String, theirs: Oid) -> Result<FetchAnswer> {
        let ours = self.registry.head()?;
        let (head, ahead) = if self.registry.repo().is_ancestor(theirs, ours)? {
            (ours, self.registry.chain_length(ours, theirs)?)
        } else if self.registry.repo().is_ancestor(ours, theirs)? {
            (theirs, 0)
        } else {
            return Err(Error::new(
                Code::HeadMoved,
                format!("{url} and this copy both have commits that the other lacks"),
            )
            .hint(
                Hint::of("make your own changes again on top of theirs: ")
                    .then(Next::Renew { branch: Some(self.registry.branch().to_owned()) }),
            )
            .field("expected", ours)
            .field("found", theirs));
        };
        let view = self.registry.view_after_fetch(head, theirs)?;
        if let Some(error) = view.verified().and_then(|it| it.root_error.clone()) {
            return Err(error);
        }
        if head != ours {
            self.registry.repo().move_branch(self.registry.branch(), Some(ours), head)?;
        }
        let commits = if head == ours { 0 } else { self.registry.chain_length(head, ours)? };
        let (verdict, problems) = match view.verified() {
            Some(verified) => (verified.outcome(), verified.problems()),
            None => (Outcome::Incomplete, Vec::new()),
        };
        Ok(FetchAnswer { url, before: ours, head, commits, ahead, verdict, problems })
    }

    /// Sets back what the origin's branch was seen at.
    fn track(&self, seen: Oid) -> Result<()> {
        let name = format!("refs/remotes/origin/{}", self.registry.branch());
        Git::default().run(self.registry.git_dir(), false, &["update-ref", &name, &seen.to_string()]).map(drop)
    }
}

impl Registry {
    /// The view of a fetched head. Own commits that were merged at the origin leave its first-parent chain: then the walk
    /// begins anew, because what was remembered here was never the origin's.
    fn view_after_fetch(&self, head: Oid, theirs: Oid) -> Result<View<'_>> {
        match self.view_of(head) {
            Err(error) if error.code == Code::HistoryRewritten && head == theirs => self.view_anew(head),
            other => other,
        }
    }

    /// The origin's address; an error where there is none.
    pub(crate) fn needs_origin(&self) -> Result<String> {
        self.share().origin_url()?.ok_or_else(|| {
            Error::new(Code::NotFound, format!("{} was not cloned from anywhere", self.path().display())).hint(
                Hint::of("it is the registry itself; for a copy of it: ")
                    .then(Next::Clone { url: Some(self.path().display().to_string()) }),
            )
        })
    }

    /// How many commits lie behind a head before another one is an ancestor, along first parents.
    pub(crate) fn chain_length(&self, head: Oid, stop: Oid) -> Result<u64> {
        use refmark_engine::snapshot::History;
        let (mut at, mut count) = (head, 0);
        while at != stop {
            count += 1;
            match self.repo().commit(at)?.parents.first() {
                Some(parent) => at = *parent,
                None => break,
            }
        }
        Ok(count)
    }
}

fn rewritten(seen: Oid, found: Oid) -> Box<Error> {
    Error::new(
        Code::HistoryRewritten,
        format!("the origin's head {} is not on the first-parent chain of {}", seen.short(), found.short()),
    )
    .hint("somebody rewrote or moved back the branch; compare with a copy that you trust, nothing was taken from it")
    .field("expected", seen)
    .field("found", found)
}
