//! The verifier: walks first parents, judges every landing, and says what came of it. The same in every face.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::effective::{Effective, Objects, State};
use super::facts::Facts;
use super::landing::{Before, Inert, Revoked, Standing, Verdict, Walk};
use super::snapshot::{Change, History, Mode};
use crate::records::layout::{Place, is_companion};
use crate::records::root::FORMAT;
use crate::records::signature::KeyId;
use crate::records::statement::{Predicate, Record};
use crate::words::digest::Digest;
use crate::words::fault::{Code, Fault, Result};
use crate::words::oid::Oid;
use crate::words::value::Value;

/// What a reader keeps of the newest head that it verified, so that a new one is verified from there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    /// The number of the format in which this is written.
    pub format: u64,
    /// The last good head.
    pub head: Oid,
    /// How many commits its first-parent chain has.
    pub commits: u64,
    /// The pinned root that it was verified against, by the digest of its statement; none where there was no pin.
    pub root: Option<Digest>,
    /// The commits of the chain that were bad.
    pub bad: Vec<Oid>,
    /// Landings that had no effect at that head, oldest first.
    pub inert: Vec<RememberedLanding>,
    /// What was revoked at that head.
    pub revoked: Revoked,
    /// Paths whose records are tainted by a key that was distrusted.
    pub tainted: Vec<String>,
}

/// A landing without effect, as it is remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RememberedLanding {
    /// The commit that brought it.
    pub commit: Oid,
    /// Where it stands.
    pub standing: Standing,
    /// Its plain files, by path.
    pub files: BTreeMap<String, Oid>,
    /// Its other entries, by path, with their modes.
    pub odd: BTreeMap<String, (u32, Oid)>,
    /// Why it has no effect.
    pub findings: Vec<RememberedFinding>,
}

/// Why a file has no effect, as it is remembered: without the report, which the file can be judged for again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RememberedFinding {
    /// The file.
    pub path: String,
    /// The stable reason.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl RememberedFinding {
    fn of((path, fault): &(String, Box<Fault>)) -> RememberedFinding {
        RememberedFinding {
            path: path.clone(),
            code: fault.code.as_str().to_owned(),
            message: fault.message.clone(),
            hint: fault.hint.clone(),
        }
    }

    fn finding(&self) -> (String, Box<Fault>) {
        let mut fault = Fault::new(Code::parse(&self.code).unwrap_or(Code::Refused), self.message.clone());
        fault.hint = self.hint.clone();
        (self.path.clone(), fault)
    }
}

/// Something that is not as it should be.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// The stable reason.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The path, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The commit, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Oid>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What else the fault says, for programs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
}

impl Problem {
    /// A fault as a problem of a path and a commit.
    pub fn of(fault: &Fault, path: Option<&str>, commit: Option<Oid>) -> Problem {
        let mut fields = fault.fields.clone();
        fields.remove("path");
        fields.remove("commit");
        Problem {
            code: fault.code,
            message: fault.message.clone(),
            path: path.map(str::to_owned),
            commit,
            hint: fault.hint.clone(),
            fields,
        }
    }
}

/// What a verification comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything is here as signed and allowed.
    Ok,
    /// So is everything that has effect, and something waits for an approval or evidence.
    Pending,
    /// Not all of the history is here.
    Incomplete,
    /// Something is not as signed or allowed.
    Failed,
}

impl Outcome {
    /// The outcome's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Pending => "pending",
            Outcome::Incomplete => "incomplete",
            Outcome::Failed => "failed",
        }
    }
}

/// Positions on the chain behind a remembered head, found by walking back once, as far as asked.
struct Chain<'h> {
    history: &'h dyn History,
    commits: u64,
    bad: HashSet<Oid>,
    found: std::cell::RefCell<ChainSoFar>,
}

struct ChainSoFar {
    positions: std::collections::HashMap<Oid, u64>,
    next: Option<Oid>,
    position: u64,
}

