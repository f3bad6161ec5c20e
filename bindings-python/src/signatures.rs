//! Keys and signatures by themselves: what an auditor checks without a registry.

use pyo3::prelude::*;
use refmark_core::records::signature::{PublicKey, Signature, SshSignature};
use refmark_core::types::error::Code;

use crate::errors::OrRaise;
use refmark_core::store::fs::input::document;

/// A public key's text and id.
#[pyfunction]
pub fn public_key(py: Python<'_>, text: &str) -> PyResult<(String, String)> {
    let key = PublicKey::parse(text).or_raise(py)?;
    Ok((key.to_string(), key.id().to_string()))
}

/// Checks a record's signature over a payload; an error where it is not good.
#[pyfunction]
pub fn check_dsse(py: Python<'_>, key: &str, payload: &[u8], signature: &str) -> PyResult<()> {
    let key = PublicKey::parse(key).or_raise(py)?;
    let signature: Signature = document(signature, "the signature", Code::BadSignature).or_raise(py)?;
    signature.verify(&key, payload).or_raise(py)
}

/// Checks an SSH signature over a message; gives the id of the key that made it.
#[pyfunction]
pub fn check_ssh(py: Python<'_>, armored: &str, namespace: &str, message: &[u8]) -> PyResult<String> {
    let signature = SshSignature::parse(armored).or_raise(py)?;
    signature.verify(namespace, message).or_raise(py)?;
    Ok(signature.key().id().to_string())
}
