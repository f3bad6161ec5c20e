//! A review as a page: the verdict first, and only what differs.

use crate::diff;
use crate::doc::{Block, Line, Mark, Page, Table};
use crate::table::{gate_table, signer_rows};
use refmark_engine::gate::Decision;
use refmark_engine::verify::Problem;
use refmark_query::review::{MoveReview, Review, RulesReview, VersionReview};
use refmark_types::error::Code;
use refmark_types::name::PrincipalId;
use refmark_types::text::{counted, day, duration, size, when};

use refmark_query::review::RangeVerdict;

/// The most characters of a comment that is sure to be taken by every forge.
pub const COMMENT_LIMIT: usize = 60_000;
/// So many rows of a list are shown; the value itself has more.
const ROWS: usize = 50;

/// A review as Markdown for a comment, within a limit of characters.
pub fn to_markdown(review: &Review, limit: usize) -> String {
    let cut = cut(review);
    let said = match cut.is_empty() {
        true => format!("Nothing was cut (limit {} characters).", thousands(limit)),
        false => format!(
            "Cut: {}. No change of a root, a policy, a trust state or of production is among them.",
            cut.join(", ")
        ),
    };
    match page(review, &said).markdown_within(limit) {
        (text, 0) => text,
        _ => page_of(review, "Parts were cut, from the end.", true).markdown(limit),
    }
}

/// What the page does not have, each with its number.
fn cut(review: &Review) -> Vec<String> {
    let beyond = |listed: usize, shown: usize| listed.saturating_sub(shown);
    let reach = review.changes.items.iter().map(|change| beyond(change.reach.count, 10)).sum();
    let rules = review.rules.iter().map(|rule| beyond(rule.changes.count, ROWS)).sum();
    let lines = review.rules.iter().map(|rule| rule.lines_added.more + rule.lines_removed.more).sum();
    let problems = review.problems.iter().filter(|problem| problem.code != Code::Pending).count();
    let counts: [(usize, &str); 9] = [
        (review.changes.more, "move"),
        (review.versions.more, "version"),
        (beyond(review.records.count, ROWS), "other record"),
        (beyond(review.inert.count, ROWS), "file without effect"),
        (beyond(review.companions.count, 20), "file beside the records"),
        (beyond(problems, 10), "problem"),
        (reach, "pinned project"),
        (rules, "change of a policy's members"),
        (lines, "line of a policy's text"),
    ];
    let plural = |(count, what): &(usize, &str)| match what.split_once(' ') {
        Some((first, rest)) if *count != 1 && matches!(first, "file" | "change" | "line") => {
            format!("{count} {first}s {rest}")
        }
        _ => counted(*count, what),
    };
    counts.iter().filter(|(count, _)| *count > 0).map(plural).collect()
}

/// What is always named, in one list at the top.
fn grave(review: &Review) -> Block {
    let rows = review.grave.iter().map(|grave| {
        let mark = match grave.decision {
            Decision::Ok => Mark::Good,
            Decision::Pending => Mark::Waits,
            Decision::Refused => Mark::Bad,
        };
        Line::mark(mark).say(" ").word(&grave.change).say(format!(" ({})", grave.by))
    });
    Block::Lines(rows.collect())
}

fn thousands(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", thousands(number / 1000), number % 1000) }
}

/// A review for a terminal.
pub fn to_text(review: &Review, colour: bool) -> String {
    page(review, "").terminal(colour)
}

/// A review as a piece of HTML, for notebooks and pages.
pub fn to_html(review: &Review) -> String {
    page(review, "").html()
}

/// A review as an HTML document.
pub fn to_html_page(review: &Review) -> String {
    page(review, "").html_page(&review.title)
}

fn page(review: &Review, cut: &str) -> Page {
    page_of(review, cut, review.changes.more > 0)
}

