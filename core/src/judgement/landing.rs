//! Landings over time: what each commit brings, what of it takes effect, what waits and what is refused.
//!
//! Linear in the files that changed: a landing is judged when it arrives, and a pending one again only when something
//! took effect since. What took effect is never judged again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::effective::{Effective, Objects, State};
use super::facts::Facts;
use super::gate::GateReport;
use super::rules::{Ground, Judged, judge_landing};
use super::snapshot::{Change, Mode};
use crate::records::layout::{Place, is_companion};
use crate::records::manifest::FileClass;
use crate::records::trust::TrustState;
use crate::words::digest::{ArtifactId, Digest};
use crate::words::fault::{Code, Fault, Result};
use crate::words::oid::Oid;

/// So many landings may be pending at a time; the rest are refused.
pub const PENDING_LIMIT: usize = 256;

/// Where a landing without effect stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It was not judged yet.
    New,
    /// It breaks no rule and lacks something.
    Pending,
    /// It breaks a rule, and is not judged again while it stands unchanged.
    Refused,
}

/// What one commit brought and has no effect (yet).
#[derive(Debug, Clone)]
pub struct Inert {
    /// The commit that brought it.
    pub commit: Oid,
    /// Its files.
    pub files: BTreeMap<String, (Mode, Oid)>,
    /// Where it stands.
    pub standing: Standing,
    /// Why, by path.
    pub findings: Vec<(String, Box<Fault>)>,
    /// The reports of the moves in it.
    pub reports: Vec<GateReport>,
    /// How much had taken effect when it was judged last.
    judged_at: u64,
}

/// What a landing brought into effect.
#[derive(Debug, Clone)]
pub struct Effect {
    /// The commit that brought the files.
    pub brought_by: Oid,
    /// The files.
    pub files: BTreeMap<String, Oid>,
    /// The reports of the moves in it.
    pub reports: Vec<GateReport>,
}

/// What one commit comes to.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The commit.
    pub commit: Oid,
    /// Why nothing takes effect in it: a file that had taken effect is missing or differs.
    pub bad: Option<Box<Fault>>,
    /// What took effect in it.
    pub effects: Vec<Effect>,
}

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

/// Takes commits in chain order and keeps what has taken effect.
pub struct Walk<'h> {
    before: Box<dyn Before + 'h>,
    state: State<'h>,
    /// The good commits of this walk, and their places on the chain.
    good: HashMap<Oid, u64>,
    commits: u64,
    /// Landings without effect, oldest first.
    inert: Vec<Inert>,
    /// Paths of the state that are missing or differ at the present commit.
    off: BTreeSet<String>,
    effects: u64,
    revoked: Revoked,
}

/// What is revoked now.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Revoked {
    artifacts: BTreeMap<String, Vec<Digest>>,
    #[serde(skip)]
    files: BTreeSet<Digest>,
}

impl Revoked {
    fn set(&mut self, artifact: &ArtifactId, files: Option<Vec<Digest>>) {
        match files {
            Some(files) => self.artifacts.insert(artifact.to_string(), files),
            None => self.artifacts.remove(&artifact.to_string()),
        };
        self.index();
    }

    /// Makes the set of files anew from the artifacts.
    pub fn index(&mut self) {
        self.files = self.artifacts.values().flatten().copied().collect();
    }
}

impl<'h> Walk<'h> {
    /// A walk from the first commit.
    pub fn from_the_start(objects: Rc<Objects<'h>>) -> Walk<'h> {
        Walk::from(State::empty(objects), Box::new(FromTheStart), Vec::new(), Revoked::default())
    }

    /// A walk that goes on from a good commit that was verified before.
    pub fn from(state: State<'h>, before: Box<dyn Before + 'h>, inert: Vec<Inert>, mut revoked: Revoked) -> Walk<'h> {
        let commits = before.commits();
        revoked.index();
        Walk { before, state, good: HashMap::new(), commits, inert, off: BTreeSet::new(), effects: 0, revoked }
    }

