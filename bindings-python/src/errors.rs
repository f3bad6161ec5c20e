//! Errors become exceptions: `refmark.errors.from_error` picks the class by the code.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use refmark_core::types::error::{Error, Result};

static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The exception of an error.
pub fn raise(py: Python<'_>, error: &Error) -> PyErr {
    match exception(py, error) {
        Ok(exception) => PyErr::from_value(exception),
        Err(python) => PyRuntimeError::new_err(format!("{}: {} ({python})", error.code, error.message)),
    }
}

fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let make =
        MAKE.get_or_try_init(py, || Ok::<_, PyErr>(py.import("refmark.errors")?.getattr("from_error")?.unbind()))?;
    let fields = pythonize::pythonize(py, &error.fields)?;
    make.bind(py).call1((error.code.as_str(), error.code.exit().status(), &error.message, error.hint_text(), fields))
}

/// Raises an error, where there is one.
pub trait OrRaise<T> {
    /// The value, or the error as an exception.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| raise(py, &error))
    }
}
