//! A range of commits, and what would come of it by each way of merging it. Nothing is written: a merge is a list of
//! changes that the verifier takes as if it were a commit.

use serde::Serialize;

use refmark_engine::landing::{Effect, Inert, Standing};
use refmark_engine::rules::renew;
use refmark_engine::snapshot::{Change, History, first_parents};
use refmark_engine::verify::{NeedsWholeWalk, Problem, Remembered, Verified, Verifier, is_unjudgeable};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;
use std::collections::{BTreeMap, BTreeSet};

/// So many commits of a proposal are counted.
const MOST_COMMITS: usize = 10_000;

/// A range of commits: what `head` has and `base` has not.
pub struct Range<'h> {
    /// The commits.
    pub history: &'h dyn History,
    /// Where it starts: the head of the registry's branch that it would land on, or a commit of its chain.
    pub base: Oid,
    /// Where it ends.
    pub head: Oid,
    /// Their best common ancestor.
    pub merge_base: Option<Oid>,
    /// The pinned root.
    pub pin: Option<Digest>,
    /// What was remembered of a good commit on the chain of `base`, to go on from there.
    pub remembered: Option<Remembered>,
}

/// How a range may reach the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A merge commit on the branch.
    Merge,
    /// One new commit with all of it.
    Squash,
    /// Each commit made anew on the branch.
    Rebase,
    /// The commits themselves become the branch.
    FastForward,
}

impl Method {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Merge => "merge",
            Method::Squash => "squash",
            Method::Rebase => "rebase",
            Method::FastForward => "fast-forward",
        }
    }
}

/// The verdict on a range. The order is that of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RangeVerdict {
    /// All that it brings takes effect.
    Ok,
    /// It breaks no rule, and something in it still lacks an approval or evidence.
    Pending,
    /// Something in it breaks a rule, and would have no effect.
    Refused,
    /// It would leave the branch in a state that readers refuse, or does not fit onto it.
    Failed,
}

impl RangeVerdict {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            RangeVerdict::Ok => "ok",
            RangeVerdict::Pending => "pending",
            RangeVerdict::Refused => "refused",
            RangeVerdict::Failed => "failed",
        }
    }
}

/// What came of a range.
pub struct RangeOutcome<'h> {
    /// The last commit of the range.
    pub head: Oid,
    /// The walk, at the end of the range.
    pub verified: Verified<'h>,
    /// What took effect in it: in which commit, and what.
    pub effects: Vec<(Oid, Effect)>,
    /// The paths that it changed.
    pub touched: BTreeSet<String>,
    /// Paths that Git would report as conflicts.
    pub conflicts: Vec<String>,
}

/// A step after the base.
enum Step {
    /// A commit as it is.
    Commit(Oid),
    /// A commit that need not exist, with what it changes, or why that cannot be told.
    As(Oid, Result<Vec<Change>>),
}

impl Step {
    fn commit(&self) -> Oid {
        match self {
            Step::Commit(commit) | Step::As(commit, _) => *commit,
        }
    }
}

/// What a way of merging comes to.
#[derive(Debug, Clone, Serialize)]
pub struct MethodVerdict {
    /// The way.
    pub method: Method,
    /// What it comes to.
    pub verdict: RangeVerdict,
    /// Why it is not `ok`: the first reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

impl<'h> Range<'h> {
    /// The range's own commits, oldest first, where `base` is on the first-parent chain of `head`.
    pub fn chain(&self) -> Result<Option<Vec<Oid>>> {
        // A chain that does not pass the base goes on to the first commit: look at the merge base before it is walked.
        if self.merge_base != Some(self.base) {
            return Ok(None);
        }
        let chain = first_parents(self.history, self.head, Some(self.base))?;
        Ok(chain.map(|mut chain| {
            chain.reverse();
            chain
        }))
    }

    /// How many commits it has along its first parents, up to the common ancestor.
    pub fn commits(&self) -> Result<usize> {
        if let Some(chain) = self.chain()? {
            return Ok(chain.len());
        }
        let (mut at, mut count) = (Some(self.head), 0);
        // A branch that merged the registry's own into itself passes the ancestor by.
        while let Some(id) = at.filter(|id| Some(*id) != self.merge_base && count < MOST_COMMITS) {
            count += 1;
            at = self.history.commit(id)?.parents.first().copied();
        }
        Ok(count)
    }

    /// The commits of a proposal that a rebase would make anew, oldest first; nothing where it has merges.
    fn own_commits(&self) -> Result<Option<Vec<Oid>>> {
        let mut commits = Vec::new();
        let mut at = Some(self.head);
        while let Some(id) = at.filter(|id| Some(*id) != self.merge_base) {
            let parents = self.history.commit(id)?.parents;
            if parents.len() > 1 {
                return Ok(None);
            }
            commits.push(id);
            at = parents.first().copied();
        }
        commits.reverse();
        Ok(Some(commits))
    }

