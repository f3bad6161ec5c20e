//! What a clone has seen of its origin: the newest head of the origin's branch that this reader verified. The origin may
//! only add to it. What a clone has of its own, and its origin lacks, is the user's: it may be made again on another head,
//! or dropped with `git`.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::registry::{Registry, first_root};
use crate::view::View;
use crate::view::reader_folder::read_own;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::History;
use refmark_store::fs::durable::replace_cache;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;

/// Looking for the origin's head behind one's own costs a commit a step.
const OWN_AT_MOST: usize = 4096;
/// The file in the reader's own folder.
const FILE: &str = "origin.json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    head: Oid,
}

impl Registry {
    /// The newest head of the origin's branch that was verified here.
    pub(crate) fn bound(&self) -> Option<Oid> {
        let seen: Seen = serde_json::from_slice(&read_own(&self.own_folder().join(FILE))?).ok()?;
        Some(seen.head)
    }

    /// Takes note of the origin's head, which was verified.
    pub(crate) fn bind(&self, head: Oid) {
        let (Ok(text), Some(folder)) = (serde_json::to_vec(&Seen { head }), self.make_own_folder()) else { return };
        let _ = replace_cache(&*self.world.disk, &folder.join(FILE), &text, 0o600);
    }

    /// Takes note of what plain `git` fetched or pushed, where it lies in the history that was just verified.
    pub(crate) fn bind_to_tracked(&self, view: &View<'_>) -> Result<()> {
        let good = view.verified().is_some_and(|it| it.tip_error.is_none() && it.root_error.is_none());
        let (Some(tracked), bound) = (self.tracked_head().filter(|_| good), self.bound()) else { return Ok(()) };
        if bound == Some(tracked) || !self.is_near(view.head, tracked)? {
            return Ok(());
        }
        // An origin that was moved back is told by `fetch`, and forgotten by nobody.
        if bound.is_none_or(|bound| self.repo.on_first_parent_chain(tracked, bound).unwrap_or(false)) {
            self.bind(tracked);
        }
        Ok(())
    }

    /// Whether a commit is on a head's first-parent chain, not far behind it.
    fn is_near(&self, head: Oid, commit: Oid) -> Result<bool> {
        let mut at = Some(head);
        for _ in 0..OWN_AT_MOST {
            match at {
                Some(id) if id == commit => return Ok(true),
                Some(id) => at = self.repo.commit(id)?.parents.first().copied(),
                None => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Whether a head lacks nothing of what was seen here but commits of this clone's own, which its origin never had.
    pub(crate) fn lacks_only_own(&self, head: Oid, seen: Oid) -> Result<bool> {
        let (Some(bound), Some(_)) = (self.bound(), self.repo.comes_from(&self.branch)?) else { return Ok(false) };
        match self.fork(seen, bound) {
            Ok(Some(published)) => self.repo.on_first_parent_chain(head, published),
            Ok(None) => Ok(false),
            // What was dropped may be gone from the repository as well: then only the origin's head is left to hold to.
            Err(error) if error.code == Code::Incomplete => self.repo.on_first_parent_chain(head, bound),
            Err(error) => Err(error),
        }
    }

    /// The newest commit that two first-parent chains have in common.
    pub(crate) fn fork(&self, one: Oid, other: Oid) -> Result<Option<Oid>> {
        let mut seen = [HashSet::new(), HashSet::new()];
        let mut at = [Some(one), Some(other)];
        while at.iter().any(Option::is_some) {
            for side in 0..2 {
                let Some(id) = at[side] else { continue };
                if seen[1 - side].contains(&id) {
                    return Ok(Some(id));
                }
                seen[side].insert(id);
                at[side] = self.repo.commit(id)?.parents.first().copied();
            }
        }
        Ok(None)
    }

    /// The commits of a head's first-parent chain behind which `stop` comes, oldest first; all of them without `stop`.
    pub(crate) fn chain_between(&self, head: Oid, stop: Option<Oid>) -> Result<Vec<Oid>> {
        let mut chain = Vec::new();
        let mut at = Some(head).filter(|head| Some(*head) != stop);
        while let Some(id) = at {
            chain.push(id);
            at = self.repo.commit(id)?.parents.first().copied().filter(|parent| Some(*parent) != stop);
        }
        chain.reverse();
        Ok(chain)
    }

    /// An error where a head of the origin is of another registry, or of none: an address can lead elsewhere one day, and
    /// that is no history to accept.
    pub(crate) fn check_same_registry(&self, theirs: Oid) -> Result<()> {
        let (error, found) = match first_root(&self.repo, theirs) {
            Ok(Some((record, _))) if record.common().registry == self.id() => return Ok(()),
            Ok(Some((record, name))) => {
                let id = record.common().registry;
                let message =
                    format!("the origin holds another registry, {name} ({id}), and this one is {}", self.id());
                (Error::new(Code::WrongRegistry, message), id.to_string())
            }
            // Everything was taken away from what was one: a bad commit, which its verification tells.
            Ok(None) if self.bound().is_some_and(|seen| self.has_on_chain(theirs, seen).unwrap_or(false)) => {
                return Ok(());
            }
            Ok(None) => {
                let message = format!("the branch {} of the origin is no registry", self.branch());
                (Error::new(Code::WrongRegistry, message), String::new())
            }
            // What cannot be read is told when it is verified.
            Err(_) => return Ok(()),
        };
        Err(error
            .hint("nothing was taken from it; see where `git remote -v` leads, and ask its owner where the registry is now")
            .field("expected", self.id())
            .field("found", found))
    }

    /// An error where a head of the origin does not follow the one that was verified here before.
    pub(crate) fn check_origin_follows(&self, theirs: Oid) -> Result<()> {
        self.check_same_registry(theirs)?;
        let Some(bound) = self.bound() else { return Ok(()) };
        if self.repo.on_first_parent_chain(theirs, bound)? {
            return Ok(());
        }
        let older = self.repo.on_first_parent_chain(bound, theirs).unwrap_or(false);
        Err(rewritten(bound, theirs, older))
    }
}

fn rewritten(seen: Oid, found: Oid, older: bool) -> Box<Error> {
    let what = match older {
        true => format!("the origin was moved back: it is at {}, and was seen at {}", found.short(), seen.short()),
        false => format!("the origin's head {} is not on the first-parent chain of {}", seen.short(), found.short()),
    };
    Error::new(Code::HistoryRewritten, what)
        .hint(
            Hint::of(
                "nothing was taken from it; compare with a copy that you trust. Where its owner has put it back from a \
                 backup: ",
            )
            .then(Next::TrustAcceptHead { head: found.to_string() }),
        )
        .field("expected", seen)
        .field("found", found)
        .field("older", older)
}

#[cfg(test)]
mod tests {
    use crate::pins::tests::Stage1;

    #[test]
    fn the_fork_of_two_chains_is_their_newest_common_commit() {
        let stage = Stage1::new();
        let registry = stage.registry();
        let first = registry.head().unwrap();
        let newer = stage.promote(&registry, 2).commit;
        assert_eq!(registry.fork(newer, first).unwrap(), Some(first));
        assert_eq!(registry.fork(first, newer).unwrap(), Some(first));
        assert_eq!(registry.fork(newer, newer).unwrap(), Some(newer));
        assert_eq!(registry.chain_between(newer, Some(first)).unwrap(), [newer]);
        assert_eq!(
            registry.chain_between(newer, None).unwrap().len() as u64,
            registry.view().unwrap().verified().unwrap().walk.commits()
        );
    }
}
