//! What a reader keeps of a head that it verified, and how a walk goes on from there.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::effective::{Objects, State};
use crate::landing::{Before, Inert, Late, Revoked, Standing, Walk};
use crate::open_approvals::Due;
use crate::snapshot::{History, Mode};
use refmark_records::root::FORMAT;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::StoredHint;
use refmark_types::oid::Oid;

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
    /// The moves with approvals still due.
    pub due: Due,
    /// The files that took effect in a later commit than the one that brought them.
    pub late: Late,
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
    pub hint: Option<StoredHint>,
}

impl RememberedFinding {
    fn of((path, error): &(String, Box<Error>)) -> RememberedFinding {
        RememberedFinding {
            path: path.clone(),
            code: error.code.as_str().to_owned(),
            message: error.message.clone(),
            hint: error.hint.clone().map(Into::into),
        }
    }

    fn finding(&self) -> (String, Box<Error>) {
        let mut error = Error::new(Code::parse(&self.code).unwrap_or(Code::Refused), self.message.clone());
        error.hint = self.hint.clone().map(Into::into);
        (self.path.clone(), error)
    }
}

impl Remembered {
    /// What to keep of a walk that has reached a good head.
    pub(super) fn of(head: Oid, root: Option<Digest>, walk: &Walk<'_>, bad: &[Oid]) -> Remembered {
        Remembered {
            format: FORMAT,
            head,
            commits: walk.commits(),
            root,
            bad: bad.to_vec(),
            inert: walk.inert().iter().map(RememberedLanding::of).collect(),
            revoked: walk.revoked().clone(),
            due: walk.due().clone(),
            late: walk.late().clone(),
            tainted: walk.tainted().iter().cloned().collect(),
        }
    }

    /// An error where a newer refmark wrote it.
    pub(super) fn check_format(&self) -> Result<()> {
        match self.format > FORMAT {
            true => {
                Err(Error::new(Code::UpgradeNeeded, "what was remembered is of a newer format").hint("upgrade refmark"))
            }
            false => Ok(()),
        }
    }

    /// The walk as it stood at the remembered head.
    pub(super) fn walk<'h>(&self, history: &'h dyn History, objects: Rc<Objects<'h>>) -> Result<Walk<'h>> {
        let inert: Vec<Inert> = self.inert.iter().map(RememberedLanding::inert).collect();
        let paths = inert.iter().flat_map(|landing| landing.files.keys().cloned());
        let state = State::of_tree(objects, history.snapshot(self.head)?, paths);
        let chain = RememberedChain::new(history, self.head, self.commits, self.bad.iter().copied().collect());
        let mut walk = Walk::from(state, Box::new(chain), inert, self.revoked.clone(), self.due.clone())
            .with_late(self.late.clone());
        walk.taint(self.tainted.iter().cloned().collect());
        Ok(walk)
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

/// Positions on the chain behind a remembered head, found by walking back once, as far as asked.
struct RememberedChain<'h> {
    history: &'h dyn History,
    commits: u64,
    bad: HashSet<Oid>,
    found: RefCell<ChainSoFar>,
}

struct ChainSoFar {
    positions: HashMap<Oid, u64>,
    next: Option<Oid>,
    position: u64,
}

impl<'h> RememberedChain<'h> {
    fn new(history: &'h dyn History, head: Oid, commits: u64, bad: HashSet<Oid>) -> RememberedChain<'h> {
        let so_far = ChainSoFar { positions: Default::default(), next: Some(head), position: commits };
        RememberedChain { history, commits, bad, found: RefCell::new(so_far) }
    }
}

impl Before for RememberedChain<'_> {
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
                found.next = self.history.commit(at).ok().and_then(|commit| commit.parents.first().copied());
                return Ok(Some(position));
            }
            found.next = self.history.commit(at)?.parents.first().copied();
        }
    }

    fn commits(&self) -> u64 {
        self.commits
    }
}
