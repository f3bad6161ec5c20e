//! Long lists: they stay as the core made them, and each row becomes a Python value when somebody looks at it.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use refmark_core::{ModelDetail, ModelRow, MoveRow, VersionDetail, VersionRow};

use crate::convert::answer;

/// Rows of one kind.
enum Kind {
    Models(Vec<ModelRow>),
    ModelDetails(Vec<ModelDetail>),
    Versions(Vec<VersionRow>),
    Details(Vec<VersionDetail>),
    Moves(Vec<MoveRow>),
}

/// A list of rows.
#[pyclass(frozen, module = "refmark._native", name = "Rows")]
pub struct PyRows(Kind);

macro_rules! rows {
    ($($kind:ident $row:ty),+) => {
        $(impl From<Vec<$row>> for PyRows {
            fn from(rows: Vec<$row>) -> PyRows {
                PyRows(Kind::$kind(rows))
            }
        })+

        impl PyRows {
            fn len(&self) -> usize {
                match &self.0 { $(Kind::$kind(rows) => rows.len()),+ }
            }

            fn row(&self, py: Python<'_>, at: usize) -> PyResult<Py<PyAny>> {
                let past = || PyIndexError::new_err("the list has no such row");
                match &self.0 { $(Kind::$kind(rows) => answer(py, rows.get(at).ok_or_else(past)?)),+ }
            }
        }
    };
}

rows!(Models ModelRow, ModelDetails ModelDetail, Versions VersionRow, Details VersionDetail, Moves MoveRow);

#[pymethods]
impl PyRows {
    fn __len__(&self) -> usize {
        self.len()
    }

    /// A row, by its place from 0, with the keys of the command's `--json`.
    fn __getitem__(&self, py: Python<'_>, at: usize) -> PyResult<Py<PyAny>> {
        self.row(py, at)
    }
}
