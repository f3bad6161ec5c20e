//! The whole review: moves, versions, rules, every other record, what has no effect, and what lies beside.

use super::change::{Moved, look, package};
use super::range::{MethodVerdict, Outcome, Range, RangeVerdict};
use super::rules::rules;
use super::summary::{commands, key, summary, title};
use super::words::says;
use super::{
    Commands, CompanionReview, MOVES, MoveReview, Pointed, RecordReview, Review, ReviewOptions, VersionReview,
};
use crate::diff::{Listed, Side, diff};
use refmark_engine::effective::{Objects, StateOverlay};
use refmark_engine::gate::GateReport;
use refmark_engine::landing::Standing;
use refmark_engine::snapshot::{Change, Mode};
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::Problem;
use refmark_records::layout::{Document, Place, is_companion};
use refmark_records::policy::Policy;
use refmark_records::statement::{Predicate, Record};
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use std::collections::BTreeMap;

/// So many diffs are made: each may be large.
const DIFFS: usize = 3;

/// A file that the range brought, well-formed and at its place.
pub(super) struct Brought<'a> {
    pub(super) path: String,
    pub(super) oid: Oid,
    pub(super) place: Place,
    pub(super) record: Option<std::sync::Arc<Record>>,
    pub(super) commit: Oid,
    pub(super) effect: bool,
    pub(super) refused: bool,
    pub(super) report: Option<&'a GateReport>,
    pub(super) findings: Vec<&'a Error>,
}

/// Everything that the outcome of a range has to say.
pub(super) fn compose(
    range: &Range<'_>,
    options: &ReviewOptions,
    outcome: &Outcome<'_>,
    methods: Vec<MethodVerdict>,
    landed: bool,
) -> Result<Review> {
    let (mut verdict, mut problems) = outcome.judge();
    if !landed && range.is_reordered()? {
        verdict = RangeVerdict::Failed;
        problems.insert(0, Problem::of(&reordered(range), None, Some(range.head)));
    }
    let all = brought(outcome);
    // What is shown of the new state: what has effect, and what lacks nothing but an approval. Of what was refused only what
    // the change itself is, never its evidence.
    let mut files = BTreeMap::new();
    for it in all.iter().filter(|it| !it.effect) {
        let harmless = matches!(it.place, Place::Document(..) | Place::Version(..) | Place::Alias(..));
        if !it.refused || harmless {
            files.insert(it.path.clone(), it.oid);
        }
    }
    let sum = StateOverlay::new(outcome.verified.state(), files);
    let facts = StateReader(&sum);
    let policy = facts.newest_policy()?;
    let root = facts.newest_root()?;
    let Some(founder) = &root else {
        return Err(Error::new(Code::NotARegistry, "there is no trust root in effect at the end of this range"));
    };
    let changes = moves(facts, policy.as_ref().map(|it| &*it.0), &all)?;
    let versions = versions(facts, &all, changes.items.is_empty())?;
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
        rules: rules(facts, &all)?,
        records: records(&all),
        inert: inert(outcome),
        companions: companions(range, outcome)?,
        problems,
        methods,
        policy: policy.as_ref().map(|it| Pointed { number: it.0.number, statement: it.1.digest() }),
        root: root.as_ref().map(|it| Pointed { number: it.number, statement: it.record.digest() }),
        pinned: outcome.verified.pinned,
        commands: Commands::default(),
        changes,
        versions,
    };
    review.commands = commands(&review, options, policy.as_ref().map(|it| &*it.0));
    review.title = title(&review);
    review.summary = summary(&review);
    review.key = key(&review);
    Ok(review)
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

/// The record of an object, where it lies at its own path.
fn record_at(path: &str, oid: Oid, objects: &Objects<'_>) -> Option<std::sync::Arc<Record>> {
    let record = objects.record(oid).ok()?;
    let own = Place::of(record.predicate()).ok()?.path();
    (own == path).then_some(record)
}