    /// A verifier that has walked to the base.
    fn at_base(&self, whole: bool) -> Result<Verifier<'h>> {
        if let Some(remembered) = self.remembered.as_ref().filter(|_| !whole) {
            let mut verifier = Verifier::resume(self.history, self.base, remembered)?;
            verifier.run(|_| Ok(()))?;
            return Ok(verifier);
        }
        let mut verifier = Verifier::from_the_start(self.history, self.base, self.pin)?;
        verifier.run(|_| Ok(()))?;
        Ok(verifier)
    }

    /// Takes these steps after the base: commits, each with what it changes.
    fn take(&self, steps: &[Step], conflicts: Vec<String>) -> Result<RangeOutcome<'h>> {
        match self.take_from(steps, &conflicts, false) {
            Err(error) if NeedsWholeWalk::is(&error) => self.take_from(steps, &conflicts, true),
            done => done,
        }
    }

    fn take_from(&self, steps: &[Step], conflicts: &[String], whole: bool) -> Result<RangeOutcome<'h>> {
        let mut verifier = self.at_base(whole)?;
        let (mut effects, mut touched) = (Vec::new(), BTreeSet::new());
        for step in steps {
            let (verdict, changes) = match step {
                Step::Commit(commit) => verifier.take_next(*commit)?,
                Step::As(commit, Ok(changes)) => (verifier.take(*commit, changes)?, changes.clone()),
                Step::As(commit, Err(error)) => (verifier.pass_over(*commit, error)?, Vec::new()),
            };
            touched.extend(changes.into_iter().map(|change| change.path));
            effects.extend(verdict.effects.into_iter().map(|effect| (step.commit(), effect)));
        }
        let head = steps.last().map_or(self.base, Step::commit);
        Ok(RangeOutcome { head, verified: verifier.finish()?, effects, touched, conflicts: conflicts.to_vec() })
    }

    /// The range as the commits that it is, where its base is on their first-parent chain.
    pub fn as_fast_forward(&self) -> Result<Option<RangeOutcome<'h>>> {
        let Some(chain) = self.chain()? else { return Ok(None) };
        let steps: Vec<Step> = chain.into_iter().map(Step::Commit).collect();
        self.take(&steps, Vec::new()).map(Some)
    }

    /// The range as one landing on the base: what a merge or a squash brings.
    pub fn as_merge(&self) -> Result<RangeOutcome<'h>> {
        let mut tree = BTreeMap::new();
        let mut conflicts = Vec::new();
        let changes = match judgeable(self.history.between(self.merge_base, self.head))? {
            Ok(all) => Ok(self.onto_base(all, &mut tree, &mut conflicts)?),
            Err(error) => Err(error),
        };
        // The commit need not exist; nothing in the range may have it as its base.
        self.take(&[Step::As(self.head, changes)], conflicts)
    }

    /// The range commit by commit on the base: what a rebase brings. Nothing where it has merges.
    pub fn as_rebase(&self) -> Result<Option<RangeOutcome<'h>>> {
        let Some(commits) = self.own_commits()? else { return Ok(None) };
        let mut tree = BTreeMap::new();
        let mut conflicts = Vec::new();
        let mut steps = Vec::new();
        for commit in commits {
            let changes = match judgeable(self.history.changes(commit))? {
                Ok(changes) => Ok(self.onto_base(changes, &mut tree, &mut conflicts)?),
                Err(error) => Err(error),
            };
            steps.push(Step::As(commit, changes));
        }
        self.take(&steps, conflicts).map(Some)
    }

    /// Changes as Git's merge applies them to the base's tree (and to `tree`, what was put on it already): where both sides
    /// changed a path to different things, that is a conflict.
    fn onto_base(
        &self,
        changes: Vec<Change>,
        tree: &mut BTreeMap<String, Option<(refmark_engine::snapshot::Mode, Oid)>>,
        conflicts: &mut Vec<String>,
    ) -> Result<Vec<Change>> {
        if self.merge_base == Some(self.base) {
            return Ok(changes);
        }
        let base = self.history.snapshot(self.base)?;
        let mut applied = Vec::new();
        for change in changes {
            let here = match tree.get(&change.path) {
                Some(here) => *here,
                None => base.find(&change.path)?.map(|entry| (entry.mode, entry.oid)),
            };
            if here == change.new {
                continue;
            }
            if here != change.old {
                conflicts.push(change.path);
                continue;
            }
            tree.insert(change.path.clone(), change.new);
            applied.push(Change { old: here, ..change });
        }
        Ok(applied)
    }

    /// What each way of merging comes to, given what came of the range as one landing and, where there is one, as it is.
    pub fn methods(
        &self,
        as_merge: &RangeOutcome<'h>,
        as_fast_forward: Option<&RangeOutcome<'h>>,
    ) -> Result<Vec<MethodVerdict>> {
        let verdict = |method: Method, outcome: &RangeOutcome<'h>| {
            let (verdict, problems) = outcome.judge();
            MethodVerdict { method, verdict, because: problems.first().map(|problem| problem.message.clone()) }
        };
        let not_possible = |method: Method, why: &str| MethodVerdict {
            method,
            verdict: RangeVerdict::Failed,
            because: Some(why.to_owned()),
        };
        let mut methods = vec![verdict(Method::Merge, as_merge), verdict(Method::Squash, as_merge)];
        methods.push(match (as_fast_forward, self.as_rebase()?) {
            (_, Some(outcome)) => verdict(Method::Rebase, &outcome),
            (_, None) => not_possible(Method::Rebase, "the range has merge commits"),
        });
        methods.push(match as_fast_forward {
            Some(outcome) => verdict(Method::FastForward, outcome),
            None => not_possible(
                Method::FastForward,
                "its first parents do not lead to the head of the branch, so the history of the branch would change",
            ),
        });
        Ok(methods)
    }

    /// Whether `head` has `base` behind it and its first parents pass it by: for Git a fast-forward, for readers a
    /// rewritten history.
    pub fn is_reordered(&self) -> Result<bool> {
        Ok(self.merge_base == Some(self.base) && self.head != self.base && self.chain()?.is_none())
    }
}

