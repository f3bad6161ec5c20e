//! The whole review: moves, versions, rules, every other record, what has no effect, and what lies beside.

use std::collections::BTreeMap;

use super::attention::{Shown, attention, first_uses};
use super::change::{Moved, look};
use super::describe::says;
use super::evidence::{called, review_of, says as evidence_says};
use super::grave::{grave, gravity, registered};
use super::package::package;
use super::range::{MethodVerdict, Range, RangeOutcome, RangeVerdict, judgeable};
use super::range_file::{RangeFile, range_files};
use super::rules::rules;
use super::summary::{commands, key, summary, title};
use super::{
    Commands, CompanionReview, MOVES, MoveReview, Pointed, RecordReview, Review, ReviewOptions, VersionReview,
};
use crate::diff::{Listed, Side, diff, from_nothing};
use refmark_engine::effective::StateOverlay;
use refmark_engine::snapshot::Change;
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::Problem;
use refmark_records::layout::{Place, is_companion};
use refmark_records::policy::Policy;
use refmark_records::statement::Predicate;
use refmark_types::error::{Code, Error, Result};

/// So many diffs are made: each may be large.
const DIFFS: usize = 3;

/// Everything that the outcome of a range has to say.
pub(super) fn compose(
    range: &Range<'_>,
    options: &ReviewOptions,
    outcome: &RangeOutcome<'_>,
    methods: Vec<MethodVerdict>,
    landed: bool,
) -> Result<Review> {
    let (mut verdict, mut problems) = outcome.judge();
    if !landed && range.is_reordered()? {
        verdict = RangeVerdict::Failed;
        problems.insert(0, Problem::of(&reordered(range), None, Some(range.head)));
    }
    let all = range_files(outcome);
    let overlay = shown_state(outcome, &all);
    let reader = StateReader(&overlay);
    let policy = reader.newest_policy()?;
    let root = reader.newest_root()?;
    let Some(founder) = &root else {
        return Err(Error::new(Code::NotARegistry, "there is no trust root in effect at the end of this range"));
    };
    let mut changes = moves(reader, policy.as_ref().map(|(policy, _)| &**policy), &all)?;
    let versions = versions(reader, &all, &changes.items)?;
    show_together(&mut changes.items, &versions.items);
    let (rules, companions) = (rules(reader, &all)?, companions(range, outcome)?);
    let shown =
        Shown { all: &all, changes: &changes.items, versions: &versions.items, rules: &rules, companions: &companions };
    let attention = attention(reader, &shown, first_uses(range, &outcome.verified.objects, reader, &all)?)?;
    let commits = range.commits()?;
    let mut review = Review {
        verdict,
        title: String::new(),
        summary: String::new(),
        registry: founder.registry,
        name: founder.name.clone(),
        key: String::new(),
        base: range.base,
        head: range.head,
        landed,
        commits,
        grave: grave(&all, policy.as_ref().map(|(policy, _)| &**policy)),
        rules,
        attention,
        records: records(reader, &all)?,
        inert: inert(outcome),
        companions,
        problems,
        methods,
        policy: policy.as_ref().map(|(policy, record)| Pointed { number: policy.number, statement: record.digest() }),
        root: root.as_ref().map(|root| Pointed { number: root.number, statement: root.record.digest() }),
        pinned: outcome.verified.pinned,
        commands: Commands::default(),
        changes,
        versions,
    };
    review.commands = commands(&review, options, policy.as_ref().map(|(policy, _)| &**policy));
    review.title = title(&review);
    review.summary = summary(&review);
    review.key = key(&review);
    Ok(review)
}

/// The state that is shown: what has effect, and what lacks nothing but an approval. Of what was refused only what the change
/// itself is, never its evidence.
fn shown_state<'a>(outcome: &'a RangeOutcome<'_>, all: &[RangeFile<'_>]) -> StateOverlay<'a> {
    let mut files = BTreeMap::new();
    for file in all.iter().filter(|file| !file.effect) {
        let harmless = matches!(file.place, Place::Document(..) | Place::Version(..) | Place::Alias(..));
        if !file.refused || harmless {
            files.insert(file.path.clone(), file.oid);
        }
    }
    StateOverlay::new(outcome.verified.state(), files)
}

/// The error of a head that Git would take as a fast-forward and readers refuse.
pub(crate) fn reordered(range: &Range<'_>) -> Box<Error> {
    Error::new(
        Code::HistoryRewritten,
        format!(
            "{} has the branch's head {} behind it, and its first parents pass it by",
            range.head.short(),
            range.base.short()
        ),
    )
    .hint("as a fast-forward it would give the branch another history: rebase it onto the branch (git rebase), or merge it with a merge commit of the branch")
    .field("expected", range.base)
    .field("found", range.head)
}

/// The moves: the grave ones first, those of aliases before others, each with the difference that it makes.
fn moves(reader: StateReader<'_>, policy: Option<&Policy>, all: &[RangeFile<'_>]) -> Result<Listed<MoveReview>> {
    let rank = |place: &Place| match place {
        Place::Alias(..) => 0,
        Place::Stage(..) => 1,
        Place::Trust(..) => 2,
        _ => 3,
    };
    let mut sorted: Vec<&RangeFile<'_>> = all.iter().filter(|brought| rank(&brought.place) < 3).collect();
    let new = registered(all);
    sorted.sort_by_key(|brought| (gravity(brought, policy, &new).is_none(), rank(&brought.place), brought.effect));
    let mut listed = Listed { count: sorted.len(), ..Listed::default() };
    for brought in sorted.iter().take(MOVES) {
        let Some(record) = &brought.record else { continue };
        let moved = Moved {
            with: all
                .iter()
                .filter(|other| other.commit == brought.commit && other.path != brought.path)
                .filter_map(|other| other.record.as_deref())
                .collect(),
            path: &brought.path,
            record,
            commit: brought.commit,
            report: brought.report,
            decision: brought.decision(),
            findings: brought.findings.clone(),
        };
        listed.items.push(look(reader, policy, &moved, listed.items.len() < DIFFS)?);
    }
    listed.more = listed.count - listed.items.len();
    Ok(listed)
}

