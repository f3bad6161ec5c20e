//! What is read as a manifest prints as the same bytes, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_records::manifest::Manifest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes) {
        assert_eq!(manifest.print().expect("it was read").as_bytes(), bytes);
        let _ = manifest.id();
    }
});
