//! What people read before they decide: diffs, reviews, explanations, dossiers, checks; each as a value and as a page.

use std::path::PathBuf;

use pyo3::prelude::*;
use refmark_core::query::answer::log::subject;
use refmark_core::query::report::{cyclonedx, spdx};
use refmark_core::render::diff;
use refmark_core::render::doc::Page;
use refmark_core::render::explain::page as explanation_page;
use refmark_core::render::report::page as dossier_page;
use refmark_core::render::review::{COMMENT_LIMIT, to_html, to_markdown};
use refmark_core::types::name::PrincipalId;
use refmark_core::types::reference::{Reference, parse_version};
use refmark_core::types::time::Timestamp;
use refmark_core::{CheckOptions, EventsRequest, Project, VerifyOptions};
use serde::Serialize;

use crate::convert::answer;
use crate::errors::OrRaise;
use crate::progress::quick;
use crate::registry::PyRegistry;
use crate::rows::PyRows;

/// An answer, the same as Markdown, and the same as a piece of HTML.
type Shown = (Py<PyAny>, String, String);

fn shown(py: Python<'_>, value: &impl Serialize, page: &Page) -> PyResult<Shown> {
    Ok((answer(py, value)?, page.markdown(usize::MAX), page.html()))
}

#[pymethods]
impl PyRegistry {
    fn show(&self, py: Python<'_>, reference: &str) -> PyResult<Py<PyAny>> {
        let reference = Reference::parse(reference).or_raise(py)?;
        answer(py, &quick(py, || self.shared.read().show(&self.shared.read().view()?, &reference))?)
    }

    #[pyo3(signature = (target))]
    fn log(&self, py: Python<'_>, target: Option<&str>) -> PyResult<PyRows> {
        let found = quick(py, || {
            let of = target.map(|text| subject(&Reference::parse(text)?)).transpose()?;
            let (model, alias) = of.map_or((None, None), |(model, alias)| (Some(model), alias));
            self.shared.read().log(&self.shared.read().view()?, model.as_ref(), alias.as_ref())
        })?;
        Ok(found.moves.into())
    }

    #[pyo3(signature = (of, since))]
    fn events(&self, py: Python<'_>, of: Option<&str>, since: Option<&str>) -> PyResult<Py<PyAny>> {
        let found = quick(py, || {
            let of = of.map(|text| subject(&Reference::parse(text)?)).transpose()?;
            let of = of.as_ref().map(|(model, alias)| (model, alias.as_ref()));
            let since = since.map(Timestamp::parse_lenient).transpose()?;
            let view = self.shared.read().view()?;
            self.shared.read().events(&view, EventsRequest { of, since })
        })?;
        answer(py, &found)
    }

    fn diff(&self, py: Python<'_>, old: &str, new: &str) -> PyResult<Shown> {
        let (old, new) = (Reference::parse(old).or_raise(py)?, Reference::parse(new).or_raise(py)?);
        let found = quick(py, || self.shared.read().diff(&self.shared.read().view()?, &old, &new))?;
        Ok((answer(py, &found)?, diff::to_markdown(&found), diff::page(&found).html()))
    }

    fn review(&self, py: Python<'_>, range: &str) -> PyResult<Shown> {
        let found = quick(py, || self.shared.read().review(range))?;
        Ok((answer(py, &found)?, to_markdown(&found, COMMENT_LIMIT), to_html(&found)))
    }

    #[pyo3(signature = (reference, why_not, by))]
    fn explain(&self, py: Python<'_>, reference: &str, why_not: Option<&str>, by: Option<&str>) -> PyResult<Shown> {
        let reference = Reference::parse(reference).or_raise(py)?;
        let by = by.map(PrincipalId::parse).transpose().or_raise(py)?;
        let why_not = why_not.map(parse_version).transpose().or_raise(py)?;
        let found =
            quick(py, || self.shared.read().explain(&self.shared.read().view()?, &reference, why_not, by.as_ref()))?;
        shown(py, &found, &explanation_page(found.explanation.as_ref(), found.why_not.as_ref()))
    }

    fn report(&self, py: Python<'_>, reference: &str) -> PyResult<Shown> {
        let reference = Reference::parse(reference).or_raise(py)?;
        let found = quick(py, || self.shared.read().report(&self.shared.read().view()?, &reference))?;
        shown(py, &found, &dossier_page(&found))
    }

    /// The dossier as a CycloneDX bill of materials.
    fn cyclonedx(&self, py: Python<'_>, reference: &str) -> PyResult<Py<PyAny>> {
        let reference = Reference::parse(reference).or_raise(py)?;
        let found = quick(py, || self.shared.read().report(&self.shared.read().view()?, &reference))?;
        answer(py, &cyclonedx(&found))
    }

    /// The dossier as an SPDX document.
    fn spdx(&self, py: Python<'_>, reference: &str) -> PyResult<Py<PyAny>> {
        let reference = Reference::parse(reference).or_raise(py)?;
        let found = quick(py, || self.shared.read().report(&self.shared.read().view()?, &reference))?;
        answer(py, &spdx(&found))
    }

    /// Moving references to this registry's models in the manifests below a folder.
    fn lint(&self, py: Python<'_>, folder: PathBuf) -> PyResult<Py<PyAny>> {
        self.read(py, None, |registry| registry.pins().lint_manifests(&folder))
    }

    fn check(&self, py: Python<'_>, range: &str, allow_unverified: bool) -> PyResult<Py<PyAny>> {
        let options = CheckOptions { push: false, allow_unverified };
        answer(py, &quick(py, || self.shared.read().check(range, options))?)
    }

    #[pyo3(signature = (reference, history_only, save, progress))]
    fn verify(
        &self,
        py: Python<'_>,
        reference: Option<&str>,
        history_only: bool,
        save: bool,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let reference = reference.map(Reference::parse).transpose().or_raise(py)?;
        let options = VerifyOptions { history_only, from_remembered: false, save };
        self.read(py, progress, |registry| registry.read().verify(reference.as_ref(), options))
    }

    #[pyo3(signature = (project))]
    fn status(&self, py: Python<'_>, project: Option<PathBuf>) -> PyResult<Py<PyAny>> {
        let found = quick(py, || {
            let project = match project {
                Some(folder) => Some(Project::at(&folder, self.shared.world().clone())?),
                None => None,
            };
            self.shared.read().status(project.as_ref())
        })?;
        answer(py, &found)
    }

    /// The retired versions, the most urgent first.
    fn sunset(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        answer(py, &quick(py, || self.shared.read().sunset(&self.shared.read().view()?))?)
    }

    fn members(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        answer(py, &quick(py, || self.shared.govern().members(&self.shared.read().view()?))?)
    }

    #[pyo3(signature = (number))]
    fn policy(&self, py: Python<'_>, number: Option<u64>) -> PyResult<Py<PyAny>> {
        answer(py, &quick(py, || self.shared.govern().policy_show(&self.shared.read().view()?, number))?)
    }

    #[pyo3(signature = (family))]
    fn catalog(&self, py: Python<'_>, family: Option<&str>) -> PyResult<Py<PyAny>> {
        let family = family.map(crate::values::family).transpose().or_raise(py)?;
        answer(py, &quick(py, || self.shared.read().catalog(&self.shared.read().view()?, family))?)
    }
}
