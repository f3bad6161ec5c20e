//! Landings over time: what each commit brings, what of it takes effect, what waits and what is refused.
//!
//! Linear in the files that changed: a landing is judged when it arrives, and a pending one again only when something
//! took effect since. What took effect is never judged again.

mod late;
mod share;
mod verdict;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::artifact_mark::{artifact_of, mark};
use super::effective::{Effective, Objects, State};
use super::gate::GateReport;
use super::open_approvals::Due;
pub use super::revoked::Revoked;
use super::revoked::named_by_default;
use super::rules::{Exclusions, Judged, RuleContext, judge_landing};
use super::snapshot::{Change, Mode};
use super::state_reader::StateReader;
pub use late::Late;
use refmark_records::layout::{Place, is_companion};
use refmark_records::trust::TrustState;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
pub use verdict::{Effect, Inert, Standing, Verdict};

/// So many landings may be pending at a time; the rest wait for a place.
pub const PENDING_LIMIT: usize = 256;

/// A set of good commits that lies before the walk: those of a history that was verified earlier.
pub trait Before {
    /// The place of a commit on that history's chain, counted from 0, if it is a good one.
    fn position(&self, commit: Oid) -> Result<Option<u64>>;
    /// How many commits the chain has.
    fn commits(&self) -> u64;
}

/// The walk starts at the first commit.
pub struct FromTheStart;

impl Before for FromTheStart {
    fn position(&self, _: Oid) -> Result<Option<u64>> {
        Ok(None)
    }

    fn commits(&self) -> u64 {
        0
    }
}

/// The files of a landing, and what it came to when it was tried.
pub type Tried = (BTreeMap<String, (Mode, Oid)>, Judged);

/// Takes commits in chain order and keeps what has taken effect.
pub struct Walk<'h> {
    before: Box<dyn Before + 'h>,
    state: State<'h>,
    /// The good commits of this walk, and their places on the chain.
    good: HashMap<Oid, u64>,
    commits: u64,
    /// Landings without effect, oldest first.
    inert: Vec<Inert>,
    /// The landing without effect that holds a path, by key.
    holder: HashMap<String, u64>,
    /// Landings that were not judged yet, and those that are pending, by key: no commit looks at the refused ones.
    new: BTreeSet<u64>,
    pending: BTreeSet<u64>,
    /// Landings that wait for a place among the pending ones.
    waiting: BTreeSet<u64>,
    next_key: u64,
    /// Paths of the state that are missing or differ at the present commit.
    tampered_paths: BTreeSet<String>,
    effects: u64,
    judgements: u64,
    revoked: Revoked,
    /// Paths whose records rest on a key that is distrusted.
    tainted: BTreeSet<String>,
    due: Due,
    late: Late,
    /// The record of the latest time that took effect, and that time.
    latest: Option<(Timestamp, String)>,
    /// What a landing came to when it was tried on the present state.
    tried: Option<Tried>,
}

impl<'h> Walk<'h> {
    /// A walk from the first commit.
    pub fn from_the_start(objects: Rc<Objects<'h>>) -> Walk<'h> {
        Walk::from(State::empty(objects), Box::new(FromTheStart), Vec::new(), Revoked::default(), Due::default())
    }

    /// A walk that goes on from a good commit that was verified before.
    pub fn from(
        state: State<'h>,
        before: Box<dyn Before + 'h>,
        inert: Vec<Inert>,
        mut revoked: Revoked,
        due: Due,
    ) -> Walk<'h> {
        let commits = before.commits();
        revoked.index();
        let mut walk = Walk {
            before,
            state,
            good: HashMap::new(),
            commits,
            inert: Vec::new(),
            holder: HashMap::new(),
            new: BTreeSet::new(),
            pending: BTreeSet::new(),
            waiting: BTreeSet::new(),
            next_key: 0,
            tampered_paths: BTreeSet::new(),
            effects: 0,
            judgements: 0,
            revoked,
            tainted: BTreeSet::new(),
            due,
            late: Late::default(),
            latest: None,
            tried: None,
        };
        for landing in inert {
            walk.append(landing);
        }
        walk
    }

    /// Takes a landing in as the youngest of those without effect.
    fn append(&mut self, mut landing: Inert) {
        landing.key = self.next_key;
        self.next_key += 1;
        self.insert(landing);
    }

