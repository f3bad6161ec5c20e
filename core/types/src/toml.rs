//! TOML, which people write: policies, lock files, settings.

use serde::de::DeserializeOwned;

/// Why a text is not what was asked for.
#[derive(Debug)]
pub struct Mistake {
    /// The line where it stands, from 1; none where it is in no line.
    pub line: Option<usize>,
    /// The line and what is wrong, as a message says it.
    pub said: String,
}

/// Reads a text of TOML 1.1.
///
/// # Errors
/// Where the text is not TOML, has a key twice, or does not say what the type holds.
///
/// ```
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Limits {
///     records: u64,
/// }
///
/// let limits: Limits = refmark_types::toml::read("records = 16\n").unwrap();
/// assert_eq!(limits.records, 16);
/// let mistake = refmark_types::toml::read::<Limits>("records = 16\nrecord = 1\n").err().unwrap();
/// assert_eq!(mistake.line, Some(2));
/// ```
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    if let Some(at) = crate::nesting::too_deep(text) {
        let line = text[..at].matches('\n').count() + 1;
        return Err(Mistake { line: Some(line), said: format!("line {line}: nested too deep") });
    }
    ::toml::from_str(text).map_err(|error| {
        let start = error.span().map(|span| span.start);
        let line = start.map(|start| text.get(..start).unwrap_or(text).matches('\n').count() + 1);
        let at = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        Mistake { line, said: at + error.message() }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::canonical::FreeJson;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: String,
        #[serde(default)]
        inner: BTreeMap<String, Vec<u64>>,
        #[serde(default)]
        real: f64,
        #[serde(default)]
        free: FreeJson,
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, line, said) in [
            ("name = 'x'\nname = 'y'\n", Some(2), "duplicate"),
            ("name = 'x'\n\n[inner]\na = [\n  1,\n  'two',\n]\n", Some(6), "expected u64"),
            ("name = 'x'\nodd = 1\n", Some(2), "unknown field `odd`"),
            ("real = 1\n", Some(1), "missing field `name`"),
            ("name = 'x'\nreal = 2026-11-20\n", Some(2), "expected f64"),
            ("name = 'x'\nfree = 2026-11-20\n", Some(2), "a date"),
            ("name = 'x'\nfree = [nan]\n", Some(2), "not finite"),
            ("name = 'x\n", Some(1), ""),
        ] {
            let mistake = read::<Sample>(text).unwrap_err();
            assert!(mistake.said.contains(said), "{text}: {}", mistake.said);
            assert_eq!(mistake.line, line, "{text}: {}", mistake.said);
        }
    }
}
