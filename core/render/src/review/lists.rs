//! What stands beside the moves: new rules, evidence, other records, files without effect and files without authority.

use super::moves::mark;
use super::package::verdict;
use super::{ROWS, SENTENCE};
use crate::diff;
use crate::doc::{Block, Line, Mark, Page, Table};
use refmark_engine::gate::Decision;
use refmark_engine::verify::Problem;
use refmark_query::review::{MoveReview, RecordReview, Review, RulesReview};
use refmark_types::error::Code;
use refmark_types::text::{bounded, counted, when};

/// New roots and policies: why, and who could do what before and who can now.
pub(super) fn rules(page: &mut Page, rules: &[RulesReview]) {
    for rule in rules {
        page.push(Block::Heading(
            2,
            Line::mark(mark(rule.decision)).say(format!(" New {} {}", rule.kind, rule.number)),
        ));
        let line = Line::default().strong("Why").say(" ").word(&rule.reason);
        let signed = counted(rule.signatures, "signature");
        let mut lines = vec![line.say(format!(" ({}, {}, {signed})", rule.by, when(rule.time)))];
        if rule.changes.count > 0 {
            lines.push(Line::default().strong("Who could before, who can now"));
        }
        let changed = |change: &String| {
            let sign = if rule.asks_less.items.contains(change) {
                Line::mark(Mark::Danger).say(" ")
            } else {
                Line::of("• ")
            };
            sign.say(bounded(change, SENTENCE))
        };
        lines.extend(rule.changes.items.iter().take(ROWS).map(changed));
        let more = rule.changes.count.saturating_sub(ROWS);
        lines.extend((more > 0).then(|| Line::of(format!("…and {}", counted(more, "more change")))));
        page.push(Block::Lines(lines));
        let (added, removed) = (&rule.lines_added, &rule.lines_removed);
        let summary = format!("Text: {} added, {} removed", counted(added.count, "line"), removed.count);
        diff::text(summary, added, removed).into_iter().for_each(|block| page.push(block));
    }
}

/// What a record comes to, in a word.
fn effect(decision: Decision) -> Line {
    Line::mark(mark(decision)).say(match decision {
        Decision::Ok => " takes effect",
        Decision::Pending => " waits",
        Decision::Refused => " refused",
    })
}

/// Evidence in a table of its own, and the other records.
fn records(page: &mut Page, review: &Review) {
    let all = review.records.items.iter().take(ROWS);
    let (evidence, others): (Vec<&RecordReview>, Vec<&RecordReview>) = all.partition(|it| it.evidence.is_some());
    let mut table = Table::new(&["Evidence", "", "Of", "Measured", "Run", "By", ""]);
    for record in evidence {
        let Some(it) = &record.evidence else { continue };
        let of = it.of.as_deref().map_or_else(|| Line::of("–"), |of| Line::default().word(of));
        let run = it.run.as_deref().map_or_else(|| Line::of("–"), |run| Line::default().link(run));
        let said = match (it.measured(), &it.summary) {
            (measured, Some(summary)) if measured.is_empty() => Line::default().word(summary),
            (measured, _) if measured.is_empty() => Line::of("–"),
            (measured, _) => Line::of(bounded(&measured, 300)),
        };
        let by = Line::of(record.by.as_str());
        table.rows.push(vec![
            Line::default().word(&it.evidence_type),
            verdict(it.verdict),
            of,
            said,
            run,
            by,
            effect(record.decision),
        ]);
    }
    let evidence = table;
    let mut table = Table::new(&["Record", "Says", "By", ""]);
    for record in others {
        let says = Line::of(bounded(&record.says, SENTENCE));
        table.rows.push(vec![Line::of(record.kind), says, Line::of(record.by.as_str()), effect(record.decision)]);
    }
    let more = review.records.count.saturating_sub(evidence.rows.len() + table.rows.len());
    table.more = (more > 0).then(|| format!("…and {}", counted(more, "more record")));
    // Where a range brings nothing else, there is nothing to fold them behind.
    let alone = review.changes.count + review.versions.count + review.rules.len() == 0;
    for (what, table) in [("Evidence", evidence), ("Other records", table)] {
        if table.rows.is_empty() {
            continue;
        }
        let summary = Line::of(format!("{what}: {}", table.rows.len() + if what == "Evidence" { 0 } else { more }));
        page.push(if alone { Block::Table(table) } else { Block::Folded(summary, vec![Block::Table(table)]) });
    }
}

/// Records, files without effect, and files without authority.
pub(super) fn lists(page: &mut Page, review: &Review) {
    records(page, review);
    let mut table = Table::new(&["File without effect", "", "Why"]);
    // What waits, and what a gate refuses, is said by the moves themselves.
    let by_a_move = |problem: &Problem| {
        let own = |it: &MoveReview| problem.path.as_deref() == Some(&it.path) && !it.gates.is_empty();
        problem.code == Code::Refused && review.changes.items.iter().any(own)
    };
    let said = |problem: &&Problem| problem.code == Code::Pending && review.changes.count > 0 || by_a_move(problem);
    let untold: Vec<&Problem> = review.inert.items.iter().filter(|problem| !said(problem)).collect();
    for problem in untold.iter().take(ROWS) {
        let mark = if problem.code == Code::Pending { Mark::Waits } else { Mark::Bad };
        let path = Line::default().code(bounded(problem.path.as_deref().unwrap_or(""), 160));
        let why = Line::default().code(problem.code.as_str()).say(" ");
        table.rows.push(vec![path, Line::mark(mark), why.say(bounded(&problem.message, 300))]);
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