    /// Puts a landing at the place that its key gives it.
    fn insert(&mut self, landing: Inert) {
        self.holder.extend(landing.files.keys().map(|path| (path.clone(), landing.key)));
        match landing.standing {
            Standing::New => drop(self.new.insert(landing.key)),
            Standing::Pending => drop(self.pending.insert(landing.key)),
            Standing::Waiting => drop(self.waiting.insert(landing.key)),
            Standing::Refused => {}
        }
        let at = self.inert.partition_point(|other| other.key < landing.key);
        self.inert.insert(at, landing);
    }

    /// Takes a landing out, with every trace of it.
    fn remove(&mut self, key: u64) -> Option<Inert> {
        self.new.remove(&key);
        self.pending.remove(&key);
        self.waiting.remove(&key);
        let at = self.inert.binary_search_by_key(&key, |landing| landing.key).ok()?;
        let landing = self.inert.remove(at);
        for path in landing.files.keys() {
            self.holder.remove(path);
        }
        Some(landing)
    }

    fn find(&self, key: u64) -> Option<&Inert> {
        self.inert.binary_search_by_key(&key, |landing| landing.key).ok().and_then(|at| self.inert.get(at))
    }

    /// Takes the next commit of the chain and what it changed against its first parent.
    pub fn take(&mut self, commit: Oid, changes: &[Change]) -> Result<Verdict> {
        self.arrive(commit, changes)?;
        let position = self.commits;
        self.commits += 1;
        if let Some(path) = self.tampered_paths.first() {
            let error = Error::new(
                Code::Tampered,
                format!("{path} had taken effect, and is missing or changed at {}", commit.short()),
            )
            .hint(put_back("nothing takes effect until the file is back: "))
            .at(path)
            .field("commit", commit);
            return Ok(Verdict { commit, bad: Some(error), effects: Vec::new() });
        }
        let effects = self.judge()?;
        self.late.take(commit, &effects);
        self.good.insert(commit, position);
        Ok(Verdict { commit, bad: None, effects })
    }

    /// Passes over a commit whose tree cannot be judged: it is bad, and changes nothing of what is known.
    pub(super) fn pass_over(&mut self, commit: Oid, error: Box<Error>) -> Verdict {
        self.commits += 1;
        Verdict { commit, bad: Some(error), effects: Vec::new() }
    }

    /// Takes a commit that brings what was just tried on the state as it is: it is not judged twice.
    pub fn take_tried(&mut self, commit: Oid, changes: &[Change], tried: Option<Tried>) -> Result<Verdict> {
        self.tried = tried;
        let verdict = self.take(commit, changes);
        self.tried = None;
        verdict
    }

    /// Sorts the changes into what is off, what happens to inert landings, and a new landing.
    fn arrive(&mut self, commit: Oid, changes: &[Change]) -> Result<()> {
        let mut own: BTreeMap<String, (Mode, Oid)> = BTreeMap::new();
        let mut touched: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        for change in changes {
            match self.state.oid(&change.path)? {
                Some(held) if change.new == Some((Mode::File, held)) => drop(self.tampered_paths.remove(&change.path)),
                Some(_) => drop(self.tampered_paths.insert(change.path.clone())),
                None => {
                    if let Some(key) = self.holder.get(&change.path) {
                        touched.entry(*key).or_default().push(&change.path);
                    }
                    if let Some(new) = change.new.filter(|(mode, _)| !is_companion(&change.path) || *mode != Mode::File)
                    {
                        own.insert(change.path.clone(), new);
                    }
                }
            }
        }
        for (key, paths) in touched {
            self.touch(key, &paths);
        }
        if !own.is_empty() {
            self.append(Inert::of(commit, own, Standing::New));
        }
        Ok(())
    }

    /// Inert files were replaced or removed; what is then left of their landing is a landing of its own.
    fn touch(&mut self, key: u64, paths: &[&str]) {
        let Some(mut landing) = self.remove(key) else { return };
        for path in paths {
            landing.files.remove(*path);
            self.late.mention(path);
        }
        if !landing.files.is_empty() {
            self.insert(Inert { key, ..Inert::of(landing.commit, landing.files, Standing::New) });
        }
    }

    /// Judges new landings in chain order, then pending ones, oldest first, again until none takes effect.
    fn judge(&mut self) -> Result<Vec<Effect>> {
        let mut effects = Vec::new();
        loop {
            let before = self.effects;
            while let Some(key) = self.new.pop_first() {
                effects.extend(self.judge_one(key)?);
            }
            let mut from = 0;
            while let Some(key) = self.pending.range(from..).next().copied() {
                from = key + 1;
                if self.find(key).is_some_and(|landing| landing.judged_at < self.effects) {
                    effects.extend(self.judge_one(key)?);
                }
            }
            // Who waited longest for a place is judged as soon as one is free.
            while let Some(key) = self.next_in_line() {
                self.waiting.remove(&key);
                effects.extend(self.judge_one(key)?);
            }
            if self.effects == before {
                return Ok(effects);
            }
        }
    }

