//! Pins: the lock file of a project, and what is pulled from it without a registry.

use std::path::PathBuf;

use pyo3::prelude::*;
use refmark_core::engine::ports::{Cancel, Progress};
use refmark_core::types::error::Result;
use refmark_core::types::name::{ConsumerId, ModelName};
use refmark_core::types::span::Span;
use refmark_core::{Context, PinAddRequest, Project};

use crate::context::Options;
use crate::convert::answer;
use crate::errors::OrRaise;
use crate::progress::{quick, run};
use crate::registry::{Pull, PyRegistry, options};

/// A project with its lock file.
#[pyclass(frozen, module = "refmark._native", name = "Project")]
pub struct PyProject {
    folder: PathBuf,
    options: Options,
}

/// The folder of the nearest lock file at or above a folder.
#[pyfunction]
pub fn find_lock(py: Python<'_>, folder: PathBuf) -> PyResult<Option<PathBuf>> {
    quick(py, || {
        let found = Project::find(&folder, &Context::from_env())?;
        Ok(found.and_then(|it| it.path().parent().map(PathBuf::from)))
    })
}

impl PyProject {
    fn open(&self) -> Result<Project> {
        Project::at(&self.folder, self.options.world()?)
    }

    fn open_for(&self, progress: std::sync::Arc<dyn Progress>, cancel: Cancel) -> Result<Project> {
        let mut world = self.options.world()?;
        (world.progress, world.cancel) = (progress, cancel);
        Project::at(&self.folder, world)
    }
}

fn names(texts: &[String]) -> Result<Vec<ModelName>> {
    texts.iter().map(|it| ModelName::parse(it)).collect()
}

#[pymethods]
impl PyProject {
    #[new]
    #[pyo3(signature = (folder, trust_root=None))]
    fn new(folder: PathBuf, trust_root: Option<PathBuf>) -> PyResult<PyProject> {
        Ok(PyProject { folder: std::path::absolute(folder)?, options: Options { key: None, trust_root } })
    }

    /// The lock file.
    #[getter]
    fn path(&self) -> PathBuf {
        self.folder.join(refmark_core::LOCK_FILE)
    }

    #[pyo3(signature = (registry, pins, url, max_offline, tofu))]
    fn add(
        &self,
        py: Python<'_>,
        registry: &PyRegistry,
        pins: Vec<(String, Option<String>)>,
        url: Option<String>,
        max_offline: Option<&str>,
        tofu: bool,
    ) -> PyResult<Py<PyAny>> {
        let done = quick(py, || {
            let named =
                |(text, name): (String, Option<String>)| Ok((text, name.map(|it| ModelName::parse(&it)).transpose()?));
            let pins = pins.into_iter().map(named).collect::<Result<_>>()?;
            let max_offline = max_offline.map(Span::parse).transpose()?;
            self.open()?.add(&registry.shared, &PinAddRequest { pins, url, max_offline, tofu })
        })?;
        answer(py, &done)
    }

    fn remove(&self, py: Python<'_>, pins: Vec<String>) -> PyResult<Py<PyAny>> {
        answer(py, &quick(py, || self.open()?.remove(&names(&pins)?))?)
    }

    fn update(&self, py: Python<'_>, registry: &PyRegistry, pins: Vec<String>, dry_run: bool) -> PyResult<Py<PyAny>> {
        answer(py, &quick(py, || self.open()?.update(&registry.shared, &names(&pins)?, dry_run))?)
    }

    #[pyo3(signature = (registry, consumer, uri, gone))]
    fn publish(
        &self,
        py: Python<'_>,
        registry: &PyRegistry,
        consumer: &str,
        uri: Option<String>,
        gone: bool,
    ) -> PyResult<Py<PyAny>> {
        let consumer = ConsumerId::parse(consumer).or_raise(py)?;
        let lock = quick(py, || if gone { Ok(None) } else { self.open()?.lock().cloned().map(Some) })?;
        registry.write(py, None, |registry, writer| registry.write(writer).publish_pins(&consumer, uri, lock.as_ref()))
    }

    fn list(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        answer(py, &quick(py, || self.open()?.list())?)
    }

    /// What the pins come to; the registry is asked where it is on this machine.
    fn check(&self, py: Python<'_>, offline: bool) -> PyResult<Py<PyAny>> {
        let done = quick(py, || {
            let project = self.open()?;
            let registry = if offline { None } else { project.registry()? };
            project.check(registry.as_ref())
        })?;
        answer(py, &done)
    }

    fn sync(&self, py: Python<'_>, into: PathBuf, frozen: bool, progress: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let done = run(py, progress, |progress, cancel| self.open_for(progress, cancel)?.sync(&into, frozen))?;
        answer(py, &done)
    }

    #[pyo3(signature = (name, at))]
    fn resolve(&self, py: Python<'_>, name: &str, at: Option<&str>) -> PyResult<Py<PyAny>> {
        let name = ModelName::parse(name).or_raise(py)?;
        answer(py, &quick(py, || self.open()?.resolve(&name, options(at, false, false)?))?)
    }

    fn pull(
        &self,
        py: Python<'_>,
        name: &str,
        into: PathBuf,
        how: Pull,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (name, request) = (ModelName::parse(name).or_raise(py)?, how.request().or_raise(py)?);
        let done = run(py, progress, |progress, cancel| self.open_for(progress, cancel)?.pull(&name, &into, &request))?;
        answer(py, &done)
    }

    #[pyo3(signature = (name, file, at))]
    fn path_of(&self, py: Python<'_>, name: &str, file: Option<&str>, at: Option<&str>) -> PyResult<PathBuf> {
        let name = ModelName::parse(name).or_raise(py)?;
        let options = options(at, false, false).or_raise(py)?;
        run(py, None, |progress, cancel| {
            self.open_for(progress, cancel)?.path_of(&name, file, options).map(|it| it.path)
        })
    }
}
