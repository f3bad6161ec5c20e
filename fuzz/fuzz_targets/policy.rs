//! A policy's text is read or refused, and never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_records::policy::Policy;

fuzz_target!(|text: &str| {
    let _ = Policy::parse(text);
});
