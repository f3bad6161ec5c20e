//! The registry: one method a verb, each only reading its arguments and handing them down.

#![allow(clippy::too_many_arguments, reason = "each is an argument of Python's")]

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use refmark_core::engine::plan::{Author, PromoteRequest, RollbackRequest, UnsetRequest};
use refmark_core::engine::policy::founding_policy;
use refmark_core::engine::ports::signer::Signer;
use refmark_core::engine::ports::{Cancel, Progress};
use refmark_core::query::request;
use refmark_core::store::git::Format;
use refmark_core::types::digest::ArtifactId;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::{ModelName, PrincipalId, RemoteName};
use refmark_core::types::reference::Reference;
use refmark_core::types::time::Timestamp;
use refmark_core::{
    self as core, Context, InitRequest, PackageRequest, Pinning, PolicyText, PullRequest, Registry, ResolveOptions,
    TransitionRequest, Writer,
};
use serde::Serialize;

use crate::context::Options;
use crate::convert::answer;
use crate::errors::OrRaise;
use crate::progress::{quick, run};
use crate::rows::PyRows;

/// An open registry.
#[pyclass(frozen, module = "refmark._native", name = "Registry")]
pub struct PyRegistry {
    /// The handle of short reads. Long work opens its own, with its own progress and its own wish to stop.
    pub shared: Registry,
    path: PathBuf,
    pub(crate) options: Options,
    /// Whether changes are proposed in place of made, and on which branch.
    proposal: Option<Option<String>>,
}

/// Warns of what a change names and the catalog advises against.
fn warn(py: Python<'_>, notices: &[String]) -> PyResult<()> {
    if !notices.is_empty() {
        py.import("refmark.errors")?.getattr("warn_of_deprecated")?.call1((notices.to_vec(),))?;
    }
    Ok(())
}

/// Opens the registry at a path, or where none is given the one that is meant here. Where a lock file above the working
/// folder is for that registry, it is held to the lock's root, unless the caller named one.
#[pyfunction]
#[pyo3(signature = (path=None, key=None, trust_root=None))]
pub fn open(
    py: Python<'_>,
    path: Option<PathBuf>,
    key: Option<PathBuf>,
    trust_root: Option<PathBuf>,
) -> PyResult<PyRegistry> {
    let options = Options { key, trust_root };
    let path = path.map(std::path::absolute).transpose()?;
    // A folder that is gone has no lock file above it.
    let here = std::env::current_dir().or_else(|error| path.clone().ok_or(error))?;
    quick(py, || {
        let world = options.world()?;
        let found = core::locate(path.as_deref(), &here, &world)?;
        Ok(PyRegistry {
            shared: core::open_located(&found, &here, world)?,
            path: found.path().to_owned(),
            options,
            proposal: None,
        })
    })
}

/// Makes a registry the user's default.
#[pyfunction]
pub fn make_default(py: Python<'_>, path: PathBuf) -> PyResult<Py<PyAny>> {
    answer(py, &quick(py, || Registry::make_default(&path, Context::from_env()))?)
}

