//! Pickle: recognised by walking its opcodes, with a stack that knows texts, marks and globals and nothing else.
//!
//! Nothing is ever built or imported. Protocols 0 and 1 have no magic, so the first byte says little: many other files
//! begin like a pickle. A file counts as one when its opcodes run to STOP with a sane stack and memo, or when they have
//! called something imported before they stop making sense (an unpickler acts on each opcode as it reads it, so that a
//! truncated pickle is as dangerous as a whole one).
//!
//! Reference: `Lib/pickletools.py` and `Modules/_pickle.c` of CPython. Where the two differ, or where this walk has a
//! limit that they do not have, the walk goes on as the more lenient one would.

mod danger;
mod machine;
mod rest;

use std::collections::BTreeMap;

use super::bytes::{Cursor, Stop};
use super::report::{Finding, FindingKind, Inspection, shown};
use super::source::Source;
use danger::is_dangerous;
use machine::Machine;
use refmark_types::error::{Code, Error, Result};

/// How many opcodes are read of one file. What is sane for so long is a pickle, and its rest is searched.
const OPCODES_LIMIT: u64 = 2 << 20;
const IMPORTS_LIMIT: usize = 256;
const PICKLES_LIMIT: u32 = 64;
/// So many sane opcodes behind a protocol header are no chance: four random bytes pass in one of two thousand cases.
const CONVINCING: u64 = 6;

/// Where an import stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    /// The opcode, in the words of `pickletools`; empty where it was found by its shape alone.
    pub(super) opcode: &'static str,
    /// Its offset in the source.
    pub(super) offset: u64,
}

/// What a walk saw.
#[derive(Default)]
pub(super) struct Walk {
    /// Starts with a PROTO opcode of a protocol that exists.
    header: bool,
    /// How many pickles, one behind the other, ended with STOP and a value on the stack.
    whole: u32,
    /// What is imported, as `module.name`.
    imports: BTreeMap<String, Import>,
    /// The first opcode that calls or builds something imported, and its offset.
    call: Option<(&'static str, u64)>,
    /// The walk ended where the bytes did, within an opcode or between two.
    truncated: bool,
    /// The walk ended because it went on for too long.
    endless: bool,
    /// Why and where the walk ended before STOP.
    broken: Option<String>,
    /// The offset behind the last STOP.
    end: u64,
    /// Opcodes read so far, over all pickles.
    opcodes: u64,
}

impl Walk {
    /// Whether loading these bytes as a pickle imports something and runs it, or would run to its end. Such a file is a
    /// pickle whatever else it is.
    pub(super) fn runs(&self) -> bool {
        // An extension's number stands for an import only where the process has registered it.
        let imports = self.imports.values().any(|import| !import.opcode.starts_with("EXT"));
        // Words of a list can read like a call of a module that nobody has. What breaks off after such a call counts
        // where it says that it is a pickle, or names what is worth a call.
        let worth = |name: &String| is_dangerous(name) || name.matches('.').count() > 1;
        let called = self.call.is_some() && (self.header || self.truncated || self.imports.keys().any(worth));
        called || self.whole > 0 && imports
    }

    /// Whether these bytes are a pickle if they are nothing else. `len` is how many there are in all.
    pub(super) fn is_pickle(&self, len: u64) -> bool {
        let whole = self.whole > 0 && (self.end == len || self.whole > 1);
        let begun = self.header && (self.opcodes >= CONVINCING || self.truncated);
        self.runs() || whole || begun || self.endless
    }
}

/// Walks the opcodes from the start of a source.
pub(super) fn walk(source: &dyn Source) -> Result<Walk> {
    let mut walk = Walk::default();
    let mut cursor = Cursor::new(source, 0, source.len());
    for _ in 0..PICKLES_LIMIT {
        match Machine::new(&mut walk).run(&mut cursor) {
            Ok(()) => {}
            Err(Stop::Io(error)) => return Err(error),
            Err(Stop::Bad(error)) => {
                // What lies behind a first whole pickle need not be one: a legacy checkpoint ends with raw numbers.
                if walk.whole == 0 {
                    walk.truncated = error.fields.contains_key("truncated");
                    walk.broken = Some(error.message);
                }
                if walk.is_pickle(source.len()) {
                    rest::search(source, cursor.at(), &mut walk.imports)?;
                }
                return Ok(walk);
            }
        }
        walk.whole += 1;
        walk.end = cursor.at();
        if cursor.left() == 0 {
            return Ok(walk);
        }
    }
    rest::search(source, cursor.at(), &mut walk.imports)?;
    Ok(walk)
}

/// Writes what a walk saw into an inspection.
pub(super) fn report(walk: &Walk, found: &mut Inspection) {
    let dangerous = walk.imports.iter().filter(|(name, _)| is_dangerous(name));
    for (name, import) in dangerous {
        found.note(format!("dangerous import: {}", shown(name)));
        found.find(finding(FindingKind::DangerousImport, name, import));
    }
    for (name, import) in walk.imports.iter().filter(|(name, _)| !is_dangerous(name)) {
        found.find(finding(FindingKind::Import, name, import));
    }
    if !walk.imports.is_empty() {
        let some: Vec<String> = walk.imports.keys().take(40).map(|import| shown(import)).collect();
        let more = if walk.imports.len() > 40 { ", and more" } else { "" };
        found.note(format!("pickle imports: {}{more}", some.join(", ")));
    }
    if let Some((opcode, offset)) = walk.call {
        found.find(Finding {
            opcode: Some(opcode.into()),
            offset: Some(offset),
            ..Finding::new(FindingKind::Call, "")
        });
    } else if walk.whole > 0 && walk.imports.is_empty() {
        let offset = Some(walk.end.saturating_sub(1));
        found.find(Finding { opcode: Some("STOP".into()), offset, ..Finding::new(FindingKind::Pickle, "") });
    } else if walk.imports.is_empty() {
        found.find(Finding { opcode: Some("PROTO".into()), offset: Some(0), ..Finding::new(FindingKind::Pickle, "") });
    }
    if let Some(broken) = &walk.broken {
        found.note(format!("the walk over the pickle ended early ({broken}); there may be more imports"));
        if walk.truncated {
            found.problem(
                Error::new(Code::Inconsistent, "the pickle is truncated; what it had before that still runs")
                    .field("truncated", true),
            );
        }
    }
}

fn finding(kind: FindingKind, name: &str, import: &Import) -> Finding {
    let opcode = (!import.opcode.is_empty()).then(|| import.opcode.to_owned());
    Finding { opcode, offset: Some(import.offset), ..Finding::new(kind, &shown(name)) }
}
