//! Self-describing values: MessagePack, CBOR and Universal Binary JSON.
//!
//! None of them has a magic. A file is one of them when exactly one value fills it from the first byte to the last, and
//! that value is a map or a list: what merely begins like one is not.

mod cbor;
mod msgpack;
mod ubjson;

use super::bytes::{Parse, Stop};
use super::format::{FileClass, Format};
use super::pickle;
use super::report::{Inspection, Tensor, elements, shown};
use super::source::{Part, Source};
use refmark_types::error::Result;

/// Values nest at most so deep.
const DEPTH_LIMIT: u32 = 128;
/// At most so many values in one file.
const ITEMS_LIMIT: u64 = 16 << 20;
/// At most so many tensors are listed of one file.
const TENSORS_LIMIT: usize = 262_144;
/// Texts are kept up to this length: names, types, settings.
const TEXT_KEPT: u64 = 4096;

/// As much of a value as anything here needs.
enum Value {
    Text(String),
    Number(u64),
    True,
    Bytes { start: u64, len: u64 },
    List(Vec<Value>),
    Other,
}

/// Whether a file that starts so may be of a format.
type Claims = fn(&[u8]) -> bool;
/// Reads the one value that fills a file.
type Read = fn(&dyn Source) -> Parse<Option<Inspection>>;

/// The value that fills this file, if one does.
pub(super) fn inspect(source: &dyn Source, head: &[u8]) -> Result<Option<Inspection>> {
    let readers: [(Claims, Read); 3] =
        [(msgpack::claims, msgpack::read), (cbor::claims, cbor::read), (ubjson::claims, ubjson::read)];
    for (claims, read) in readers {
        if !claims(head) {
            continue;
        }
        match read(source) {
            Ok(None) | Err(Stop::Bad(_)) => {}
            Ok(found) => return Ok(found),
            Err(Stop::Io(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// What a reader gathers on its way.
struct Gathered {
    items: u64,
    path: Vec<String>,
    tensors: Vec<Tensor>,
    /// The keys of the outermost map, up to 64.
    keys: Vec<String>,
    /// Findings of pickles in byte strings.
    pickles: Inspection,
    /// A tensor does not have the size that its shape needs.
    inconsistent: Option<String>,
}

impl Gathered {
    fn new() -> Gathered {
        Gathered {
            items: 0,
            path: Vec::new(),
            tensors: Vec::new(),
            keys: Vec::new(),
            pickles: Inspection::new(Format::Pickle, FileClass::Data),
            inconsistent: None,
        }
    }

    fn count(&mut self) -> Parse<()> {
        self.items += 1;
        if self.items > ITEMS_LIMIT { Err(super::bytes::too_large("too many values")) } else { Ok(()) }
    }

    fn key(&mut self, depth: u32, key: &Value) {
        let name = match key {
            Value::Text(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => "?".to_owned(),
        };
        if depth == 0 && self.keys.len() < 64 {
            self.keys.push(name.clone());
        }
        self.path.push(name);
    }

    fn name(&self) -> String {
        self.path.join("/")
    }

    /// Looks at a byte string: packages like to put pickles into them.
    fn bytes(&mut self, source: &dyn Source, start: u64, len: u64) -> Result<()> {
        if len < 4 {
            return Ok(());
        }
        let walk = pickle::walk(&Part::new(source, start, len))?;
        if walk.runs() {
            self.pickles.class = FileClass::UnsafeFormat;
            let mut inner = Inspection::new(Format::Pickle, FileClass::UnsafeFormat);
            pickle::report(&walk, &mut inner);
            let place = self.name();
            self.pickles.absorb(&inner, &shown(&place));
        }
        Ok(())
    }

    /// Lists a tensor; `bits` are those of an element.
    fn tensor(&mut self, dtype: String, bits: u64, shape: Vec<u64>, start: u64, len: u64) {
        let name = self.name();
        let needed =
            elements(&name, &shape).ok().and_then(|count| count.checked_mul(bits)).map(|bits| bits.div_ceil(8));
        if needed != Some(len) {
            self.inconsistent = Some(name);
        } else if self.tensors.len() < TENSORS_LIMIT {
            self.tensors.push(Tensor::plain(name, &dtype, shape, start, len));
        }
    }

    /// The answer for a whole file.
    fn answer(mut self, format: Format) -> Inspection {
        let class = if self.tensors.is_empty() { FileClass::Data } else { FileClass::Tensors };
        let mut found = Inspection::new(format, class);
        if self.pickles.class == FileClass::UnsafeFormat {
            found.absorb(&self.pickles, "a byte string within");
        }
        self.tensors.sort_by_key(|tensor| (tensor.offset, tensor.bytes));
        if found.class == FileClass::Tensors {
            found.tensors = self.tensors;
        }
        if let Some(name) = self.inconsistent {
            let message = format!("the tensor `{}` does not have the size that its shape needs", shown(&name));
            found.problem(refmark_types::error::Error::new(refmark_types::error::Code::Inconsistent, message));
        }
        found
    }
}
