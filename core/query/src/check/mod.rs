//! `check`: may this range land? The same rules as a review's, as a verdict for programs.

use serde::Serialize;

use super::diff::Listed;
use super::review::{
    CompanionReview, Method, MethodVerdict, Range, RangeOutcome, RangeVerdict, companions, in_words, reordered,
};
use refmark_engine::gate::GateReport;
use refmark_engine::verify::Problem;
use refmark_records::layout::Place;
use refmark_records::statement::Predicate;
use refmark_types::error::{Code, Error, Exit, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// How a range is about to reach the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Somebody will merge it, in a way that is not known yet.
    Merge,
    /// Its head becomes the branch's head as it is: a push.
    Push,
}

/// Whether a range may land.
#[derive(Debug, Clone, Serialize)]
pub struct CheckAnswer {
    /// The verdict.
    pub verdict: RangeVerdict,
    /// The exit status that says the same: 0 ok, 3 pending or refused by the policy, 4 not what was signed.
    pub exit: u8,
    /// The head of the registry's branch that it was judged on.
    pub base: Oid,
    /// The range's end.
    pub head: Oid,
    /// How many commits it has.
    pub commits: usize,
    /// Whether the history was verified against a pinned root.
    pub pinned: bool,
    /// The ways of merging after which it takes effect and verifies.
    pub verifies: Vec<Method>,
    /// What each way of merging comes to.
    pub methods: Vec<MethodVerdict>,
    /// What takes effect, in a few words each.
    pub effects: Listed<String>,
    /// Every gate of the moves in it.
    pub reports: Vec<GateReport>,
    /// Why the verdict is not `ok`, the gravest first.
    pub problems: Vec<Problem>,
    /// Files without authority that change too.
    pub companions: Listed<CompanionReview>,
}

impl CheckAnswer {
    /// Adds what the checker found out beside the commits, such as bytes that are not what a manifest claims. No way of
    /// merging mends that.
    pub fn add_problem(&mut self, verdict: RangeVerdict, problem: Problem) {
        self.verdict = self.verdict.max(verdict);
        self.problems.insert(0, problem);
        self.verifies.clear();
        let ok = self.methods.iter_mut().filter(|method| method.verdict == RangeVerdict::Ok);
        ok.for_each(|method| method.verdict = verdict);
        self.exit = status(self.verdict, &self.problems);
    }
}

/// Checks a range. `now` is the checker's clock: an approval that ended before it may make nothing take effect any more.
pub fn check(range: &Range<'_>, arrival: Arrival, now: Timestamp) -> Result<CheckAnswer> {
    let as_fast_forward = range.as_fast_forward()?;
    let one = match arrival {
        Arrival::Push => None,
        Arrival::Merge => Some(range.as_merge()?),
    };
    let (mut verdict, mut problems) = (RangeVerdict::Ok, Vec::new());
    let outcome = match (&one, &as_fast_forward) {
        (Some(outcome), _) | (None, Some(outcome)) => outcome,
        // Pushed, and not a continuation of the branch.
        (None, None) => return Ok(not_a_continuation(range)),
    };
    let mut methods = match &one {
        Some(one) => range.methods(one, as_fast_forward.as_ref())?,
        None => Vec::new(),
    };
    (verdict, problems) = worse((verdict, problems), outcome.judge());
    for problem in ended(outcome, now)?.into_iter().chain(ahead(outcome, now)?) {
        verdict = verdict.max(RangeVerdict::Refused);
        problems.insert(0, problem);
        methods
            .iter_mut()
            .filter(|method| method.verdict == RangeVerdict::Ok)
            .for_each(|method| method.verdict = RangeVerdict::Refused);
    }
    if range.is_reordered()? {
        verdict = RangeVerdict::Failed;
        problems.insert(0, Problem::of(&reordered(range), None, Some(range.head)));
    } else if methods.iter().all(|method| method.verdict != RangeVerdict::Ok)
        && verdict == RangeVerdict::Ok
        && one.is_some()
    {
        verdict = RangeVerdict::Refused;
    }
    let effects = outcome.effects.iter().flat_map(|(_, effect)| effect.files.iter());
    let objects = &outcome.verified.objects;
    let words =
        effects.filter(|(path, _)| !matches!(Place::parse(path), Some(Place::Document(..) | Place::PolicyText(_))));
    let words: Result<Listed<String>> = words.map(|(_, oid)| Ok(in_words(&*objects.record(*oid)?))).collect();
    let reports = outcome.effects.iter().flat_map(|(_, effect)| &effect.reports);
    Ok(CheckAnswer {
        verdict,
        exit: status(verdict, &problems),
        base: range.base,
        head: range.head,
        commits: range.commits()?,
        pinned: outcome.verified.pinned,
        verifies: methods
            .iter()
            .filter(|method| method.verdict == RangeVerdict::Ok)
            .map(|method| method.method)
            .collect(),
        methods,
        effects: words?,
        reports: reports.chain(outcome.new_inert().flat_map(|landing| &landing.reports)).take(200).cloned().collect(),
        problems,
        companions: companions(range, outcome)?,
    })
}