    /// Takes the next commit of the chain and what it changed against its first parent.
    pub fn take(&mut self, commit: Oid, changes: &[Change]) -> Result<Verdict> {
        self.arrive(commit, changes)?;
        let position = self.commits;
        self.commits += 1;
        if let Some(path) = self.off.first() {
            let fault = Fault::new(
                Code::Tampered,
                format!("{path} had taken effect, and is missing or changed at {}", commit.short()),
            )
            .hint("nothing takes effect while that is so; put the file back (for a forge's Revert: revert the revert), and roll back with `refmark rollback`")
            .at(path)
            .field("commit", commit);
            return Ok(Verdict { commit, bad: Some(fault), effects: Vec::new() });
        }
        let effects = self.judge()?;
        self.good.insert(commit, position);
        Ok(Verdict { commit, bad: None, effects })
    }

    /// Sorts the changes into what is off, what happens to inert landings, and a new landing.
    fn arrive(&mut self, commit: Oid, changes: &[Change]) -> Result<()> {
        let mut own: BTreeMap<String, (Mode, Oid)> = BTreeMap::new();
        let mut touched: BTreeMap<&str, Option<(Mode, Oid)>> = BTreeMap::new();
        for change in changes {
            if is_companion(&change.path) && is_plain(change.new) {
                touched.insert(&change.path, change.new);
                continue;
            }
            match self.state.oid(&change.path)? {
                Some(held) if change.new == Some((Mode::File, held)) => drop(self.off.remove(&change.path)),
                Some(_) => drop(self.off.insert(change.path.clone())),
                None => {
                    touched.insert(&change.path, change.new);
                    own.extend(change.new.map(|new| (change.path.clone(), new)));
                }
            }
        }
        if !touched.is_empty() {
            self.touch(&touched, &mut own);
        }
        if !own.is_empty() {
            self.inert.push(Inert {
                commit,
                files: own,
                standing: Standing::New,
                findings: Vec::new(),
                reports: Vec::new(),
                judged_at: 0,
            });
        }
        Ok(())
    }

    /// Inert files may be replaced or removed; what is then left of a landing is a landing of its own.
    fn touch(&mut self, touched: &BTreeMap<&str, Option<(Mode, Oid)>>, own: &mut BTreeMap<String, (Mode, Oid)>) {
        self.inert.retain_mut(|landing| {
            let hit = match touched.len() < landing.files.len() {
                true => touched.keys().any(|path| landing.files.contains_key(*path)),
                false => landing.files.keys().any(|path| touched.contains_key(path.as_str())),
            };
            if !hit {
                return true;
            }
            landing.files.retain(|path, file| touched.get(path.as_str()).is_none_or(|new| *new == Some(*file)));
            for path in landing.files.keys() {
                own.remove(path);
            }
            landing.standing = Standing::New;
            landing.findings.clear();
            landing.reports.clear();
            !landing.files.is_empty()
        });
    }

    /// Judges new landings in chain order, then pending ones, oldest first, again until none takes effect.
    fn judge(&mut self) -> Result<Vec<Effect>> {
        let mut effects = Vec::new();
        loop {
            let before = self.effects;
            for wanted in [Standing::New, Standing::Pending] {
                let mut at = 0;
                while at < self.inert.len() {
                    let landing = &self.inert[at];
                    let due =
                        landing.standing == wanted && (wanted == Standing::New || landing.judged_at < self.effects);
                    match due {
                        true => match self.judge_one(at)? {
                            // What took effect is gone from the list; what it dropped stands at its place, refused.
                            Some((effect, dropped)) => {
                                effects.push(effect);
                                at += dropped;
                            }
                            None => at += 1,
                        },
                        false => at += 1,
                    }
                }
            }
            if self.effects == before {
                return Ok(effects);
            }
        }
    }

