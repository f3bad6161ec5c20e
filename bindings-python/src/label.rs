//! The words of models and versions: descriptions, tags, tombstones, new names.

use pyo3::prelude::*;
use refmark_core::DetailRequest;
use refmark_core::engine::plan::{AboutRequest, LabelRequest};
use refmark_core::query::request;
use refmark_core::types::name::ModelName;
use refmark_core::types::reference::Reference;

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

    fn version_detail(&self, py: Python<'_>, reference: &str) -> PyResult<Py<PyAny>> {
        let found = quick(py, || {
            // A number that is not there has no detail; a release or an alias that is not there is an error.
            let (model, version) = match Reference::parse(reference)? {
                Reference::Version(model, version) => (model, version),
                other => request::version_of(self.shared.read().view()?.facts()?, &other)?,
            };
            self.shared.read().version_detail(&self.shared.read().view()?, &model, version)
        })?;
        answer(py, &found)
    }

    fn describe(&self, py: Python<'_>, model: &str, words: Words) -> PyResult<Py<PyAny>> {
        let model = ModelName::parse(model).or_raise(py)?;
        let request = words.about();
        self.change(py, None, |writer| writer.describe(&model, &request))
    }

    fn announce(&self, py: Python<'_>, model: &str, words: Words) -> PyResult<Py<PyAny>> {
        let model = ModelName::parse(model).or_raise(py)?;
        let request = words.about();
        self.change(py, None, |writer| writer.announce(&model, &request))
    }

    fn label(&self, py: Python<'_>, reference: &str, words: Words) -> PyResult<Py<PyAny>> {
        let (model, version) = self.version_of(py, reference)?;
        let request = words.label();
        self.change(py, None, |writer| writer.label(&model, version, &request))
    }

    fn hide_version(&self, py: Python<'_>, reference: &str, reason: &str) -> PyResult<Py<PyAny>> {
        let (model, version) = self.version_of(py, reference)?;
        self.change(py, None, |writer| writer.hide_version(&model, version, reason))
    }

    fn hide_model(&self, py: Python<'_>, model: &str, reason: &str) -> PyResult<Py<PyAny>> {
        let model = ModelName::parse(model).or_raise(py)?;
        self.change(py, None, |writer| writer.hide_model(&model, reason))
    }

    fn rename(&self, py: Python<'_>, model: &str, to: &str) -> PyResult<Py<PyAny>> {
        let (model, to) = (ModelName::parse(model).or_raise(py)?, ModelName::parse(to).or_raise(py)?);
        self.change(py, None, |writer| writer.rename(&model, &to))
    }
}

impl PyRegistry {
    fn version_of(&self, py: Python<'_>, reference: &str) -> PyResult<(ModelName, u64)> {
        quick(py, || request::version_of(self.shared.read().view()?.facts()?, &Reference::parse(reference)?))
    }
}
