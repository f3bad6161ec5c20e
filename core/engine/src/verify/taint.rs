//! What a key taints that was lost to somebody else: everything that it signed outside the state at `since`, and everything
//! that rests on that.
//!
//! A record rests on the records by which it passed (versions, states, evidence, approvals, the owner, a baseline), on the
//! policy that it was judged under, and a policy on its root. Taint stays, whatever a later policy says of the key, until
//! each record is made again with a good key. What lands after a distrust is judged with the taint in view, so that it
//! rests on none of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::Verifier;
use crate::artifact_mark::{artifact_of, mark};
use crate::landing::Effect;
use crate::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::policy::Distrust;
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// What took effect in a commit.
pub struct LandedFiles {
    /// The commit.
    pub commit: Oid,
    /// Its files that took effect.
    pub files: BTreeMap<String, Oid>,
    /// The paths of the records by which moves passed, by the statement of the move.
    rests_on: HashMap<Digest, Vec<String>>,
}

impl LandedFiles {
    pub(super) fn of(commit: Oid, effect: &Effect) -> LandedFiles {
        let reports = effect.reports.iter().filter(|report| !report.rests_on.is_empty());
        let rests_on = reports.map(|report| (report.statement, report.rests_on.clone())).collect();
        LandedFiles { commit, files: effect.files.clone(), rests_on }
    }
}

impl Verifier<'_> {
    /// Finds what the keys taint that the newest policy distrusts, and none before it did.
    pub(super) fn taint(&mut self) -> Result<()> {
        let Some((policy, _)) = StateReader(self.walk.state()).newest_policy()? else { return Ok(()) };
        let mut fresh = Vec::new();
        for distrust in policy.distrust.iter().filter(|distrust| !self.distrusted.contains(distrust)) {
            fresh.push((distrust.clone(), self.walk.position(distrust.since)?.unwrap_or(0)));
        }
        if fresh.is_empty() {
            self.distrusted.clone_from(&policy.distrust);
            return Ok(());
        }
        if !self.whole {
            // Where each record took effect is known to a walk from the start only.
            return Err(NeedsWholeWalk.into());
        }
        let mut case = Taint { fresh, said: HashSet::new(), root: false, under: false, tainted: BTreeSet::new() };
        let mut landings = Vec::new();
        for landed in &self.landed {
            // Unsigned or not on this chain is outside every state.
            let at = self.walk.position(landed.commit)?.unwrap_or(u64::MAX);
            if case.fresh.iter().any(|fresh| at > fresh.1) {
                landings.push((at, landed, self.records_of(&landed.files)?));
            }
        }
        // An approval may land after the change that it approves: so all that was said first.
        landings.iter().for_each(|(at, _, records)| case.hear(*at, records));
        for (at, landed, records) in &landings {
            // The policy that distrusts, and what lands with it, is not under what it ends.
            let ends = records.iter().any(|record| record.1 == Place::Policy(policy.number));
            case.look(*at, records, &landed.rests_on, ends);
        }
        self.mark_artifacts(&mut case.tainted)?;
        self.walk.taint(case.tainted);
        self.distrusted.clone_from(&policy.distrust);
        Ok(())
    }

    /// Marks the artifacts that no version vouches for but tainted ones.
    fn mark_artifacts(&self, tainted: &mut BTreeSet<String>) -> Result<()> {
        let (mut brought, mut vouched) = (BTreeSet::new(), BTreeSet::new());
        for landed in &self.landed {
            for path in landed.files.keys().filter(|path| path.ends_with("/version.json")) {
                let Some(oid) = landed.files.get(path) else { continue };
                let Some(artifact) = artifact_of(&*self.objects.record(*oid)?) else { continue };
                match tainted.contains(path) || self.walk.tainted().contains(path) {
                    true => brought.insert(artifact),
                    false => vouched.insert(artifact),
                };
            }
        }
        tainted.extend(brought.iter().filter(|brought| !vouched.contains(*brought)).map(mark));
        Ok(())
    }

    /// The signed files of a landing: path, place, record.
    fn records_of<'f>(&self, files: &'f BTreeMap<String, Oid>) -> Result<Vec<(&'f str, Place, Arc<Record>)>> {
        let mut records = Vec::new();
        for (path, oid) in files {
            match Place::parse(path) {
                None | Some(Place::PolicyText(_) | Place::Document(..)) => {}
                Some(place) => records.push((path.as_str(), place, self.objects.record(*oid)?)),
            }
        }
        Ok(records)
    }
}

