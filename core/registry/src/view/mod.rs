//! A verified view of the registry: what has taken effect at its head, and how far that is vouched for.

pub(crate) mod bound;
pub(crate) mod incomplete;
pub(crate) mod index;
pub(crate) mod index_handle;
pub(crate) mod landed;
pub(crate) mod read_ahead;
pub(crate) mod reader_folder;
pub(crate) mod remembered;

use crate::missing_objects::explain_missing;
use crate::read::known_answers::KEPT_ANSWERS;
use crate::registry::{Reader, Registry};
use crate::view::remembered::KEPT;
use refmark_engine::chain::Chain;
use refmark_engine::effective::{Objects, State};
use refmark_engine::ports::Unit;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::rules::Judged;
use refmark_engine::snapshot::{Change, Mode};
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::{NeedsWholeWalk, Subject, Verified, Verifier};
pub use refmark_query::answer::AsOf;
use refmark_query::answer::QueryContext;
use refmark_store::fs::parallel::locked;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// What has taken effect at a head.
pub struct View<'r> {
    /// The registry.
    pub registry: &'r Registry,
    /// The walk to the head; nothing where history is not whole and the caller accepted that.
    verified: Option<Verified<'r>>,
    /// The state where history is not whole.
    unwalked: Option<State<'r>>,
    /// The head.
    pub head: Oid,
    /// The pinned root, by the digest of its statement.
    pub pin: Option<Digest>,
    /// The chain behind the head, as far as somebody asked for it.
    chain: OnceCell<Chain<'r>>,
}

impl Registry {
    /// The newest commit of the registry's branch.
    pub(crate) fn head(&self) -> Result<Oid> {
        self.repo.head(&self.branch)?.ok_or_else(|| {
            Error::new(Code::NotARegistry, format!("branch {} of {} is gone", self.branch, self.path().display()))
        })
    }