impl<'h> Chain<'h> {
    fn new(history: &'h dyn History, head: Oid, commits: u64, bad: HashSet<Oid>) -> Chain<'h> {
        let so_far = ChainSoFar { positions: Default::default(), next: Some(head), position: commits };
        Chain { history, commits, bad, found: std::cell::RefCell::new(so_far) }
    }
}

impl Before for Chain<'_> {
    fn position(&self, commit: Oid) -> Result<Option<u64>> {
        if self.bad.contains(&commit) {
            return Ok(None);
        }
        let mut found = self.found.borrow_mut();
        loop {
            if let Some(position) = found.positions.get(&commit) {
                return Ok(Some(*position));
            }
            let Some(at) = found.next.filter(|_| found.position > 0) else { return Ok(None) };
            found.position -= 1;
            let position = found.position;
            found.positions.insert(at, position);
            if at == commit {
                // The parent of what was asked for may be missing in a shallow clone; it is not needed yet.
                found.next = self.history.commit(at).ok().and_then(|it| it.parents.first().copied());
                return Ok(Some(position));
            }
            found.next = self.history.commit(at)?.parents.first().copied();
        }
    }

    fn commits(&self) -> u64 {
        self.commits
    }
}

/// Verifies a history commit by commit.
pub struct Verifier<'h> {
    history: &'h dyn History,
    objects: Rc<Objects<'h>>,
    walk: Walk<'h>,
    pin: Option<Digest>,
    /// The chain that is still to be walked, newest first.
    ahead: Vec<Oid>,
    head: Oid,
    last_good: Option<Oid>,
    bad: Vec<Oid>,
    tip_fault: Option<Box<Fault>>,
    /// Where each file took effect, in this walk.
    landed: Vec<(Oid, BTreeMap<String, Oid>)>,
    tainted: Vec<String>,
    whole: bool,
}

impl<'h> Verifier<'h> {
    /// Verifies everything up to a head, from the first commit.
    pub fn from_the_start(history: &'h dyn History, head: Oid, pin: Option<Digest>) -> Result<Verifier<'h>> {
        let objects = Objects::new(history);
        let ahead = super::snapshot::first_parents(history, head, None)?.unwrap_or_default();
        let walk = Walk::from_the_start(objects.clone());
        Ok(Verifier {
            history,
            objects,
            walk,
            pin,
            ahead,
            head,
            last_good: None,
            bad: Vec::new(),
            tip_fault: None,
            landed: Vec::new(),
            tainted: Vec::new(),
            whole: true,
        })
    }

    /// Goes on from what was remembered. The remembered head must be on the new head's first-parent chain.
    pub fn resume(history: &'h dyn History, head: Oid, remembered: &Remembered) -> Result<Verifier<'h>> {
        if remembered.format > FORMAT {
            return Err(
                Fault::new(Code::UpgradeNeeded, "what was remembered is of a newer format").hint("upgrade refmark")
            );
        }
        let Some(ahead) = super::snapshot::first_parents(history, head, Some(remembered.head))? else {
            return Err(Fault::new(
                Code::HistoryRewritten,
                format!(
                    "the last good head {} is not on the first-parent chain of {}",
                    remembered.head.short(),
                    head.short()
                ),
            )
            .hint("the branch was rewritten or moved back; compare with a copy that you trust before you go on")
            .field("expected", remembered.head)
            .field("found", head));
        };
        let objects = Objects::new(history);
        let inert: Vec<Inert> = remembered.inert.iter().map(RememberedLanding::inert).collect();
        let paths = inert.iter().flat_map(|it| it.files.keys().cloned());
        let state = State::of_tree(objects.clone(), history.snapshot(remembered.head)?, paths);
        let chain = Chain::new(history, remembered.head, remembered.commits, remembered.bad.iter().copied().collect());
        Ok(Verifier {
            history,
            objects,
            walk: Walk::from(state, Box::new(chain), inert, remembered.revoked.clone()),
            pin: remembered.root,
            ahead,
            head,
            last_good: Some(remembered.head),
            bad: remembered.bad.clone(),
            tip_fault: None,
            landed: Vec::new(),
            tainted: remembered.tainted.clone(),
            whole: false,
        })
    }

    /// Holds the walk to another pin than the one that was remembered: the roots are looked at when it is finished.
    pub fn held_to(mut self, pin: Option<Digest>) -> Verifier<'h> {
        self.pin = pin;
        self
    }

    /// How many commits are still to be walked.
    pub fn remaining(&self) -> usize {
        self.ahead.len()
    }

    /// Where objects are read from.
    pub fn objects(&self) -> &Rc<Objects<'h>> {
        &self.objects
    }