type Judged = (RangeVerdict, Vec<Problem>);

fn worse(a: Judged, b: Judged) -> Judged {
    let verdict = a.0.max(b.0);
    (verdict, a.1.into_iter().chain(b.1).collect())
}

fn not_a_continuation(range: &Range<'_>) -> CheckAnswer {
    let error = match range.merge_base == Some(range.base) {
        true => reordered(range),
        false => Error::new(
            Code::HistoryRewritten,
            format!("{} does not have the branch's head {} behind it", range.head.short(), range.base.short()),
        )
        .hint(
            Hint::of("the registry's branch only ever grows; fetch and rebase: ")
                .then(Next::Run { command: "git pull --rebase".to_owned() }),
        )
        .field("expected", range.base)
        .field("found", range.head),
    };
    CheckAnswer {
        verdict: RangeVerdict::Failed,
        exit: Exit::Integrity.status(),
        base: range.base,
        head: range.head,
        commits: 0,
        pinned: false,
        verifies: Vec::new(),
        methods: Vec::new(),
        effects: Listed::default(),
        reports: Vec::new(),
        problems: vec![Problem::of(&error, None, Some(range.head))],
        companions: Listed::default(),
    }
}

fn status(verdict: RangeVerdict, problems: &[Problem]) -> u8 {
    match verdict {
        RangeVerdict::Ok => 0,
        RangeVerdict::Pending => Exit::Refused.status(),
        RangeVerdict::Refused => match problems.first().map(|problem| problem.code.exit()) {
            Some(exit @ (Exit::Refused | Exit::Integrity)) => exit.status(),
            _ => Exit::Refused.status(),
        },
        RangeVerdict::Failed => Exit::Integrity.status(),
    }
}

/// Clocks of machines that are looked after differ by no more seconds.
const SKEW: i64 = 3600;

/// Records whose time has not come: whatever is ordered by time would be theirs.
fn ahead(outcome: &RangeOutcome<'_>, now: Timestamp) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for (_, effect) in &outcome.effects {
        for (path, oid) in &effect.files {
            if !matches!(Place::parse(path), Some(place) if !matches!(place, Place::Document(..) | Place::PolicyText(_)))
            {
                continue;
            }
            let record = outcome.verified.objects.record(*oid)?;
            let time = record.common().time;
            if time.since(now) > SKEW {
                let error = Error::new(Code::BadTime, format!("{path} is dated {time}, and it is {now}"))
                    .hint("set the clock of whoever signed it, and sign it again");
                problems.push(Problem::of(&error, Some(path), Some(effect.brought_by)));
            }
        }
    }
    Ok(problems)
}

/// Approvals that the range brings and that ended before `now`.
fn ended(outcome: &RangeOutcome<'_>, now: Timestamp) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for (_, effect) in &outcome.effects {
        for (path, oid) in effect.files.iter().filter(|(path, _)| path.starts_with("approvals/")) {
            let record = outcome.verified.objects.record(*oid)?;
            if let Predicate::Approval(approval) = record.predicate()
                && let Some(end) = approval.not_after.filter(|end| *end < now)
            {
                let error = Error::new(Code::Refused, format!("the approval by {} ended at {end}", approval.by))
                    .hint(Hint::of("approve it again: ").then(Next::Approve { branch: None }));
                problems.push(Problem::of(&error, Some(path), Some(effect.brought_by)));
            }
        }
    }
    Ok(problems)
}
