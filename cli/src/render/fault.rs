//! Faults for people: what, the code, what next, and for a refusal every gate.

use refmark_core::engine::gate::GateReport;
use refmark_core::types::fault::Fault;
use refmark_core::types::value::{Value, from_value};

use super::{Page, bad, doubtful, faint, report, safe, safe_lines};

/// A fault as text.
pub fn text(fault: &Fault) -> String {
    let mut page = Page::default();
    page.line(format!("{} {} {}", bad("error:"), safe_lines(&fault.message), faint(format!("[{}]", fault.code))));
    for found in reports(fault) {
        report::gates(&mut page, &found);
    }
    if let Some(Value::Array(notes)) = fault.fields.get("key_notes") {
        for note in notes.iter().filter_map(|it| it.as_str()) {
            page.line(format!("{} {}", doubtful("note:"), safe(note)));
        }
    }
    if let Some(hint) = &fault.hint {
        page.line(format!("{} {}", doubtful("hint:"), safe_lines(hint)));
    }
    page.into_text()
}

/// The reports that a refusal carries.
fn reports(fault: &Fault) -> Vec<GateReport> {
    let one = fault.fields.get("report").into_iter();
    let many = fault.fields.get("reports").and_then(|it| it.as_array()).into_iter().flatten();
    one.chain(many).filter_map(|value| from_value(value).ok()).collect()
}