    /// Judges one landing; what it brought, where it takes effect.
    fn judge_one(&mut self, key: u64) -> Result<Option<Effect>> {
        self.judgements += 1;
        let tried = self.tried.take();
        let Some(landing) = self.find(key) else { return Ok(None) };
        let judged = match tried {
            // The first to be judged: the state is the one that it was tried on.
            Some((files, judged)) if files == landing.files => judged,
            _ => self.try_at(&landing.files, self.state.objects().commit_time(landing.commit))?,
        };
        let Judged { effect, refused, findings, dropped, reports } = judged;
        let Some(files) = effect else {
            self.stay(key, refused, findings, reports);
            return Ok(None);
        };
        let Some(landing) = self.remove(key) else { return Ok(None) };
        self.effects += 1;
        self.state.add(files.iter().map(|(path, oid)| (path.clone(), *oid)));
        self.note_revocations(&files)?;
        self.note_versions(&files)?;
        self.note_latest(&files)?;
        if !dropped.is_empty() {
            let left = dropped.iter().filter_map(|(path, _)| Some((path.clone(), *landing.files.get(path)?)));
            let left = Inert::of(landing.commit, left.collect(), Standing::Refused);
            self.insert(Inert { key, findings: dropped, judged_at: self.effects, ..left });
        }
        let effect = Effect { brought_by: landing.commit, files, reports };
        self.due.take(&effect.files, &effect.reports, StateReader(&self.state))?;
        Ok(Some(effect))
    }

    fn stay(&mut self, key: u64, refused: bool, findings: Vec<(String, Box<Error>)>, reports: Vec<GateReport>) {
        let Ok(at) = self.inert.binary_search_by_key(&key, |landing| landing.key) else { return };
        self.new.remove(&key);
        let was_pending = self.pending.remove(&key);
        self.waiting.remove(&key);
        let landing = &mut self.inert[at];
        landing.judged_at = self.effects;
        landing.findings = findings;
        landing.reports = reports;
        landing.standing = if refused { Standing::Refused } else { Standing::Pending };
        match (refused, was_pending) {
            (true, _) => {}
            // It has a place, and keeps it.
            (false, true) => drop(self.pending.insert(key)),
            (false, false) => self.queue(key),
        }
    }

    /// Keeps the lists of weights that are revoked now, and that were deleted. Deleting what was revoked does not clear it.
    fn note_revocations(&mut self, files: &BTreeMap<String, Oid>) -> Result<()> {
        let mut trusted = Vec::new();
        for path in files.keys().filter(|path| path.starts_with("artifacts/")) {
            let Some(Place::Trust(artifact, _)) = Place::parse(path) else { continue };
            let reader = StateReader(&self.state);
            let (state, moved) = reader.trust(&artifact)?;
            match state {
                TrustState::Revoked => {
                    let named = moved.map(|moved| moved.files.clone()).filter(|files| !files.is_empty());
                    let files = match named {
                        Some(files) => files,
                        None => reader.manifest(&artifact)?.map(|it| named_by_default(&it)).unwrap_or_default(),
                    };
                    // The commit that is being taken: whoever signs with it as a base saw the revocation.
                    self.revoked.add(&artifact, self.commits.saturating_sub(1), files);
                }
                TrustState::Deleted => {
                    let files = reader.manifest(&artifact)?.map(|it| named_by_default(&it)).unwrap_or_default();
                    self.revoked.delete(&artifact, files);
                }
                TrustState::Acquired | TrustState::Quarantined | TrustState::Trusted => self.revoked.remove(&artifact),
            }
            trusted.extend((state == TrustState::Trusted && self.revoked.has_deleted()).then_some(artifact));
        }
        for artifact in trusted {
            if let Some(manifest) = StateReader(&self.state).manifest(&artifact)? {
                self.revoked.bring_back(&manifest.files);
            }
        }
        Ok(())
    }

