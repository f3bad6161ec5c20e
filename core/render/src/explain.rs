//! An explanation as a page.

use crate::doc::{Block, Line, Mark, Page};
use crate::table::{gate_table, plain, signer_rows};
use refmark_engine::gate::Decision;
use refmark_query::explain::{Because, Blocked, Explanation};
use refmark_types::text::{bounded, counted, short, when};

/// So many findings are shown; the value itself has more.
const ROWS: usize = 20;

/// Of a document that people act by, so many lines are shown.
const TEXT_LINES: usize = 400;

/// An explanation, and why something else is not so where that was asked too.
pub fn page(explanation: Option<&Explanation>, blocked: Option<&Blocked>) -> Page {
    let mut page = Page::default();
    if let Some(answer) = explanation {
        page.push(Block::Heading(1, Line::of(&answer.sentence)));
        if !answer.verified {
            page.push(Block::Lines(vec![Line::default().strong("Not verified against a pinned trust root.")]));
        }
        page.push(Block::Lines(files(answer)));
        for because in &answer.because {
            one(&mut page, because);
        }
        for document in &answer.documents {
            let about = format!("{} by {}, {}", document.evidence_type, document.by, when(document.time));
            page.push(Block::Heading(2, Line::of(about)));
            let lines = document.text.iter().flat_map(|text| text.trim().lines()).take(TEXT_LINES).map(Line::of);
            let link = document
                .link
                .iter()
                .map(|(link, digest)| Line::default().word(link).say(", sha256:").code(digest.hex()));
            page.push(Block::Lines(lines.chain(link).collect()));
        }
    }
    if let Some(answer) = blocked {
        let (mark, word) = match answer.decision {
            Decision::Ok => (Mark::Good, "could be made now"),
            Decision::Pending => (Mark::Waits, "would wait"),
            Decision::Refused => (Mark::Bad, "cannot be"),
        };
        page.push(Block::Heading(1, Line::mark(mark).say(format!(" {} {word}", answer.change))));
        page.push(Block::Lines(answer.reasons.iter().map(|reason| Line::of("• ").say(reason.to_string())).collect()));
        for candidate in &answer.moves {
            page.push(Block::Heading(2, Line::of(&candidate.change)));
            page.push(Block::Table(signer_rows(&candidate.signers, None, answer.by.as_ref(), false)));
            page.push(Block::Table(gate_table(&plain(&candidate.gates))));
        }
    }
    page
}

/// What its files can do, what the scan found in them, and what the package lacks.
fn files(answer: &Explanation) -> Vec<Line> {
    if answer.classes.is_empty() {
        return Vec::new();
    }
    let line = Line::default().strong("Files").say(" ").say(bounded(&answer.classes, 300)).say(".");
    let mut lines = vec![line];
    let found = answer.findings.items.iter().take(ROWS);
    lines.extend(found.map(|it| Line::mark(Mark::Bad).say(" ").word(&it.file).say(": ").word(&it.in_words())));
    let more = answer.findings.count.saturating_sub(ROWS);
    lines.extend((more > 0).then(|| Line::of(format!("…and {}", counted(more, "more finding")))));
    lines.extend(
        answer.gaps.iter().take(ROWS).map(|gap| Line::mark(Mark::Bad).say(" not whole: ").word(&gap.to_string())),
    );
    lines
}

fn one(page: &mut Page, reason: &Because) {
    page.push(Block::Heading(2, Line::of(&reason.says)));
    let line = Line::of(format!("{}, {}", reason.by, when(reason.time)));
    let line = if reason.reason.is_empty() { line } else { line.say(": ").word(&reason.reason) };
    let mut second = Line::of("statement ").code(short(&reason.statement));
    if let Some(key) = &reason.key {
        second = second.say(" · key ").code(key);
    }
    if let Some(commit) = &reason.commit {
        second = second.say(" · commit ").code(commit.short());
    }
    if let Some(policy) = reason.policy {
        second = second.say(format!(" · policy {policy}"));
    }
    page.push(Block::Lines(vec![line, second]));
    let mut table = signer_rows(&reason.signers, reason.policy, Some(&reason.by), reason.break_glass);
    for said in
        reason.said.iter().filter(|said| !reason.signers.iter().any(|signer| signer.by.as_ref() == Some(&said.by)))
    {
        let what = if said.approves { "approved too".to_owned() } else { format!("waives {}", said.waives.join(", ")) };
        table.rows.push(vec![Line::of("also"), Line::of(said.by.as_str()), Line::of(what)]);
    }
    page.push(Block::Table(table));
    page.push(Block::Table(gate_table(&plain(&reason.gates))));
}