/// Makes a registry: the handle, and the answer.
#[pyfunction]
#[pyo3(signature = (path, by=None, name=None, here=false, team=false, sha256=false, key=None))]
pub fn init(
    py: Python<'_>,
    path: PathBuf,
    by: Option<&str>,
    name: Option<String>,
    here: bool,
    team: bool,
    sha256: bool,
    key: Option<PathBuf>,
) -> PyResult<(PyRegistry, Py<PyAny>)> {
    let founder = by.map_or_else(core::founder_from_env, PrincipalId::parse).or_raise(py)?;
    let options = Options { key, trust_root: None };
    let path = std::path::absolute(&path)?;
    let format = if sha256 { Format::Sha256 } else { Format::Sha1 };
    let (shared, made) = quick(py, || {
        let signer = options.founders()?;
        let public = signer.public();
        let founding = |author: &Author| founding_policy(author, public);
        let policy = if team { Some(&founding as PolicyText<'_>) } else { None };
        let request = InitRequest { name, founder, here, format, policy };
        Registry::init(&path, options.world()?, &*signer, &request)
    })?;
    let made = answer(py, &made)?;
    Ok((PyRegistry { shared, path, options, proposal: None }, made))
}

impl PyRegistry {
    /// The handle of a registry at a path.
    pub fn open_at(py: Python<'_>, path: PathBuf, options: Options) -> PyResult<PyRegistry> {
        let shared = quick(py, || Registry::open(&path, options.world()?))?;
        Ok(PyRegistry { shared, path, options, proposal: None })
    }

    /// Another handle on the same registry, held to the same root.
    fn opened_again(&self, py: Python<'_>, proposal: Option<Option<String>>) -> PyResult<PyRegistry> {
        let shared = quick(py, || Registry::open(&self.path, self.shared.world().clone()))?;
        Ok(PyRegistry { shared, path: self.path.clone(), options: self.options.clone(), proposal })
    }

    /// A handle of its own for long work, held to the same root.
    pub fn open_for(&self, progress: Arc<dyn Progress>, cancel: Cancel) -> Result<Registry> {
        Registry::open(&self.path, Context { progress, cancel, ..self.shared.world().clone() })
    }

    /// The artifact that a reference names, whatever its state.
    fn artifact(&self, reference: &str) -> Result<ArtifactId> {
        let view = self.shared.read().view()?;
        Ok(self.shared.read().side(&view, &Reference::parse(reference)?)?.artifact)
    }

    /// Does a change on a handle of its own, with the user's key; or proposes it, and leaves the caller's function by an
    /// exception that brings the proposal.
    pub fn change<T: Serialize + Send>(
        &self,
        py: Python<'_>,
        listener: Option<Py<PyAny>>,
        verb: impl FnOnce(Writer<'_>) -> Result<T> + Send,
    ) -> PyResult<Py<PyAny>> {
        let Some(branch) = &self.proposal else {
            return self.write(py, listener, |registry, signer| verb(registry.write(signer)));
        };
        let (proposal, notices) = run(py, listener, |progress, cancel| {
            let registry = self.open_for(progress, cancel)?;
            let signer = self.options.signer(&registry)?;
            let proposal = registry.write(&*signer).propose(branch.as_deref(), verb)?;
            Ok((proposal, registry.world().notices.take()))
        })?;
        warn(py, &notices)?;
        let proposed = py.import("refmark._proposed")?.getattr("Proposed")?;
        Err(PyErr::from_value(proposed.call1((answer(py, &proposal)?,))?))
    }

    /// Does what is only done at once on a handle of its own, with the user's key.
    pub fn write<T: Serialize + Send>(
        &self,
        py: Python<'_>,
        listener: Option<Py<PyAny>>,
        work: impl FnOnce(&Registry, &dyn Signer) -> Result<T> + Send,
    ) -> PyResult<Py<PyAny>> {
        if self.proposal.is_some() {
            let error = Error::new(Code::BadArgument, "this is done at once, and is no change that can be proposed");
            return Err(error).or_raise(py);
        }
        let (done, notices) = run(py, listener, |progress, cancel| {
            let registry = self.open_for(progress, cancel)?;
            let signer = self.options.signer(&registry)?;
            let done = work(&registry, &*signer)?;
            Ok((done, registry.world().notices.take()))
        })?;
        warn(py, &notices)?;
        answer(py, &done)
    }

    /// Does long work that signs nothing.
    pub fn read<T: Serialize + Send>(
        &self,
        py: Python<'_>,
        listener: Option<Py<PyAny>>,
        work: impl FnOnce(&Registry) -> Result<T> + Send,
    ) -> PyResult<Py<PyAny>> {
        let done = run(py, listener, |progress, cancel| work(&self.open_for(progress, cancel)?))?;
        answer(py, &done)
    }
}

/// How a reference shall be read.
pub fn options(at: Option<&str>, last_good: bool, accept_incomplete: bool) -> Result<ResolveOptions> {
    Ok(ResolveOptions { at: at.map(Timestamp::parse_lenient).transpose()?, last_good, accept_incomplete })
}

/// How to pull, as Python hands it over.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Pull {
    include: Vec<String>,
    hard_links: bool,
    allow_unverified: bool,
    at: Option<String>,
    last_good: bool,
    accept_incomplete: bool,
    archived: bool,
}

impl Pull {
    /// The request.
    pub fn request(self) -> Result<PullRequest> {
        Ok(PullRequest {
            options: options(self.at.as_deref(), self.last_good, self.accept_incomplete)?,
            include: self.include,
            hard_links: self.hard_links,
            allow_unverified: self.allow_unverified,
            archived: self.archived,
        })
    }
}

/// Where a version or artifact shall go, as Python hands it over.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Transition {
    to: String,
    replacement: Option<String>,
    sunset: Option<String>,
}

impl Transition {
    /// The request.
    pub fn request(self, reference: &str, reason: String, evidence: &[String]) -> Result<TransitionRequest> {
        Ok(TransitionRequest {
            reference: Reference::parse(reference)?,
            to: self.to,
            reason,
            replacement: self.replacement,
            sunset: self.sunset.as_deref().map(Timestamp::parse_lenient).transpose()?,
            evidence: request::digests(evidence)?,
        })
    }
}

#[pymethods]
impl PyRegistry {
    /// The same registry, on which every change is proposed.
    #[pyo3(signature = (branch))]
    fn proposing(&self, py: Python<'_>, branch: Option<String>) -> PyResult<PyRegistry> {
        self.opened_again(py, Some(branch))
    }

    /// The same registry on a handle that shares nothing with this one: for a child that was forked, in which locks may
    /// be held by threads that it does not have.
    fn reopened(&self, py: Python<'_>) -> PyResult<PyRegistry> {
        self.opened_again(py, self.proposal.clone())
    }

    #[getter]
    fn path(&self) -> PathBuf {
        self.path.clone()
    }

    #[getter]
    fn git_dir(&self) -> PathBuf {
        self.shared.git_dir().to_owned()
    }

    #[getter]
    fn id(&self) -> String {
        self.shared.id().to_string()
    }

    #[getter]
    fn name(&self) -> &str {
        self.shared.name()
    }

    #[getter]
    fn branch(&self) -> &str {
        self.shared.branch()
    }

    #[getter]
    fn trust_root(&self) -> String {
        self.shared.first_root().prefixed()
    }

    /// The root that its caller or a lock file holds it to, where one does.
    #[getter]
    fn held_to(&self) -> Option<String> {
        match &self.shared.world().pinning {
            Pinning::Root(root) => Some(root.prefixed()),
            Pinning::Stored => None,
        }
    }

    fn head(&self, py: Python<'_>) -> PyResult<String> {
        quick(py, || self.shared.read().head()).map(|it| it.to_string())
    }

    /// Whose key signs here, by its id and where it lies.
    fn signer(&self, py: Python<'_>) -> PyResult<(String, String)> {
        quick(py, || self.options.signer(&self.shared)).map(|it| (it.public().id().to_string(), it.describe()))
    }

    fn register(
        &self,
        py: Python<'_>,
        packages: Vec<Bound<'_, PyAny>>,
        secrets: bool,
        withdrawn: bool,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let requests: Vec<PackageRequest> =
            packages.iter().map(|package| Ok(pythonize::depythonize(package)?)).collect::<PyResult<_>>()?;
        let packages = quick(py, || {
            let view = self.shared.read().view()?;
            requests.iter().map(|request| request.package(&self.shared, &view)).collect::<Result<Vec<_>>>()
        })?;
        self.change(py, progress, |writer| {
            writer.allow_secrets(secrets).allow_withdrawn(withdrawn).register_all(&packages)
        })
    }

    #[pyo3(signature = (target, version, reason, expect, evidence, allow_absent))]
    #[expect(clippy::too_many_arguments, reason = "a call of Python's, taken apart")]
    fn promote(
        &self,
        py: Python<'_>,
        target: &str,
        version: &str,
        reason: String,
        expect: Option<&str>,
        evidence: Vec<String>,
        allow_absent: bool,
    ) -> PyResult<Py<PyAny>> {
        let request = quick(py, || {
            let (model, alias) = request::alias(target)?;
            let evidence = request::digests(&evidence)?;
            let view = self.shared.read().view()?;
            let version = request::version(view.facts()?, &model, version)?;
            let expect = expect.map(|text| request::expected(view.facts()?, &model, text)).transpose()?;
            Ok(PromoteRequest { model, alias, version, reason, expect, evidence })
        })?;
        self.change(py, None, |writer| writer.allow_absent(allow_absent).promote(&request))
    }

    #[pyo3(signature = (target, to, reason, allow_absent))]
    fn rollback(
        &self,
        py: Python<'_>,
        target: &str,
        to: Option<&str>,
        reason: String,
        allow_absent: bool,
    ) -> PyResult<Py<PyAny>> {
        let request = quick(py, || {
            let (model, alias) = request::alias(target)?;
            let view = self.shared.read().view()?;
            let to = to.map(|text| request::version(view.facts()?, &model, text)).transpose()?;
            Ok(RollbackRequest { model, alias, to, reason })
        })?;
        self.change(py, None, |writer| writer.allow_absent(allow_absent).rollback(&request))
    }

    fn unset(&self, py: Python<'_>, target: &str, reason: String) -> PyResult<Py<PyAny>> {
        let (model, alias) = request::alias(target).or_raise(py)?;
        let request = UnsetRequest { model, alias, reason };
        self.change(py, None, |writer| writer.unset(&request))
    }

    fn transition(
        &self,
        py: Python<'_>,
        reference: &str,
        reason: String,
        evidence: Vec<String>,
        transition: Transition,
    ) -> PyResult<Py<PyAny>> {
        let request = transition.request(reference, reason, &evidence).or_raise(py)?;
        self.change(py, None, |writer| writer.transition(&request))
    }

    fn revoke(&self, py: Python<'_>, reference: &str, reason: &str, files: Vec<String>) -> PyResult<Py<PyAny>> {
        let artifact = quick(py, || self.artifact(reference))?;
        self.change(py, None, |writer| writer.revoke_files(artifact, reason, &files))
    }

    fn delete(&self, py: Python<'_>, reference: &str, reason: &str) -> PyResult<Py<PyAny>> {
        let artifact = quick(py, || self.artifact(reference))?;
        self.change(py, None, |writer| writer.delete(artifact, reason))
    }

    #[pyo3(signature = (reference, at, last_good, accept_incomplete))]
    fn resolve(
        &self,
        py: Python<'_>,
        reference: &str,
        at: Option<&str>,
        last_good: bool,
        accept_incomplete: bool,
    ) -> PyResult<Py<PyAny>> {
        let found = quick(py, || {
            self.shared.read().resolve(&Reference::parse(reference)?, options(at, last_good, accept_incomplete)?)
        })?;
        answer(py, &found)
    }

    fn pull(
        &self,
        py: Python<'_>,
        reference: &str,
        into: PathBuf,
        how: Pull,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (reference, request) = (Reference::parse(reference).or_raise(py)?, how.request().or_raise(py)?);
        self.read(py, progress, |registry| registry.read().pull(&reference, &into, &request))
    }

    fn pull_quarantined(
        &self,
        py: Python<'_>,
        reference: &str,
        into: PathBuf,
        reason: &str,
        how: Pull,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (reference, request) = (Reference::parse(reference).or_raise(py)?, how.request().or_raise(py)?);
        self.write(py, progress, |registry, writer| {
            registry.write(writer).pull_quarantined(&reference, &into, &request, reason)
        })
    }

    #[pyo3(signature = (reference, file, how, hash))]
    fn path_of(&self, py: Python<'_>, reference: &str, file: Option<&str>, how: Pull, hash: bool) -> PyResult<PathBuf> {
        let (reference, request) = (Reference::parse(reference).or_raise(py)?, how.request().or_raise(py)?);
        run(py, None, |progress, cancel| {
            let registry = self.open_for(progress, cancel)?;
            registry.read().path_of(&reference, file, &request, hash).map(|it| it.path)
        })
    }

    fn list_models(&self, py: Python<'_>) -> PyResult<PyRows> {
        Ok(quick(py, || self.shared.read().list_models(&self.shared.read().view()?))?.into())
    }

    fn list_versions(&self, py: Python<'_>, model: &str, all: bool) -> PyResult<PyRows> {
        let model = ModelName::parse(model).or_raise(py)?;
        let found = quick(py, || match all {
            true => self.shared.read().list_all_versions(&self.shared.read().view()?, &model),
            false => self.shared.read().list_versions(&self.shared.read().view()?, &model),
        })?;
        Ok(found.into())
    }

    fn index_status(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        answer(py, &quick(py, || self.shared.maintain().index_status())?)
    }

    fn index_rebuild(&self, py: Python<'_>, progress: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        self.read(py, progress, |registry| registry.maintain().index_rebuild())
    }

    fn list_remotes(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        answer(py, &quick(py, || self.shared.share().list_remotes())?)
    }

    #[pyo3(signature = (name, place, endpoint=None, region=None, profile=None))]
    fn add_remote(
        &self,
        py: Python<'_>,
        name: &str,
        place: PathBuf,
        endpoint: Option<String>,
        region: Option<String>,
        profile: Option<String>,
    ) -> PyResult<Py<PyAny>> {
        let name = RemoteName::parse(name).or_raise(py)?;
        let options = refmark_core::RemoteOptions { endpoint, region, profile };
        answer(py, &quick(py, || self.shared.share().add_remote(&name, &place, &options))?)
    }

    #[pyo3(signature = (name, hash=false))]
    fn check_remote(&self, py: Python<'_>, name: &str, hash: bool) -> PyResult<Py<PyAny>> {
        let name = RemoteName::parse(name).or_raise(py)?;
        answer(py, &quick(py, || self.shared.share().check_remote(&name, hash))?)
    }

    fn remove_remote(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        let name = RemoteName::parse(name).or_raise(py)?;
        quick(py, || self.shared.share().remove_remote(&name))
    }

    #[pyo3(signature = (only, progress))]
    fn sync(&self, py: Python<'_>, only: Option<&str>, progress: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let only = only.map(RemoteName::parse).transpose().or_raise(py)?;
        self.read(py, progress, |registry| registry.share().sync(only.as_ref()))
    }
}
