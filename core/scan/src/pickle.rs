//! Pickle: recognised by walking its opcodes, with a stack that knows texts and marks and nothing else.
//!
//! Nothing is ever built or imported. Protocols 0 and 1 have no magic, so a file counts as a pickle when its opcodes make
//! sense down to STOP, or when they have already run something before they stop making sense: an unpickler acts on each
//! opcode as it reads it, so a truncated pickle is as dangerous as a whole one.

use std::rc::Rc;

use super::bytes::{Cursor, Parse, Stop, lying};
use super::pickle_danger::is_dangerous;
use super::pickle_rest;
use super::report::{Inspection, shown};
use super::source::Source;
use refmark_types::error::Result;
use std::collections::{BTreeMap, BTreeSet};

const OPCODES_LIMIT: u64 = 8 << 20;
const STACK_LIMIT: usize = 1 << 20;
const LINE_LIMIT: usize = 1 << 20;
const TEXT_LIMIT: u64 = 256;
const IMPORTS_LIMIT: usize = 256;
const PICKLES_LIMIT: u32 = 64;

/// What a walk saw.
#[derive(Default)]
pub(super) struct Walk {
    /// Starts with a PROTO opcode of a protocol that exists.
    pub(super) header: bool,
    /// How many pickles, one behind the other, ended with STOP and one value on the stack.
    pub(super) whole: u32,
    /// What is imported, as `module.name`.
    pub(super) imports: BTreeSet<String>,
    /// Something imported was called, or built, before the walk ended.
    pub(super) calls: bool,
    /// The walk ended where the bytes did, within an opcode or between two.
    pub(super) truncated: bool,
    /// Why and where the walk ended before STOP.
    pub(super) broken: Option<String>,
    /// The offset behind the last STOP.
    pub(super) end: u64,
    /// Opcodes read so far, over all pickles.
    opcodes: u64,
}

impl Walk {
    /// Whether these bytes are to be treated as a pickle. `len` is how many there are in all.
    pub(super) fn is_pickle(&self, len: u64) -> bool {
        let whole = self.whole > 0 && (self.end == len || !self.imports.is_empty());
        self.header || whole || self.calls || self.imports.iter().any(|import| is_dangerous(import))
    }
}

/// Walks the opcodes from the start of a source.
pub(super) fn walk(source: &dyn Source) -> Result<Walk> {
    let mut walk = Walk::default();
    let mut cursor = Cursor::new(source, 0, source.len());
    for _ in 0..PICKLES_LIMIT {
        let mut machine = Machine { stack: Vec::new(), memo: BTreeMap::new(), walk: &mut walk };
        match machine.run(&mut cursor) {
            Ok(()) => {}
            Err(Stop::Io(error)) => return Err(error),
            Err(Stop::Bad(error)) => {
                // What lies behind a first whole pickle need not be one: a legacy checkpoint ends with raw numbers.
                if walk.whole == 0 {
                    // 0x00 is an opcode of no protocol: an unpickler stops there before it did anything. A safetensors
                    // file whose header has 128 bytes begins like this.
                    if walk.opcodes == 2 && cursor.at() == 3 && third_byte(source)? == Some(0) {
                        walk.header = false;
                    }
                    walk.truncated = error.fields.contains_key("truncated");
                    walk.broken = Some(error.message);
                    if walk.is_pickle(source.len()) {
                        pickle_rest::search(source, cursor.at(), &mut walk.imports)?;
                    }
                }
                break;
            }
        }
        walk.whole += 1;
        walk.end = cursor.at();
        if cursor.left() == 0 {
            break;
        }
    }
    Ok(walk)
}

