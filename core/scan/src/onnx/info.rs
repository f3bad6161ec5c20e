//! What an ONNX model says of its interface.

use serde::{Deserialize, Serialize};

/// What an ONNX model says of its interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnnxInfo {
    /// The version of the intermediate representation.
    pub ir_version: u64,
    /// The program that wrote it, with its version; empty where it does not say.
    pub producer: String,
    /// The operator sets that it needs.
    pub opsets: Vec<Opset>,
    /// The inputs that a caller gives (initializers that are listed as inputs too are left out).
    pub inputs: Vec<Value>,
    /// The outputs.
    pub outputs: Vec<Value>,
    /// Tensors whose bytes lie in other files.
    pub external: Vec<External>,
}

/// An operator set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opset {
    /// Its domain; empty is ONNX's own.
    pub domain: String,
    /// Its version.
    pub version: u64,
}

/// An input or output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// Its name.
    pub name: String,
    /// The element type, as in [`crate::Tensor::dtype`]; `sequence`, `map`, `optional` or `sparse` for what is no tensor.
    pub dtype: String,
    /// The dimensions: a number, a symbol such as `batch`, or `?`.
    pub shape: Vec<String>,
}

/// A tensor whose bytes lie in another file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// The tensor's name.
    pub name: String,
    /// The element type.
    pub dtype: String,
    /// The dimensions.
    pub shape: Vec<u64>,
    /// The other file, relative to the model's folder.
    pub location: String,
    /// Where in that file, where it is said.
    pub offset: Option<u64>,
    /// How many bytes, where it is said.
    pub length: Option<u64>,
}
