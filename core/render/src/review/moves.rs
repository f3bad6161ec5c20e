//! Moves under review: who stands behind them, one table of gates, what differs, whom it reaches.

use super::package::described;
use crate::diff;
use crate::doc::{Block, Line, Mark, Page, Table};
use crate::table::{gate_table, signer_rows};
use refmark_engine::gate::Decision;
use refmark_query::review::{GateReview, MoveReview, Review, SignerReview};
use refmark_types::name::PrincipalId;
use refmark_types::text::{counted, day, duration, when};

/// How a decision looks.
pub(super) fn mark(decision: Decision) -> Mark {
    match decision {
        Decision::Ok => Mark::Good,
        Decision::Pending => Mark::Waits,
        Decision::Refused => Mark::Bad,
    }
}

/// A move with those that came for it: one list of people, one table of gates.
pub(super) fn group(page: &mut Page, review: &Review, lead: &MoveReview) {
    let is_first =
        review.changes.items.iter().find(|it| it.shown_with.is_none()).is_some_and(|it| it.path == lead.path);
    if !is_first {
        page.push(Block::Heading(2, Line::mark(mark(lead.decision)).say(" ").say(&lead.change)));
    }
    let others = with(review, &lead.path);
    let why = Line::default().strong("Why").say(" ").word(&lead.reason);
    let mut lines = vec![why.say(format!(" ({}, {})", lead.by, when(lead.time)))];
    lines.extend(others.iter().map(|it| with_it(it, lead)));
    page.push(Block::Lines(lines));
    let mut all = vec![lead];
    all.extend(others);
    people(page, review, &all);
    page.push(Block::Table(gate_table(&gates(&all))));
    let mut lines = Vec::new();
    lines.extend(lead.package.iter().flat_map(|it| described(it, lead.diff.is_some())));
    if let Some(diff) = &lead.diff {
        page.push(Block::Table(diff::metrics(diff)));
        lines.extend(diff::lines(diff));
    }
    if lead.alias.is_some() {
        lines.push(reach(lead));
        lines.extend(held(lead));
    }
    page.push(Block::Lines(lines));
    if let Some(diff) = lead.diff.as_ref().filter(|diff| !diff.identical) {
        diff::folded(diff).into_iter().for_each(|block| page.push(block));
    }
}

/// The moves that are shown with a record.
pub(super) fn with<'r>(review: &'r Review, path: &str) -> Vec<&'r MoveReview> {
    review.changes.items.iter().filter(|it| it.shown_with.as_deref() == Some(path)).collect()
}

fn with_it(it: &MoveReview, lead: &MoveReview) -> Line {
    let line = Line::default().strong("With it").say(" ").word(&it.change);
    let line = match it.decision == lead.decision {
        true => line,
        false => line.say(" ").line(Line::mark(mark(it.decision))),
    };
    if it.reason == lead.reason { line } else { line.say(": ").word(&it.reason) }
}

/// Everybody that the rules of these moves ask for, a place that two of them ask for alike once; and how to sign.
pub(super) fn people(page: &mut Page, review: &Review, moves: &[&MoveReview]) {
    let Some(lead) = moves.first() else { return };
    let mut signers: Vec<SignerReview> = lead.signers.clone();
    for other in moves.iter().skip(1) {
        for signer in &other.signers {
            // Whoever signed for the first signed for what came with it, too.
            let told = |it: &SignerReview| it.by == signer.by && (it.asks == signer.asks || it.by.is_some());
            if !lead.signers.iter().any(told) {
                let asks = format!("{}, for {}", signer.asks, short(other));
                signers.push(SignerReview { asks, ..signer.clone() });
            }
        }
    }
    let policy = review.policy.as_ref().map(|policy| policy.number);
    let mut table = signer_rows(&signers, policy, Some(&lead.by), lead.break_glass);
    also(&mut table, moves, &signers);
    page.push(Block::Table(table));
    let waits = |change: &MoveReview| {
        change.decision == Decision::Pending && change.signers.iter().any(|signer| signer.by.is_none())
    };
    // Said once: one approval signs everything on the branch.
    let first = review.changes.items.iter().find(|it| waits(it));
    let here = first.is_some_and(|first| moves.iter().any(|it| it.path == first.path));
    if let Some(command) = review.commands.approve.as_ref().filter(|_| here) {
        let line = Line::of("Approving on the forge alone leaves no signature. To sign: ").code(command);
        page.push(Block::Lines(vec![line]));
    }
}

/// What was said beside the places of the rules: approvals that none is left for, and waivers.
fn also(table: &mut Table, moves: &[&MoveReview], signers: &[SignerReview]) {
    let fills = |by: &PrincipalId| signers.iter().any(|signer| signer.by.as_ref() == Some(by));
    let mut told: Vec<(&PrincipalId, String)> = Vec::new();
    for said in moves.iter().flat_map(|it| &it.said) {
        if fills(&said.by) {
            continue;
        }
        let what = match said.approves {
            true => "approved; no place of the rule is left or fits".to_owned(),
            false => format!("waives {}", said.waives.join(", ")),
        };
        if told.contains(&(&said.by, what.clone())) {
            continue;
        }
        let reason = said.reason.as_deref().unwrap_or_default();
        let line = Line::of(&what).say(if reason.is_empty() { "" } else { ": " }).word(reason);
        let row = vec![Line::of("also"), Line::of(said.by.as_str()), line.say(format!(" ({})", when(said.time)))];
        table.rows.push(row);
        told.push((&said.by, what));
    }
}

/// A move in the fewest words: `production`.
fn short(it: &MoveReview) -> String {
    it.to.clone().unwrap_or_else(|| it.kind.to_owned())
}

/// The gates of these moves in one table: what two of them ask alike stands once.
pub(super) fn gates<'r>(moves: &[&'r MoveReview]) -> Vec<(Option<String>, &'r GateReview)> {
    let mut rows: Vec<(Option<String>, &GateReview)> = Vec::new();
    for (at, it) in moves.iter().enumerate() {
        for gate in &it.gates {
            let alike = |row: &(Option<String>, &GateReview)| {
                let (one, other) = (&row.1.gate, &gate.gate);
                (&one.name, one.status, &one.expected) == (&other.name, other.status, &other.expected)
                    && (one.found == other.found || one.found.contains(&other.found))
            };
            if !rows.iter().any(alike) {
                rows.push(((at > 0).then(|| short(it)), gate));
            }
        }
    }
    rows
}

fn reach(change: &MoveReview) -> Line {
    let line = Line::default().strong("Reach").say(" ");
    let alias = change.alias.as_ref().map_or("", |alias| alias.as_str());
    if change.reach.count == 0 {
        return line.say("no project has published a pin to it.");
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
