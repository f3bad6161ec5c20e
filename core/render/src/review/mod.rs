//! A review as a page: the verdict and the danger first, and only what differs.

mod lists;
mod moves;
mod package;
mod registered;

use crate::doc::{Block, Line, Mark, Page};
use refmark_engine::verify::Problem;
use refmark_query::review::{Gravity, MoveReview, Review};
use refmark_types::error::Code;
use refmark_types::text::{bounded, counted};

use refmark_query::review::RangeVerdict;

/// The most characters of a comment that is sure to be taken by every forge.
pub const COMMENT_LIMIT: usize = 60_000;
/// So many rows of a list are shown; the value itself has more.
const ROWS: usize = 50;
/// So many characters of a sentence are shown.
const SENTENCE: usize = 600;

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
    let counts: [(usize, &str); 10] = [
        (beyond(review.attention.count, ROWS), "thing that needs attention"),
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
        Some((first, rest)) if *count != 1 && matches!(first, "file" | "change" | "line" | "thing") => {
            format!("{count} {first}s {}", rest.replacen("needs", "need", 1))
        }
        _ => counted(*count, what),
    };
    counts.iter().filter(|(count, _)| *count > 0).map(plural).collect()
}

/// What is always named, in one list at the top.
fn grave(review: &Review) -> Block {
    let rows = review.grave.iter().map(|grave| {
        Line::mark(moves::mark(grave.decision)).say(" ").word(&grave.change).say(format!(" ({})", grave.by))
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
    page(review, "").html_page(&format!("{} — {}", review.title, bounded(&review.summary, 120)))
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
    attention(&mut page, review);
    if is_cut {
        page.push(grave(review));
    }
    let own = |it: &&MoveReview| is_shown_alone(review, it);
    review.changes.items.iter().filter(own).for_each(|lead| moves::group(&mut page, review, lead));
    if review.changes.more > 0 {
        page.push(Block::Lines(vec![Line::of(format!("…and {}", counted(review.changes.more, "more move")))]));
    }
    lists::rules(&mut page, &review.rules);
    review.versions.items.iter().for_each(|version| registered::registered(&mut page, review, version));
    if review.versions.more > 0 {
        page.push(Block::Lines(vec![Line::of(format!("…and {}", counted(review.versions.more, "more version")))]));
    }
    lists::lists(&mut page, review);
    page.push(Block::Lines(ending(review)));
    page.push(Block::Small(small(review, cut)));
    page
}

/// Whether a move has a place of its own: what it came for may not be among those that are listed.
fn is_shown_alone(review: &Review, it: &MoveReview) -> bool {
    let Some(path) = &it.shown_with else { return true };
    let moves = review.changes.items.iter().map(|it| &it.path);
    !moves.chain(review.versions.items.iter().map(|it| &it.path)).any(|listed| listed == path)
}

/// What a reviewer must see before anything else.
fn attention(page: &mut Page, review: &Review) {
    let all = &review.attention;
    if all.count == 0 {
        return;
    }
    page.push(Block::Heading(2, Line::of(format!("Needs attention ({})", all.count))));
    let mut lines: Vec<Line> = Vec::new();
    for it in all.items.iter().take(ROWS) {
        let sign = match it.gravity {
            Gravity::Danger => Mark::Danger,
            Gravity::Caution => Mark::Caution,
        };
        let line = Line::mark(sign).say(" ").strong(it.kind.as_str()).say(" · ").word(&it.about);
        lines.push(line.say(": ").say(bounded(&it.says, SENTENCE)));
    }
    let more = all.count.saturating_sub(lines.len());
    lines.extend((more > 0).then(|| Line::of(format!("…and {more} more"))));
    page.push(Block::Lines(lines));
}

fn heading(review: &Review) -> Line {
    let danger = review.attention.items.iter().any(|it| it.gravity == Gravity::Danger);
    let mark = match review.verdict {
        // Nobody should read green where a look is needed first.
        RangeVerdict::Ok if danger => Mark::Danger,
        RangeVerdict::Ok => Mark::Good,
        RangeVerdict::Pending => Mark::Waits,
        RangeVerdict::Refused | RangeVerdict::Failed => Mark::Bad,
    };
    let first = review.changes.items.iter().find(|it| it.shown_with.is_none());
    let line = match first.and_then(|first| Some((first, first.model.as_ref()?, first.alias.as_ref()?))) {
        Some((shown, model, alias)) => {
            let version = |at: &Option<String>| at.clone().unwrap_or_else(|| "(none)".to_owned());
            let line = Line::mark(mark).say(" ").word(model.as_str()).say(": ").code(alias.as_str());
            line.say(format!(" {} → {}", version(&shown.from), version(&shown.to)))
        }
        None => Line::mark(mark).say(" ").word(&review.title),
    };
    line.say(" — ").say(bounded(&review.summary, 400))
}

/// Why it is refused. What only waits is said by the tables.
fn problems(review: &Review) -> Block {
    let grave = |problem: &&Problem| !matches!(problem.code, Code::Pending);
    let all: Vec<&Problem> = review.problems.iter().filter(grave).collect();
    let mut lines = Vec::new();
    for said in all.iter().take(10) {
        let line = Line::mark(Mark::Bad).say(" ").code(said.code.as_str()).say(" ");
        let line = line.say(bounded(&said.message, 600));
        lines.push(match &said.hint {
            Some(hint) => line.say(". ").apart(bounded(&hint.to_string(), 300)),
            None => line,
        });
    }
    if all.len() > 10 {
        lines.push(Line::of(format!("…and {} more", all.len() - 10)));
    }
    Block::Lines(lines)
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
