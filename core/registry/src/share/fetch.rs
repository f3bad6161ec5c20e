//! `fetch`: what happened at the origin since, verified before it counts here.

use serde::Serialize;

use crate::registry::{Registry, Sharing, Writer};
use crate::share::again::{AgainAnswer, identity_of};
use crate::share::origin::Origin;
use crate::write::branch::Target;
use refmark_engine::ports::signer::Signer;
use refmark_engine::ports::store::{NewCommit, RecordStore, message};
use refmark_engine::snapshot::History;
use refmark_engine::verify::{Outcome, Problem};
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
    /// What became of this copy's own changes, where the origin had gone on without them.
    pub again: AgainAnswer,
}

impl Sharing<'_> {
    /// Fetches the origin's branches, verifies the new head, and moves the local branch to it. Own changes that the origin
    /// lacks are made again on top of it where their premises hold; the answer says which were not, and why, and on which
    /// branch they stay. Errors: `history-rewritten` where the origin's branch lost what was verified there before,
    /// `no-key` where own changes must be signed again and no writer is given, `wrong-root`.
    pub fn fetch_commits(&self, signer: Option<&dyn Signer>) -> Result<FetchAnswer> {
        let registry = self.registry;
        let origin = registry.needs_origin()?;
        let _lock = registry.begin()?;
        let theirs = registry.fetch_origin(&origin)?;
        let answer = registry.follow_origin(&origin, theirs, signer)?;
        registry.take_proposals(&origin)?;
        Ok(answer)
    }
}

impl Writer<'_> {
    /// Makes own changes again on top of what was fetched last, without asking the origin.
    pub fn renew_own(&self) -> Result<FetchAnswer> {
        let origin = self.registry.needs_origin()?;
        let _lock = self.registry.begin()?;
        let (ours, tracked) = (self.registry.head()?, self.registry.tracked_head());
        let Some(theirs) = tracked.filter(|theirs| !self.registry.has_on_chain(ours, *theirs).unwrap_or(false)) else {
            return Err(Error::new(
                Code::NothingToDo,
                format!(
                    "{} stands on the newest commit that was fetched from {} already",
                    self.registry.branch(),
                    origin.url
                ),
            )
            .hint(Hint::of("what is new at the origin: ").then(Next::Fetch)));
        };
        self.registry.check_origin_follows(theirs)?;
        self.registry.follow_origin(&origin, theirs, Some(self.signer))
    }
}

impl Registry {
    pub(crate) fn follow_origin(
        &self,
        origin: &Origin,
        theirs: Oid,
        signer: Option<&dyn Signer>,
    ) -> Result<FetchAnswer> {
        let ours = self.head()?;
        // The first-parent chain is what counts, as in the hook: what was merged into a chain of one's own is not on it.
        let (head, again) = match self.goes_on_from(ours, theirs)? {
            true => (ours, AgainAnswer::default()),
            false => self.again_on(signer, ours, theirs)?,
        };
        if let Some(error) = self.view_unremembered(theirs)?.verified().and_then(|it| it.root_error.clone()) {
            return Err(error);
        }
        self.bind(theirs);
        if head != ours {
            self.repo().move_branch(self.branch(), Some(ours), head)?;
        }
        let view = match self.view() {
            Err(error) if error.code == Code::HistoryRewritten && head != ours => self.view_anew(head)?,
            other => other?,
        };
        let (verdict, problems) = match view.verified() {
            Some(verified) => (verified.outcome(), verified.problems()),
            None => (Outcome::Incomplete, Vec::new()),
        };
        let base = self.fork(ours, theirs)?.unwrap_or(theirs);
        Ok(FetchAnswer {
            url: origin.url.clone(),
            before: ours,
            head,
            commits: self.chain_length(theirs, base)?,
            ahead: self.chain_length(head, theirs)?,
            verdict,
            problems,
            again,
        })
    }

    /// Moves local branches of proposals forward to what the origin has of them. Where others added approvals to one at the
    /// same time, both sides' are put together; where that does not fit together, the branch stays as it is.
    fn take_proposals(&self, origin: &Origin) -> Result<()> {
        let tracked = self.repo.tracked_branches(&origin.remote)?;
        for name in self.repo.branches()?.iter().filter(|name| *name != self.branch()) {
            let (Some(local), Some(theirs)) = (self.repo.head(name)?, tracked.get(name).copied()) else { continue };
            if self.repo.is_ancestor(theirs, local)? || !self.repo.checked_out_at(name)?.is_empty() {
                continue;
            }
            let next = match self.repo.is_ancestor(local, theirs)? {
                true => Some(theirs),
                false => self.both_sides(name)?,
            };
            if let Some(next) = next {
                self.repo.move_branch(name, Some(local), next)?;
            }
        }
        Ok(())
    }

    /// One commit with what both sides added to a proposal, where that fits together.
    fn both_sides(&self, name: &str) -> Result<Option<Oid>> {
        let view = self.view()?;
        let Ok(Target::Branch(ahead)) = self.target(&view, name) else { return Ok(None) };
        let Some(own) = ahead.also else { return Ok(None) };
        let before = self.repo.commit(own)?;
        let author = identity_of(&before.author);
        let commit = self.repo.write(&NewCommit {
            parents: vec![ahead.tip, own],
            files: self.own_side(&ahead)?,
            removals: Vec::new(),
            message: message(&format!("{name}: what two clones added"), "", &[]),
            committer: author.clone(),
            author,
            time: before.time,
            sign: None,
        })?;
        Ok(Some(commit))
    }
}