/// What came for something else is shown with it: a stage move with the alias's move of its artifact, the first trust move with
/// the new version.
fn show_together(moves: &mut [MoveReview], versions: &[VersionReview]) {
    let aliases = moves.iter().filter(|it| it.kind == "alias" && it.to.is_some());
    let aliases: Vec<_> = aliases.map(|it| (it.artifact, it.path.clone())).collect();
    for one in moves.iter_mut().filter(|it| it.kind != "alias") {
        let alias = aliases.iter().find(|(artifact, _)| *artifact == one.artifact).map(|(_, path)| path);
        let begins = one.kind == "trust" && one.sequence == 1;
        let version = versions.iter().find(|it| begins && Some(it.artifact) == one.artifact).map(|it| &it.path);
        one.shown_with = alias.or(version).cloned();
    }
}

fn versions(reader: StateReader<'_>, all: &[RangeFile<'_>], moves: &[MoveReview]) -> Result<Listed<VersionReview>> {
    let is_shown = |artifact| moves.iter().any(|it| it.diff.as_ref().is_some_and(|diff| diff.new.artifact == artifact));
    let mut listed: Listed<VersionReview> = Listed::default();
    let mut diffs = moves.iter().filter(|it| it.diff.is_some()).count();
    for brought in all {
        let Some(Predicate::Version(version)) = brought.record.as_ref().map(|record| record.predicate()) else {
            continue;
        };
        if listed.items.len() >= MOVES {
            listed.count += 1;
            listed.more += 1;
            continue;
        }
        let before = match version.version {
            0 | 1 => None,
            n => reader.version(&version.model, n - 1)?,
        };
        let side = |version: &refmark_records::version::Version| Side {
            artifact: version.artifact,
            version: Some((version.model.clone(), version.version)),
        };
        let differs = match before {
            _ if diffs >= DIFFS || is_shown(version.artifact) => None,
            Some(before) => diff(reader, &side(&before), &side(version)).ok(),
            None => from_nothing(reader, &side(version))?,
        };
        diffs += usize::from(differs.is_some());
        listed.push(VersionReview {
            model: version.model.clone(),
            version: version.version,
            artifact: version.artifact,
            by: version.by.clone(),
            path: brought.path.clone(),
            time: version.time,
            decision: brought.decision(),
            package: package(reader, &version.artifact)?,
            diff: differs,
        });
    }
    Ok(listed)
}

fn records(reader: StateReader<'_>, all: &[RangeFile<'_>]) -> Result<Listed<RecordReview>> {
    let shown = |predicate: &Predicate| match predicate {
        // Beside the move that it is about, an approval has a place of its own.
        Predicate::Approval(approval) => {
            all.iter().any(|other| other.record.as_ref().is_some_and(|r| r.digest() == approval.statement))
        }
        _ => false,
    };
    let rows = all.iter().filter_map(|brought| {
        let record = brought.record.as_ref().filter(|record| !shown(record.predicate()))?;
        let says = says(record.predicate())?;
        let (kind, by) = (record.predicate().kind(), record.common().by.clone());
        let row = |says, evidence| RecordReview {
            kind,
            says,
            path: brought.path.clone(),
            by,
            decision: brought.decision(),
            evidence,
        };
        Some(match record.predicate() {
            Predicate::Evidence(evidence) => called(reader, all, &evidence.artifact).map(|of| {
                let shown = review_of(evidence, of);
                row(evidence_says(&shown, &evidence.artifact), Some(shown))
            }),
            _ => Ok(row(says, None)),
        })
    });
    rows.collect()
}

fn inert(outcome: &RangeOutcome<'_>) -> Listed<Problem> {
    let mut listed = Listed::default();
    for landing in outcome.new_inert() {
        let said = |path: &String| landing.findings.iter().find(|(of, _)| of == path).map(|(_, error)| error);
        let whole = landing.findings.first().map(|(_, error)| error);
        for path in landing.files.keys() {
            let own = said(path);
            let error = own.or(whole);
            let mut problem = match error {
                Some(error) => Problem::of(error, Some(path), Some(landing.commit)),
                None => Problem::of(&Error::new(Code::Pending, "it waits"), Some(path), Some(landing.commit)),
            };
            if own.is_none() {
                problem.message = format!("came with what is so: {}", problem.message);
            }
            listed.push(problem);
        }
    }
    listed
}

pub(crate) fn companions(range: &Range<'_>, outcome: &RangeOutcome<'_>) -> Result<Listed<CompanionReview>> {
    if !outcome.touched.iter().any(|path| is_companion(path)) {
        return Ok(Listed::default());
    }
    let Ok(changes) = judgeable(range.history.between(range.merge_base, range.head))? else {
        return Ok(Listed::default());
    };
    let row = |change: Change| CompanionReview {
        steers_the_forge: change.path == "CODEOWNERS"
            || change.path == ".gitlab-ci.yml"
            || change.path.starts_with(".github/")
            || change.path.starts_with(".gitlab/"),
        what: match (change.old, change.new) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        },
        path: change.path,
    };
    Ok(changes.into_iter().filter(|change| is_companion(&change.path)).map(row).collect())
}
