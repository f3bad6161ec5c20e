//! MLflow's names and refmark's: each has one of the other's, both ways, as in the Python package.
//!
//! A name that both allow stays as it is. MLflow allows nearly every text; what refmark refuses or takes for another name is
//! written in lower-case letters and digits: `mlx--` and the name, where `y` stands before a capital, and `z` begins what
//! stands for another character.

use refmark_core::types::name::{AliasName, ModelName};

/// What every written name begins with.
const MARK: &str = "mlx--";
const WRITTEN: [(char, char); 6] = [('y', 'y'), ('z', 'z'), ('_', 'u'), ('-', 'd'), ('.', 'p'), (' ', 's')];

/// A name in lower-case letters and digits, such as stand in every path.
pub fn written(name: &str) -> String {
    let mut text = String::from(MARK);
    for char in name.chars() {
        match WRITTEN.iter().find(|(plain, _)| *plain == char) {
            Some((_, code)) => text.extend(['z', *code]),
            None if char.is_ascii_lowercase() || char.is_ascii_digit() => text.push(char),
            None if char.is_ascii_uppercase() => text.extend(['y', char.to_ascii_lowercase()]),
            None => text.push_str(&format!("zx{:x}z", u32::from(char))),
        }
    }
    text
}

/// How a model of MLflow's may be named here: as it is where that can be, and written out, where another stands near.
pub fn spellings(name: &str) -> Vec<String> {
    match !name.starts_with(MARK) && ModelName::parse(name).is_ok() {
        true => vec![name.to_owned(), written(name)],
        false => vec![written(name)],
    }
}

/// How an alias of MLflow's is named here.
pub fn alias_here(alias: &str) -> String {
    match !alias.starts_with(MARK) && AliasName::parse(alias).is_ok() {
        true => alias.to_owned(),
        false => written(alias),
    }
}

/// The name that MLflow knows a model or an alias by.
pub fn shown(name: &str) -> String {
    // Somebody may have taken a name that only looks like one.
    match name.strip_prefix(MARK).and_then(read) {
        Some(whole) if !whole.is_empty() && written(&whole) == name => whole,
        _ => name.to_owned(),
    }
}

fn read(text: &str) -> Option<String> {
    let mut whole = String::new();
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        match char {
            'y' => whole.push(rest.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            'z' => whole.push(match rest.next()? {
                'x' => {
                    let hex: String = rest.by_ref().take_while(|char| *char != 'z').collect();
                    char::from_u32(u32::from_str_radix(&hex, 16).ok()?)?
                }
                code => WRITTEN.iter().find(|(_, known)| *known == code)?.0,
            }),
            char if char.is_ascii_lowercase() || char.is_ascii_digit() => whole.push(char),
            _ => return None,
        }
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Python package is held to the same file.
    #[test]
    fn names_are_written_as_the_python_package_writes_them_and_read_back() {
        let vectors = include_str!("../../../tests/vectors/mlflow/names.json");
        let vectors: Vec<(String, String, bool)> = serde_json::from_str(vectors).unwrap();
        assert!(vectors.len() > 8);
        for (name, expected, stays) in vectors {
            assert_eq!(written(&name), expected, "{name}");
            assert_eq!(shown(&expected), name);
            assert_eq!(spellings(&name)[0] == name, stays, "{name}");
        }
        for unread in ["mlx--", "mlx--zq", "mlx--zx110000z", "mlx--yA", "mlx--Y", "mlx--zx61z", "other"] {
            assert_eq!(shown(unread), unread, "no name is written so");
        }
    }
}