    /// The view of the newest head: verified from what was remembered, else from the first commit.
    pub(crate) fn view(&self) -> Result<View<'_>> {
        self.view_of(self.head()?)
    }

    /// The view of a head.
    pub(crate) fn view_of(&self, head: Oid) -> Result<View<'_>> {
        let pin = self.world.pin_of(self.id())?;
        // What took effect does not rest on the pin: any pin is held against the roots at the end of the walk.
        if let Some(remembered) = self.remembered() {
            let objects = Objects::seeded(&self.repo, std::mem::take(&mut *locked(&self.parsed)));
            let resumed = Verifier::resume_with(objects, head, &remembered).and_then(|it| self.walk(it.held_to(pin)));
            match resumed {
                Ok(verified) => return self.viewed(head, pin, verified, Some(remembered.head)),
                Err(error) if NeedsWholeWalk::is(&error) => {}
                Err(error) if error.code == Code::HistoryRewritten && self.is_behind(head, remembered.head)? => {
                    return self.view_behind(head, pin);
                }
                Err(error) if error.code == Code::HistoryRewritten && self.lacks_only_own(head, remembered.head)? => {
                    return self.view_from_kept(head, pin);
                }
                Err(error) => return Err(error),
            }
        }
        self.view_anew(head)
    }

    /// Whether a head is only older than what was seen: another process went on meanwhile, and the branch with it. A
    /// branch that was moved back is not.
    pub(crate) fn is_behind(&self, head: Oid, seen: Oid) -> Result<bool> {
        let now = self.head()?;
        Ok(now != head && self.repo.on_first_parent_chain(now, seen)? && self.repo.on_first_parent_chain(seen, head)?)
    }

    /// The view of a head behind the one that was seen last, which stays remembered.
    fn view_behind(&self, head: Oid, pin: Option<Digest>) -> Result<View<'_>> {
        let verifier = match self.remembered_behind(head, pin)? {
            Some(kept) => Verifier::resume(&self.repo, head, &kept)?.held_to(pin),
            None => Verifier::from_the_start(&self.repo, head, pin)?,
        };
        self.viewed(head, pin, self.walk(verifier)?, Some(head))
    }

    /// The view of a head whose chain is not the one that was seen last; from here on it is.
    fn view_from_kept(&self, head: Oid, pin: Option<Digest>) -> Result<View<'_>> {
        match self.remembered_behind(head, pin)? {
            Some(kept) => {
                let verifier = Verifier::resume(&self.repo, head, &kept)?.held_to(pin);
                self.viewed(head, pin, self.walk(verifier)?, None)
            }
            None => self.view_anew(head),
        }
    }

    /// The view of a head that is not the branch's own yet: nothing of it is remembered.
    pub(crate) fn view_unremembered(&self, head: Oid) -> Result<View<'_>> {
        let pin = self.world.pin_of(self.id())?;
        self.view_behind(head, pin)
    }

    /// The view of a head, verified from the first commit.
    pub(crate) fn view_anew(&self, head: Oid) -> Result<View<'_>> {
        let pin = self.world.pin_of(self.id())?;
        if let Some(error) = self.why_incomplete()? {
            return Err(error);
        }
        let verified = Verifier::from_the_start(&self.repo, head, pin)
            .and_then(|it| self.walk(it))
            .map_err(|error| explain_missing(&self.repo, error))?;
        self.viewed(head, pin, verified, None)
    }

    fn viewed<'r>(
        &'r self,
        head: Oid,
        pin: Option<Digest>,
        verified: Verified<'r>,
        known: Option<Oid>,
    ) -> Result<View<'r>> {
        if known != Some(head)
            && let Some(remembered) = verified.remember()
            && !self.has_seen_more(&remembered)?
        {
            self.remember(&remembered)?;
        }
        let view = View { registry: self, verified: Some(verified), unwalked: None, head, pin, chain: OnceCell::new() };
        // Where the pin cannot be kept, the older one holds as well.
        let _ = view.advance_pin();
        if known != Some(head) {
            self.bind_to_tracked(&view)?;
        }
        Ok(view)
    }

    /// Walks to the head, with progress where that takes long. A long walk keeps a head a little behind as well: what is
    /// asked next is what the last commits changed.
    pub(crate) fn walk<'r>(&'r self, mut verifier: Verifier<'r>) -> Result<Verified<'r>> {
        let total = verifier.remaining();
        let long = total > 256;
        if long {
            self.world.progress.start("verifying history", Some(total as u64), Unit::Items);
        }
        let mut behind = None;
        self.walk_ahead(&mut verifier, |verifier, _| {
            if long {
                self.world.progress.advance(1);
                if verifier.remaining() + 1 == KEPT {
                    behind = verifier.so_far();
                }
            }
            self.world.cancel.check()
        })?;
        if long {
            self.world.progress.finish();
        }
        let verified = verifier.finish()?;
        if let Some(behind) = behind.filter(|_| verified.root_error.is_none()) {
            self.remember_beside(&behind);
        }
        Ok(verified)
    }

    /// The view of the last good head, where the newest one is bad.
    pub(crate) fn view_last_good(&self) -> Result<View<'_>> {
        let view = self.view()?;
        match view.verified.as_ref().map(|it| (&it.tip_error, it.last_good)) {
            Some((Some(_), Some(good))) => self.view_of(good),
            _ => Ok(view),
        }
    }
}

impl<'r> Reader<'r> {
    /// The newest commit of the registry's branch. An error `not-a-registry` where the branch is gone.
    pub fn head(&self) -> Result<Oid> {
        self.registry.head()
    }

