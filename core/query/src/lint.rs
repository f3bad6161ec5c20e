//! Finding models in deployment manifests that are named by something that moves. Text only: any format will do.

use serde::Serialize;

use refmark_types::name::{AliasName, ModelName};

/// The longest line that is looked at, in bytes: what is longer is data.
const MAX_LINE: usize = 16 << 10;

/// How a manifest names a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moving {
    /// By an alias: what runs changes when the alias moves.
    Alias,
    /// By `latest` (or one of MLflow's old stages): what runs changes with each version.
    Latest,
    /// By nothing: what runs is whatever the reader takes.
    Unpinned,
}

/// A place in a manifest where what runs can change without a change of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LintFinding {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters, from 1.
    pub column: usize,
    /// The words as they stand there.
    pub text: String,
    /// How the model is named.
    pub moving: Moving,
    /// The model.
    pub model: ModelName,
    /// The alias, where one is named.
    pub alias: Option<AliasName>,
    /// The command that pins it.
    pub pin_with: String,
    /// What to write in its place, once it is pinned and synced.
    pub use_instead: String,
}

/// Finds where a text names one of these models by something that moves. Linear in the text.
pub fn lint(text: &str, models: &[ModelName]) -> Vec<LintFinding> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.len() > MAX_LINE {
            continue;
        }
        for (start, word) in words(line) {
            let Some((moving, model, alias)) = read(word, models) else { continue };
            found.push(LintFinding {
                line: at + 1,
                column: line.get(..start).map_or(0, |before| before.chars().count()) + 1,
                text: word.to_owned(),
                moving,
                pin_with: match &alias {
                    Some(alias) => format!("refmark pin add {model}@{alias}"),
                    None => format!("refmark pin add {model}/VERSION"),
                },
                use_instead: format!(
                    "the folder {model} of `refmark pin sync -o DIR`, or `{model}` through refmark.lock"
                ),
                model,
                alias,
            });
        }
    }
    found
}

/// The runs of characters that references are made of, each with its byte offset.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends = |c: char| c.is_whitespace() || "\"'`,;=()[]{}<>|&$#".contains(c);
    let offset = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize;
    line.split(ends).filter(|word| !word.is_empty()).map(move |word| (offset(word), word.trim_end_matches(['.', ':'])))
}

fn read(word: &str, models: &[ModelName]) -> Option<(Moving, ModelName, Option<AliasName>)> {
    let known = |name: &str| models.iter().find(|model| model.as_str() == name).cloned();
    if let Some((_, rest)) = word.split_once("models:/") {
        let rest = rest.trim_start_matches('/');
        return match (rest.split_once('@'), rest.split_once('/')) {
            (Some((name, alias)), _) => Some((Moving::Alias, known(name)?, AliasName::parse(alias).ok())),
            (None, Some((name, version))) => {
                // MLflow's old stages move as `latest` does; numbers and releases do not.
                let moves = ["latest", "production", "staging", "archived"];
                let moves = moves.iter().any(|word| version.eq_ignore_ascii_case(word));
                if moves { Some((Moving::Latest, known(name)?, None)) } else { None }
            }
            (None, None) => Some((Moving::Unpinned, known(rest)?, None)),
        };
    }
    let uri = word.split_once("refmark://").map(|(_, rest)| rest);
    let last = uri.unwrap_or(word).rsplit('/').next().unwrap_or_default();
    if let Some((name, alias)) = last.split_once('@') {
        // `name@sha256:…` and `user@host` are not aliases of a model.
        return match AliasName::parse(alias) {
            Ok(alias) => Some((Moving::Alias, known(name)?, Some(alias))),
            Err(_) if alias == "latest" => Some((Moving::Latest, known(name)?, None)),
            Err(_) => None,
        };
    }
    // In `key:name:latest` the key is not the name's.
    if let Some(before) = last.strip_suffix(":latest") {
        return Some((Moving::Latest, known(before.rsplit(':').next().unwrap_or(before))?, None));
    }
    uri.and_then(|_| Some((Moving::Unpinned, known(last)?, None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_is_found_in_any_manifest_and_what_is_fixed_is_left_alone() {
        let models: Vec<ModelName> =
            ["sentiment", "nlp.ner"].iter().map(|name| ModelName::parse(name).unwrap()).collect();
        let text = r#"
model_uri: "models:/sentiment@champion"
env: [{name: MODEL, value: models:/nlp.ner/latest}]
FROM registry.example/sentiment:latest
MODEL=sentiment@canary
URI=refmark://models.example/team/nlp.ner
fine: models:/sentiment/3 models:/sentiment/1.4.0
fine: ada@champion sentiment:1.2 registry/sentiment@sha256:00 other:latest sentiment
{"uri": "refmark://h/sentiment@champion"}"#;
        let found: Vec<(usize, Moving, String)> =
            lint(text, &models).into_iter().map(|lint| (lint.line, lint.moving, lint.model.to_string())).collect();
        let expected = [
            (2, Moving::Alias, "sentiment"),
            (3, Moving::Latest, "nlp.ner"),
            (4, Moving::Latest, "sentiment"),
            (5, Moving::Alias, "sentiment"),
            (6, Moving::Unpinned, "nlp.ner"),
            (9, Moving::Alias, "sentiment"),
        ];
        assert_eq!(found, expected.map(|(line, moving, model)| (line, moving, model.to_owned())));
        let first = lint(text, &models).remove(0);
        assert_eq!((first.column, first.pin_with.as_str()), (13, "refmark pin add sentiment@champion"));
    }

    #[test]
    fn text_that_is_none_is_no_harm() {
        let models = [ModelName::parse("m").unwrap()];
        for text in ["", "models:/", "@", "m@", "/@/", "models:/m@ü", "m@m@m", ":latest", "\u{0}\u{202e}m@a"] {
            lint(text, &models);
        }
        assert!(lint(&"m@champion ".repeat(10_000), &models).is_empty(), "a line of 100 kB is data");
    }
}
