//! One NumPy array: a magic, a Python literal that describes it, and its bytes.

use super::bytes::{Cursor, Parse, Stop, lying, truncated};
use super::format::{FileClass, Format};
use super::pickle;
use super::report::{Inspection, Tensor, elements, shown};
use super::source::{Part, Source};
use refmark_types::error::{Code, Error, Result};

const MAGIC: &[u8] = b"\x93NUMPY";
const HEADER_LIMIT: u64 = 64 * 1024;

/// Whether a file that starts so claims to be an array.
pub(super) fn claims(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// What an array's header says.
pub(super) enum Array {
    /// Plain numbers, and the order of their dimensions; the offset is within the source.
    Plain(Tensor, &'static str),
    /// Python objects: a pickle follows at this offset.
    Objects(u64),
}

/// Reads one array that fills its source.
pub(super) fn inspect(source: &dyn Source) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Npy, FileClass::Tensors);
    match header(source, source.len(), "array") {
        Ok(Array::Plain(tensor, order)) => {
            found.tensors.push(tensor);
            found.keep("npy.order", order);
        }
        Ok(Array::Objects(at)) => {
            found.class = FileClass::UnsafeFormat;
            found.note("an array of Python objects: its bytes are a pickle");
            let rest = Part::new(source, at, u64::MAX);
            pickle::report(&pickle::walk(&rest)?, &mut found);
        }
        Err(stop) => found.settle(Err(stop))?,
    }
    Ok(found)
}

/// Reads the header; `whole` is the length that the array must have, with its header.
pub(super) fn header(source: &dyn Source, whole: u64, name: &str) -> Parse<Array> {
    let mut cursor = Cursor::new(source, 0, source.len());
    cursor.skip(MAGIC.len() as u64, "the magic")?;
    let version = cursor.u8("the version")?;
    if cursor.u8("the version")? != 0 {
        return Err(lying("a version of the array format that does not exist"));
    }
    let length = match version {
        1 => u64::from(cursor.u16("the header's length")?),
        2 | 3 => u64::from(cursor.u32("the header's length")?),
        other => return Err(lying(format!("version {other} of the array format: expected 1, 2 or 3"))),
    };
    let text = cursor.take(length, HEADER_LIMIT, "the header")?;
    let mut literal = Literal { rest: &text };
    let described = literal
        .dictionary()
        .ok_or_else(|| lying(format!("the array's header is not as NumPy writes it: `{}`", lossy(&text))))?;
    let (big, dtype, size) = match element(&described.descr) {
        Element::Plain { big, dtype, size } => (big, dtype, size),
        Element::Objects => return Ok(Array::Objects(cursor.at())),
        Element::Other => {
            return Err(Stop::Bad(Error::new(
                Code::Unsupported,
                format!("the element type `{}` is not a plain one", shown(&described.descr)),
            )));
        }
    };
    let bytes = elements(name, &described.shape)?.checked_mul(size);
    let bytes = bytes.ok_or_else(|| lying(format!("the shape {:?} overflows", described.shape)))?;
    if cursor.at().checked_add(bytes) != Some(whole) {
        let short = cursor.at().checked_add(bytes).is_some_and(|end| end > whole);
        let stop = if short { truncated } else { lying };
        return Err(stop(format!(
            "{dtype} {:?} needs {bytes} bytes behind the header, and there are {}",
            described.shape,
            whole.saturating_sub(cursor.at())
        )));
    }
    let dtype = if big { format!("{dtype}_BE") } else { dtype };
    let order = if described.fortran { "fortran" } else { "c" };
    Ok(Array::Plain(Tensor::plain(name.to_owned(), &dtype, described.shape, cursor.at(), bytes), order))
}

fn lossy(text: &[u8]) -> String {
    shown(&String::from_utf8_lossy(text))
}

enum Element {
    Plain { big: bool, dtype: String, size: u64 },
    Objects,
    Other,
}

