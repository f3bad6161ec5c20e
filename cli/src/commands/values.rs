//! Texts of the command line as types of the core.

use std::path::Path;

use refmark_core::ResolveOptions;
use refmark_core::store::fs::input::read_given;
use refmark_core::types::canonical::strict;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::time::Timestamp;

use crate::args::bytes::Terms;

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
