//! `events`: what took effect, as CloudEvents, from the first commit or after one that a reader had seen.

use serde::Serialize;

use crate::registry::{Reader, Registry};
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::{NeedsWholeWalk, Remembered, Verified, Verifier};
use refmark_query::answer::cloud_event::cloud_events;
pub use refmark_query::answer::cloud_event::{Approver, CloudEvent, EventData, TYPE_PREFIX};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;

/// What took effect, oldest first, and where to go on.
#[derive(Debug, Clone, Serialize)]
pub struct CloudEventsAnswer {
    /// The events.
    pub events: Vec<CloudEvent>,
    /// The head up to which they are: the next reading begins after it.
    pub head: Oid,
    /// What the walk may go on from the next time.
    #[serde(skip)]
    pub(crate) remembered: Option<Remembered>,
}

impl<'r> Reader<'r> {
    /// What took effect after a commit of the registry's chain, or since the first one: each event once, the oldest first.
    /// The cost is that of what is new where the commit was seen here lately; otherwise the history is walked.
    ///
    /// # Errors
    ///
    /// `not-found` where there is no such commit, `history-rewritten` where it is not on the chain of the branch,
    /// `wrong-root` where the registry is not the one that is pinned.
    pub fn cloud_events(&self, since: Option<&str>) -> Result<CloudEventsAnswer> {
        let since = since.map(|text| self.registry.repo.resolve_revision(text)).transpose()?;
        self.registry.events_after(since, None)
    }

    /// What took effect after an answer that was given before.
    pub fn cloud_events_after(&self, before: &CloudEventsAnswer) -> Result<CloudEventsAnswer> {
        if self.registry.head()? == before.head {
            return Ok(CloudEventsAnswer { events: Vec::new(), ..before.clone() });
        }
        self.registry.events_after(Some(before.head), before.remembered.as_ref())
    }
}

impl Registry {
    /// What took effect after a commit; `kept` is what a reader of its own kept at that commit or before it.
    pub(crate) fn events_after(&self, since: Option<Oid>, kept: Option<&Remembered>) -> Result<CloudEventsAnswer> {
        // The reader's own view first: it holds the branch to what was seen of it.
        let head = self.view()?.head;
        since.map_or(Ok(()), |since| self.check_on_chain(since, head))?;
        let verified = self.walk_after(since, head, kept)?;
        if let Some(error) = &verified.root_error {
            return Err(error.clone());
        }
        let events = cloud_events(&self.repo, &verified, self.id(), since)?;
        Ok(CloudEventsAnswer { events, head, remembered: verified.remember() })
    }

    /// An error where a commit is not on the first-parent chain of a head.
    pub(crate) fn check_on_chain(&self, commit: Oid, head: Oid) -> Result<()> {
        match self.repo.on_first_parent_chain(head, commit)? {
            true => Ok(()),
            false => Err(not_on_the_chain(commit, head)),
        }
    }

    /// A walk to the head that begins at a commit or before it.
    fn walk_after(&self, since: Option<Oid>, head: Oid, kept: Option<&Remembered>) -> Result<Verified<'_>> {
        let pin = self.world.pin_of(self.id())?;
        if let Some(since) = since {
            let usable = |kept: &&Remembered| self.repo.on_first_parent_chain(since, kept.head).unwrap_or(false);
            let kept = match kept.filter(usable) {
                Some(kept) => Some(kept.clone()),
                None => self.remembered_behind(since, pin)?,
            };
            if let Some(kept) = kept {
                let resumed = Verifier::resume(&self.repo, head, &kept);
                match resumed.and_then(|it| self.walk(it.held_to(pin))) {
                    // Which events a lost key taints is told by a walk from the start.
                    Err(error) if NeedsWholeWalk::is(&error) => {}
                    other => return other,
                }
            }
        }
        match self.why_incomplete()? {
            Some(error) => Err(error),
            None => self.walk(Verifier::from_the_start(&self.repo, head, pin)?),
        }
    }
}

fn not_on_the_chain(since: Oid, head: Oid) -> Box<Error> {
    Error::new(
        Code::HistoryRewritten,
        format!("{} is not on the first-parent chain of the registry's head {}", since.short(), head.short()),
    )
    .hint(
        Hint::of("begin at a commit that ")
            .then(Next::Log { reference: None })
            .say(" names; where the branch was put back from a backup, events after that commit are told again"),
    )
    .field("expected", since)
    .field("found", head)
}