/// `is_cut`: not everything is shown one by one, so what must not be missed is named first.
fn page_of(review: &Review, cut: &str, is_cut: bool) -> Page {
    let mut page = Page::default();
    let marker = format!("refmark-review v1 registry={} change={}", review.registry.short(), review.key);
    page.push(Block::Hidden(marker));
    page.push(Block::Heading(1, heading(review)));
    if !review.pinned {
        let line = Line::default().strong("No trust root is pinned here").say(", so nothing vouches for what follows.");
        page.push(Block::Lines(vec![line]));
    }
    page.push(problems(review));
    if is_cut {
        page.push(grave(review));
    }
    for change in &review.changes.items {
        one_move(&mut page, review, change);
    }
    if review.changes.more > 0 {
        page.push(Block::Lines(vec![Line::of(format!("…and {}", counted(review.changes.more, "more move")))]));
    }
    rules(&mut page, &review.rules);
    for version in &review.versions.items {
        registered(&mut page, review, version);
    }
    if review.versions.more > 0 {
        page.push(Block::Lines(vec![Line::of(format!("…and {}", counted(review.versions.more, "more version")))]));
    }
    lists(&mut page, review);
    page.push(Block::Lines(ending(review)));
    page.push(Block::Small(small(review, cut)));
    page
}

fn heading(review: &Review) -> Line {
    let mark = match review.verdict {
        RangeVerdict::Ok => Mark::Good,
        RangeVerdict::Pending => Mark::Waits,
        RangeVerdict::Refused | RangeVerdict::Failed => Mark::Bad,
    };
    let first = review.changes.items.first();
    let line = match first.and_then(|first| Some((first, first.model.as_ref()?, first.alias.as_ref()?))) {
        Some((shown, model, alias)) => {
            let version = |at: &Option<String>| at.clone().unwrap_or_else(|| "(none)".to_owned());
            let line = Line::mark(mark).say(" ").word(model.as_str()).say(": ").code(alias.as_str());
            line.say(format!(" {} → {}", version(&shown.from), version(&shown.to)))
        }
        None => Line::mark(mark).say(" ").word(&review.title),
    };
    line.say(" — ").say(refmark_types::text::bounded(&review.summary, 400))
}

/// Why it is refused. What only waits is said by the tables.
fn problems(review: &Review) -> Block {
    let grave = |problem: &&Problem| !matches!(problem.code, Code::Pending);
    let all: Vec<&Problem> = review.problems.iter().filter(grave).collect();
    let mut lines = Vec::new();
    for said in all.iter().take(10) {
        let line = Line::mark(Mark::Bad).say(" ").code(said.code.as_str()).say(" ");
        let line = line.say(refmark_types::text::bounded(&said.message, 600));
        lines.push(match &said.hint {
            Some(hint) => line.say(". ").apart(refmark_types::text::bounded(&hint.to_string(), 300)),
            None => line,
        });
    }
    if all.len() > 10 {
        lines.push(Line::of(format!("…and {} more", all.len() - 10)));
    }
    Block::Lines(lines)
}

fn one_move(page: &mut Page, review: &Review, move_review: &MoveReview) {
    // The first move is the heading of the whole.
    if review.changes.items.first().is_some_and(|first| first.path != move_review.path) {
        let mark = match move_review.decision {
            Decision::Ok => Mark::Good,
            Decision::Pending => Mark::Waits,
            Decision::Refused => Mark::Bad,
        };
        page.push(Block::Heading(2, Line::mark(mark).say(" ").say(&move_review.change)));
    }
    let first = review
        .changes
        .items
        .first()
        .filter(|first| first.path != move_review.path && first.reason == move_review.reason);
    if first.is_none() {
        let why = Line::default().strong("Why").say(" ").word(&move_review.reason);
        page.push(Block::Lines(vec![why.say(format!(" ({}, {})", move_review.by, when(move_review.time)))]));
    }
    match review
        .changes
        .items
        .first()
        .filter(|first| first.path != move_review.path && signed_alike(first, move_review))
    {
        Some(first) => {
            let line = Line::default().strong("Approvals").say(" as above: one approval signs both, ");
            page.push(Block::Lines(vec![line.word(&first.change).say(" and this")]));
        }
        None => page.push(Block::Table(approvals(review, move_review))),
    }
    let waits = |change: &&MoveReview| {
        change.decision == Decision::Pending && change.signers.iter().any(|signer| signer.by.is_none())
    };
    // Said once: one approval signs everything on the branch.
    let first = review.changes.items.iter().find(waits).is_some_and(|first| first.path == move_review.path);
    if let Some(command) = review.commands.approve.as_ref().filter(|_| first) {
        let line = Line::of("Approving on the forge alone leaves no signature. To sign: ").code(command);
        page.push(Block::Lines(vec![line]));
    }
    page.push(Block::Table(gate_table(&move_review.gates)));
    let mut lines = Vec::new();
    if let Some(diff) = &move_review.diff {
        page.push(Block::Table(diff::metrics(diff)));
        lines.extend(diff::lines(diff));
    }
    lines.extend(move_review.package.iter().map(package));
    if move_review.alias.is_some() {
        lines.push(reach(move_review));
        lines.extend(held(move_review));
    }
    page.push(Block::Lines(lines));
    if let Some(diff) = move_review.diff.as_ref().filter(|diff| !diff.identical) {
        diff::folded(diff).into_iter().for_each(|block| page.push(block));
    }
}

