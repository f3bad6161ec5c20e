//! What inspection found in one file.

use serde::{Deserialize, Serialize};

use super::bytes::{Parse, Stop, lying};
use super::format::{FileClass, Format};
use super::onnx::info::OnnxInfo;
use refmark_types::digest::Digest;
use refmark_types::error::{Error, Result};
use std::collections::BTreeMap;

/// At most this many metadata entries are kept.
const METADATA_ENTRIES: usize = 512;
/// Stands for the entries that are not kept.
const MORE: &str = "(more)";
/// At most this many bytes of one metadata value are kept (chat templates are the longest that matter).
const METADATA_VALUE: usize = 32 * 1024;
/// At most this many notes and problems are kept.
const NOTES: usize = 64;
/// At most this many findings are kept.
const FINDINGS: usize = 256;
/// At most this many bytes of a finding's value are kept.
const FINDING_VALUE: usize = 256;
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
    /// How many bytes its values take.
    pub bytes: u64,
    /// How it is packed there, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed: Option<Packed>,
}

/// A tensor that is deflated in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// How many bytes the stream takes in the file.
    pub bytes: u64,
    /// How many inflated bytes come before the values.
    pub skip: u64,
}

impl Tensor {
    /// A tensor whose values stand in the file as they are.
    pub(super) fn plain(name: String, dtype: &str, shape: Vec<u64>, offset: u64, bytes: u64) -> Tensor {
        Tensor { name, dtype: dtype.to_owned(), shape, offset, bytes, packed: None }
    }

    /// Where its bytes end in the file.
    pub fn end(&self) -> Option<u64> {
        self.offset.checked_add(self.packed.map_or(self.bytes, |packed| packed.bytes))
    }
}

/// What kind of thing a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A pickle imports something that runs code, or reaches files or the network.
    DangerousImport,
    /// A pickle imports something else.
    Import,
    /// The first place at which a pickle calls what it imported.
    Call,
    /// A pickle that imports nothing.
    Pickle,
    /// A setting that names code: a module to import, a class to build, a template to run.
    ConfigCode,
}

impl FindingKind {
    /// The kind's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            FindingKind::DangerousImport => "dangerous-import",
            FindingKind::Import => "import",
            FindingKind::Call => "call",
            FindingKind::Pickle => "pickle",
            FindingKind::ConfigCode => "config-code",
        }
    }
}

/// Something in a file that a reviewer should see, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The import (`os.system`), or the value of the setting, cut at 256 bytes.
    pub value: String,
    /// The members of archives, and the setting in them (`config.json: layers[2].class_name`); empty for the file itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The opcode of a pickle, in the words of Python's `pickletools`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opcode: Option<String>,
    /// The offset of the opcode in the file or member, where it was not packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

impl Finding {
    /// A finding in the file itself.
    pub(super) fn new(kind: FindingKind, value: &str) -> Finding {
        Finding { kind, value: cut(value, FINDING_VALUE).to_owned(), path: String::new(), opcode: None, offset: None }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", shown(&self.path))?;
        }
        match self.kind {
            FindingKind::DangerousImport => write!(f, "dangerous import {}", self.value)?,
            FindingKind::Import => write!(f, "import {}", self.value)?,
            FindingKind::Call => f.write_str("a call of what was imported")?,
            FindingKind::Pickle => f.write_str("a pickle without imports")?,
            FindingKind::ConfigCode => write!(f, "names code: {}", shown(&self.value))?,
        }
        if let Some(opcode) = &self.opcode {
            write!(f, ", {opcode}")?;
        }
        if let Some(offset) = self.offset {
            write!(f, " at byte {offset}")?;
        }
        Ok(())
    }
}

/// What one file says of others of its package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Reference {
    /// A sharded model's index says that this tensor lies in that file.
    Shard {
        /// The tensor.
        tensor: String,
        /// The file, relative to the index's folder.
        file: String,
    },
    /// A model's tensor lies in another file.
    External {
        /// The file, relative to the model's folder.
        file: String,
        /// Where its bytes end there, where that is known.
        end: Option<u64>,
    },
    /// The file is one of several that make one model.
    Split {
        /// Its number, from 0.
        number: u64,
        /// How many there are.
        count: u64,
        /// How many tensors all of them have, where it is said.
        tensors: Option<u64>,
    },
    /// A description without which its data is no model, or data that needs a description.
    Companion {
        /// The other file, relative to this one's folder.
        file: String,
    },
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
    /// Why the class is not better: what lied (`inconsistent`) or was over a limit (`too-large`).
    pub problems: Vec<Error>,
    /// What a reviewer should know: imports of a pickle, why something is code, what was not looked at.
    pub notes: Vec<String>,
    /// What of it names or runs code, and where: at most 256.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The files of the same package that it needs.
    #[serde(skip)]
    pub references: Vec<Reference>,
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
            findings: Vec::new(),
            references: Vec::new(),
        }
    }

    /// Adds a finding, unless there are many. A setting that names code makes what is only data, or tensors, worse.
    pub(super) fn find(&mut self, finding: Finding) {
        if finding.kind == FindingKind::ConfigCode && self.class.severity() < FileClass::ConfigCode.severity() {
            self.class = FileClass::ConfigCode;
        }
        if self.findings.len() < FINDINGS && !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Adds a setting that names code.
    pub(super) fn names_code(&mut self, path: &str, value: &str) {
        self.find(Finding {
            path: cut(path, FINDING_VALUE).to_owned(),
            ..Finding::new(FindingKind::ConfigCode, value)
        });
    }

    /// Whether everything that the file claims was found to be so.
    pub(super) fn is_sound(&self) -> bool {
        self.problems.is_empty()
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
            // One digest stands for the rest, so that no change of it goes unseen.
            self.note(format!("only the first {METADATA_ENTRIES} metadata entries are kept"));
            let before = self.metadata.get(MORE).cloned().unwrap_or_default();
            let digest = Digest::of(format!("{before}\0{key}\0{value}").as_bytes());
            self.metadata.insert(MORE.to_owned(), digest.to_string());
            return;
        }
        let short = cut(value, METADATA_VALUE);
        if short.len() < value.len() {
            self.note(format!("the metadata value `{}` is cut at {METADATA_VALUE} bytes", shown(key)));
            self.metadata.insert(cut_key(key), format!("{short}… {}", Digest::of(value.as_bytes())));
        } else {
            self.metadata.insert(cut_key(key), short.to_owned());
        }
    }

    /// Takes over from a part of the file, which lies at `place`, what makes the whole worse.
    pub(super) fn absorb(&mut self, inner: &Inspection, place: &str) {
        let worse = inner.class.runs();
        if worse && inner.class.severity() > self.class.severity() {
            self.class = inner.class;
            if inner.class == FileClass::UnsafeFormat || inner.class == FileClass::Code {
                self.tensors.clear();
            }
            self.note(format!("{place} is {}", inner.format));
        }
        if worse {
            for note in &inner.notes {
                self.note(note.clone());
            }
        }
        for finding in &inner.findings {
            let mut finding = finding.clone();
            let place = place.trim_matches('`');
            finding.path =
                if finding.path.is_empty() { place.to_owned() } else { format!("{place}: {}", finding.path) };
            self.find(finding);
        }
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
