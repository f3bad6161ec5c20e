//! The whole review: moves, versions, rules, every other record, what has no effect, and what lies beside.

use std::collections::BTreeMap;

use super::change::{Moved, look, package};
use super::range::{MethodVerdict, Outcome, Range, RangeVerdict};
use super::{
    Commands, CompanionReview, MOVES, MoveReview, Pointed, RecordReview, Review, ReviewOptions, RulesReview,
    VersionReview,
};
use crate::judgement::diff::{Listed, Side, diff};
use crate::judgement::effective::{Objects, Sum};
use crate::judgement::facts::Facts;
use crate::judgement::gate::{Decision, GateReport, Status};
use crate::judgement::landing::Standing;
use crate::judgement::rules::describe;
use crate::judgement::snapshot::{Change, Mode};
use crate::judgement::text::counted;
use crate::judgement::verify::Problem;
use crate::records::layout::{Document, Place, is_companion};
use crate::records::policy::Policy;
use crate::records::statement::{Predicate, Record};
use crate::words::fault::{Code, Fault, Result};
use crate::words::oid::Oid;
use crate::words::sort;

/// So many diffs are made: each may be large.
const DIFFS: usize = 3;
/// So many lines of a policy's text are looked at.
const POLICY_LINES: usize = 5_000;