/// Whether two moves ask for the same people, and have the same of them.
fn signed_alike(one: &MoveReview, other: &MoveReview) -> bool {
    let places = |change: &MoveReview| -> Vec<(String, Option<PrincipalId>)> {
        change.signers.iter().map(|signer| (signer.asks.clone(), signer.by.clone())).collect()
    };
    let waives = |change: &MoveReview| change.said.iter().any(|said| !said.waives.is_empty() && !said.approves);
    !one.signers.is_empty() && places(one) == places(other) && one.break_glass == other.break_glass && !waives(other)
}

fn approvals(review: &Review, change: &MoveReview) -> Table {
    let policy = review.policy.as_ref().map(|policy| policy.number);
    let mut table = signer_rows(&change.signers, policy, Some(&change.by), change.break_glass);
    for said in
        change.said.iter().filter(|said| !change.signers.iter().any(|signer| signer.by.as_ref() == Some(&said.by)))
    {
        let what = match said.approves {
            true => "approved; no place of the rule is left or fits".to_owned(),
            false => format!("waives {}", said.waives.join(", ")),
        };
        let reason = said.reason.as_deref().unwrap_or_default();
        let line = Line::of(what).say(if reason.is_empty() { "" } else { ": " }).word(reason);
        table.rows.push(vec![
            Line::of("also"),
            Line::of(said.by.as_str()),
            line.say(format!(" ({})", when(said.time))),
        ]);
    }
    table
}

fn package(package_review: &refmark_query::review::PackageReview) -> Line {
    let mut line = Line::default()
        .strong("Package")
        .say(" ")
        .word(&package_review.artifact_type)
        .say(", ")
        .word(&package_review.format);
    line = line.say(format!(": {}, {}", counted(package_review.files, "file"), size(package_review.size)));
    if package_review.tensors > 0 {
        line = line.say(format!(", {}", counted(package_review.tensors, "tensor")));
    }
    line = line.say(format!(
        ", {}. {}{}.",
        package_review.trust,
        package_review.classes,
        diff::claimed(package_review.manifest_is)
    ));
    for (at, (name, value)) in package_review.claims.iter().enumerate() {
        line = line.say(if at == 0 { " Claims: " } else { ", " }).word(name).say(" ").word(value);
    }
    line
}

fn reach(change: &MoveReview) -> Line {
    let line = Line::default().strong("Reach").say(" ");
    let alias = change.alias.as_ref().map_or("", |alias| alias.as_str());
    if change.reach.count == 0 {
        return line.say("no project has published a pin to it");
    }
    let from = change.from.as_deref().unwrap_or_default();
    let line = line.say(counted(change.reach.count, "project")).say(" pinned (");
    let rows = change.reach.items.iter().take(10).map(|row| {
        let version = row.version.to_string();
        let line = Line::default().word(&row.consumer).say(" at ");
        let line = if version == from { line.say(version) } else { line.strong(version) };
        if row.alias.as_ref().is_some_and(|followed| followed.as_str() == alias) {
            line
        } else {
            line.say(", by number")
        }
    });
    let line = line.line(Line::join(rows, ", "));
    let more = change.reach.count.saturating_sub(10);
    let line = if more > 0 { line.say(format!(", and {more} more")) } else { line };
    line.say("): a pin moves only by ").code("refmark pin update").say(".")
}

