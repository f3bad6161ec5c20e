//! Texts of the command line as types of the core.

use refmark_core::ResolveOptions;
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
