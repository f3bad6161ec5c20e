//! A text of TOML is read within bounds or refused, however deep it says that it is, and what is too deep is never built.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_records::lock::LockFile;
use refmark_records::policy::Policy;
use refmark_types::nesting::too_deep;
use refmark_types::toml::read;
use refmark_types::value::Value;

fuzz_target!(|text: &str| {
    if too_deep(text).is_some() {
        assert!(read::<Value>(text).is_err(), "what is too deep is not built");
    }
    let _ = read::<Value>(text);
    let _ = LockFile::parse(text);
    let _ = Policy::parse(text);
});
