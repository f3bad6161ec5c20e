//! A coarse search where the walk over a pickle ended early.
//!
//! joblib writes raw arrays between opcodes, so what follows the first array cannot be walked. The dangerous imports
//! behind it are still to be named: they are looked for by their shape.

use std::collections::BTreeMap;

use super::Import;
use super::danger::is_dangerous;
use crate::source::{Source, read_up_to};
use refmark_types::error::Result;

const SEARCH_LIMIT: usize = 64 << 20;
const NAME_LIMIT: usize = 100;
const IMPORTS_LIMIT: usize = 256;

/// Adds the dangerous imports that have their usual shape in the 64 MiB from an offset.
pub(super) fn search(source: &dyn Source, from: u64, imports: &mut BTreeMap<String, Import>) -> Result<()> {
    let bytes = read_up_to(source, from, SEARCH_LIMIT)?;
    for (at, byte) in bytes.iter().enumerate() {
        let (opcode, pair) = match byte {
            b'c' => ("GLOBAL", bytes.get(at + 1..).and_then(lines)),
            b'i' => ("INST", bytes.get(at + 1..).and_then(lines)),
            // SHORT_BINUNICODE, module, MEMOIZE, SHORT_BINUNICODE, name, MEMOIZE, STACK_GLOBAL.
            0x8c => ("STACK_GLOBAL", bytes.get(at..).and_then(texts)),
            _ => continue,
        };
        let Some((module, name)) = pair else { continue };
        let import = format!("{module}.{name}");
        if is_dangerous(&import) && imports.len() < IMPORTS_LIMIT {
            imports.entry(import).or_insert(Import { opcode, offset: from + at as u64 });
        }
    }
    Ok(())
}

fn word(bytes: &[u8]) -> Option<&str> {
    let good = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    (!bytes.is_empty() && bytes.iter().all(good)).then(|| std::str::from_utf8(bytes).ok())?
}

fn lines(rest: &[u8]) -> Option<(&str, &str)> {
    let line = |rest: &[u8]| rest.iter().take(NAME_LIMIT).position(|&byte| byte == b'\n');
    let (module, rest) = rest.split_at_checked(line(rest)?)?;
    let rest = rest.get(1..)?;
    Some((word(module)?, word(rest.get(..line(rest)?)?)?))
}

fn texts(rest: &[u8]) -> Option<(&str, &str)> {
    let (module, rest) = text(rest)?;
    let (name, rest) = text(rest)?;
    (rest.first() == Some(&0x93)).then_some((module, name))
}

fn text(rest: &[u8]) -> Option<(&str, &[u8])> {
    let rest = rest.strip_prefix(&[0x8c])?;
    let (&length, rest) = rest.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(length))?;
    Some((word(text)?, rest.strip_prefix(&[0x94]).unwrap_or(rest)))
}