    /// The view of the newest head: verified from what this reader verified before, else from the first commit. Its cost is
    /// that of what is new.
    ///
    /// # Errors
    ///
    /// `history-rewritten` where the branch lost what this reader saw of it, `incomplete` where history is not whole. A bad
    /// newest commit is no error here: see [`View::check_tip`].
    pub fn view(&self) -> Result<View<'r>> {
        self.registry.view()
    }

    /// The view of a head of the branch, which may be an older one.
    pub fn view_of(&self, head: Oid) -> Result<View<'r>> {
        self.registry.view_of(head)
    }

    /// The view where history is not whole: the tree as it stands, for callers that accepted that.
    pub fn view_incomplete(&self) -> Result<View<'r>> {
        self.registry.view_incomplete()
    }

    /// The view of the last good head, where the newest commit is bad.
    pub fn view_last_good(&self) -> Result<View<'r>> {
        self.registry.view_last_good()
    }
}

impl<'r> View<'r> {
    /// What stands in a tree whose history is not whole.
    fn unwalked(registry: &'r Registry, state: State<'r>, head: Oid, pin: Option<Digest>) -> View<'r> {
        View { registry, verified: None, unwalked: Some(state), head, pin, chain: OnceCell::new() }
    }

    /// What has taken effect.
    pub fn state(&self) -> Result<&State<'r>> {
        match (&self.verified, &self.unwalked) {
            (Some(verified), _) => Ok(verified.state()),
            (None, Some(state)) => Ok(state),
            (None, None) => Err(refmark_types::error::bug("a view without a state")),
        }
    }

    /// Questions to what has taken effect.
    pub fn facts(&self) -> Result<StateReader<'_>> {
        Ok(StateReader(self.state()?))
    }

    /// The walk, where history is whole.
    pub fn verified(&self) -> Option<&Verified<'r>> {
        self.verified.as_ref()
    }

    /// Judges files as one landing on this head, without writing anything.
    pub(crate) fn try_landing(&self, files: &BTreeMap<String, (Mode, Oid)>) -> Result<Judged> {
        match self.verified() {
            Some(verified) => verified.walk.try_landing(files),
            None => Err(refmark_types::error::bug("a landing is judged in a whole history")),
        }
    }

    /// Goes on to a commit that was just written on top of this head, with what it came to when it was tried. Says whether
    /// it may be remembered; nothing, and stays where it is, where this view rests on no walk.
    pub(crate) fn go_on(
        &mut self,
        commit: Oid,
        changes: &[Change],
        tried: (BTreeMap<String, (Mode, Oid)>, Judged),
    ) -> Result<Option<bool>> {
        let Some(verified) = &mut self.verified else { return Ok(None) };
        let whole = verified.follow(commit, changes, Some(tried))?;
        self.head = commit;
        self.chain = OnceCell::new();
        Ok(Some(whole))
    }

    /// What answers are made of.
    pub fn basis(&self) -> Result<QueryContext<'_, 'r>> {
        Ok(QueryContext {
            state: self.state()?,
            history: &self.registry.repo,
            walked: self.verified(),
            head: self.head,
            // What was not walked was not held to the pin.
            pinned: self.pin.is_some() && self.verified.is_some(),
            landings: self,
        })
    }

    /// The head that answers are true of.
    pub fn as_of(&self) -> Result<AsOf> {
        self.basis()?.as_of()
    }

    /// Whether the registry was verified whole against a pinned root.
    pub fn is_vouched_for(&self) -> bool {
        self.verified.as_ref().is_some_and(|it| it.pinned && it.tip_error.is_none())
    }

    /// Gives what was read for this view to the registry's next one: most of what that rests on is the same.
    pub(crate) fn give_back(&self) {
        let Ok(state) = self.state() else { return };
        let parsed = state.shared_objects().take_parsed();
        if parsed.len() < KEPT_ANSWERS {
            *locked(&self.registry.parsed) = parsed;
        }
    }

    /// An error where the newest commit is bad: nobody may rely on what cannot be told from a forgery.
    pub fn check_tip(&self) -> Result<()> {
        self.basis()?.check_tip()
    }

    /// An error where an answer rests on a key that was distrusted.
    pub fn check_taint(&self, subject: &Subject<'_>) -> Result<()> {
        self.basis()?.check_taint(subject)
    }
}