    /// What to keep of the walk so far, so that it can go on from here later; nothing at a bad commit. It says nothing of
    /// the pin, which is held against the registry at the end of a walk only.
    pub fn so_far(&self) -> Option<Remembered> {
        let head = self.last_good.filter(|_| self.tip_fault.is_none())?;
        Some(remembered(head, self.pin, &self.walk, &self.bad, &self.tainted))
    }

    /// Walks the next commit; nothing where the head is reached.
    pub fn step(&mut self) -> Result<Option<Verdict>> {
        let Some(commit) = self.ahead.pop() else { return Ok(None) };
        let changes = self.history.changes(commit)?;
        self.take(commit, &changes).map(Some)
    }

    /// Takes a commit that need not exist, such as the merge of a range that is only checked.
    pub fn take(&mut self, commit: Oid, changes: &[Change]) -> Result<Verdict> {
        let verdict = self.walk.take(commit, changes)?;
        self.tip_fault = verdict.bad.clone();
        match &verdict.bad {
            Some(_) => self.bad.push(commit),
            None => self.last_good = Some(commit),
        }
        for effect in &verdict.effects {
            self.landed.push((commit, effect.files.clone()));
            if effect.files.keys().any(|path| matches!(Place::parse(path), Some(Place::Policy(_)))) {
                self.taint()?;
            }
        }
        Ok(verdict)
    }

    /// Walks to the head.
    pub fn run(&mut self, mut each: impl FnMut(&Verdict) -> Result<()>) -> Result<()> {
        while let Some(verdict) = self.step()? {
            each(&verdict)?;
        }
        Ok(())
    }

