//! `--from`: a list with a package a line.

use std::path::Path;

use refmark_core::types::canonical::strict;
use refmark_core::types::error::{Code, Error, Result};

use super::super::values::{JSON_LIMIT, read_text};
use super::wanted::Wanted;

/// Reads a list; the files that its lines name lie beside it.
pub fn read(path: &Path) -> Result<Vec<Wanted>> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let text = read_text(path)?;
    let mut wanted = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |why: &dyn std::fmt::Display| {
            Error::new(Code::BadArgument, format!("line {} of {}: {why}", at + 1, path.display()))
                .hint(r#"write one object a line, such as {"model": "a", "paths": ["a/"], "metrics": {"f1": 0.9}}"#)
                .field("line", at + 1)
        };
        strict(line.as_bytes(), JSON_LIMIT).map_err(|error| wrong(&error.message))?;
        let read: Wanted = serde_json::from_str(line).map_err(|error| wrong(&error))?;
        wanted.push(read.beside(folder));
    }
    match wanted.is_empty() {
        true => Err(Error::new(Code::BadArgument, format!("{} has no line", path.display()))),
        false => Ok(wanted),
    }
}
