//! Faults become exceptions: `refmark.errors.from_fault` picks the class by the code.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use refmark_core::types::fault::{Fault, Result};

use crate::convert::to_python;

static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The exception of a fault.
pub fn raise(py: Python<'_>, fault: &Fault) -> PyErr {
    match exception(py, fault) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => PyRuntimeError::new_err(format!("{}: {} ({error})", fault.code, fault.message)),
    }
}

fn exception<'py>(py: Python<'py>, fault: &Fault) -> PyResult<Bound<'py, PyAny>> {
    let make =
        MAKE.get_or_try_init(py, || Ok::<_, PyErr>(py.import("refmark.errors")?.getattr("from_fault")?.unbind()))?;
    let fields = to_python(py, &fault.fields)?;
    make.bind(py).call1((fault.code.as_str(), fault.code.exit().status(), &fault.message, &fault.hint, fields))
}

/// Raises a fault, where there is one.
pub trait OrRaise<T> {
    /// The value, or the fault as an exception.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|fault| raise(py, &fault))
    }
}
