//! Values across the border: answers become Python's own values, and documents come as JSON text.

use pyo3::prelude::*;
use refmark_core::types::canonical::strict;
use refmark_core::types::error::{Code, Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest document that is taken: as long as the longest record, a manifest.
const LIMIT: u64 = 16 << 20;

/// An answer of the core as Python's dicts, lists, texts and numbers.
pub fn answer(py: Python<'_>, answer: &impl Serialize) -> PyResult<Py<PyAny>> {
    Ok(pythonize::pythonize(py, answer)?.unbind())
}

/// A document that `refmark._arguments.document` wrote. `what` names it: "the contract".
pub fn document<T: DeserializeOwned>(text: &str, what: &str, code: Code) -> Result<T> {
    let wrong = |why: &dyn std::fmt::Display| Error::new(code, format!("{what} cannot be read: {why}"));
    strict(text.as_bytes(), LIMIT).map_err(|error| wrong(&error.message))?;
    serde_json::from_str(text).map_err(|error| wrong(&error))
}
