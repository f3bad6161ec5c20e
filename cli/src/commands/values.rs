//! Texts of the command line as types of the core.

use std::path::Path;

use refmark_core::store::fs::input::read_given;
use refmark_core::types::canonical::strict;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::{AliasName, ModelName, Release};
use refmark_core::types::reference::{Reference, parse_version};
use refmark_core::types::time::Timestamp;
use refmark_core::{Registry, ResolveOptions, View};

use crate::args::bytes::Terms;

/// `MODEL@ALIAS`.
pub fn alias(text: &str) -> Result<(ModelName, AliasName)> {
    match Reference::parse(text)? {
        Reference::Alias(model, alias) => Ok((model, alias)),
        other => Err(Error::new(Code::BadArgument, format!("`{other}` names no alias"))
            .hint("write MODEL@ALIAS, such as sentiment@champion; `refmark transition` moves stages and trust states")),
    }
}

/// A version of a model: a number, a release, or either behind the model's name.
pub fn version(registry: &Registry, view: &View<'_>, model: &ModelName, text: &str) -> Result<u64> {
    let bare = text.strip_prefix(&format!("{model}/")).unwrap_or(text);
    if bare.bytes().all(|b| b.is_ascii_digit()) {
        return parse_version(bare);
    }
    if bare.contains(['/', '@']) {
        return Err(Error::new(Code::BadArgument, format!("`{}` is not a version of {model}", bare.escape_debug()))
            .hint("give its number or its release"));
    }
    let reference = Reference::Release(model.clone(), Release::parse(bare)?);
    let side = registry.read().side(view, &reference)?;
    side.version
        .map(|(_, version)| version)
        .ok_or_else(|| Error::new(Code::NotFound, format!("{model} has no release {bare}")))
}

/// Digests of statements.
pub fn digests(texts: &[String]) -> Result<Vec<Digest>> {
    texts.iter().map(|text| Digest::parse(text)).collect()
}

/// A point in time, as people type it.
pub fn time(text: &Option<String>) -> Result<Option<Timestamp>> {
    text.as_deref().map(Timestamp::parse_lenient).transpose()
}

/// How to resolve.
pub fn options(terms: &Terms) -> Result<ResolveOptions> {
    Ok(ResolveOptions { at: time(&terms.at)?, last_good: terms.last_good, accept_incomplete: terms.accept_incomplete })
}

/// `KEY=VALUE`.
pub fn pair<'t>(text: &'t str, what: &str) -> Result<(&'t str, &'t str)> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, value)),
        _ => Err(Error::new(Code::BadArgument, format!("`{}` is not {what}: it has no `=`", text.escape_debug()))
            .hint("write NAME=VALUE")),
    }
}

/// A text file, as far as anything that is registered may be long.
pub fn read_text(path: &Path) -> Result<String> {
    const LIMIT: u64 = 256 << 20;
    let shown = path.display().to_string();
    String::from_utf8(read_given(path, LIMIT)?)
        .map_err(|_| Error::new(Code::BadArgument, format!("{shown} cannot be read: it is not UTF-8 text")).at(shown))
}

/// JSON that people give is no longer than the longest record, a manifest.
pub const JSON_LIMIT: u64 = 16 << 20;

/// JSON in a file.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path, what: &str) -> Result<T> {
    let text = read_text(path)?;
    let at = path.display().to_string();
    // A twin key, or a number that nobody reads the same, is refused here as everywhere.
    let wrong = |why: &dyn std::fmt::Display| {
        Error::new(Code::BadArgument, format!("{} is not {what}: {why}", path.display())).at(&at)
    };
    strict(text.as_bytes(), JSON_LIMIT).map_err(|error| wrong(&error.message))?;
    serde_json::from_str(&text).map_err(|error| wrong(&error))
}
