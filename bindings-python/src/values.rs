//! Functions without a registry: inspection, contracts, codes and names.

use std::path::PathBuf;

use pyo3::prelude::*;
use refmark_core::inspect_file;
use refmark_core::query::diff::compare_contracts as compare;
use refmark_core::records::catalog::Family;
use refmark_core::records::manifest::Contract;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::{AliasName, ModelName};
use refmark_core::types::reference::Reference;

use crate::convert::answer;
use crate::errors::OrRaise;
use crate::progress::quick;
use refmark_core::store::fs::input::document;

/// refmark's version.
#[pyfunction]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Every error code: its text, what it means, and the exit status of a command that ends with it.
#[pyfunction]
pub fn codes() -> Vec<(&'static str, &'static str, u8)> {
    Code::ALL.iter().map(|code| (code.as_str(), code.about(), code.exit().status())).collect()
}

/// What a model file is, by its content.
#[pyfunction]
pub fn inspect(py: Python<'_>, path: PathBuf) -> PyResult<Py<PyAny>> {
    answer(py, &quick(py, || inspect_file(&path))?)
}

/// Whether callers of one contract can use another.
#[pyfunction]
pub fn compare_contracts(py: Python<'_>, old: &str, new: &str) -> PyResult<Py<PyAny>> {
    let (old, new) = (contract(old).or_raise(py)?, contract(new).or_raise(py)?);
    answer(py, &compare(&old, &new))
}

/// A contract from its JSON.
pub fn contract(text: &str) -> Result<Contract> {
    document(text, "the contract", Code::BadArgument)
        .map_err(|error| error.hint("it has inputs and outputs: lists of {name, type, shape}"))
}

/// A family of the catalog.
pub fn family(text: &str) -> Result<Family> {
    Family::parse(text).ok_or_else(|| {
        let all = Family::ALL.into_iter().map(Family::as_str).collect::<Vec<_>>().join(", ");
        Error::new(Code::BadArgument, format!("`{}` is not a family of the catalog", text.escape_debug()))
            .hint(format!("they are {all}"))
    })
}

/// What kind of reference a text is, and its parts: `(kind, model, rest)`.
#[pyfunction]
pub fn parse_reference(py: Python<'_>, text: &str) -> PyResult<(&'static str, Option<String>, Option<String>)> {
    Ok(match Reference::parse(text).or_raise(py)? {
        Reference::Version(model, version) => ("version", Some(model.to_string()), Some(version.to_string())),
        Reference::Release(model, release) => ("release", Some(model.to_string()), Some(release.to_string())),
        Reference::Alias(model, alias) => ("alias", Some(model.to_string()), Some(alias.to_string())),
        Reference::Pin(model) => ("pin", Some(model.to_string()), None),
        Reference::Artifact(artifact) => ("artifact", None, Some(artifact.to_string())),
        Reference::ArtifactPrefix(hex) => ("artifact", None, Some(format!("sha256-{hex}"))),
    })
}

/// Whether a text is a name of a kind (`model` or `alias`); an error that names the rule where it is not.
#[pyfunction]
pub fn is_name(py: Python<'_>, kind: &str, text: &str) -> PyResult<bool> {
    match kind {
        "model" => ModelName::parse(text).map(drop).or_raise(py)?,
        "alias" => AliasName::parse(text).map(drop).or_raise(py)?,
        _ => return Ok(false),
    }
    Ok(true)
}