/// Reads a type such as `<f4`. Anything that could hold objects counts as objects: NumPy reads more spellings than
/// refmark (`object`, `i4,O`, structures).
fn element(descr: &str) -> Element {
    let (big, rest) = match descr.strip_prefix(['<', '=', '|']) {
        Some(rest) => (false, rest),
        None => descr.strip_prefix('>').map_or((false, descr), |rest| (true, rest)),
    };
    let kind = rest.chars().next().unwrap_or_default();
    let size = rest.get(kind.len_utf8()..).and_then(|digits| digits.parse::<u64>().ok());
    let dtype = match (kind, size) {
        ('f', Some(size @ (2 | 4 | 8 | 12 | 16)))
        | ('i' | 'u', Some(size @ (1 | 2 | 4 | 8)))
        | ('c', Some(size @ (8 | 16 | 24 | 32))) => {
            let bits = size * 8;
            format!("{}{bits}", kind.to_ascii_uppercase())
        }
        ('b', Some(1)) => "BOOL".to_owned(),
        ('S' | 'V', Some(size)) => format!("{kind}{size}"),
        ('U', Some(size)) if size <= u64::MAX / 4 => {
            return Element::Plain { big, dtype: format!("U{size}_TEXT"), size: size * 4 };
        }
        _ if descr.contains('O') || descr.contains("obj") => return Element::Objects,
        _ => return Element::Other,
    };
    Element::Plain { big: big && size != Some(1), dtype, size: size.unwrap_or_default() }
}

/// A plain type such as `<f4`: its word (`_BE` where it is big-endian), and the bytes of an element.
pub(super) fn plain(descr: &str) -> Option<(String, u64)> {
    match element(descr) {
        Element::Plain { big: false, dtype, size } => Some((dtype, size)),
        Element::Plain { big: true, dtype, size } => Some((format!("{dtype}_BE"), size)),
        Element::Objects | Element::Other => None,
    }
}

struct Described {
    descr: String,
    fortran: bool,
    shape: Vec<u64>,
}

/// The Python literal of the header, as far as NumPy writes it.
struct Literal<'a> {
    rest: &'a [u8],
}

impl<'a> Literal<'a> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.blank();
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    fn text(&mut self) -> Option<&'a str> {
        self.blank();
        let (&quote, rest) = self.rest.split_first()?;
        let end = rest.iter().position(|&byte| byte == quote)?;
        let text = std::str::from_utf8(rest.get(..end)?).ok()?;
        self.rest = rest.get(end + 1..)?;
        (matches!(quote, b'\'' | b'"') && !text.contains('\\')).then_some(text)
    }

    fn word(&mut self) -> Option<&'a [u8]> {
        self.blank();
        let end = self.rest.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(word)
    }

    /// A structured type is a list: its text is kept whole, to look for objects in it.
    fn descr(&mut self) -> Option<String> {
        self.blank();
        if self.rest.first() != Some(&b'[') {
            return self.text().map(str::to_owned);
        }
        let mut depth = 0u32;
        let end = self.rest.iter().position(|byte| {
            match byte {
                b'[' => depth += 1,
                b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })?;
        let (list, rest) = self.rest.split_at_checked(end + 1)?;
        self.rest = rest;
        String::from_utf8(list.to_vec()).ok()
    }

    fn shape(&mut self) -> Option<Vec<u64>> {
        self.eat(b'(')?;
        let mut shape = Vec::new();
        while self.eat(b')').is_none() {
            let word = self.word()?;
            let digits = word.strip_suffix(b"L").unwrap_or(word);
            shape.push(std::str::from_utf8(digits).ok()?.parse().ok()?);
            if self.eat(b',').is_none() {
                self.eat(b')')?;
                break;
            }
        }
        Some(shape)
    }

    fn dictionary(&mut self) -> Option<Described> {
        let (mut descr, mut order, mut shape) = (None, None, None);
        self.eat(b'{')?;
        while self.eat(b'}').is_none() {
            let key = self.text()?;
            self.eat(b':')?;
            match key {
                "descr" if descr.is_none() => descr = Some(self.descr()?),
                "fortran_order" if order.is_none() => {
                    order = Some(self.word().filter(|word| matches!(*word, b"True" | b"False"))?);
                }
                "shape" if shape.is_none() => shape = Some(self.shape()?),
                _ => return None,
            }
            if self.eat(b',').is_none() {
                self.eat(b'}')?;
                break;
            }
        }
        self.blank();
        let fortran = order.filter(|_| self.rest.is_empty())? == b"True";
        Some(Described { descr: descr?, fortran, shape: shape? })
    }
}