fn held(change: &MoveReview) -> Option<Line> {
    let held = change.held.as_ref()?;
    let alias = change.alias.as_ref()?;
    let line = Line::default().strong("History").say(format!(" {} has held ", held.version)).code(alias.as_str());
    let back = match held.rollbacks {
        0 => "no rollback in that time".to_owned(),
        count => counted(count, "rollback") + " since it first held it",
    };
    Some(line.say(format!(" for {} (since {}, by {}); {back}.", duration(held.seconds), day(held.since), held.by)))
}

fn rules(page: &mut Page, rules: &[RulesReview]) {
    for rule in rules {
        let mark = if rule.effect { Mark::Good } else { Mark::Waits };
        page.push(Block::Heading(2, Line::mark(mark).say(format!(" New {} {}", rule.kind, rule.number))));
        let line = Line::default().strong("Why").say(" ").word(&rule.reason);
        let signed = counted(rule.signatures, "signature");
        let mut lines = vec![line.say(format!(" ({}, {}, {signed})", rule.by, when(rule.time)))];
        lines.extend(rule.changes.items.iter().take(ROWS).map(|change| Line::of("• ").word(change)));
        let more = rule.changes.count.saturating_sub(ROWS);
        lines.extend((more > 0).then(|| Line::of(format!("…and {}", counted(more, "more change")))));
        page.push(Block::Lines(lines));
        let (added, removed) = (&rule.lines_added, &rule.lines_removed);
        let summary = format!("Text: {} added, {} removed", counted(added.count, "line"), removed.count);
        diff::text(summary, added, removed).into_iter().for_each(|block| page.push(block));
    }
}

fn registered(page: &mut Page, review: &Review, version_review: &VersionReview) {
    let mark = if version_review.effect { Mark::Good } else { Mark::Waits };
    let line = Line::mark(mark)
        .say(format!(" {}/{} is registered by {}, ", version_review.model, version_review.version, version_review.by));
    let mut lines = vec![line.say(when(version_review.time)).say(", as ").code(version_review.artifact.short())];
    let apart = review.changes.count == 0;
    lines.extend(version_review.package.as_ref().filter(|_| apart).map(package));
    page.push(Block::Lines(lines));
    if let Some(diff) = &version_review.diff {
        page.push(Block::Lines(vec![Line::of(format!("Against {}:", version_review.version - 1))]));
        for block in diff::page(diff).0 {
            page.push(block);
        }
    }
}

