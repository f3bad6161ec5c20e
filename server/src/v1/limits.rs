//! How large and how deep what callers say of a model may be.

use std::collections::BTreeMap;

use serde_json::Value;

/// The longest source, in bytes.
pub const SOURCE_LIMIT: usize = 4096;
const WORD_LIMIT: usize = 256;
const RESULTS: usize = 64;
const RESULT_LIMIT: usize = 1024;
const DEPTH: usize = 32;
const NODES: usize = 10_000;
const MEMBERS: usize = 4096;
const TEXT_LIMIT: usize = 4096;

fn is_clean(text: &str) -> bool {
    !text.contains(['\0', '\r', '\n'])
}

/// Whether a text of one line is short enough.
pub fn is_word(text: &str) -> bool {
    text.len() <= WORD_LIMIT
}

/// Whether results by scanner, or versions by scanner, are within bounds.
pub fn are_results(results: &BTreeMap<String, String>) -> bool {
    let is_key = |key: &str| (1..=WORD_LIMIT).contains(&key.len()) && is_clean(key);
    let is_value = |value: &str| value.len() <= RESULT_LIMIT && is_clean(value);
    results.len() <= RESULTS && results.iter().all(|(key, value)| is_key(key) && is_value(value))
}

/// Whether a fingerprint is within bounds.
pub fn is_fingerprint(value: &Value) -> bool {
    let mut nodes = 0;
    value.is_null() || fits(value, 1, &mut nodes)
}

fn fits(value: &Value, depth: usize, nodes: &mut usize) -> bool {
    *nodes += 1;
    if *nodes > NODES || depth > DEPTH {
        return false;
    }
    match value {
        Value::Object(members) => {
            members.len() <= MEMBERS
                && members.iter().all(|(key, value)| {
                    (1..=WORD_LIMIT).contains(&key.len()) && is_clean(key) && fits(value, depth + 1, nodes)
                })
        }
        Value::Array(items) => items.len() <= MEMBERS && items.iter().all(|item| fits(item, depth + 1, nodes)),
        Value::String(text) => text.len() <= TEXT_LIMIT && is_clean(text),
        _ => true,
    }
}
