//! An explanation as a page.

use crate::doc::{Block, Line, Mark, Page};
use crate::review::{gate_table, signer_rows};
use refmark_engine::gate::Decision;
use refmark_query::explain::{Because, Blocked, Explanation};
use refmark_types::text::{short, when};

/// An explanation, and why something else is not so where that was asked too.
pub fn page(explanation: Option<&Explanation>, blocked: Option<&Blocked>) -> Page {
    let mut page = Page::default();
    if let Some(it) = explanation {
        page.push(Block::Heading(1, Line::of(&it.sentence)));
        if !it.verified {
            page.push(Block::Lines(vec![Line::default().strong("Not verified against a pinned trust root.")]));
        }
        for because in &it.because {
            one(&mut page, because);
        }
    }
    if let Some(it) = blocked {
        let (mark, word) = match it.decision {
            Decision::Ok => (Mark::Good, "could be made now"),
            Decision::Pending => (Mark::Waits, "would wait"),
            Decision::Refused => (Mark::Bad, "cannot be"),
        };
        page.push(Block::Heading(1, Line::mark(mark).say(format!(" {} {word}", it.change))));
        page.push(Block::Lines(it.reasons.iter().map(|reason| Line::of("• ").say(reason)).collect()));
        for candidate in &it.moves {
            page.push(Block::Heading(2, Line::of(&candidate.change)));
            page.push(Block::Table(signer_rows(&candidate.signers, None, it.by.as_ref(), false)));
            page.push(Block::Table(gate_table(&candidate.gates)));
        }
    }
    page
}

fn one(page: &mut Page, it: &Because) {
    page.push(Block::Heading(2, Line::of(&it.says)));
    let line = Line::of(format!("{}, {}", it.by, when(it.time)));
    let line = if it.reason.is_empty() { line } else { line.say(": ").word(&it.reason) };
    let mut second = Line::of("statement ").code(short(&it.statement));
    if let Some(key) = &it.key {
        second = second.say(" · key ").code(key);
    }
    if let Some(commit) = &it.commit {
        second = second.say(" · commit ").code(commit.short());
    }
    if let Some(policy) = it.policy {
        second = second.say(format!(" · policy {policy}"));
    }
    page.push(Block::Lines(vec![line, second]));
    let mut table = signer_rows(&it.signers, it.policy, Some(&it.by), it.break_glass);
    for said in it.said.iter().filter(|said| !it.signers.iter().any(|signer| signer.by.as_ref() == Some(&said.by))) {
        let what = if said.approves { "approved too".to_owned() } else { format!("waives {}", said.waives.join(", ")) };
        table.rows.push(vec![Line::of("also"), Line::of(said.by.as_str()), Line::of(what)]);
    }
    page.push(Block::Table(table));
    page.push(Block::Table(gate_table(&it.gates)));
}
