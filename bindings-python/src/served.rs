//! What a runtime says that it serves.

use pyo3::prelude::*;
use refmark_core::ServedRequest;
use refmark_core::types::reference::Reference;

use crate::errors::OrRaise;
use crate::registry::PyRegistry;

#[pymethods]
impl PyRegistry {
    /// Compares what a runtime says with what is approved.
    #[pyo3(signature = (reference, url, path, allow_unverified))]
    fn served(
        &self,
        py: Python<'_>,
        reference: &str,
        url: String,
        path: Option<String>,
        allow_unverified: bool,
    ) -> PyResult<Py<PyAny>> {
        let reference = Reference::parse(reference).or_raise(py)?;
        let request = ServedRequest { reference, url, path, allow_unverified };
        self.read(py, None, |registry| registry.read().served(&request))
    }
}