fn brought<'a>(outcome: &'a Outcome<'_>) -> Vec<Brought<'a>> {
    let objects = &outcome.verified.objects;
    let mut all = Vec::new();
    let mut take = |path: &str, oid: Oid, commit: Oid, standing: Option<Standing>| {
        let Some(place) = Place::parse(path) else { return };
        let record = match place {
            Place::PolicyText(_) => None,
            Place::Document(_, Document::Manifest) if objects.manifest(oid).is_ok() => None,
            Place::Document(_, Document::Manifest) => return,
            Place::Document(..) => None,
            _ => match record_at(path, oid, objects) {
                Some(record) => Some(record),
                None => return,
            },
        };
        all.push(Brought {
            path: path.to_owned(),
            oid,
            place,
            record,
            commit,
            effect: standing.is_none(),
            refused: standing == Some(Standing::Refused),
            report: None,
            findings: Vec::new(),
        });
    };
    for (_, effect) in &outcome.effects {
        for (path, oid) in &effect.files {
            take(path, *oid, effect.brought_by, None);
        }
    }
    for landing in outcome.new_inert() {
        for (path, (mode, oid)) in &landing.files {
            if *mode == Mode::File {
                take(path, *oid, landing.commit, Some(landing.standing));
            }
        }
    }
    let reports = outcome.effects.iter().flat_map(|it| &it.1.reports);
    let reports: Vec<&GateReport> = reports.chain(outcome.new_inert().flat_map(|it| &it.reports)).collect();
    for it in &mut all {
        let digest = it.record.as_ref().map(|record| record.digest());
        it.report = reports.iter().find(|report| Some(report.statement) == digest).copied();
        let landing = outcome.new_inert().find(|landing| landing.files.contains_key(&it.path));
        it.findings = landing.map(|it| it.findings.iter().map(|(_, error)| &**error).collect()).unwrap_or_default();
    }
    all
}

/// The moves: those of aliases first, each with the difference that it makes.
fn moves(facts: StateReader<'_>, policy: Option<&Policy>, all: &[Brought<'_>]) -> Result<Listed<MoveReview>> {
    let rank = |place: &Place| match place {
        Place::Alias(..) => 0,
        Place::Stage(..) => 1,
        Place::Trust(..) => 2,
        _ => 3,
    };
    let mut sorted: Vec<&Brought<'_>> = all.iter().filter(|it| rank(&it.place) < 3).collect();
    sorted.sort_by_key(|it| (rank(&it.place), it.effect));
    let mut listed = Listed { count: sorted.len(), ..Listed::default() };
    for it in sorted.iter().take(MOVES) {
        let Some(record) = &it.record else { continue };
        let moved = Moved {
            with: all
                .iter()
                .filter(|other| other.commit == it.commit && other.path != it.path)
                .filter_map(|it| it.record.as_deref())
                .collect(),
            path: &it.path,
            record,
            commit: it.commit,
            report: it.report,
            effect: it.effect,
            refused: it.refused,
            findings: it.findings.clone(),
        };
        listed.items.push(look(facts, policy, &moved, listed.items.len() < DIFFS)?);
    }
    listed.more = listed.count - listed.items.len();
    Ok(listed)
}

fn versions(facts: StateReader<'_>, all: &[Brought<'_>], with_diffs: bool) -> Result<Listed<VersionReview>> {
    let mut listed: Listed<VersionReview> = Listed::default();
    for it in all {
        let Some(Predicate::Version(version)) = it.record.as_ref().map(|it| it.predicate()) else { continue };
        if listed.items.len() >= MOVES {
            listed.count += 1;
            listed.more += 1;
            continue;
        }
        let before = match version.version {
            0 | 1 => None,
            n => facts.version(&version.model, n - 1)?,
        };
        let side = |version: &refmark_records::version::Version| Side {
            artifact: version.artifact,
            version: Some((version.model.clone(), version.version)),
        };
        let differs = match before.filter(|_| with_diffs && listed.items.len() < DIFFS) {
            Some(before) => diff(facts, &side(&before), &side(version)).ok(),
            None => None,
        };
        listed.push(VersionReview {
            model: version.model.clone(),
            version: version.version,
            artifact: version.artifact,
            by: version.by.clone(),
            time: version.time,
            effect: it.effect,
            package: package(facts, &version.artifact)?,
            diff: differs,
        });
    }
    Ok(listed)
}

fn records(all: &[Brought<'_>]) -> Listed<RecordReview> {
    let shown = |it: &Predicate| match it {
        // Beside the move that it is about, an approval has a place of its own.
        Predicate::Approval(it) => {
            all.iter().any(|other| other.record.as_ref().is_some_and(|r| r.digest() == it.statement))
        }
        _ => false,
    };
    let rows = all.iter().filter_map(|it| {
        let record = it.record.as_ref().filter(|record| !shown(record.predicate()))?;
        let says = says(record.predicate())?;
        let (kind, by) = (record.predicate().kind(), record.common().by.clone());
        Some(RecordReview { kind, says, path: it.path.clone(), by, effect: it.effect })
    });
    rows.collect()
}

fn inert(outcome: &Outcome<'_>) -> Listed<Problem> {
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

pub(crate) fn companions(range: &Range<'_>, outcome: &Outcome<'_>) -> Result<Listed<CompanionReview>> {
    if !outcome.touched.iter().any(|path| is_companion(path)) {
        return Ok(Listed::default());
    }
    let changes = range.history.between(range.merge_base, range.head)?;
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
    Ok(changes.into_iter().filter(|it| is_companion(&it.path)).map(row).collect())
}