type Records<'f> = [(&'f str, Place, Arc<Record>)];

/// What the keys taint that are newly distrusted.
struct Taint {
    /// The keys, each with the place of its `since` on the chain.
    fresh: Vec<(Distrust, u64)>,
    /// The statements that their approvals name, and those of their evidence.
    said: HashSet<Digest>,
    /// Whether the newest root is tainted.
    root: bool,
    /// Whether the newest policy is.
    under: bool,
    tainted: BTreeSet<String>,
}

impl Taint {
    /// Whether one of the keys signed a record outside the state at its `since`.
    fn signed(&self, at: u64, record: &Record) -> bool {
        let lost = |id| self.fresh.iter().any(|(distrust, since)| at > *since && distrust.key == id);
        record.signatures.iter().any(|signature| lost(signature.keyid))
    }

    /// Notes what the keys approved and gave as evidence.
    fn hear(&mut self, at: u64, records: &Records<'_>) {
        for (.., record) in records {
            if !self.signed(at, record) {
                continue;
            }
            // By digest, not by the path that the approval gives for people: a thief would name another.
            match record.predicate() {
                Predicate::Approval(approval) => drop(self.said.insert(approval.statement)),
                Predicate::Evidence(_) => drop(self.said.insert(record.digest())),
                _ => {}
            }
        }
    }

    /// Taints what a landing brought by the keys, or by what they tainted.
    fn look(&mut self, at: u64, records: &Records<'_>, rests_on: &HashMap<Digest, Vec<String>>, ends: bool) {
        self.look_at_rulers(at, records, ends);
        // What a landing brings may rest on what it brings besides, in any order: again until nothing is added.
        loop {
            let before = self.tainted.len();
            for (path, place, record) in records {
                let meta = matches!(place, Place::Root(_) | Place::Policy(_));
                let by = self.signed(at, record) || (!meta && (self.under || self.rests(record, rests_on)));
                if by && !self.tainted.contains(*path) {
                    self.tainted.insert((*path).to_owned());
                }
            }
            if self.tainted.len() == before {
                return;
            }
        }
    }

    /// Roots and policies, each under its predecessor; a landing's own policy rules over the rest of it.
    fn look_at_rulers(&mut self, at: u64, records: &Records<'_>, ends: bool) {
        for (path, place, record) in records {
            let lost = self.signed(at, record);
            match place {
                // A root that a tainted root let in is no better.
                Place::Root(_) => self.root |= lost,
                Place::Policy(_) if ends => self.under = lost,
                Place::Policy(_) => self.under = lost || self.root,
                _ => continue,
            }
            let tainted = if matches!(place, Place::Root(_)) { self.root && !ends } else { self.under };
            if tainted {
                self.tainted.insert((*path).to_owned());
            }
        }
    }

    /// Whether a change rests on what the keys said, or on what that tainted.
    fn rests(&self, record: &Record, rests_on: &HashMap<Digest, Vec<String>>) -> bool {
        let named: &[Digest] = match record.predicate() {
            Predicate::Alias(alias_move) => &alias_move.evidence,
            Predicate::Stage(stage_move) => &stage_move.evidence,
            Predicate::Trust(trust_move) => &trust_move.evidence,
            _ => &[],
        };
        let digest = record.digest();
        self.said.contains(&digest)
            || named.iter().any(|named| self.said.contains(named))
            || rests_on.get(&digest).into_iter().flatten().any(|path| self.tainted.contains(path))
    }
}

/// A policy distrusts a key, and the walk was resumed from a remembered head: only a walk from the first commit knows where
/// each record took effect, and so what the key taints. The caller starts again with [`Verifier::from_the_start`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key was distrusted: only a walk from the first commit finds what it taints")]
pub struct NeedsWholeWalk;

impl NeedsWholeWalk {
    /// Whether an error is this one.
    pub fn is(error: &Error) -> bool {
        error.cause::<NeedsWholeWalk>().is_some()
    }
}

impl From<NeedsWholeWalk> for Box<Error> {
    fn from(cause: NeedsWholeWalk) -> Box<Error> {
        Error::new(Code::Incomplete, cause.to_string()).caused_by(cause)
    }
}
