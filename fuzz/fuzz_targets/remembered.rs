//! A remembered head that somebody altered is taken up or refused, and never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_engine::verify::{Remembered, Verifier};
use refmark_pack::Repository;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(remembered) = serde_json::from_slice::<Remembered>(bytes) {
        let empty = Repository::new();
        if let Ok(mut verifier) = Verifier::resume(&empty, remembered.head, &remembered) {
            let _ = verifier.run(|_| Ok(()));
        }
    }
});
