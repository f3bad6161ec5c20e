//! SSH signatures and signed commits are read or refused, and never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_records::signature::{SshSignature, split_commit};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = SshSignature::parse(text);
    }
    if let Ok(Some(commit)) = split_commit(bytes) {
        let _ = commit.verify();
    }
});
