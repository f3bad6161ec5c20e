//! Work with others: clone, status, proposals, approvals, reviews, and searching what everybody registered.

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;
use refmark_core::judgement::index::{MetricBound, SearchOrder, SearchRequest, TagFilter};
use refmark_core::judgement::plan::{Change, PromoteRequest};
use refmark_core::judgement::review::page::to_markdown;
use refmark_core::records::approval::Waiver;
use refmark_core::records::trust::TrustState;
use refmark_core::records::version::Stage;
use refmark_core::registry::{ApproveRequest, CheckOptions, CloneRequest, Project, Registry};
use refmark_core::words::fault::{Code, Fault, Result};
use refmark_core::words::name::ModelName;
use refmark_core::words::reference::Reference;
use refmark_core::words::time::Timestamp;

use crate::convert::answer;
use crate::errors::OrRaise;
use crate::progress::{quick, run};
use crate::registry::{PyRegistry, alias, digests};
use crate::world::Options;

/// Longer reviews are cut; a comment of a forge holds this much.
const REVIEW_LIMIT: usize = 60_000;

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
    key: Option<OsString>,
    trust_root: Option<OsString>,
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
    hidden: bool,
    limit: usize,
    offset: usize,
    order: String,
}

impl Search {
    fn request(self) -> Result<SearchRequest> {
        let stage = |it: String| Stage::parse(&it).ok_or_else(|| unknown("stage", &it));
        let trust = |it: String| TrustState::parse(&it).ok_or_else(|| unknown("trust state", &it));
        Ok(SearchRequest {
            text: self.text,
            model: self.model.as_deref().map(ModelName::parse).transpose()?,
            capability: self.capability,
            format: self.format,
            artifact_type: self.artifact_type,
            tags: self.tags.into_iter().map(|(key, value)| TagFilter { key, value }).collect(),
            metrics: self.metrics.iter().map(|it| MetricBound::parse(it)).collect::<Result<_>>()?,
            stage: self.stage.map(stage).transpose()?,
            trust: self.trust.map(trust).transpose()?,
            hidden: self.hidden,
            limit: self.limit,
            offset: self.offset,
            order: match self.order.as_str() {
                "best" => SearchOrder::Best,
                "newest" => SearchOrder::Newest,
                "name" => SearchOrder::Name,
                other => return Err(unknown("order", other)),
            },
            ..SearchRequest::default()
        })
    }
}

fn unknown(what: &str, text: &str) -> Box<Fault> {
    Fault::new(Code::BadArgument, format!("`{}` is no {what}", text.escape_debug()))
}

#[pymethods]
impl PyRegistry {
    #[pyo3(signature = (search, parent))]
    fn search(&self, py: Python<'_>, search: Search, parent: Option<&str>) -> PyResult<Py<PyAny>> {
        let request = search.request().or_raise(py)?;
        let found = quick(py, || {
            let view = self.shared.view()?;
            match parent {
                Some(parent) => self.shared.search_children(&view, &Reference::parse(parent)?, &request),
                None => self.shared.search(&view, &request),
            }
        })?;
        answer(py, &found)
    }

    #[pyo3(signature = (project))]
    fn status(&self, py: Python<'_>, project: Option<PathBuf>) -> PyResult<Py<PyAny>> {
        let found = quick(py, || {
            let project = match project {
                Some(folder) => Some(Project::at(&folder, self.shared.world().clone())?),
                None => None,
            };
            self.shared.status(project.as_ref())
        })?;
        answer(py, &found)
    }

    #[pyo3(signature = (target, version, reason, evidence, branch))]
    fn propose(
        &self,
        py: Python<'_>,
        target: &str,
        version: u64,
        reason: String,
        evidence: Vec<String>,
        branch: Option<&str>,
    ) -> PyResult<Py<PyAny>> {
        let (model, alias) = alias(target).or_raise(py)?;
        let evidence = digests(&evidence).or_raise(py)?;
        let change = Change::Promote(PromoteRequest { model, alias, version, reason, expect: None, evidence });
        self.write(py, None, |registry, writer| registry.propose(writer, &change, branch))
    }

    fn renew(&self, py: Python<'_>, branch: &str) -> PyResult<Py<PyAny>> {
        self.write(py, None, |registry, writer| registry.renew(writer, branch))
    }

    fn land(&self, py: Python<'_>, branch: &str) -> PyResult<Py<PyAny>> {
        self.write(py, None, |registry, writer| registry.land(writer, branch))
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
        self.write(py, None, |registry, writer| registry.approve(writer, &request))
    }

    /// What a range would change, and the same as Markdown.
    fn review(&self, py: Python<'_>, range: &str) -> PyResult<(Py<PyAny>, String)> {
        let found = quick(py, || self.shared.review(range))?;
        Ok((answer(py, &found)?, to_markdown(&found, REVIEW_LIMIT)))
    }

    fn check(&self, py: Python<'_>, range: &str, allow_unverified: bool) -> PyResult<Py<PyAny>> {
        let options = CheckOptions { push: false, allow_unverified };
        answer(py, &quick(py, || self.shared.check(range, options))?)
    }
}
