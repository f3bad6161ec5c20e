//! What a value of a lineage must be, so that somebody can follow it.

use std::collections::BTreeMap;

use super::pattern::fits;
use refmark_types::digest::Digest;

/// Words that stand where nobody had anything to say.
const PLACEHOLDERS: [&str; 26] = [
    "todo",
    "tbd",
    "tba",
    "fixme",
    "n/a",
    "na",
    "none",
    "null",
    "nil",
    "nan",
    "unknown",
    "undefined",
    "unspecified",
    "missing",
    "empty",
    "dummy",
    "placeholder",
    "example",
    "foo",
    "bar",
    "baz",
    "asdf",
    "changeme",
    "later",
    "default",
    "test",
];

/// Whether a text says nothing: it is empty, one character over and over, signs alone, or a word such as `todo`.
///
/// # Examples
///
/// ```
/// use refmark_records::lineage::is_placeholder;
///
/// assert!(is_placeholder("TODO") && is_placeholder(" n/a ") && is_placeholder("xxx") && is_placeholder("-"));
/// assert!(!is_placeholder("https://train.example.com/runs/8812") && !is_placeholder("abc123"));
/// ```
pub fn is_placeholder(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let mut letters = bare.chars();
    let first = letters.next();
    bare.is_empty()
        || letters.all(|c| Some(c) == first)
        || PLACEHOLDERS.contains(&lower.as_str())
        || PLACEHOLDERS.contains(&bare)
}

/// Why a value of a lineage cannot be followed; nothing where it can. A training run is a URI or an id in one word, a dataset
/// is a digest or `name@revision`, a code commit is a commit id; a policy's own pattern goes before that, with `*` for any
/// characters. Other keys must only say something.
pub fn fault(key: &str, value: &str, patterns: &BTreeMap<String, String>) -> Option<String> {
    let value = value.trim();
    if is_placeholder(value) {
        return Some(format!("{key} is `{value}`, which says nothing"));
    }
    if let Some(pattern) = patterns.get(key) {
        return (!fits(pattern, value)).then(|| format!("{key} is not of the form {pattern}"));
    }
    let one_word = !value.chars().any(char::is_whitespace);
    let holds = match key {
        "training_run" | "run" => one_word,
        "dataset_version" | "dataset" => is_digest(value) || is_named_revision(value),
        "code_commit" | "commit" => is_commit(value),
        _ => true,
    };
    let wanted = match key {
        "training_run" | "run" => "a URI, or an id without spaces",
        "dataset_version" | "dataset" => "a digest, or name@revision",
        _ => "a commit id: 7 to 64 hexadecimal digits",
    };
    (!holds).then(|| format!("{key} is not {wanted}"))
}

fn is_digest(value: &str) -> bool {
    let hex = value.rsplit_once(':').map_or(value, |(_, hex)| hex);
    Digest::parse(hex).is_ok() || (hex.len() == 40 && is_commit(hex))
}

fn is_named_revision(value: &str) -> bool {
    value.rsplit_once('@').is_some_and(|(name, revision)| {
        !is_placeholder(name)
            && !revision.trim().is_empty()
            && !PLACEHOLDERS.contains(&revision.to_lowercase().as_str())
    })
}

/// A commit id, perhaps at the end of where the code is: `https://example.org/code@0123abc`.
fn is_commit(value: &str) -> bool {
    let id = value.rsplit(['@', '/', '#', ':']).next().unwrap_or_default();
    (7..=64).contains(&id.len())
        && id.chars().all(|c| c.is_ascii_hexdigit())
        && id.chars().collect::<std::collections::BTreeSet<char>>().len() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_followed_or_it_counts_for_nothing() {
        let none = BTreeMap::new();
        for (key, value, holds) in [
            ("training_run", "https://train.example.com/8812", true),
            ("training_run", "run-8812", true),
            ("training_run", "a run of mine", false),
            ("training_run", "todo", false),
            ("training_run", "ZZZZ", false),
            ("dataset_version", "reviews@2026-08", true),
            ("dataset_version", "reviews", false),
            ("dataset_version", "reviews@", false),
            ("dataset_version", "reviews@todo", false),
            ("dataset_version", "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881", true),
            ("code_commit", "0123abc", true),
            ("code_commit", "https://git.example.com/code@0123abcdef", true),
            ("code_commit", "main", false),
            ("code_commit", "0000000", false),
            ("code_commit", "abc", false),
            ("base_model", "n/a", false),
            ("base_model", "bert", true),
        ] {
            assert_eq!(fault(key, value, &none).is_none(), holds, "{key} {value}: {:?}", fault(key, value, &none));
        }
        let ours = BTreeMap::from([("training_run".to_owned(), "https://mlops.example.com/*".to_owned())]);
        assert!(fault("training_run", "https://mlops.example.com/1", &ours).is_none());
        assert!(
            fault("training_run", "run-8812", &ours).is_some_and(|why| why.contains("https://mlops.example.com/*"))
        );
    }
}