    /// Finds what the keys that the newest policy distrusts taint: what each signed outside the state at its `since`, the
    /// changes that it approved or gave evidence for there, and what took effect under a policy so tainted.
    fn taint(&mut self) -> Result<()> {
        let Some((policy, _)) = Facts(self.walk.state()).newest_policy()? else { return Ok(()) };
        if policy.distrust.is_empty() {
            self.tainted.clear();
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
            for (commit, files) in &self.landed {
                let outside = self.walk.position(*commit)?.is_none_or(|at| at > since);
                let records = self.records_of(files)?;
                if outside {
                    case.look(&records);
                }
            }
            // An approval may land before the change that it approves, or after other evidence: so once more, to the end.
            for (commit, files) in &self.landed {
                if self.walk.position(*commit)?.is_none_or(|at| at > since) {
                    case.follow(&self.records_of(files)?);
                }
            }
        }
        self.tainted = tainted.into_iter().collect();
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

    /// The root that the pin names, if the registry has it; a fault where it does not.
    fn check_pin(&self) -> Result<Option<Digest>> {
        let facts = Facts(self.walk.state());
        let mut newest = None;
        let mut seen = self.pin.is_none();
        let mut found = None;
        let mut number = 1;
        while let Some(root) = facts.root(number)? {
            let digest = root.record.digest();
            seen |= Some(digest) == self.pin;
            found.get_or_insert(digest);
            newest = Some(digest);
            number += 1;
        }
        if !seen {
            let expected = self.pin.map(|pin| pin.prefixed()).unwrap_or_default();
            let found = found.map_or_else(|| "no root".to_owned(), |it| it.prefixed());
            return Err(Fault::new(
                Code::WrongRoot,
                format!("the pinned root is {expected}, and the registry has {found}"),
            )
            .hint("this is another registry, or somebody made its history anew; check the fingerprint with its owner")
            .field("expected", expected)
            .field("found", found));
        }
        Ok(newest)
    }

    /// What came of it.
    pub fn finish(self) -> Result<Verified<'h>> {
        if !self.ahead.is_empty() {
            return Err(crate::words::fault::bug("the walk has not reached the head"));
        }
        let newest_root = match self.check_pin() {
            Ok(root) => (root, None),
            Err(fault) if fault.code == Code::WrongRoot => (None, Some(fault)),
            Err(fault) => return Err(fault),
        };
        Ok(Verified {
            head: self.head,
            last_good: self.last_good,
            bad: self.bad,
            tip_fault: self.tip_fault,
            pinned: self.pin.is_some() && newest_root.1.is_none(),
            pin: self.pin,
            newest_root: newest_root.0,
            root_fault: newest_root.1,
            tainted: self.tainted,
            objects: self.objects,
            walk: self.walk,
        })
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
    fn follow(&mut self, records: &[(&str, Place, Arc<Record>)]) {
        for (path, _, record) in records {
            let evidence: &[Digest] = match record.predicate() {
                Predicate::Alias(it) => &it.evidence,
                Predicate::Stage(it) => &it.evidence,
                Predicate::Trust(it) => &it.evidence,
                _ => &[],
            };
            if self.said.contains(&record.digest()) || evidence.iter().any(|it| self.said.contains(it)) {
                self.tainted.insert((*path).to_owned());
            }
        }
    }
}

/// Told apart by its code and field, so that the caller starts again from the first commit.
fn needs_the_whole_walk() -> Box<Fault> {
    Fault::new(Code::Incomplete, "a key was distrusted: what it taints is known to a walk from the start only")
        .field("whole_walk", true)
}

/// Whether a fault asks for a walk from the first commit.
pub fn asks_for_the_whole_walk(fault: &Fault) -> bool {
    fault.fields.contains_key("whole_walk")
}

/// A history that was walked to its head.
pub struct Verified<'h> {
    /// The head.
    pub head: Oid,
    /// The newest good commit.
    pub last_good: Option<Oid>,
    /// Every bad commit of the chain.
    pub bad: Vec<Oid>,
    /// Why the head itself is bad, if it is.
    pub tip_fault: Option<Box<Fault>>,
    /// Whether a root was pinned and found.
    pub pinned: bool,
    /// The pinned root.
    pub pin: Option<Digest>,
    /// The newest root, by the digest of its statement.
    pub newest_root: Option<Digest>,
    /// Why the pinned root does not hold, if it does not.
    pub root_fault: Option<Box<Fault>>,
    /// Paths whose records are tainted.
    pub tainted: Vec<String>,
    /// Where objects are read from.
    pub objects: Rc<Objects<'h>>,
    /// The walk at the head.
    pub walk: Walk<'h>,
}

