//! Model-file inspection: what a file is, decided by its content and never by its name.
//!
//! [`inspect`] reads headers only (text and small pickles are read whole), with a bound on everything that a header can
//! ask for. Hostile content is an answer, not an error: what lies about itself is `not-scanned` or `unsafe-format`, with
//! the reason in [`Inspection::problems`]. [`TensorHasher`] then takes the file's bytes once and digests each tensor.

#![forbid(unsafe_code)]

mod archive;
mod bytes;
mod code;
mod compressed;
mod format;
mod gguf;
mod hasher;
mod hdf5;
mod image;
mod json;
mod look;
mod npy;
mod onnx;
mod onnx_nodes;
mod pickle;
mod pickle_danger;
mod pickle_rest;
mod protobuf;
mod report;
mod safetensors;
mod sniff;
mod source;
mod tar;
mod text;
mod zip;

#[cfg(test)]
mod tests;

pub use format::{FileClass, Format};
pub use hasher::TensorHasher;
pub use onnx::{External, OnnxInfo, Opset, Value};
pub use report::{Inspection, Tensor};
pub use sniff::inspect;
pub use source::Source;
