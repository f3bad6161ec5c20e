//! The words of models and versions: descriptions, tags, tombstones, new names.

use pyo3::prelude::*;
use refmark_core::DetailRequest;
use refmark_core::engine::plan::{AboutRequest, LabelRequest};
use refmark_core::types::name::ModelName;

use crate::convert::answer;
use crate::errors::OrRaise;
use crate::progress::quick;
use crate::registry::PyRegistry;
use crate::rows::PyRows;

/// What shall change of the words of a model or a version.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Words {
    description: Option<String>,
    owner: Option<String>,
    tags: Vec<(String, String)>,
    untag: Vec<String>,
    hidden: Option<bool>,
}

impl Words {
    fn about(self) -> AboutRequest {
        let Words { description, owner, tags, untag, hidden } = self;
        AboutRequest { description, owner, tags, untag, hidden, ..AboutRequest::default() }
    }

    fn label(self) -> LabelRequest {
        let Words { description, tags, untag, hidden, .. } = self;
        LabelRequest { description, tags, untag, hidden }
    }
}

#[pymethods]
impl PyRegistry {
    fn model_details(&self, py: Python<'_>) -> PyResult<PyRows> {
        Ok(quick(py, || self.shared.read().model_details(&self.shared.read().view()?))?.into())
    }

    fn model_detail(&self, py: Python<'_>, model: &str) -> PyResult<Py<PyAny>> {
        let model = ModelName::parse(model).or_raise(py)?;
        answer(py, &quick(py, || self.shared.read().model_detail(&self.shared.read().view()?, &model))?)
    }

    #[pyo3(signature = (model, tags, newest_of_stages))]
    fn version_details(
        &self,
        py: Python<'_>,
        model: Option<&str>,
        tags: Vec<(String, String)>,
        newest_of_stages: bool,
    ) -> PyResult<PyRows> {
        let model = model.map(ModelName::parse).transpose().or_raise(py)?;
        let request = DetailRequest { model, tags, newest_of_stages };
        Ok(quick(py, || self.shared.read().version_details(&self.shared.read().view()?, &request))?.into())
    }

    fn version_detail(&self, py: Python<'_>, model: &str, version: u64) -> PyResult<Py<PyAny>> {
        let model = ModelName::parse(model).or_raise(py)?;
        answer(py, &quick(py, || self.shared.read().version_detail(&self.shared.read().view()?, &model, version))?)
    }

    fn describe(&self, py: Python<'_>, model: &str, words: Words) -> PyResult<Py<PyAny>> {
        let model = ModelName::parse(model).or_raise(py)?;
        let request = words.about();
        self.write(py, None, |registry, writer| registry.write(writer).describe(&model, &request))
    }

    fn announce(&self, py: Python<'_>, model: &str, words: Words) -> PyResult<Py<PyAny>> {
        let model = ModelName::parse(model).or_raise(py)?;
        let request = words.about();
        self.write(py, None, |registry, writer| registry.write(writer).announce(&model, &request))
    }

    fn label(&self, py: Python<'_>, model: &str, version: u64, words: Words) -> PyResult<Py<PyAny>> {
        let model = ModelName::parse(model).or_raise(py)?;
        let request = words.label();
        self.write(py, None, |registry, writer| registry.write(writer).label(&model, version, &request))
    }

    fn hide_version(&self, py: Python<'_>, model: &str, version: u64, reason: &str) -> PyResult<Py<PyAny>> {
        let model = ModelName::parse(model).or_raise(py)?;
        self.write(py, None, |registry, writer| registry.write(writer).hide_version(&model, version, reason))
    }

    fn hide_model(&self, py: Python<'_>, model: &str, reason: &str) -> PyResult<Py<PyAny>> {
        let model = ModelName::parse(model).or_raise(py)?;
        self.write(py, None, |registry, writer| registry.write(writer).hide_model(&model, reason))
    }

    fn rename(&self, py: Python<'_>, model: &str, to: &str) -> PyResult<Py<PyAny>> {
        let (model, to) = (ModelName::parse(model).or_raise(py)?, ModelName::parse(to).or_raise(py)?);
        self.write(py, None, |registry, writer| registry.write(writer).rename(&model, &to))
    }
}
