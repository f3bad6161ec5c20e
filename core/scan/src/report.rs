//! What inspection found in one file.

use serde::{Deserialize, Serialize};

use super::bytes::{Parse, Stop, lying};
use super::format::{FileClass, Format};
use super::onnx::OnnxInfo;
use refmark_types::error::{Error, Result};
use std::collections::BTreeMap;

/// At most this many metadata entries are kept.
const METADATA_ENTRIES: usize = 512;
/// At most this many bytes of one metadata value are kept (chat templates are the longest that matter).
const METADATA_VALUE: usize = 32 * 1024;
/// At most this many notes and problems are kept.
const NOTES: usize = 64;
/// Dimensions of a tensor; NumPy stops at 64, everything else far below.
const DIMENSIONS: usize = 64;

/// One tensor of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tensor {
    /// Its name in the file; `array` for a bare NumPy array.
    pub name: String,
    /// The element type in the words of safetensors (`F32`, `BF16`) and of GGUF (`Q4_K`); a `_BE` at the end means big-endian.
    pub dtype: String,
    /// The dimensions, outermost first as the format has them; empty for a scalar. GGUF's stand as stored: innermost first.
    pub shape: Vec<u64>,
    /// Where its bytes start, from the start of the file.
    pub offset: u64,
    /// How many bytes it takes there.
    pub bytes: u64,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The format, by content.
    pub format: Format,
    /// What may happen when it is loaded.
    pub class: FileClass,
    /// The tensors, by offset; empty unless the class is `tensors`.
    pub tensors: Vec<Tensor>,
    /// What the file says of itself: at most 512 entries, values cut at 32 KiB.
    pub metadata: BTreeMap<String, String>,
    /// The interface of an ONNX model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onnx: Option<OnnxInfo>,
    /// Why the class is not better: what lied (`lying`) or was over a limit (`too-large`).
    pub problems: Vec<Error>,
    /// What a reviewer should know: imports of a pickle, why something is code, what was not looked at.
    pub notes: Vec<String>,
}

impl Inspection {
    /// A bare answer.
    pub(super) fn new(format: Format, class: FileClass) -> Inspection {
        Inspection {
            format,
            class,
            tensors: Vec::new(),
            metadata: BTreeMap::new(),
            onnx: None,
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a note, unless there are many.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if self.notes.len() < NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Records a problem. What has one is never `tensors` or `data`.
    #[allow(clippy::boxed_local, reason = "errors travel boxed, and this is where they end")]
    pub(super) fn problem(&mut self, error: Box<Error>) {
        if matches!(self.class, FileClass::Tensors | FileClass::Data) {
            self.class = FileClass::NotScanned;
        }
        self.tensors.clear();
        self.onnx = None;
        if self.problems.len() < NOTES {
            self.problems.push(*error);
        }
    }

    /// Takes what a parser stopped for: the source's error goes on, the content's becomes a problem.
    pub(super) fn settle(&mut self, parsed: Parse<()>) -> Result<()> {
        match parsed {
            Ok(()) => Ok(()),
            Err(Stop::Io(error)) => Err(error),
            Err(Stop::Bad(error)) => {
                self.problem(error);
                Ok(())
            }
        }
    }

    /// Keeps a metadata entry, within bounds.
    pub(super) fn keep(&mut self, key: &str, value: &str) {
        if self.metadata.len() >= METADATA_ENTRIES {
            self.note(format!("only the first {METADATA_ENTRIES} metadata entries are kept"));
            return;
        }
        let cut = cut(value, METADATA_VALUE);
        if cut.len() < value.len() {
            self.note(format!("the metadata value `{}` is cut at {METADATA_VALUE} bytes", shown(key)));
        }
        self.metadata.insert(cut_key(key), cut.to_owned());
    }
}

/// The text up to `limit` bytes, cut between characters.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn cut_key(key: &str) -> String {
    cut(key, 256).to_owned()
}

/// A name from a file as it may stand in a message: escaped, and not long.
pub(super) fn shown(name: &str) -> String {
    let short = cut(name, 120);
    let dots = if short.len() < name.len() { "…" } else { "" };
    format!("{}{dots}", short.escape_debug())
}

/// How many elements a shape has; an overflow or too many dimensions is a lie.
pub(super) fn elements(name: &str, shape: &[u64]) -> Parse<u64> {
    if shape.len() > DIMENSIONS {
        return Err(lying(format!("tensor `{}` has {} dimensions", shown(name), shape.len())));
    }
    if shape.contains(&0) {
        return Ok(0);
    }
    shape
        .iter()
        .try_fold(1u64, |product, &size| product.checked_mul(size))
        .ok_or_else(|| lying(format!("the shape of tensor `{}` overflows: {shape:?}", shown(name))))
}
