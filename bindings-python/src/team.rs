//! Work with others: clone, proposals, approvals, fetching and pushing, and searching what everybody registered.

use std::path::PathBuf;

use pyo3::prelude::*;
use refmark_core::query::index::{MetricBound, SearchRequest, TagFilter};
use refmark_core::query::request;
use refmark_core::records::approval::Waiver;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::Result;
use refmark_core::types::name::ModelName;
use refmark_core::types::reference::Reference;
use refmark_core::types::time::Timestamp;
use refmark_core::{ApproveRequest, CloneRequest, Registry};

use crate::context::Options;
use crate::convert::answer;
use crate::errors::OrRaise;
use crate::progress::{quick, run};
use crate::registry::PyRegistry;

/// Clones a registry: the handle, and the answer.
#[pyfunction]
#[pyo3(signature = (url, into, tofu, accept_incomplete, key, trust_root, progress))]
#[allow(clippy::too_many_arguments, reason = "each is an argument of Python's")]
pub fn clone(
    py: Python<'_>,
    url: &str,
    into: Option<PathBuf>,
    tofu: bool,
    accept_incomplete: bool,
    key: Option<PathBuf>,
    trust_root: Option<PathBuf>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(PyRegistry, Py<PyAny>)> {
    let options = Options { key, trust_root };
    let (path, made) = run(py, progress, |progress, cancel| {
        let mut world = options.world()?;
        (world.progress, world.cancel) = (progress, cancel);
        let request = CloneRequest { tofu, accept_incomplete };
        let (registry, made) = Registry::clone_from(url, into.as_deref(), world, request)?;
        Ok((registry.path().to_owned(), made))
    })?;
    Ok((PyRegistry::open_at(py, path, options)?, answer(py, &made)?))
}

/// A search, as Python hands it over.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Search {
    text: Option<String>,
    model: Option<String>,
    capability: Option<String>,
    format: Option<String>,
    artifact_type: Option<String>,
    tags: Vec<(String, Option<String>)>,
    metrics: Vec<String>,
    stage: Option<String>,
    trust: Option<String>,
    file: Option<String>,
    hidden: bool,
    limit: usize,
    offset: usize,
    order: String,
}

impl Search {
    fn request(self) -> Result<SearchRequest> {
        Ok(SearchRequest {
            text: self.text,
            model: self.model.as_deref().map(ModelName::parse).transpose()?,
            capability: self.capability,
            format: self.format,
            artifact_type: self.artifact_type,
            tags: self.tags.into_iter().map(|(key, value)| TagFilter { key, value }).collect(),
            metrics: self.metrics.iter().map(|it| MetricBound::parse(it)).collect::<Result<_>>()?,
            stage: self.stage.as_deref().map(request::stage).transpose()?,
            trust: self.trust.as_deref().map(request::trust_state).transpose()?,
            file: self.file.as_deref().map(Digest::parse).transpose()?,
            hidden: self.hidden,
            limit: self.limit,
            offset: self.offset,
            order: request::order(&self.order)?,
            ..SearchRequest::default()
        })
    }
}

#[pymethods]
impl PyRegistry {
    #[pyo3(signature = (search, parent))]
    fn search(&self, py: Python<'_>, search: Search, parent: Option<&str>) -> PyResult<Py<PyAny>> {
        let request = search.request().or_raise(py)?;
        let found = quick(py, || {
            let view = self.shared.read().view()?;
            match parent {
                Some(parent) => self.shared.read().search_children(&view, &Reference::parse(parent)?, &request),
                None => self.shared.read().search(&view, &request),
            }
        })?;
        answer(py, &found)
    }

    fn fetch(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.read(py, None, |registry| {
            // Without a key it does all but make own changes again.
            let signer = self.options.signer(registry).ok();
            registry.share().fetch_commits(signer.as_deref())
        })
    }

    fn push(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.read(py, None, |registry| {
            // Without a key it does all but make own changes again.
            let signer = self.options.signer(registry).ok();
            registry.share().push_commits(signer.as_deref())
        })
    }

    fn proposals(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let found = quick(py, || {
            let view = self.shared.read().view()?;
            // Without a key it shows the same, and nothing of it as one's own.
            let key = self.options.signer(&self.shared).ok().map(|signer| signer.public().id());
            self.shared.read().proposals(&view, key.as_ref())
        })?;
        answer(py, &found)
    }

    fn renew(&self, py: Python<'_>, branch: &str) -> PyResult<Py<PyAny>> {
        self.write(py, None, |registry, writer| registry.write(writer).renew(branch))
    }

    fn land(&self, py: Python<'_>, branch: &str) -> PyResult<Py<PyAny>> {
        self.write(py, None, |registry, writer| registry.write(writer).land(branch))
    }

    #[pyo3(signature = (target, reason, not_after, waive, waive_only))]
    fn approve(
        &self,
        py: Python<'_>,
        target: String,
        reason: Option<String>,
        not_after: Option<&str>,
        waive: Vec<(String, String, String)>,
        waive_only: bool,
    ) -> PyResult<Py<PyAny>> {
        let request = quick(py, || {
            let waiver = |(gate, reason, until): (String, String, String)| {
                Ok(Waiver { gate, reason, until: Timestamp::parse_lenient(&until)? })
            };
            let waive = waive.into_iter().map(waiver).collect::<Result<_>>()?;
            let not_after = not_after.map(Timestamp::parse_lenient).transpose()?;
            Ok(ApproveRequest { target, reason, not_after, waive, waive_only })
        })?;
        self.write(py, None, |registry, writer| registry.write(writer).approve(&request))
    }
}
