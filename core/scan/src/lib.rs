//! What a model file is, decided by its bytes and never by its name, within bounds.
//!
//! [`inspect`] says of one file its [`Format`], its [`FileClass`] (what may happen when it is loaded), its tensors, what it
//! says of itself, and what of it names or runs code ([`Finding`]: opcode, offset and import of a pickle, path and value of
//! a setting). It reads headers only; text and pickles are read whole. Hostile content is an answer, not an error: what
//! contradicts itself is `not-scanned` or worse, with the reason in [`Inspection::problems`].
//!
//! ```
//! use refmark_scan::{FileClass, FindingKind, Format, inspect};
//!
//! let pickle = b"\x80\x04cos\nsystem\nX\x02\0\0\0id\x85R.";
//! let found = inspect("model.safetensors", &pickle.as_slice())?;
//! assert_eq!((found.format, found.class), (Format::Pickle, FileClass::UnsafeFormat));
//! assert_eq!(found.findings[0].kind, FindingKind::DangerousImport);
//! assert_eq!(found.findings[0].to_string(), "dangerous import os.system, GLOBAL at byte 2");
//! # Ok::<(), Box<refmark_types::error::Error>>(())
//! ```
//!
//! [`TensorHasher`] takes a file's bytes once and digests each tensor's values and all other bytes, so that two files can be
//! compared tensor by tensor. [`inspect_package`] looks at the files of a package together: whether a shard, a split or
//! external data is lacking, or an error page stands in their place ([`Gap`]).
//!
//! Bytes come from any [`Source`]: a slice, a file, a dropped file in a browser. The crate opens no file and no connection.
//!
//! Feature `decoders` (default): streams of bzip2, xz, LZMA, LZ4 and Zstandard are unpacked and looked into. Without it they are
//! `not-scanned`. gzip and zlib are always read.
//!
//! Structure is tried before guesses (`sniff`); each format is one file, which names its reference.

#![forbid(unsafe_code)]

mod bytes;
mod code;
mod config;
mod coreml;
#[cfg(feature = "decoders")]
mod decoders;
#[cfg(not(feature = "decoders"))]
#[path = "decoders_absent.rs"]
mod decoders;
mod format;
mod ggml;
mod gguf;
mod gguf_manifest;
mod hasher;
mod hdf5;
mod image;
mod look;
mod npy;
mod onnx;
mod package;
mod pickle;
mod protobuf;
mod recipes;
mod report;
mod safetensors;
mod saved_model;
mod sniff;
mod source;
mod text;
mod tflite;
mod unpack;
mod unpacked;
mod values;
mod zip;

#[cfg(test)]
mod tests;

pub use format::{FileClass, Format};
pub use gguf_manifest::{GgufManifest, GgufTensor, Mismatch, verdict};
pub use hasher::{TensorHasher, ValueHasher};
pub use onnx::info::{External, OnnxInfo, Opset, Value};
pub use package::{PackageFile, inspect_package};
pub use refmark_records::manifest::{Gap, GapKind};
pub use report::{Finding, FindingKind, Inspection, Packed, Reference, Tensor};
pub use sniff::inspect;
pub use source::Source;
