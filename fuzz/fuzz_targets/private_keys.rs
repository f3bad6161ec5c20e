//! The text of a private key, as `REFMARK_KEY` may carry it, is read or refused, and never a panic.
#![no_main]

use std::ffi::OsString;

use libfuzzer_sys::fuzz_target;
use refmark_store::key::{KeySearch, find};

fuzz_target!(|text: &str| {
    // Without these words the text would be a path.
    let text = format!("-----BEGIN {text}");
    let _ = find(&KeySearch { variable: Some(OsString::from(text)), ..KeySearch::default() });
});
