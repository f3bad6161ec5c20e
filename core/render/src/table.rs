//! The tables that several pages show: gates, and the people that a rule asks for. Each is drawn here and nowhere else.

use crate::doc::{Line, Mark, Table};
use refmark_engine::gate::{GateReport, Status};
use refmark_query::review::{GateReview, SignerReview};
use refmark_types::name::PrincipalId;
use refmark_types::text::when;

/// So many people are named.
const MOST_PEOPLE: usize = 50;

/// Everybody that a rule asks for: who gave it, and who could.
pub fn signer_rows(
    signers: &[SignerReview],
    policy: Option<u64>,
    author: Option<&PrincipalId>,
    break_glass: bool,
) -> Table {
    let mut table = Table::new(&["Approvals", "", ""]);
    let policy = policy.map(|number| format!(", policy {number}")).unwrap_or_default();
    for signer in signers {
        let row = match (&signer.by, signer.time) {
            (Some(by), Some(time)) => {
                let what = if Some(by) == author { "its author" } else { "signed for this change" };
                let line = Line::mark(Mark::Good).say(format!(" {by}"));
                vec![Line::of(&signer.asks), line, Line::of(format!("{what}, {}{policy}", when(time)))]
            }
            _ => {
                let asks = Line::of(format!("one more: {}", signer.asks));
                let author = author.map_or_else(String::new, |author| format!(" ({author})"));
                let asks = if signer.not_author { asks.say(format!(", not the author{author}")) } else { asks };
                let what = if break_glass { "due" } else { "missing" };
                vec![asks, Line::mark(Mark::Open).say(" ").strong(what), could(signer)]
            }
        };
        table.rows.push(row);
    }
    table
}

fn could(signer: &SignerReview) -> Line {
    if signer.could.is_empty() {
        return Line::default().strong("nobody could give it");
    }
    let who =
        signer.could.iter().take(MOST_PEOPLE).map(|(id, signed)| format!("{id}{}", if *signed { " ✓" } else { "" }));
    Line::of(who.collect::<Vec<_>>().join(", "))
}

/// Gates, with those that do not hold first; each may say for which of several moves it is asked.
pub fn gate_table(gates: &[(Option<String>, &GateReview)]) -> Table {
    let mut table = Table::new(&["Gate", "", "Expected", "Found", "Evidence"]);
    let mut gates: Vec<_> = gates.iter().collect();
    gates.sort_by_key(|(_, gate)| std::cmp::Reverse(gate.gate.status));
    for (asked_for, row) in gates {
        let gate = &row.gate;
        let mark = match gate.status {
            Status::Passed => Line::mark(Mark::Good),
            Status::Waived => Line::mark(Mark::Waived).say(" waived"),
            Status::Pending => Line::mark(Mark::Open).say(" pending"),
            Status::Missing => Line::mark(Mark::Open).say(" missing"),
            Status::Failed => Line::mark(Mark::Bad).say(" failed"),
        };
        let mut evidence = match (&gate.evidence, &row.evidence_type) {
            (Some(digest), Some(of)) => Line::default().word(of).say(" ").code(refmark_types::text::short(digest)),
            _ => Line::of("–"),
        };
        if let Some(by) = &row.evidence_by {
            evidence = evidence.say(format!(" by {by}"));
        }
        if let Some(run) = &row.run {
            evidence = evidence.say(", run ").link(run);
        }
        if let Some(next) = gate.next.as_ref().filter(|_| gate.status > Status::Waived) {
            evidence = evidence.say(" → ").apart(refmark_types::text::bounded(&next.to_string(), 200));
        }
        let found = refmark_types::text::bounded(&gate.found, 300);
        let name = Line::default().code(refmark_types::text::bounded(&gate.name, 120));
        let name = asked_for.iter().fold(name, |name, what| name.say(format!(" for {what}")));
        table.rows.push(vec![name, mark, Line::default().word(&gate.expected), Line::of(found), evidence]);
    }
    table
}

/// Gates of one move.
pub fn plain(gates: &[GateReview]) -> Vec<(Option<String>, &GateReview)> {
    gates.iter().map(|gate| (None, gate)).collect()
}

/// The two tables of a gate report by itself, for those who hold no review: its gates, and its signers.
pub fn report_tables(report: &GateReport) -> (Table, Table) {
    let gates: Vec<GateReview> = report
        .gates
        .iter()
        .map(|gate| GateReview { gate: gate.clone(), evidence_by: None, evidence_type: None, run: None })
        .collect();
    let signers: Vec<SignerReview> = report
        .signers
        .iter()
        .map(|signer| SignerReview {
            asks: signer.asks.clone(),
            not_author: false,
            by: signer.by.clone(),
            time: signer.time,
            could: signer.candidates.iter().map(|id| (id.clone(), false)).collect(),
        })
        .collect();
    (gate_table(&plain(&gates)), signer_rows(&signers, Some(report.policy), None, report.break_glass))
}
