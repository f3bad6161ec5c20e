//! The origin of a clone: its remote, its address, and its head as it was seen last.

use crate::registry::{Registry, Sharing};
use refmark_engine::ports::store::RecordStore;
use refmark_store::git::program::{Git, GitProgram};
use refmark_types::address::without_secrets;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;

/// Where a clone comes from.
pub(crate) struct Origin {
    /// The remote's name.
    pub(crate) remote: String,
    /// Its address, without passwords and tokens.
    pub(crate) url: String,
}

impl Sharing<'_> {
    /// The address that this registry was cloned from, without passwords and tokens.
    pub fn origin_url(&self) -> Result<Option<String>> {
        Ok(self.registry.origin()?.map(|it| it.url))
    }
}

impl Registry {
    /// The remote that this registry comes from; an error where there are several and none is said to be it.
    pub(crate) fn origin(&self) -> Result<Option<Origin>> {
        let Some(remote) = self.repo.upstream(&self.branch)? else { return Ok(None) };
        let url = self.repo.remote_url(&remote)?;
        Ok(url.map(|url| Origin { remote, url: without_secrets(&url) }))
    }

    /// The newest commit of the registry's branch at its origin, as it was fetched last.
    pub(crate) fn tracked_head(&self) -> Option<Oid> {
        let remote = self.repo.upstream(&self.branch).ok()??;
        self.repo.tracked(&remote, &self.branch).ok()?
    }

    /// The origin; an error where there is none.
    pub(crate) fn needs_origin(&self) -> Result<Origin> {
        self.origin()?.ok_or_else(|| {
            Error::new(Code::NotFound, format!("{} was not cloned from anywhere", self.path().display())).hint(
                Hint::of("it is the registry itself; `git remote add` names its origin. For a copy of it: ")
                    .then(Next::Clone { url: Some(self.path().display().to_string()) }),
            )
        })
    }

    /// Sets back, or forth, where the origin's branch was seen.
    pub(crate) fn track(&self, remote: &str, head: Oid) -> Result<()> {
        let name = format!("refs/remotes/{remote}/{}", self.branch());
        Git::default().run(self.git_dir(), false, &["update-ref", &name, &head.to_string()]).map(drop)
    }

    /// Fetches the origin's branches. Its head is returned where it follows what was verified here before; where it does
    /// not, or is gone, nothing counts as seen.
    pub(crate) fn fetch_origin(&self, origin: &Origin) -> Result<Oid> {
        let seen = self.tracked_head();
        let put_back = || seen.map_or(Ok(()), |seen| self.track(&origin.remote, seen));
        Git::default().until(&self.world.cancel).fetch(self.git_dir(), &origin.remote)?;
        let Some(theirs) = self.tracked_head() else {
            put_back()?;
            return Err(Error::new(Code::NotFound, format!("{} has no branch {}", origin.url, self.branch()))
                .hint("the registry is gone from its origin, or was renamed there; nothing here was changed")
                .field("branch", self.branch()));
        };
        self.check_origin_follows(theirs).or_else(|error| put_back().and(Err(error)))?;
        Ok(theirs)
    }

    /// How many commits lie behind a head before another one comes, along first parents.
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

    /// Whether a commit is on a head's first-parent chain.
    pub(crate) fn has_on_chain(&self, head: Oid, commit: Oid) -> Result<bool> {
        self.repo.on_first_parent_chain(head, commit)
    }
}
