//! Values across the border: answers become Python's own values, and documents come as JSON text.

use pyo3::prelude::*;
use serde::Serialize;

/// An answer of the core as Python's dicts, lists, texts and numbers.
pub fn answer(py: Python<'_>, answer: &impl Serialize) -> PyResult<Py<PyAny>> {
    Ok(pythonize::pythonize(py, answer)?.unbind())
}