    /// Judges one landing. Where it takes effect: what it brought, and how many landings stand in its place.
    fn judge_one(&mut self, at: usize) -> Result<Option<(Effect, usize)>> {
        let good = &self.good;
        let before = &self.before;
        let position = |commit: Oid| match good.get(&commit) {
            Some(position) => Ok(Some(*position)),
            None => before.position(commit),
        };
        let ground = Ground {
            state: &self.state,
            position: &position,
            any_good: before.commits() > 0 || !good.is_empty(),
            revoked_files: &self.revoked.files,
        };
        let Judged { effect, refused, findings, dropped, reports } = judge_landing(&self.inert[at].files, &ground)?;
        let Some(files) = effect else {
            self.stay(at, refused, findings, reports);
            return Ok(None);
        };
        let landing = self.inert.remove(at);
        self.effects += 1;
        self.state.add(files.iter().map(|(path, oid)| (path.clone(), *oid)));
        self.note_revocations(&files)?;
        let mut left = 0;
        if !dropped.is_empty() {
            let files =
                dropped.iter().filter_map(|(path, _)| Some((path.clone(), *landing.files.get(path)?))).collect();
            let rest = Inert {
                commit: landing.commit,
                files,
                standing: Standing::Refused,
                findings: dropped,
                reports: Vec::new(),
                judged_at: self.effects,
            };
            self.inert.insert(at, rest);
            left = 1;
        }
        Ok(Some((Effect { brought_by: landing.commit, files, reports }, left)))
    }

    fn stay(&mut self, at: usize, refused: bool, findings: Vec<(String, Box<Fault>)>, reports: Vec<GateReport>) {
        let others = self.inert.iter().filter(|it| it.standing == Standing::Pending).count();
        let landing = &mut self.inert[at];
        let was_pending = landing.standing == Standing::Pending;
        landing.judged_at = self.effects;
        landing.findings = findings;
        landing.reports = reports;
        landing.standing = match refused {
            true => Standing::Refused,
            false if !was_pending && others >= PENDING_LIMIT => {
                let path = landing.files.keys().next().cloned().unwrap_or_default();
                let fault = Fault::new(Code::Refused, format!("{PENDING_LIMIT} landings are pending already"))
                    .hint("approve or remove some of them first; `refmark status` lists them");
                landing.findings.push((path, fault));
                Standing::Refused
            }
            false => Standing::Pending,
        };
    }

    /// Keeps the list of weights that are revoked now.
    fn note_revocations(&mut self, files: &BTreeMap<String, Oid>) -> Result<()> {
        for path in files.keys().filter(|path| path.starts_with("artifacts/")) {
            let Some(Place::Trust(artifact, _)) = Place::parse(path) else { continue };
            let facts = Facts(&self.state);
            let revoked = facts.trust(&artifact)?.0 == TrustState::Revoked;
            let weights = match facts.manifest(&artifact)? {
                Some(manifest) if revoked => {
                    let weights = manifest.files.iter().filter(|file| file.class != FileClass::Data);
                    Some(weights.map(|file| file.sha256).collect())
                }
                _ => None,
            };
            if weights.is_some() || self.revoked.artifacts.contains_key(&artifact.to_string()) {
                self.revoked.set(&artifact, weights);
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
    pub fn off(&self) -> &BTreeSet<String> {
        &self.off
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

    /// Whether any commit was good yet.
    pub fn any_good(&self) -> bool {
        self.before.commits() > 0 || !self.good.is_empty()
    }

    /// What is revoked now.
    pub fn revoked(&self) -> &Revoked {
        &self.revoked
    }

    /// Judges what somebody would land next on top of the present state, without landing it.
    pub fn try_landing(&self, files: &BTreeMap<String, (Mode, Oid)>) -> Result<Judged> {
        let position = |commit: Oid| self.position(commit);
        let ground = Ground {
            state: &self.state,
            position: &position,
            any_good: self.any_good(),
            revoked_files: &self.revoked.files,
        };
        judge_landing(files, &ground)
    }
}

fn is_plain(new: Option<(Mode, Oid)>) -> bool {
    matches!(new, None | Some((Mode::File, _)))
}

impl Inert {
    /// A landing that was remembered, as it stood.
    pub fn remembered(commit: Oid, files: BTreeMap<String, (Mode, Oid)>, standing: Standing) -> Inert {
        Inert { commit, files, standing, findings: Vec::new(), reports: Vec::new(), judged_at: 0 }
    }
}