/// A file that the range brought, well-formed and at its place.
struct Brought<'a> {
    path: String,
    oid: Oid,
    place: Place,
    record: Option<std::sync::Arc<Record>>,
    commit: Oid,
    effect: bool,
    refused: bool,
    report: Option<&'a GateReport>,
    findings: Vec<&'a Fault>,
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
    if !landed && range.is_teleport()? {
        verdict = RangeVerdict::Failed;
        problems.insert(0, Problem::of(&teleport(range), None, Some(range.head)));
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
    let sum = Sum::new(outcome.verified.state(), files);
    let facts = Facts(&sum);
    let policy = facts.newest_policy()?;
    let root = facts.newest_root()?;
    let Some(founder) = &root else {
        return Err(Fault::new(Code::NotARegistry, "there is no trust root in effect at the end of this range"));
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

/// The fault of a head that Git would take as a fast-forward and readers refuse.
pub(crate) fn teleport(range: &Range<'_>) -> Box<Fault> {
    Fault::new(
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
        it.findings = landing.map(|it| it.findings.iter().map(|(_, fault)| &**fault).collect()).unwrap_or_default();
    }
    all
}

/// The moves: those of aliases first, each with the difference that it makes.
fn moves(facts: Facts<'_>, policy: Option<&Policy>, all: &[Brought<'_>]) -> Result<Listed<MoveReview>> {
    let rank = |place: &Place| match place {
        Place::Alias(..) => 0,
        Place::Stage(..) => 1,
        Place::Trust(..) => 2,
        _ => 3,
    };
    let mut sorted: Vec<&Brought<'_>> = all.iter().filter(|it| rank(&it.place) < 3).collect();
    sort::by_key(&mut sorted, |it| (rank(&it.place), it.effect));
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

fn versions(facts: Facts<'_>, all: &[Brought<'_>], with_diffs: bool) -> Result<Listed<VersionReview>> {
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
        let side = |version: &crate::records::version::Version| Side {
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

fn rules(facts: Facts<'_>, all: &[Brought<'_>]) -> Result<Vec<RulesReview>> {
    let mut rules = Vec::new();
    for it in all {
        let Some(record) = &it.record else { continue };
        let common = record.common();
        let mut review = RulesReview {
            kind: record.predicate().kind(),
            number: 0,
            statement: record.digest(),
            reason: String::new(),
            by: common.by.clone(),
            time: common.time,
            signatures: record.signatures.len(),
            effect: it.effect,
            changes: Listed::default(),
            lines_added: Listed::default(),
            lines_removed: Listed::default(),
        };
        match record.predicate() {
            Predicate::Policy(policy) => {
                review.number = policy.number;
                review.reason.clone_from(&policy.reason);
                let text = all.iter().find(|other| other.place == Place::PolicyText(policy.number));
                if let Some(text) = text {
                    policy_changes(facts, policy.number, text.oid, &mut review)?;
                }
            }
            Predicate::Root(root) => {
                review.number = root.number;
                review.reason.clone_from(&root.reason);
                for (what, quorum) in [("root", &root.root), ("policy", &root.policy)] {
                    let who = quorum.principals.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
                    review.changes.push(format!("{what}: {} of {who} must sign", quorum.threshold));
                }
            }
            _ => continue,
        }
        rules.push(review);
    }
    Ok(rules)
}

/// What a policy changes against the one before: its members in sentences, its text line by line.
fn policy_changes(facts: Facts<'_>, number: u64, text: Oid, review: &mut RulesReview) -> Result<()> {
    let objects = facts.0.objects();
    let read = |oid: Oid| objects.bytes(oid, crate::records::policy::POLICY_LIMIT);
    let old_text = match number {
        0 | 1 => None,
        n => facts.0.oid(&Place::PolicyText(n - 1).path())?,
    };
    if let (Ok(new), Some(Ok(old))) = (objects.policy(text), old_text.map(|oid| objects.policy(oid))) {
        members(&old, &new, review);
    }
    let (new, old) = (read(text)?, old_text.map(read).transpose()?.unwrap_or_default());
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    let (new, old) = (String::from_utf8_lossy(&new), String::from_utf8_lossy(&old));
    for (lines, by) in [(&old, -1), (&new, 1)] {
        for line in lines.lines().take(POLICY_LINES).filter(|line| !line.trim().is_empty()) {
            *counts.entry(line).or_default() += by;
        }
    }
    // In the order of the texts, as people read them.
    for (lines, sign) in [(&new, 1), (&old, -1)] {
        for line in lines.lines().take(POLICY_LINES) {
            if let Some(count) = counts.get_mut(line).filter(|count| **count * sign > 0) {
                *count -= sign;
                let into = if sign > 0 { &mut review.lines_added } else { &mut review.lines_removed };
                into.push(line.to_owned());
            }
        }
    }
    Ok(())
}

fn members(old: &Policy, new: &Policy, review: &mut RulesReview) {
    let roles = |member: &crate::records::policy::Member| {
        member.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
    };
    for (id, member) in &new.members {
        match old.members.get(id) {
            None => review.changes.push(format!("{id} becomes a member: {}", roles(member))),
            Some(before) => {
                if roles(before) != roles(member) {
                    review.changes.push(format!("{id}: {} → {}", roles(before), roles(member)));
                }
                if before.keys != member.keys {
                    review.changes.push(format!("{id} has other keys"));
                }
                if before.kind != member.kind {
                    review.changes.push(format!("{id} changes between person and agent"));
                }
            }
        }
    }
    for id in old.members.keys().filter(|id| !new.members.contains_key(*id)) {
        review.changes.push(format!("{id} is no member any more"));
    }
    for distrust in new.distrust.iter().filter(|it| !old.distrust.iter().any(|other| other.key == it.key)) {
        let since = distrust.since.short();
        review.changes.push(format!("key {} is distrusted since {since}: {}", distrust.key, distrust.reason));
    }
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

/// A record in a sentence; nothing for those that have a place of their own in a review.
pub(crate) fn says(predicate: &Predicate) -> Option<String> {
    Some(match predicate {
        Predicate::Alias(_)
        | Predicate::Stage(_)
        | Predicate::Trust(_)
        | Predicate::Version(_)
        | Predicate::Root(_)
        | Predicate::Policy(_) => return None,
        Predicate::About(it) => {
            format!("{} is described; its owner is {}", it.model, it.owner.as_deref().unwrap_or("nobody"))
        }
        Predicate::Label(it) => format!("{}/{} is labelled", it.model, it.version),
        Predicate::Evidence(it) => {
            format!("{} ({}) about {}", it.evidence_type, it.verdict.as_str(), it.artifact.short())
        }
        Predicate::Approval(it) if it.approves => format!("approval of {}", at_path(&it.change)),
        Predicate::Approval(it) => format!("a waiver for {}", at_path(&it.change)),
        Predicate::Consumer(it) => format!("{} is pinned to {}", it.consumer, counted(it.pins.len(), "version")),
        Predicate::Checkpoint(it) => format!("{} commits were there at {}", it.commits, it.time),
        Predicate::Catalog(it) => format!("{} {} is {}", it.family.as_str(), it.id, word(it.state)),
    })
}

/// What lies at a path, in words.
pub(crate) fn at_path(path: &str) -> String {
    match Place::parse(path) {
        Some(Place::Alias(model, alias, n)) => format!("{model}@{alias}, move {n}"),
        Some(Place::Stage(model, version, n)) => format!("{model}/{version}, stage move {n}"),
        Some(Place::Trust(artifact, n)) => format!("{}, trust move {n}", artifact.short()),
        _ => path.to_owned(),
    }
}

fn word(state: crate::records::catalog::EntryState) -> &'static str {
    use crate::records::catalog::EntryState;
    match state {
        EntryState::Active => "active",
        EntryState::Deprecated => "deprecated",
        EntryState::Disabled => "disabled",
    }
}

fn inert(outcome: &Outcome<'_>) -> Listed<Problem> {
    let mut listed = Listed::default();
    for landing in outcome.new_inert() {
        let said = |path: &String| landing.findings.iter().find(|(of, _)| of == path).map(|(_, fault)| fault);
        let whole = landing.findings.first().map(|(_, fault)| fault);
        for path in landing.files.keys() {
            let own = said(path);
            let fault = own.or(whole);
            let mut problem = match fault {
                Some(fault) => Problem::of(fault, Some(path), Some(landing.commit)),
                None => Problem::of(&Fault::new(Code::Pending, "it waits"), Some(path), Some(landing.commit)),
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

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@+=:~^".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn commands(review: &Review, options: &ReviewOptions, policy: Option<&Policy>) -> Commands {
    let branch = options.head_name.strip_prefix("origin/").unwrap_or(&options.head_name);
    let branch = if branch.is_empty() { "BRANCH".to_owned() } else { quoted(branch) };
    let range = format!("{}..{}", review.base.short(), review.head.short());
    let mut commands = Commands { check: format!("git fetch && refmark review {range}"), ..Commands::default() };
    let missing = review
        .changes
        .items
        .iter()
        .any(|it| it.decision == Decision::Pending && it.signers.iter().any(|signer| signer.by.is_none()));
    if missing {
        commands.approve = Some(format!("git fetch && refmark approve {branch} && git push"));
    }
    if review.problems.iter().any(|it| it.code == Code::PremiseGone) {
        commands.renew = Some(format!("git fetch && refmark renew {branch} && git push"));
    }
    let alias = review.changes.items.iter().find(|it| it.alias.is_some() && it.from.is_some());
    if let Some((model, alias)) = alias
        .filter(|it| it.decision != Decision::Refused)
        .and_then(|it| Some((it.model.as_ref()?, it.alias.as_ref()?)))
    {
        commands.roll_back = Some(format!("refmark rollback {} --reason \"…\"", quoted(&format!("{model}@{alias}"))));
        let rule = policy.and_then(|policy| policy.alias_rule(model, alias).map(|rule| (policy, rule)));
        commands.roll_back_by = rule.and_then(|(policy, rule)| {
            let back = rule.rollback.as_ref()?;
            let roles = back.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ");
            let holds = |member: &crate::records::policy::Member| {
                member.kind == crate::records::policy::MemberKind::Person
                    && member.roles.iter().any(|role| back.roles.contains(role))
            };
            let who: Vec<&str> =
                policy.members.iter().filter(|(_, member)| holds(member)).map(|(id, _)| id.as_str()).collect();
            let who = if who.is_empty() { "nobody".to_owned() } else { who.join(", ") };
            Some(format!(
                "policy {}: one {roles} alone ({who}), to a version of the last {} days",
                policy.number, back.days
            ))
        });
    }
    commands
}

fn title(review: &Review) -> String {
    if let Some(first) = review.changes.items.first() {
        let more = review.changes.items.iter().filter(|it| it.kind == first.kind).count() - 1
            + if review.changes.more > 0 { review.changes.more } else { 0 };
        let more = if more > 0 { format!(" and {}", counted(more, "more move")) } else { String::new() };
        return format!("{}{more}", first.change);
    }
    if let Some(rules) = review.rules.last() {
        return format!("{} {}", rules.kind, rules.number);
    }
    match review.versions.items.as_slice() {
        [] => {}
        [one] => return format!("{}/{} is registered", one.model, one.version),
        _ => return format!("{} are registered", counted(review.versions.count, "version")),
    }
    match (review.records.items.as_slice(), review.companions.count) {
        ([], 0) if review.inert.count > 0 => format!("{} without effect", counted(review.inert.count, "file")),
        ([], 0) => "nothing changes".to_owned(),
        ([], companions) => format!("{} beside the records", counted(companions, "file")),
        ([one], _) => one.says.clone(),
        _ => counted(review.records.count, "record"),
    }
}

/// What it comes to, in a few words.
fn summary(review: &Review) -> String {
    let gates = || review.changes.items.iter().flat_map(|it| &it.gates).map(|it| it.gate.status);
    let mut parts = Vec::new();
    let failed = gates().filter(|it| *it == Status::Failed).count();
    let missing = gates().filter(|it| matches!(it, Status::Missing | Status::Pending)).count();
    let waived = gates().filter(|it| *it == Status::Waived).count();
    let open = |at_once: bool| {
        let moves = review.changes.items.iter().filter(move |it| it.at_once == at_once);
        moves.flat_map(|it| &it.signers).filter(|it| it.by.is_none()).count()
    };
    if failed > 0 {
        parts.push(format!(
            "{} not hold",
            if failed == 1 { "1 gate does".to_owned() } else { format!("{failed} gates do") }
        ));
    }
    if missing > 0 {
        parts.push(format!(
            "{} for evidence or people",
            if missing == 1 { "1 gate waits".to_owned() } else { format!("{missing} gates wait") }
        ));
    }
    if failed + missing == 0 && gates().count() > 0 {
        parts.push(if waived > 0 { format!("all gates pass, {waived} waived") } else { "all gates pass".to_owned() });
    }
    if open(false) > 0 && review.verdict != RangeVerdict::Refused {
        parts.push(format!("{} missing", counted(open(false), "approval")));
    }
    if open(true) > 0 {
        parts.push(format!("{} due afterwards", counted(open(true), "approval")));
    }
    match (review.verdict, parts.is_empty()) {
        (RangeVerdict::Refused | RangeVerdict::Failed, _) if failed == 0 => {
            let why = review.problems.first().map_or_else(String::new, |it| format!(": {}", it.message));
            format!("{}{why}", review.verdict.as_str())
        }
        (RangeVerdict::Ok, _) if review.landed => {
            parts.push("in effect".to_owned());
            parts.join(", ")
        }
        (RangeVerdict::Ok, true) => "allowed".to_owned(),
        (_, true) => review.verdict.as_str().to_owned(),
        (_, false) => parts.join(", "),
    }
}

fn key(review: &Review) -> String {
    match review.changes.items.first() {
        Some(it) => match (&it.model, &it.alias, &it.artifact) {
            (Some(model), Some(alias), _) => format!("{}@{}#{}", model.escaped(), alias.escaped(), it.sequence),
            (Some(model), None, _) => format!("{}#{}", model.escaped(), it.sequence),
            (_, _, Some(artifact)) => format!("{}#{}", artifact.short(), it.sequence),
            _ => it.statement.short(),
        },
        None => "range".to_owned(),
    }
}

/// A move in a few words, for those who hold only its record.
pub(crate) fn in_words(record: &Record) -> String {
    says(record.predicate()).unwrap_or_else(|| describe(record.predicate()))
}
