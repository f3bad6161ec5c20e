//! Backups: made, proven, and brought back.

use std::path::PathBuf;

use pyo3::prelude::*;
use refmark_core::store::git::program::Git;
use refmark_core::{Registry, RestoreRequest};

use crate::context::Options;
use crate::convert::answer;
use crate::progress::run;
use crate::registry::PyRegistry;

#[pymethods]
impl PyRegistry {
    fn backup(&self, py: Python<'_>, folder: PathBuf, progress: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        self.read(py, progress, |registry| registry.share().backup(&Git::default(), &folder))
    }

    #[pyo3(signature = (folder, number, progress))]
    fn backup_drill(
        &self,
        py: Python<'_>,
        folder: PathBuf,
        number: Option<u64>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        self.read(py, progress, |registry| registry.share().drill(&folder, number, &Git::default()))
    }
}

/// Proves a backup by every byte, and restores nothing.
#[pyfunction]
#[pyo3(signature = (folder, number, progress))]
pub fn check_backup(
    py: Python<'_>,
    folder: PathBuf,
    number: Option<u64>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Py<PyAny>> {
    let found = run(py, progress, |progress, cancel| {
        let world = refmark_core::Context { progress, cancel, ..Options::default().world()? };
        Registry::check_backup(&folder, number, &world)
    })?;
    answer(py, &found)
}

/// Restores a backup: the handle, and the answer.
#[pyfunction]
#[pyo3(signature = (source, path, number, tofu, trust_root, progress))]
pub fn restore(
    py: Python<'_>,
    source: PathBuf,
    path: PathBuf,
    number: Option<u64>,
    tofu: bool,
    trust_root: Option<PathBuf>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(PyRegistry, Py<PyAny>)> {
    let options = Options { key: None, trust_root };
    let path = std::path::absolute(&path)?;
    let made = run(py, progress, |progress, cancel| {
        let world = refmark_core::Context { progress, cancel, ..options.world()? };
        let request = RestoreRequest { number, tofu };
        Registry::restore(&source, &path, world, &Git::default(), request).map(|(_, answer)| answer)
    })?;
    Ok((PyRegistry::open_at(py, path, options)?, answer(py, &made)?))
}