impl<'h> Verified<'h> {
    /// What has taken effect.
    pub fn state(&self) -> &State<'h> {
        self.walk.state()
    }

    /// Questions to what has taken effect.
    pub fn facts(&self) -> Facts<'_> {
        Facts(self.walk.state())
    }

    /// Everything that is not as it should be.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.root_fault.as_deref().map(|fault| Problem::of(fault, None, None)));
        for path in self.walk.off() {
            let fault = Fault::new(
                Code::BadTip,
                format!("{path} had taken effect, and is missing or changed at the newest commit"),
            )
            .hint("put it back (for a forge's Revert: revert the revert), and roll back with `refmark rollback`");
            problems.push(Problem::of(&fault, Some(path), Some(self.head)));
        }
        for landing in self.walk.inert() {
            for (path, fault) in &landing.findings {
                problems.push(Problem::of(fault, Some(path), Some(landing.commit)));
            }
        }
        for path in &self.tainted {
            let fault = Fault::new(Code::Distrusted, format!("{path} rests on a key that was distrusted"))
                .hint("make the move again with a good key");
            problems.push(Problem::of(&fault, Some(path), None));
        }
        problems
    }

    /// What it comes to, but for blobs.
    pub fn outcome(&self) -> Outcome {
        let standing = |wanted| self.walk.inert().iter().any(|it| it.standing == wanted);
        if self.tip_fault.is_some()
            || self.root_fault.is_some()
            || standing(Standing::Refused)
            || !self.tainted.is_empty()
        {
            Outcome::Failed
        } else if standing(Standing::Pending) {
            Outcome::Pending
        } else {
            Outcome::Ok
        }
    }

    /// Takes a commit that was just written on top of the head. Where it distrusts a key, what that taints is known to a
    /// walk from the start only: then nothing of this walk may be remembered, and `false` comes back.
    pub fn follow(&mut self, commit: Oid, changes: &[Change]) -> Result<bool> {
        let verdict = self.walk.take(commit, changes)?;
        self.head = commit;
        match verdict.bad {
            Some(fault) => {
                self.bad.push(commit);
                self.tip_fault = Some(fault);
            }
            None => self.last_good = Some(commit),
        }
        let policy = verdict.effects.iter().flat_map(|it| it.files.keys()).any(|path| path.starts_with("policy/"));
        let distrusts = Facts(self.walk.state()).newest_policy()?.is_some_and(|it| !it.0.distrust.is_empty());
        Ok(!(policy && (distrusts || !self.tainted.is_empty())))
    }

    /// What to keep, so that the next head is verified from here. Nothing at a bad head: the last good one stays kept.
    pub fn remember(&self) -> Option<Remembered> {
        if self.tip_fault.is_some() || self.root_fault.is_some() {
            return None;
        }
        Some(remembered(self.head, self.pin, &self.walk, &self.bad, &self.tainted))
    }

    /// Whether a record rests on a key that was distrusted.
    pub fn is_tainted(&self, path: &str) -> bool {
        self.tainted.iter().any(|it| it == path)
    }
}

fn remembered(head: Oid, root: Option<Digest>, walk: &Walk<'_>, bad: &[Oid], tainted: &[String]) -> Remembered {
    Remembered {
        format: FORMAT,
        head,
        commits: walk.commits(),
        root,
        bad: bad.to_vec(),
        inert: walk.inert().iter().map(RememberedLanding::of).collect(),
        revoked: walk.revoked().clone(),
        tainted: tainted.to_vec(),
    }
}

impl RememberedLanding {
    fn of(landing: &Inert) -> RememberedLanding {
        let mut files = BTreeMap::new();
        let mut odd = BTreeMap::new();
        for (path, (mode, oid)) in &landing.files {
            match mode {
                Mode::File => files.insert(path.clone(), *oid).map(drop),
                Mode::Odd(mode) => odd.insert(path.clone(), (*mode, *oid)).map(drop),
                Mode::Folder => None,
            };
        }
        let findings = landing.findings.iter().map(RememberedFinding::of).collect();
        RememberedLanding { commit: landing.commit, standing: landing.standing, files, odd, findings }
    }

    fn inert(&self) -> Inert {
        let plain = self.files.iter().map(|(path, oid)| (path.clone(), (Mode::File, *oid)));
        let odd = self.odd.iter().map(|(path, (mode, oid))| (path.clone(), (Mode::Odd(*mode), *oid)));
        // What was pending is judged again with the next landing; what was refused stays so while it stands unchanged.
        let findings = self.findings.iter().map(RememberedFinding::finding).collect();
        Inert::remembered(self.commit, plain.chain(odd).collect(), self.standing, findings)
    }
}

/// Checks a tree by itself, where history is not whole: every file is at a place of its own and well-formed.
pub fn check_tree(state: &State<'_>, paths: impl Iterator<Item = String>) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for path in paths.filter(|path| !is_companion(path)) {
        let fault = match Place::parse(&path) {
            None => Some(Fault::new(Code::WrongPath, format!("`{}` is no place of a record", path.escape_debug()))),
            Some(Place::PolicyText(_) | Place::Document(..)) => None,
            Some(_) => state.record(&path).err(),
        };
        problems.extend(fault.map(|fault| Problem::of(&fault, Some(&path), None)));
    }
    Ok(problems)
}
