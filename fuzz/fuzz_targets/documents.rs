//! Contracts, lineages and evaluation cards are read or refused, and never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_query::document::{parse_named, read};

fuzz_target!(|bytes: &[u8]| {
    let _ = read(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = parse_named(text);
    }
});
