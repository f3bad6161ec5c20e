//! The walk itself: an unpickler that builds nothing.

use std::collections::HashMap;
use std::rc::Rc;

use super::{IMPORTS_LIMIT, Import, OPCODES_LIMIT, Walk};
use crate::bytes::{Cursor, Parse, lying};

const TEXT_LIMIT: u64 = 256;
/// Lines are read to their end, wherever that is, and this much of each is kept.
const LINE_KEPT: usize = 1 << 12;

/// What the stack knows of a value.
#[derive(Clone)]
enum Item {
    Mark,
    Text(Rc<str>),
    /// What was imported or came of a call: it may be anything, a text too.
    Unknown,
    /// A number, a list or the like: no text, and nothing that can be called.
    Plain,
}

/// One pickle's stack and memo.
pub(super) struct Machine<'w> {
    stack: Vec<Item>,
    memo: HashMap<u64, Item>,
    walk: &'w mut Walk,
}

impl<'w> Machine<'w> {
    /// An empty machine that writes what it sees into this walk.
    pub(super) fn new(walk: &'w mut Walk) -> Machine<'w> {
        Machine { stack: Vec::new(), memo: HashMap::new(), walk }
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

    fn import(&mut self, module: &str, name: &str, opcode: &'static str, offset: u64) -> Parse<()> {
        let plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        if !plain(module) || !plain(name) {
            return Err(lying("an import has no module and name"));
        }
        self.imported(format!("{module}.{name}"), opcode, offset);
        Ok(())
    }

    fn imported(&mut self, import: String, opcode: &'static str, offset: u64) {
        if self.walk.imports.len() < IMPORTS_LIMIT {
            self.walk.imports.entry(import).or_insert(Import { opcode, offset });
        }
    }

    /// Reads opcodes to STOP.
    pub(super) fn run(&mut self, cursor: &mut Cursor<'_>) -> Parse<()> {
        let start = cursor.at();
        loop {
            if self.walk.opcodes >= OPCODES_LIMIT {
                self.walk.endless = true;
                return Err(lying(format!("more than {OPCODES_LIMIT} opcodes")));
            }
            let at = cursor.at();
            match cursor.u8("an opcode")? {
                b'.' => {
                    self.pop()?;
                    self.walk.opcodes += 1;
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
            self.walk.opcodes += 1;
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
            self.stack.push(Item::Plain);
            return Ok(true);
        }
        let item = match opcode {
            b'(' => Item::Mark,
            b'I' | b'L' => integer(&line(cursor)?)?,
            b'F' => float(&line(cursor)?)?,
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
        self.stack.push(item);
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
                self.stack.push(top);
            }
            b't' | b'l' | b'd' | 0x91 => {
                self.pop_mark()?;
                self.stack.push(Item::Plain);
            }
            b'e' | b'u' | 0x90 => {
                self.pop_mark()?;
                self.top()?;
            }
            b'a' | b's' | 0x85..=0x87 => self.gather(opcode)?,
            b'p' | b'q' | b'r' | 0x94 => {
                let index = if opcode == 0x94 { self.memo.len() as u64 } else { index(opcode, b'p', b'q', cursor)? };
                let top = self.top()?;
                self.memo.insert(index, top);
            }
            b'g' | b'h' | b'j' => {
                let index = index(opcode, b'g', b'h', cursor)?;
                let item = self.memo.get(&index).cloned().ok_or_else(|| lying("a memo that was never filled"))?;
                self.stack.push(item);
            }
            0x95 => {
                // A frame only announces how much to buffer; readers act within it before they notice that it lies.
                cursor.u64("a frame's length")?;
            }
            0x97 => self.stack.push(Item::Unknown),
            0x98 => {
                self.top()?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// APPEND, SETITEM and the tuples of one to three.
    fn gather(&mut self, opcode: u8) -> Parse<()> {
        let count = match opcode {
            b's' | 0x86 => 2,
            0x87 => 3,
            _ => 1,
        };
        for _ in 0..count {
            self.pop()?;
        }
        if matches!(opcode, b'a' | b's') {
            self.top()?;
        } else {
            self.stack.push(Item::Plain);
        }
        Ok(())
    }

    /// Opcodes that import or call.
    fn act(&mut self, opcode: u8, cursor: &mut Cursor<'_>, at: u64) -> Parse<()> {
        match opcode {
            b'c' => {
                let (module, name) = (line(cursor)?, line(cursor)?);
                self.import(&module, &name, "GLOBAL", at)?;
                self.stack.push(Item::Unknown);
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (&module, &name) {
                    (Item::Text(module), Item::Text(name)) => self.import(module, name, "STACK_GLOBAL", at)?,
                    (Item::Plain, _) | (_, Item::Plain) => return Err(lying("STACK_GLOBAL of what is no text")),
                    _ => self.imported("(computed).(computed)".into(), "STACK_GLOBAL", at),
                }
                self.stack.push(Item::Unknown);
            }
            b'i' => {
                let (module, name) = (line(cursor)?, line(cursor)?);
                self.pop_mark()?;
                self.import(&module, &name, "INST", at)?;
                self.called("INST", at);
            }
            b'o' => {
                let class = self.stack.iter().rposition(|item| matches!(item, Item::Mark)).map(|at| at + 1);
                if !matches!(class.and_then(|at| self.stack.get(at)), Some(Item::Unknown)) {
                    return Err(lying("OBJ has no class"));
                }
                self.pop_mark()?;
                self.called("OBJ", at);
            }
            b'R' | 0x81 | 0x92 => self.reduce(opcode, at)?,
            b'b' => {
                self.pop()?;
                if matches!(self.top()?, Item::Unknown) {
                    self.note_call("BUILD", at);
                }
            }
            b'P' => {
                line(cursor)?;
                self.stack.push(Item::Unknown);
            }
            b'Q' => {
                self.pop()?;
                self.stack.push(Item::Unknown);
            }
            0x82..=0x84 => self.extension(opcode, cursor, at)?,
            other => return Err(lying(format!("byte {other:#04x} at {at} is no opcode"))),
        }
        Ok(())
    }

    fn reduce(&mut self, opcode: u8, at: u64) -> Parse<()> {
        for _ in 0..if opcode == 0x92 { 2 } else { 1 } {
            self.pop()?;
        }
        // What is called may have come from the memo, a persistent id or an earlier call.
        if !matches!(self.pop()?, Item::Unknown) {
            return Err(lying("what is called can be no function"));
        }
        let name = match opcode {
            b'R' => "REDUCE",
            0x81 => "NEWOBJ",
            _ => "NEWOBJ_EX",
        };
        self.called(name, at);
        Ok(())
    }

    /// EXT1, EXT2 and EXT4 stand for an import that the process has registered under a number: none by default, and 0
    /// is refused. So they count as imports only in what else is a pickle.
    fn extension(&mut self, opcode: u8, cursor: &mut Cursor<'_>, at: u64) -> Parse<()> {
        let (code, name) = match opcode {
            0x82 => (u32::from(cursor.u8("an extension's code")?), "EXT1"),
            0x83 => (u32::from(cursor.u16("an extension's code")?), "EXT2"),
            _ => (cursor.u32("an extension's code")?, "EXT4"),
        };
        if code == 0 || code > i32::MAX as u32 {
            return Err(lying("an extension's code is not above 0"));
        }
        self.imported("(extension).(registered)".into(), name, at);
        self.stack.push(Item::Unknown);
        Ok(())
    }

    fn called(&mut self, opcode: &'static str, at: u64) {
        self.note_call(opcode, at);
        self.stack.push(Item::Unknown);
    }

    fn note_call(&mut self, opcode: &'static str, at: u64) {
        // Words of a text are imports of odd names: they count once the whole runs to its end.
        let odd = |name: &str| name.contains(|c: char| !c.is_alphanumeric() && !"_.<>-()".contains(c));
        let imported = self.walk.imports.iter().any(|(name, import)| !import.opcode.starts_with("EXT") && !odd(name));
        if imported && self.walk.call.is_none() {
            self.walk.call = Some((opcode, at));
        }
    }
}

/// A text that an import can be named by. One with escapes is not read: what it names counts as computed.
fn text(text: &str) -> Item {
    let short = text.len() as u64 <= TEXT_LIMIT && !text.contains('\\');
    if short { Item::Text(text.into()) } else { Item::Unknown }
}

fn taken(cursor: &mut Cursor<'_>, length: u64) -> Parse<Item> {
    if length > TEXT_LIMIT {
        cursor.skip(length, "a text")?;
        return Ok(Item::Unknown);
    }
    let bytes = cursor.take(length, TEXT_LIMIT, "a text")?;
    Ok(Item::Text(String::from_utf8_lossy(&bytes).into()))
}

/// CPython reads integers in base 0 (`0x1f`, `1_000`, `01` for true), with blanks around.
fn integer(line: &str) -> Parse<Item> {
    let digits = line.trim().trim_start_matches(['-', '+']).trim_end_matches('\0');
    let good = digits.starts_with(char::is_numeric) && digits.chars().all(|c| c.is_alphanumeric() || c == '_');
    if good { Ok(Item::Plain) } else { Err(lying("an integer is none")) }
}

fn float(line: &str) -> Parse<Item> {
    let word = line.trim();
    let good = !word.is_empty()
        && word.chars().all(|c| c.is_ascii_digit() || "+-._eExnaiftyNAIFTY".contains(c))
        && word.len() < 1000;
    if good { Ok(Item::Plain) } else { Err(lying("a float is none")) }
}

/// A memo's index: as a line of digits, in one byte, or in four.
fn index(opcode: u8, as_line: u8, as_byte: u8, cursor: &mut Cursor<'_>) -> Parse<u64> {
    if opcode == as_line {
        let line = line(cursor)?;
        let digits = line.trim().trim_start_matches('+').replace('_', "");
        // Python's own unpickler takes any number here: one that does not fit stands for itself all the same.
        let long = digits.len() > 19 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let folded = || digits.bytes().fold(1u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        return if long { Ok(folded()) } else { digits.parse().map_err(|_| lying("a memo's index is no number")) };
    }
    if opcode == as_byte { cursor.u8("an index").map(u64::from) } else { cursor.u32("an index").map(u64::from) }
}

/// A line without its end; a missing end is truncation.
fn line(cursor: &mut Cursor<'_>) -> Parse<String> {
    let mut bytes = Vec::new();
    loop {
        match cursor.u8("a line")? {
            b'\n' => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            byte if bytes.len() < LINE_KEPT => bytes.push(byte),
            _ => {}
        }
    }
}
