//! Evidence about an artifact, as `refmark.Registry.attach` hands it over.

use std::path::PathBuf;

use pyo3::prelude::*;
use refmark_core::query::request::{direction, verdict};
use refmark_core::records::evidence::Named;
use refmark_core::types::error::Result;
use refmark_core::types::name::EntryId;
use refmark_core::types::reference::Reference;
use refmark_core::{AttachRequest, ScanRequest, Scanner};

use crate::errors::OrRaise;
use crate::registry::PyRegistry;

/// What Python hands over, each part as it came.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Given {
    file: Option<PathBuf>,
    verdict: Option<String>,
    summary: Option<String>,
    produced_by: Option<String>,
    suite: Option<String>,
    dataset: Option<String>,
    /// Name, value, and `higher` or `lower` where the caller says which is better.
    metrics: Vec<(String, f64, Option<String>)>,
    tool: Option<String>,
    allow_secret: bool,
}

impl Given {
    fn request(self, reference: &str, evidence_type: &str) -> Result<AttachRequest> {
        let named = |it: Option<String>| it.as_deref().map(Named::read).transpose();
        let metrics = self.metrics.into_iter().map(|(name, value, better)| {
            let better = better.as_deref().map(direction).transpose()?;
            Ok((name, value, better))
        });
        Ok(AttachRequest {
            file: self.file,
            verdict: self.verdict.as_deref().map(verdict).transpose()?,
            summary: self.summary,
            produced_by: self.produced_by,
            suite: named(self.suite)?,
            dataset: named(self.dataset)?,
            metrics: metrics.collect::<Result<_>>()?,
            tool: named(self.tool)?,
            ..AttachRequest::new(Reference::parse(reference)?, EntryId::parse(evidence_type)?)
        })
    }
}

#[pymethods]
impl PyRegistry {
    fn attach(&self, py: Python<'_>, reference: &str, evidence_type: &str, given: Given) -> PyResult<Py<PyAny>> {
        let secrets = given.allow_secret;
        let request = given.request(reference, evidence_type).or_raise(py)?;
        self.change(py, None, |writer| writer.allow_secrets(secrets).attach(&request))
    }

    fn scan(
        &self,
        py: Python<'_>,
        reference: &str,
        scanner: &str,
        produced_by: Option<String>,
        attach: bool,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let request = ScanRequest {
            reference: Reference::parse(reference).or_raise(py)?,
            scanner: Scanner::parse(scanner).or_raise(py)?,
            produced_by,
            attach,
        };
        self.change(py, progress, |writer| writer.scan(&request))
    }
}
