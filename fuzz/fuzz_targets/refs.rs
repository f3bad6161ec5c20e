//! The texts in which Git keeps references are read or refused, and what was read names commits by whole ids.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_pack::Repository;

fuzz_target!(|text: &str| {
    let repository = Repository::new();
    let _ = repository.add_head(text);
    let _ = repository.add_packed_refs(text);
    let _ = repository.add_shallow(text);
    let _ = repository.head();
    for (_, id) in repository.refs() {
        assert!(matches!(id.to_string().len(), 40 | 64));
    }
});
