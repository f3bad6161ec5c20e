//! `trust accept-head`: going back is a decision. A registry that was put back from a backup lost what came after it; who
//! saw that before accepts the older head by name, after being shown what is lost.

use serde::Serialize;

use crate::registry::Sharing;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::History;
use refmark_engine::verify::Verifier;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// So many lost commits are listed.
const LISTED: usize = 50;

/// A commit that the accepted head does not have.
#[derive(Debug, Clone, Serialize)]
pub struct LostCommit {
    /// The commit.
    pub commit: Oid,
    /// What it says.
    pub subject: String,
    /// Its own time.
    pub time: Timestamp,
}

/// A head that does not follow what was seen, and what accepting it gives up.
#[derive(Debug, Clone, Serialize)]
pub struct OlderHead {
    /// The head.
    pub head: Oid,
    /// The head that was seen before.
    pub seen: Oid,
    /// Whether it is the origin's head; else it is this copy's own.
    pub of_origin: bool,
    /// The newest commit that both have, where the commits are here.
    pub common: Option<Oid>,
    /// What was seen and is not behind this head, newest first, as far as it is still here.
    pub lost: Vec<LostCommit>,
    /// How many more were lost than are listed.
    pub more: u64,
    /// Whether the commits that were seen are gone from the repository, so that nothing can be said of them.
    pub gone: bool,
    /// Whether it was accepted.
    pub accepted: bool,
}

impl Sharing<'_> {
    /// The head that would be accepted: the one that is named, else this copy's own. An error `nothing-to-do` where it
    /// follows what was seen.
    pub fn older_head(&self, named: Option<&str>) -> Result<OlderHead> {
        let own = self.registry.head()?;
        let head = match named {
            Some(text) => self.registry.repo.resolve_revision(text)?,
            None => own,
        };
        let of_origin = head != own;
        let seen = match of_origin {
            true => {
                self.registry.check_same_registry(head)?;
                self.registry.bound()
            }
            false => self.registry.remembered().map(|it| it.head),
        };
        let follows = |seen: Oid| -> Result<bool> {
            Ok(self.registry.repo.on_first_parent_chain(head, seen)?
                || (!of_origin && self.registry.lacks_only_own(head, seen)?))
        };
        let Some(seen) = seen.filter(|seen| !follows(*seen).unwrap_or(false)) else {
            return Err(Error::new(Code::NothingToDo, format!("{} follows what was seen here", head.short())).hint(
                Hint::of("there is nothing to accept; where the registry stands is said by ").then(Next::Status),
            ));
        };
        let mut older =
            OlderHead { head, seen, of_origin, common: None, lost: Vec::new(), more: 0, gone: false, accepted: false };
        match self.lost_behind(&mut older) {
            Err(error) if matches!(error.code, Code::Incomplete | Code::NotFound) => older.gone = true,
            other => other?,
        }
        Ok(older)
    }

    fn lost_behind(&self, older: &mut OlderHead) -> Result<()> {
        older.common = self.registry.fork(older.seen, older.head)?;
        let lost = self.registry.chain_between(older.seen, older.common)?;
        older.more = lost.len().saturating_sub(LISTED) as u64;
        for commit in lost.into_iter().rev().take(LISTED) {
            let info = self.registry.repo.commit(commit)?;
            let subject = info.message.lines().next().unwrap_or_default().to_owned();
            older.lost.push(LostCommit { commit, subject, time: info.time });
        }
        Ok(())
    }

    /// Verifies the head whole, and takes it for the newest that was seen. What was seen before is forgotten.
    pub fn accept_head(&self, mut older: OlderHead) -> Result<OlderHead> {
        let _lock = self.registry.lock()?;
        let pin = self.registry.world.pin_of(self.registry.id())?;
        if let Some(error) = self.registry.why_incomplete()? {
            return Err(error);
        }
        let verified = self.registry.walk(Verifier::from_the_start(&self.registry.repo, older.head, pin)?)?;
        if let Some(error) = verified.root_error.clone().or(verified.tip_error.clone()) {
            return Err(error);
        }
        self.registry.world.store_accepted(self.registry.id(), older.head, older.seen)?;
        match older.of_origin {
            true => {
                let origin = self.registry.needs_origin()?;
                self.registry.bind(older.head);
                self.registry.track(&origin.remote, older.head)?;
            }
            false => {
                self.registry.forget();
                if let Some(remembered) = verified.remember() {
                    self.registry.remember(&remembered)?;
                }
            }
        }
        older.accepted = true;
        Ok(older)
    }
}
