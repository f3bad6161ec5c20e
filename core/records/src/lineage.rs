//! What a value of a lineage must be, so that somebody can follow it.

use std::collections::BTreeMap;

use super::pattern::fits;
use refmark_types::digest::Digest;

/// Words that stand where nobody had anything to say, without spaces and signs.
const PLACEHOLDERS: &str = "todo tbd tba tbc fixme na none null nil nan unknown undefined unspecified missing empty dummy \
    placeholder example foo bar baz asdf qwerty changeme later soon default test notavailable notapplicable notyet nothing \
    wip xyz loremipsum unbekannt keine keiner offen folgt fehlt inconnu inconnue aucun aucune àfaire àdéfinir néant \
    desconocido ninguno ninguna porhacer pordefinir pendiente desconhecido nenhum afazer sconosciuto nessuno dafare \
    onbekend geen nieznany brak неизвестно нет потом 待定 未知 暂无 没有 未定 不明 なし 없음 미정";

/// Letters that look like those of `todo` and its like, with what they look like.
const LOOK_ALIKES: [(&str, &str); 2] = [("аеорсхуіѕԁ", "aeopcxyisd"), ("οατυνικ", "oatuvik")];

/// A letter as people read it: small, and of the full width, Cyrillic and Greek the Latin one that it looks like.
fn as_read(letter: char) -> char {
    let wide = u32::from(letter);
    if (0xff01..=0xff5e).contains(&wide) {
        return char::from_u32(wide - 0xfee0).unwrap_or(letter).to_ascii_lowercase();
    }
    LOOK_ALIKES
        .iter()
        .find_map(|(odd, plain)| odd.chars().zip(plain.chars()).find(|(odd, _)| *odd == letter))
        .map_or(letter, |(_, plain)| plain)
}

/// Whether a text is one of those words, whatever stands between its letters.
fn is_placeholder_word(text: &str) -> bool {
    let squashed: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let read: String = squashed.chars().map(as_read).collect();
    PLACEHOLDERS.split_whitespace().any(|word| word == squashed || word == read)
}

/// The words of a text that have a letter.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric))
}

/// Whether a text says nothing: it is empty, one character over and over, signs alone, or words such as `todo`, in the usual
/// languages and however they are spelled.
///
/// # Examples
///
/// ```
/// use refmark_records::lineage::is_placeholder;
///
/// assert!(is_placeholder("TODO") && is_placeholder(" n/a ") && is_placeholder("xxx") && is_placeholder("-"));
/// assert!(is_placeholder("T.O.D.O.") && is_placeholder("to do") && is_placeholder("à faire") && is_placeholder("tbd, tbd"));
/// assert!(!is_placeholder("https://train.example.com/runs/8812") && !is_placeholder("abc123"));
/// ```
pub fn is_placeholder(text: &str) -> bool {
    /// No placeholder is longer.
    const LONGEST: usize = 200;
    let lower = text.trim().to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let mut letters = bare.chars();
    let first = letters.next();
    bare.is_empty()
        || letters.all(|c| Some(c) == first)
        || bare.len() <= LONGEST && (is_placeholder_word(bare) || words(bare).all(is_placeholder_word))
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
        !is_placeholder(name) && !revision.trim().is_empty() && !is_placeholder_word(&revision.to_lowercase())
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
    fn a_placeholder_says_nothing_in_any_spelling() {
        for text in [
            "T.O.D.O.",
            "to-do",
            "To Do",
            "t o d o",
            "TODO TODO",
            "tbd / n.a.",
            "N.A.",
            "(none)",
            "«unbekannt»",
            "à faire",
            "por definir",
            "не\u{200b}известно",
            "待定",
            "なし",
            "ＴＯＤＯ",
            "tоdо",
            "τοdο",
            "to\u{200b}do",
            "???",
            "lorem ipsum",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in
            ["core", "test-set-4", "example-17", "barn", "1.4.0", "run 12", "none of the rows was left out", "日本語"]
        {
            assert!(!is_placeholder(text), "{text}");
        }
    }

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