/// Writes what a walk saw into an inspection.
pub(super) fn report(walk: &Walk, found: &mut Inspection) {
    for import in walk.imports.iter().filter(|import| is_dangerous(import)) {
        found.note(format!("dangerous import: {}", shown(import)));
    }
    if !walk.imports.is_empty() {
        let shown: Vec<String> = walk.imports.iter().take(40).map(|import| shown(import)).collect();
        let more = if walk.imports.len() > 40 { ", and more" } else { "" };
        found.note(format!("pickle imports: {}{more}", shown.join(", ")));
    }
    if let Some(broken) = &walk.broken {
        found.note(format!("the walk over the pickle ended early ({broken}); there may be more imports"));
        if walk.truncated {
            found.problem(refmark_types::error::Error::new(
                refmark_types::error::Code::Inconsistent,
                "the pickle is truncated; what it had before that still runs",
            ));
        }
    }
}

fn third_byte(source: &dyn Source) -> Result<Option<u8>> {
    match Cursor::new(source, 2, source.len()).u8("an opcode") {
        Ok(byte) => Ok(Some(byte)),
        Err(Stop::Io(error)) => Err(error),
        Err(Stop::Bad(_)) => Ok(None),
    }
}

/// What the stack knows of a value.
#[derive(Clone)]
enum Item {
    Mark,
    Text(Rc<str>),
    Global,
    Other,
}

struct Machine<'w> {
    stack: Vec<Item>,
    memo: BTreeMap<u64, Item>,
    walk: &'w mut Walk,
}

