//! A gate report for people.

use refmark_core::engine::gate::{Decision, GateReport, Status};

use super::{Cell, Look, Page, Table, bad, doubtful, faint, good, safe};

/// Every gate of a report, and everybody that its rule asks for.
pub fn gates(page: &mut Page, report: &GateReport) {
    let decision = match report.decision {
        Decision::Ok => good("allowed"),
        Decision::Pending => doubtful("pending"),
        Decision::Refused => bad("refused"),
    };
    let statement = faint(format!("policy {}, statement sha256:{}", report.policy, report.statement.short()));
    page.line(format!("{}: {decision}  {statement}", safe(&report.change)));
    let mut table = Table::new(["  GATE", "STATUS", "EXPECTED", "FOUND", "NEXT"]);
    for gate in &report.gates {
        let (word, look): (_, Look) = status(gate.status);
        table.row([
            format!("  {}", gate.name).into(),
            Cell::of(word, look),
            gate.expected.as_str().into(),
            gate.found.as_str().into(),
            gate.next.as_ref().map(ToString::to_string).unwrap_or_default().into(),
        ]);
    }
    for signer in &report.signers {
        let candidates = signer.candidates.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
        let (word, look): (_, Look) = match (&signer.by, report.break_glass) {
            (Some(_), _) => ("passed", Look::Good),
            (None, true) => ("due", Look::Doubtful),
            (None, false) => ("pending", Look::Doubtful),
        };
        let found = signer.by.as_ref().map_or("nobody yet".to_owned(), |by| by.to_string());
        let next = match (&signer.by, candidates.is_empty()) {
            (None, false) => format!("could be given by {candidates}"),
            (None, true) => "nobody could give it".to_owned(),
            _ => String::new(),
        };
        table.row(["  approval".into(), Cell::of(word, look), signer.asks.as_str().into(), found.into(), next.into()]);
    }
    page.table(table);
}

fn status(status: Status) -> (&'static str, Look) {
    match status {
        Status::Passed => ("passed", Look::Good),
        Status::Waived => ("waived", Look::Doubtful),
        Status::Pending => ("pending", Look::Doubtful),
        Status::Missing => ("missing", Look::Bad),
        Status::Failed => ("failed", Look::Bad),
    }
}