impl RangeOutcome<'_> {
    /// Landings without effect of which the range brought or touched a file.
    pub fn new_inert(&self) -> impl Iterator<Item = &Inert> {
        let walk = &self.verified.walk;
        walk.inert().iter().filter(|landing| landing.files.keys().any(|path| self.touched.contains(path)))
    }

    /// The verdict, and every reason why it is not `ok`, the gravest first.
    pub fn judge(&self) -> (RangeVerdict, Vec<Problem>) {
        let mut verdict = RangeVerdict::Ok;
        let mut problems = Vec::new();
        let verified = &self.verified;
        let mut add = |grade: RangeVerdict, problem: Problem| {
            verdict = verdict.max(grade);
            problems.push((grade, problem));
        };
        if let Some(error) = &verified.root_error {
            add(RangeVerdict::Failed, Problem::of(error, None, None));
        }
        if let Some(error) = verified.tip_error.as_deref().filter(|_| verified.walk.tampered_paths().is_empty()) {
            add(RangeVerdict::Failed, Problem::of(error, None, Some(self.head)));
        }
        for path in verified.walk.tampered_paths() {
            let error = Error::new(Code::BadTip, format!("{path} had taken effect, and this changes or removes it"))
                .hint(
                    Hint::of("records are only ever added: put it back; to undo a promotion, ")
                        .then(Next::Rollback { alias: None }),
                );
            add(RangeVerdict::Failed, Problem::of(&error, Some(path), Some(self.head)));
        }
        for path in &self.conflicts {
            let message = format!("the branch already has another {path}: another change landed first");
            let error = Error::new(Code::PremiseGone, message).hint(renew());
            add(RangeVerdict::Refused, Problem::of(&error, Some(path), None));
        }
        for landing in self.new_inert() {
            let grade = match landing.standing {
                Standing::Refused => RangeVerdict::Refused,
                _ => RangeVerdict::Pending,
            };
            for (path, error) in &landing.findings {
                // What a landing lacks is said beside what it breaks, and does not become a refusal by that.
                add(grade, Problem::of(error, Some(path), Some(landing.commit)));
            }
            if landing.findings.is_empty() {
                let path = landing.files.keys().next().map_or("", String::as_str);
                let code = if grade == RangeVerdict::Refused { Code::Refused } else { Code::Pending };
                let error = Error::new(code, format!("{path} has no effect"));
                add(grade, Problem::of(&error, Some(path), Some(landing.commit)));
            }
        }
        for path in verified.tainted.iter().filter(|path| self.touched.contains(*path)) {
            let error = Error::new(Code::Distrusted, format!("{path} rests on a key that is distrusted"));
            add(RangeVerdict::Refused, Problem::of(&error, Some(path), None));
        }
        let weight = |(grade, problem): &(RangeVerdict, Problem)| (*grade, problem.code != Code::Pending);
        problems.sort_by_key(|graded| std::cmp::Reverse(weight(graded)));
        (verdict, problems.into_iter().map(|(_, problem)| problem).collect())
    }
}

/// What a commit changes, or why nobody can judge it; an error where that cannot be told here.
pub(crate) fn judgeable(changes: Result<Vec<Change>>) -> Result<Result<Vec<Change>>> {
    match changes {
        Err(error) if !is_unjudgeable(&error) => Err(error),
        other => Ok(other),
    }
}

/// A best common ancestor over any parents: for histories that cannot tell one faster. Dates only steer the search.
pub fn merge_base(history: &dyn History, one: Oid, other: Oid) -> Result<Option<Oid>> {
    let mut marks: BTreeMap<Oid, u8> = BTreeMap::new();
    let mut queue = BTreeSet::new();
    for (id, mark) in [(one, 1), (other, 2)] {
        *marks.entry(id).or_default() |= mark;
        queue.insert((history.commit(id)?.time, id));
    }
    while let Some((_, id)) = queue.pop_last() {
        let mark = marks.get(&id).copied().unwrap_or(0);
        if mark == 3 {
            return Ok(Some(id));
        }
        for parent in history.commit(id)?.parents {
            let known = marks.entry(parent).or_default();
            if *known | mark != *known {
                *known |= mark;
                queue.insert((history.commit(parent)?.time, parent));
            }
        }
    }
    Ok(None)
}