    /// What has taken effect.
    pub fn state(&self) -> &State<'h> {
        &self.state
    }

    /// Landings without effect, oldest first.
    pub fn inert(&self) -> &[Inert] {
        &self.inert
    }

    /// Paths of the state that are missing or differ at the newest commit taken.
    pub fn tampered_paths(&self) -> &BTreeSet<String> {
        &self.tampered_paths
    }

    /// How many commits the chain has so far.
    pub fn commits(&self) -> u64 {
        self.commits
    }

    /// The place of a good commit on the chain, counted from 0.
    pub fn position(&self, commit: Oid) -> Result<Option<u64>> {
        match self.good.get(&commit) {
            Some(position) => Ok(Some(*position)),
            None => self.before.position(commit),
        }
    }

    /// How many times a landing was judged: grows with what changed, not with what lies there.
    pub fn judgements(&self) -> u64 {
        self.judgements
    }

    /// The moves with approvals still due.
    pub fn due(&self) -> &Due {
        &self.due
    }

    /// Paths whose records rest on a key that is distrusted: what they say counts for nothing.
    pub fn tainted(&self) -> &BTreeSet<String> {
        &self.tainted
    }

    /// From now on these paths rest on a key that is distrusted, too.
    pub(super) fn taint(&mut self, paths: BTreeSet<String>) {
        self.tainted.extend(paths.iter().cloned());
    }

    /// A version by a good key vouches for an artifact that only a lost one had brought.
    fn note_versions(&mut self, files: &BTreeMap<String, Oid>) -> Result<()> {
        if self.tainted.is_empty() {
            return Ok(());
        }
        for (_, oid) in files.iter().filter(|(path, _)| path.ends_with("/version.json")) {
            if let Some(artifact) = artifact_of(&*self.state.objects().record(*oid)?) {
                self.tainted.remove(mark(&artifact).as_str());
            }
        }
        Ok(())
    }

    /// The files that took effect in a later commit than the one that brought them.
    pub fn late(&self) -> &Late {
        &self.late
    }

    /// The same walk, where these files came late before.
    #[must_use]
    pub(super) fn with_late(mut self, late: Late) -> Walk<'h> {
        self.late = late;
        self
    }

    /// Keeps the latest time that a record claims.
    fn note_latest(&mut self, files: &BTreeMap<String, Oid>) -> Result<()> {
        for (path, oid) in files {
            if matches!(Place::parse(path), None | Some(Place::Document(..) | Place::PolicyText(_))) {
                continue;
            }
            let time = self.state.objects().record(*oid)?.common().time;
            if self.latest.as_ref().is_none_or(|latest| latest.0 < time) {
                self.latest = Some((time, path.clone()));
            }
        }
        Ok(())
    }

    /// The latest time that a record claims which took effect in this walk, and where it lies: one in the future was signed
    /// by a clock that is wrong.
    pub fn latest(&self) -> Option<(Timestamp, &str)> {
        self.latest.as_ref().map(|(time, path)| (*time, path.as_str()))
    }

    /// What is revoked now.
    pub fn revoked(&self) -> &Revoked {
        &self.revoked
    }

    /// What counts for nothing at the newest commit taken.
    pub fn exclusions(&self) -> Exclusions {
        Exclusions::new(&self.revoked, self.tainted.clone())
    }

    /// Judges what somebody would land next on top of the present state, without landing it.
    pub fn try_landing(&self, files: &BTreeMap<String, (Mode, Oid)>) -> Result<Judged> {
        self.try_at(files, None)
    }

    /// The same, brought by a commit of this time. Where there is no commit yet, it will not be older than what it brings.
    fn try_at(&self, files: &BTreeMap<String, (Mode, Oid)>, brought: Option<Timestamp>) -> Result<Judged> {
        let objects = self.state.objects();
        let time = |(path, (_, oid)): (&String, &(Mode, Oid))| {
            let signed = path.ends_with(".json") && !matches!(Place::parse(path), None | Some(Place::Document(..)));
            signed.then(|| objects.record(*oid).ok()).flatten().map(|record| record.common().time)
        };
        let brought = brought.or_else(|| files.iter().filter_map(time).max());
        let position = |commit: Oid| self.position(commit);
        let context = RuleContext {
            state: &self.state,
            position: &position,
            revoked_files: self.revoked.files(),
            deleted_files: self.revoked.deleted_files(),
            tainted: &self.tainted,
            brought,
        };
        judge_landing(files, &context)
    }
}

/// How a file that had taken effect is restored.
pub(super) fn put_back(why: &'static str) -> Hint {
    Hint::of(why)
        .say("revert the commit that changed it (for a forge's Revert: revert the revert); to undo a promotion, ")
        .then(Next::Rollback { alias: None })
}
