//! Text that strangers wrote, such as a model's card or a reason, comes out of every renderer as text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_types::text::{bounded, escape_html, escape_markdown, one_line, terminal_safe};

fuzz_target!(|text: &str| {
    let safe = terminal_safe(text);
    assert!(!safe.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "a terminal is told what to do: {safe:?}");
    let html = escape_html(text);
    assert!(!html.contains(['<', '>', '"', '\'']), "markup: {html:?}");
    assert!(!one_line(text).contains('\n'));
    assert!(bounded(text, 20).chars().count() <= 21);
    let _ = escape_markdown(text);
});
