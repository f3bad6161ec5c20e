//! What is read as a record prints as the same bytes, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_records::layout::Place;
use refmark_records::statement::Record;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Record::parse(bytes) {
        assert_eq!(record.print().expect("it was read").as_bytes(), bytes);
        let _ = Place::of(record.predicate()).map(|place| place.path());
    }
});
