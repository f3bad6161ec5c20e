//! What is read as a lock file prints as something that reads the same, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_records::lock::LockFile;
use refmark_types::span::Span;

fuzz_target!(|text: &str| {
    if let Ok(lock) = LockFile::parse(text) {
        let printed = lock.print().expect("it was read");
        assert_eq!(LockFile::parse(&printed).expect("it was printed"), lock);
    }
    let _ = Span::parse(text);
});