impl Machine<'_> {
    fn push(&mut self, item: Item) -> Parse<()> {
        if self.stack.len() >= STACK_LIMIT {
            return Err(lying("the stack grows over its limit"));
        }
        self.stack.push(item);
        Ok(())
    }

    /// Takes a value; a mark is none.
    fn pop(&mut self) -> Parse<Item> {
        match self.stack.pop() {
            None => Err(lying("an opcode takes from an empty stack")),
            Some(Item::Mark) => Err(lying("an opcode takes a mark")),
            Some(item) => Ok(item),
        }
    }

    /// Takes all down to the newest mark and says how many there were.
    fn pop_mark(&mut self) -> Parse<usize> {
        let at = self.stack.iter().rposition(|item| matches!(item, Item::Mark));
        let at = at.ok_or_else(|| lying("an opcode needs a mark and there is none"))?;
        let count = self.stack.len() - at - 1;
        self.stack.truncate(at);
        Ok(count)
    }

    fn top(&self) -> Parse<Item> {
        match self.stack.last() {
            None | Some(Item::Mark) => Err(lying("an opcode looks at an empty stack")),
            Some(item) => Ok(item.clone()),
        }
    }

    fn import(&mut self, module: &str, name: &str) -> Parse<()> {
        let plain = |text: &str| {
            !text.is_empty()
                && !text.starts_with(|c: char| c.is_ascii_digit())
                && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '<' | '>'))
        };
        if !plain(module) || !plain(name) {
            return Err(lying("an import has no module and name"));
        }
        if self.walk.imports.len() < IMPORTS_LIMIT {
            self.walk.imports.insert(format!("{module}.{name}"));
        }
        Ok(())
    }

    /// Reads opcodes to STOP.
    fn run(&mut self, cursor: &mut Cursor<'_>) -> Parse<()> {
        let start = cursor.at();
        loop {
            self.walk.opcodes += 1;
            if self.walk.opcodes > OPCODES_LIMIT {
                return Err(lying(format!("more than {OPCODES_LIMIT} opcodes")));
            }
            let at = cursor.at();
            match cursor.u8("an opcode")? {
                b'.' => {
                    self.pop()?;
                    // An unpickler does not mind what is left behind; prose that looks like opcodes shows itself by it.
                    let plain = !self.walk.header && self.walk.imports.is_empty();
                    return if plain && !self.stack.is_empty() {
                        Err(lying("STOP leaves values behind"))
                    } else {
                        Ok(())
                    };
                }
                0x80 => {
                    let protocol = cursor.u8("the protocol")?;
                    if protocol > 5 {
                        return Err(lying(format!("protocol {protocol}")));
                    }
                    self.walk.header |= at == 0 && start == 0;
                }
                opcode => {
                    if !(self.literal(opcode, cursor)? || self.shuffle(opcode, cursor)?) {
                        self.act(opcode, cursor, at)?;
                    }
                }
            }
        }
    }

    /// Opcodes that push a value of their own.
    fn literal(&mut self, opcode: u8, cursor: &mut Cursor<'_>) -> Parse<bool> {
        let width = match opcode {
            b'N' | b')' | b']' | b'}' | 0x88 | 0x89 | 0x8f => Some(0),
            b'K' => Some(1),
            b'M' => Some(2),
            b'J' => Some(4),
            b'G' => Some(8),
            0x8a | b'C' => Some(u64::from(cursor.u8("a length")?)),
            0x8b | b'B' => Some(u64::from(cursor.u32("a length")?)),
            0x8e | 0x96 => Some(cursor.u64("a length")?),
            _ => None,
        };
        if let Some(width) = width {
            cursor.skip(width, "a value")?;
            self.push(Item::Other)?;
            return Ok(true);
        }
        let item = match opcode {
            b'(' => Item::Mark,
            b'I' | b'L' => {
                let line = line(cursor)?;
                let digits = line.strip_suffix('L').unwrap_or(&line);
                number(
                    digits.trim().trim_start_matches(['-', '+']).chars().all(|c| c.is_ascii_digit() || c == '_'),
                    &line,
                )?
            }
            b'F' => {
                let line = line(cursor)?;
                number(line.trim().parse::<f64>().is_ok(), &line)?
            }
            b'S' => {
                let line = line(cursor)?;
                let quoted = line.trim();
                let inner = ['\'', '"'].iter().find_map(|&quote| quoted.strip_prefix(quote)?.strip_suffix(quote));
                text(inner.ok_or_else(|| lying("a text has no quotes"))?)
            }
            b'V' => text(&line(cursor)?),
            b'U' | 0x8c => {
                let length = u64::from(cursor.u8("a length")?);
                taken(cursor, length)?
            }
            b'T' | b'X' => {
                let length = u64::from(cursor.u32("a length")?);
                taken(cursor, length)?
            }
            0x8d => {
                let length = cursor.u64("a length")?;
                taken(cursor, length)?
            }
            _ => return Ok(false),
        };
        self.push(item)?;
        Ok(true)
    }

    /// Opcodes that move, collect or remember values, and run nothing.
    fn shuffle(&mut self, opcode: u8, cursor: &mut Cursor<'_>) -> Parse<bool> {
        match opcode {
            b'0' => {
                // POP takes a mark too.
                self.stack.pop().map(|_| ()).ok_or_else(|| lying("POP of an empty stack"))?;
            }
            b'1' => {
                self.pop_mark()?;
            }
            b'2' => {
                let top = self.top()?;
                self.push(top)?;
            }
            b't' | b'l' | b'd' | 0x91 => {
                self.pop_mark()?;
                self.push(Item::Other)?;
            }
            b'e' | b'u' | 0x90 => {
                self.pop_mark()?;
                self.top()?;
            }
            b'a' | b's' | 0x85..=0x87 => {
                for _ in 0..match opcode {
                    b's' | 0x86 => 2,
                    0x87 => 3,
                    _ => 1,
                } {
                    self.pop()?;
                }
                if matches!(opcode, b'a' | b's') {
                    self.top()?;
                } else {
                    self.push(Item::Other)?;
                }
            }
            b'p' | b'q' | b'r' | 0x94 => {
                let index = if opcode == 0x94 { self.memo.len() as u64 } else { index(opcode, b'p', b'q', cursor)? };
                if self.memo.len() >= STACK_LIMIT {
                    return Err(lying("the memo grows over its limit"));
                }
                let top = self.top()?;
                self.memo.insert(index, top);
            }
            b'g' | b'h' | b'j' => {
                let index = index(opcode, b'g', b'h', cursor)?;
                let item = self.memo.get(&index).cloned().ok_or_else(|| lying("a memo that was never filled"))?;
                self.push(item)?;
            }
            0x95 => {
                // A frame only announces how much to buffer; readers act within it before they notice that it lies.
                cursor.u64("a frame's length")?;
            }
            0x97 => self.push(Item::Other)?,
            0x98 => {
                self.top()?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Opcodes that import or call.
    fn act(&mut self, opcode: u8, cursor: &mut Cursor<'_>, at: u64) -> Parse<()> {
        match opcode {
            b'c' => {
                let (module, name) = (line(cursor)?, line(cursor)?);
                self.import(&module, &name)?;
                self.push(Item::Global)
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (&module, &name) {
                    (Item::Text(module), Item::Text(name)) => self.import(module, name)?,
                    _ => {
                        self.walk.imports.insert("(computed).(computed)".into());
                    }
                }
                self.push(Item::Global)
            }
            b'i' => {
                let (module, name) = (line(cursor)?, line(cursor)?);
                self.pop_mark()?;
                self.import(&module, &name)?;
                self.called()
            }
            b'o' => {
                if self.pop_mark()? == 0 {
                    return Err(lying("OBJ has no class"));
                }
                self.called()
            }
            b'R' | 0x81 | 0x92 => {
                for _ in 0..if opcode == 0x92 { 2 } else { 1 } {
                    self.pop()?;
                }
                // What is called may have come from the memo, a persistent id or an earlier call.
                let callee = self.pop()?;
                if matches!(callee, Item::Text(_)) {
                    return Err(lying("a text is called"));
                }
                self.called()
            }
            b'b' => {
                self.pop()?;
                self.top()?;
                self.walk.calls |= !self.walk.imports.is_empty();
                Ok(())
            }
            b'P' => {
                line(cursor)?;
                self.push(Item::Other)
            }
            b'Q' => {
                self.pop()?;
                self.push(Item::Other)
            }
            0x82..=0x84 => {
                let width = match opcode {
                    0x82 => 1,
                    0x83 => 2,
                    _ => 4,
                };
                cursor.skip(width, "an extension's code")?;
                self.walk.imports.insert("(extension).(registered)".into());
                self.push(Item::Global)
            }
            other => Err(lying(format!("byte {other:#04x} at {at} is no opcode"))),
        }
    }

    fn called(&mut self) -> Parse<()> {
        self.walk.calls |= !self.walk.imports.is_empty();
        self.push(Item::Other)
    }
}

fn text(text: &str) -> Item {
    if text.len() as u64 <= TEXT_LIMIT { Item::Text(text.into()) } else { Item::Other }
}

fn taken(cursor: &mut Cursor<'_>, length: u64) -> Parse<Item> {
    if length > TEXT_LIMIT {
        cursor.skip(length, "a text")?;
        return Ok(Item::Other);
    }
    let bytes = cursor.take(length, TEXT_LIMIT, "a text")?;
    Ok(text(&String::from_utf8_lossy(&bytes)))
}

fn number(good: bool, line: &str) -> Parse<Item> {
    if good && !line.trim().is_empty() { Ok(Item::Other) } else { Err(lying("a number is none")) }
}

/// A memo's index: as a line of digits, in one byte, or in four.
fn index(opcode: u8, as_line: u8, as_byte: u8, cursor: &mut Cursor<'_>) -> Parse<u64> {
    if opcode == as_line {
        return line(cursor)?.trim().parse().map_err(|_| lying("a memo's index is no number"));
    }
    if opcode == as_byte { cursor.u8("an index").map(u64::from) } else { cursor.u32("an index").map(u64::from) }
}

/// A line without its end; a missing end is truncation.
fn line(cursor: &mut Cursor<'_>) -> Parse<String> {
    let mut bytes = Vec::new();
    loop {
        match cursor.u8("a line")? {
            b'\n' => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            byte if bytes.len() < LINE_LIMIT => bytes.push(byte),
            _ => return Err(lying("a line is longer than its limit")),
        }
    }
}
