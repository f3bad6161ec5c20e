//! Errors for people: what, the code, what next, and for a refusal every gate.

use refmark_core::engine::gate::Refusal;
use refmark_core::types::error::Error;
use refmark_core::types::value::Value;

use super::{Page, bad, doubtful, faint, report, safe, safe_lines};

/// An error as text.
pub fn text(error: &Error) -> String {
    let mut page = Page::default();
    page.line(format!("{} {} {}", bad("error:"), safe_lines(&error.message), faint(format!("[{}]", error.code))));
    if let Some(Refusal(found)) = error.cause() {
        report::gates(&mut page, found);
    }
    if let Some(Value::Array(notes)) = error.fields.get("key_notes") {
        for note in notes.iter().filter_map(|it| it.as_str()) {
            page.line(format!("{} {}", doubtful("note:"), safe(note)));
        }
    }
    if let Some(hint) = &error.hint {
        page.line(format!("{} {}", doubtful("hint:"), safe_lines(&hint.to_string())));
    }
    page.into_text()
}
