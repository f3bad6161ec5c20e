//! The bridge to what is deployed: values in deployment manifests that a comment marks as a registry's, and nothing else of them.
//!
//! A marker is a comment on the value's own line, or on a line of its own before it:
//!
//! ```yaml
//! storageUri: models:/sentiment/3 # {"$refmark": "sentiment@champion:uri"}
//! ```
//!
//! The text is YAML of any kind, or a file of environment variables. Only the marked scalars change, in the style in which they are
//! written; every other byte stays.

mod env;
mod yaml;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{AliasName, ModelName};

/// What a marker's comment has in it, by which it is known.
pub const MARKER: &str = "$refmark";

/// What of a version a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Its number: `4`.
    Version,
    /// `MODEL/4`.
    Reference,
    /// `models:/MODEL/4`.
    Uri,
    /// `sha256-…`.
    Artifact,
    /// `sha256:…`, as images are pinned.
    Digest,
}

impl Field {
    const ALL: [(&'static str, Field); 5] = [
        ("version", Field::Version),
        ("reference", Field::Reference),
        ("uri", Field::Uri),
        ("artifact", Field::Artifact),
        ("digest", Field::Digest),
    ];

    /// What stands for a version.
    ///
    /// ```
    /// use refmark_query::bridge::Field;
    /// use refmark_types::{digest::ArtifactId, name::ModelName};
    ///
    /// let artifact = ArtifactId::parse(&format!("sha256-{}", "0".repeat(64)))?;
    /// assert_eq!(Field::Uri.value(&ModelName::parse("sentiment")?, 4, &artifact), "models:/sentiment/4");
    /// # Ok::<(), Box<refmark_types::error::Error>>(())
    /// ```
    pub fn value(self, model: &ModelName, version: u64, artifact: &ArtifactId) -> String {
        match self {
            Field::Version => version.to_string(),
            Field::Reference => format!("{model}/{version}"),
            Field::Uri => format!("models:/{model}/{version}"),
            Field::Artifact => artifact.to_string(),
            Field::Digest => artifact.digest().prefixed(),
        }
    }
}

/// What a value is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// The model.
    pub model: ModelName,
    /// The alias whose version it is.
    pub alias: AliasName,
    /// What of that version.
    pub field: Field,
}

impl Wanted {
    /// Reads `MODEL@ALIAS:FIELD`.
    pub fn parse(text: &str) -> Result<Wanted> {
        let bad = || {
            let fields: Vec<&str> = Field::ALL.iter().map(|(name, _)| *name).collect();
            Error::new(Code::BadReference, format!("`{}` is not MODEL@ALIAS:FIELD", text.escape_debug()))
                .hint(format!("FIELD is one of {}", fields.join(", ")))
        };
        let (reference, field) = text.rsplit_once(':').ok_or_else(bad)?;
        let (model, alias) = reference.rsplit_once('@').ok_or_else(bad)?;
        let (_, field) = Field::ALL.iter().find(|(name, _)| *name == field).ok_or_else(bad)?;
        Ok(Wanted { model: ModelName::parse(model)?, alias: AliasName::parse(alias)?, field: *field })
    }
}

/// A value that a marker names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Its line, from 1.
    pub line: usize,
    /// What it is to be.
    pub wanted: Wanted,
    /// What it is.
    pub value: String,
    /// Where it stands, with its quotes.
    pub span: Range<usize>,
    /// Where the comment stands.
    pub comment: Range<usize>,
    quote: Option<char>,
}

impl Marked {
    /// A value as it would stand there, in the quotes of the one that does. An error where it cannot stand so.
    fn written(&self, value: &str) -> Result<String> {
        let special = value.chars().any(|it| it.is_control() || matches!(it, '"' | '\'' | '\\'));
        match self.quote {
            _ if special => Err(Error::new(Code::BadArgument, "the value has characters that need escaping")),
            Some(quote) => Ok(format!("{quote}{value}{quote}")),
            None => Ok(value.to_owned()),
        }
    }
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// YAML: one document or many.
    Yaml,
    /// `NAME=value` lines.
    Env,
}

impl Kind {
    /// What a file is by its name; nothing where the bridge does not read it.
    pub fn of_name(name: &str) -> Option<Kind> {
        match name {
            _ if name.ends_with(".yaml") || name.ends_with(".yml") => Some(Kind::Yaml),
            _ if name == ".env" || name.ends_with(".env") || name.starts_with(".env.") => Some(Kind::Env),
            _ => None,
        }
    }
}

/// The marked values of a text, in their order. A text without the word [`MARKER`] has none, and is not read.
///
/// # Errors
///
/// `bad-argument` with the line where the text cannot be read, a marker cannot, or marks no value that stands on one line: what is
/// meant to be kept up to date must not be passed over in silence.
pub fn marked(text: &str, kind: Kind) -> Result<Vec<Marked>> {
    match kind {
        _ if !text.contains(MARKER) => Ok(Vec::new()),
        Kind::Yaml => yaml::marked(text),
        Kind::Env => env::marked(text),
    }
}

/// The text with the marked values replaced, of which `values` has one each; every other byte stays. What comes out is read again:
/// it has exactly the new values, and all else that it had.
pub fn apply(text: &str, kind: Kind, marked: &[Marked], values: &[String]) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (it, value) in marked.iter().zip(values) {
        out.push_str(text.get(at..it.span.start).unwrap_or_default());
        out.push_str(&it.written(value).map_err(|error| on_line(it.line, &error.message))?);
        at = it.span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    let again = self::marked(&out, kind)?;
    let same = again.len() == marked.len()
        && again.iter().zip(marked.iter().zip(values)).all(|(new, (old, value))| {
            new.value == *value && new.wanted == old.wanted && new.line == old.line && new.quote == old.quote
        });
    let kept = kind != Kind::Yaml || yaml::same_but(text, marked, &out, &again);
    match same && kept {
        true => Ok(out),
        false => {
            Err(Error::new(Code::BadArgument, "a value cannot stand there as it is")
                .hint("put the marked value in quotes"))
        }
    }
}

/// The text with its markers blanked out, so that a search for moving names does not find those in markers.
pub fn without_markers(text: &str, marked: &[Marked]) -> String {
    let mut out = text.to_owned();
    for it in marked {
        out.replace_range(it.comment.clone(), &" ".repeat(it.comment.len()));
    }
    out
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Comment {
    #[serde(rename = "$refmark")]
    wanted: String,
}

/// What a comment's text, without its `#`, wants; nothing where it is no marker.
fn read_comment(comment: &str, line: usize) -> Result<Option<Wanted>> {
    if !comment.contains(MARKER) {
        return Ok(None);
    }
    let read: Comment = serde_json::from_str(comment.trim())
        .map_err(|_| on_line(line, "the marker is not {\"$refmark\": \"MODEL@ALIAS:FIELD\"}"))?;
    Wanted::parse(&read.wanted).map(Some).map_err(|mut error| {
        error.message = format!("line {line}: {}", error.message);
        error.field("line", line)
    })
}

fn on_line(line: usize, what: &str) -> Box<Error> {
    Error::new(Code::BadArgument, format!("line {line}: {what}")).field("line", line)
}

#[cfg(test)]
mod tests;
