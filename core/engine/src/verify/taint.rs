//! What a key taints that was lost to somebody else.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Verifier;
use crate::landing::Effect;
use crate::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::signature::KeyId;
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use std::collections::{BTreeMap, BTreeSet};

/// What took effect in a commit.
pub struct LandedThere {
    /// The commit.
    pub commit: Oid,
    /// Its files that took effect.
    pub files: BTreeMap<String, Oid>,
    /// The statements of the evidence by which gates passed, by the statement of the move.
    rests_on: HashMap<Digest, Vec<Digest>>,
}

impl LandedThere {
    pub(super) fn of(commit: Oid, effect: &Effect) -> LandedThere {
        let mut rests_on = HashMap::new();
        for report in &effect.reports {
            let evidence: Vec<Digest> = report.gates.iter().filter_map(|gate| gate.evidence).collect();
            if !evidence.is_empty() {
                rests_on.insert(report.statement, evidence);
            }
        }
        LandedThere { commit, files: effect.files.clone(), rests_on }
    }
}

impl Verifier<'_> {
    /// Finds what the keys that the newest policy distrusts taint: what each signed outside the state at its `since`, the
    /// changes that it approved there or whose gates passed by its evidence, and what took effect under a policy so tainted.
    pub(super) fn taint(&mut self) -> Result<()> {
        let Some((policy, record)) = StateReader(self.walk.state()).newest_policy()? else { return Ok(()) };
        if policy.distrust.is_empty() {
            self.walk.taint(BTreeSet::new());
            self.distrusted.clear();
            return Ok(());
        }
        let by_a_lost_key = record.signatures.iter().any(|it| policy.distrust.iter().any(|lost| lost.key == it.keyid));
        let before = Place::Policy(policy.number.saturating_sub(1)).path();
        if self.distrusted == policy.distrust && !by_a_lost_key && !self.walk.tainted().contains(&before) {
            // Under a policy that nobody doubts a distrusted key signs nothing more that takes effect.
            return Ok(());
        }
        if !self.whole {
            // Where each record took effect is known to a walk from the start only.
            return Err(needs_the_whole_walk());
        }
        let mut tainted = BTreeSet::new();
        for distrust in &policy.distrust {
            let since = self.walk.position(distrust.since)?.unwrap_or(0);
            let mut case = Taint { key: &distrust.key, said: HashSet::new(), under: false, tainted: &mut tainted };
            let mut outside = Vec::new();
            for landed in &self.landed {
                if self.walk.position(landed.commit)?.is_none_or(|at| at > since) {
                    outside.push((landed, self.records_of(&landed.files)?));
                }
            }
            outside.iter().for_each(|(_, records)| case.look(records));
            // An approval may land before the change that it approves, or after other evidence: so once more, to the end.
            outside.iter().for_each(|(landed, records)| case.follow(records, &landed.rests_on));
        }
        self.walk.taint(tainted);
        self.distrusted.clone_from(&policy.distrust);
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

/// What one distrusted key taints.
struct Taint<'a> {
    key: &'a KeyId,
    /// The statements that its approvals name, and those of its evidence.
    said: HashSet<Digest>,
    /// Whether the newest policy is one that it signed.
    under: bool,
    tainted: &'a mut BTreeSet<String>,
}

impl Taint<'_> {
    /// Looks at a landing outside the state at `since`.
    fn look(&mut self, records: &[(&str, Place, Arc<Record>)]) {
        let signed = |record: &Record| record.signatures.iter().any(|it| it.keyid == *self.key);
        // A landing's own policy rules over the rest of it.
        if let Some((.., policy)) = records.iter().rev().find(|(_, place, _)| matches!(place, Place::Policy(_))) {
            self.under = signed(policy);
        }
        for (path, place, record) in records {
            let meta = matches!(place, Place::Root(_) | Place::Policy(_));
            if signed(record) {
                // By digest, not by the path that the approval gives for people: a thief would name another.
                match record.predicate() {
                    Predicate::Approval(it) => drop(self.said.insert(it.statement)),
                    Predicate::Evidence(_) => drop(self.said.insert(record.digest())),
                    _ => {}
                }
                self.tainted.insert((*path).to_owned());
            } else if self.under && !meta {
                self.tainted.insert((*path).to_owned());
            }
        }
    }

    /// Taints the changes that rest on what the key said.
    fn follow(&mut self, records: &[(&str, Place, Arc<Record>)], rests_on: &HashMap<Digest, Vec<Digest>>) {
        for (path, _, record) in records {
            let named: &[Digest] = match record.predicate() {
                Predicate::Alias(it) => &it.evidence,
                Predicate::Stage(it) => &it.evidence,
                Predicate::Trust(it) => &it.evidence,
                _ => &[],
            };
            let found = rests_on.get(&record.digest()).into_iter().flatten();
            if self.said.contains(&record.digest()) || named.iter().chain(found).any(|it| self.said.contains(it)) {
                self.tainted.insert((*path).to_owned());
            }
        }
    }
}

/// Told apart by its code and field, so that the caller starts again from the first commit.
fn needs_the_whole_walk() -> Box<Error> {
    Error::new(Code::Incomplete, "a key was distrusted: what it taints is known to a walk from the start only")
        .field("whole_walk", true)
}

/// Whether an error asks for a walk from the first commit.
pub fn asks_for_the_whole_walk(error: &Error) -> bool {
    error.fields.contains_key("whole_walk")
}
