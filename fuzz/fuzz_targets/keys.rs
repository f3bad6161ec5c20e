//! Public keys and `.keys` files are read or refused, and never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_records::signature::{KeyId, PublicKey};
use refmark_store::key::read_public_keys;

fuzz_target!(|text: &str| {
    if let Ok(key) = PublicKey::parse(text) {
        assert_eq!(PublicKey::parse(&key.to_string()).expect("it was printed"), key);
    }
    let _ = KeyId::parse(text);
    let _ = read_public_keys(text);
});