fn lists(page: &mut Page, review: &Review) {
    let mut table = Table::new(&["Record", "Says", "By", ""]);
    for record in review.records.items.iter().take(ROWS) {
        let effect = if record.effect { Line::of("takes effect") } else { Line::of("waits") };
        table.rows.push(vec![Line::of(record.kind), Line::of(&record.says), Line::of(record.by.as_str()), effect]);
    }
    let more = review.records.count.saturating_sub(table.rows.len());
    table.more = (more > 0).then(|| format!("…and {}", counted(more, "more record")));
    if !table.rows.is_empty() {
        let summary = Line::of(format!("Other records: {}", review.records.count));
        page.push(Block::Folded(summary, vec![Block::Table(table)]));
    }
    let mut table = Table::new(&["File without effect", "", "Why"]);
    // What waits is said by the moves themselves.
    let said = |problem: &&Problem| problem.code == Code::Pending && review.changes.count > 0;
    let untold: Vec<&Problem> = review.inert.items.iter().filter(|problem| !said(problem)).collect();
    for problem in untold.iter().take(ROWS) {
        let mark = if problem.code == Code::Pending { Mark::Waits } else { Mark::Bad };
        let path = Line::default().code(refmark_types::text::bounded(problem.path.as_deref().unwrap_or(""), 160));
        let why = Line::default().code(problem.code.as_str()).say(" ");
        table.rows.push(vec![path, Line::mark(mark), why.say(refmark_types::text::bounded(&problem.message, 300))]);
    }
    let more = (untold.len() + review.inert.more).saturating_sub(table.rows.len());
    table.more = (more > 0).then(|| format!("…and {}", counted(more, "more file")));
    if !table.rows.is_empty() {
        let what = if review.landed { "have" } else { "would have" };
        let count = untold.len() + review.inert.more;
        let summary = Line::of(format!("{} {what} no effect", counted(count, "file")));
        page.push(Block::Folded(summary, vec![Block::Table(table)]));
    }
    let companion = |companion: &refmark_query::review::CompanionReview| {
        let line = Line::default().code(&companion.path).say(format!(" {}", companion.what));
        if companion.steers_the_forge {
            line.say(" (").strong("tells the forge what to run or who must agree").say(")")
        } else {
            line
        }
    };
    if review.companions.count > 0 {
        let line = Line::default().strong("Beside the records").say(" (without authority): ");
        let more = review.companions.count.saturating_sub(20);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let line = line.line(Line::join(review.companions.items.iter().take(20).map(companion), ", ")).say(more);
        page.push(Block::Lines(vec![line]));
    }
}

fn ending(review: &Review) -> Vec<Line> {
    let mut lines = Vec::new();
    if !review.methods.is_empty() {
        lines.push(methods(review));
    }
    if let Some(renew) = &review.commands.renew {
        lines.push(Line::default().strong("Make it again").say(" ").code(renew));
    }
    if let Some(command) = &review.commands.roll_back {
        let line = Line::default().strong("Roll back").say(" ").code(command);
        lines.push(match &review.commands.roll_back_by {
            Some(by) => line.say(format!(" ({by})")),
            None => line,
        });
    }
    let mut line = Line::default().strong("Check it yourself, offline").say(" ").code(&review.commands.check);
    if let Some(change) = review.changes.items.first() {
        line = line.say(" · statement ").code(refmark_types::text::short(&change.statement));
    }
    for (what, pointer) in [("policy", &review.policy), ("root", &review.root)] {
        if let Some(pointed) = pointer {
            line =
                line.say(format!(" · {what} {} ", pointed.number)).code(refmark_types::text::short(&pointed.statement));
        }
    }
    lines.push(line);
    lines
}

fn methods(review: &Review) -> Line {
    let good = |method: &&refmark_query::review::MethodVerdict| method.verdict == review.verdict;
    let words = |all: Vec<&refmark_query::review::MethodVerdict>| {
        all.iter().map(|verdict| verdict.method.as_str()).collect::<Vec<_>>().join(", ")
    };
    let line = Line::default().strong("After merging").say(" ");
    let others: Vec<_> = review.methods.iter().filter(|method| !good(method)).collect();
    let what = match review.verdict {
        RangeVerdict::Ok => "it verifies and takes effect",
        RangeVerdict::Pending => "it waits for what is missing; merge it when that is there",
        RangeVerdict::Refused => "it has no effect",
        RangeVerdict::Failed => "readers refuse the branch",
    };
    let same = words(review.methods.iter().filter(good).collect());
    let mut line = match others.is_empty() {
        true => line.say(format!("{what}, by every way of merging ({same})")),
        false => line.say(format!("{what} ({same})")),
    };
    for other in others {
        let because = other.because.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
        line = line.say(format!("; {}: {}{because}", other.method.as_str(), other.verdict.as_str()));
    }
    line.say(".")
}

fn small(review: &Review, cut: &str) -> Line {
    let version = env!("CARGO_PKG_VERSION");
    let pinned =
        if review.pinned { "Verified against the pinned trust root." } else { "Not verified: no root is pinned." };
    let commits = counted(review.commits, "commit");
    let read = format!(
        "refmark {version} read {commits} of {} only; nothing from this change was run. {pinned} {cut}",
        review.name
    );
    Line::of(read.trim_end())
}
