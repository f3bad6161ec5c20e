//! Values across the border: serde's JSON values become Python's own, and back.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PySequence, PyString};
use serde::Serialize;
use serde_json::{Map, Number, Value};

use crate::errors::raise;

/// An answer of the core as Python's dicts, lists, texts and numbers.
pub fn answer(py: Python<'_>, answer: &impl Serialize) -> PyResult<Py<PyAny>> {
    let value = serde_json::to_value(answer).map_err(|error| raise(py, &refmark_core::words::fault::bug(error)))?;
    Ok(to_python(py, &value)?.unbind())
}

/// A JSON value as a Python value.
pub fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(it) => PyBool::new(py, *it).to_owned().into_any(),
        Value::Number(it) => number(py, it)?,
        Value::String(it) => PyString::new(py, it).into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (key, member) in members {
                dict.set_item(PyString::intern(py, key), to_python(py, member)?)?;
            }
            dict.into_any()
        }
    })
}

fn number<'py>(py: Python<'py>, number: &Number) -> PyResult<Bound<'py, PyAny>> {
    if let Some(it) = number.as_u64() {
        return Ok(it.into_pyobject(py)?.into_any());
    }
    if let Some(it) = number.as_i64() {
        return Ok(it.into_pyobject(py)?.into_any());
    }
    Ok(PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any())
}

/// Deeper than any record may be: what goes deeper is a loop.
const DEPTH: usize = 64;

/// A Python value as a JSON value: mappings with text keys, sequences, texts, numbers, booleans and `None`.
pub fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    read(value, DEPTH)
}

fn read(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if depth == 0 {
        return Err(PyValueError::new_err("the value is nested too deeply, or contains itself"));
    }
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(it) = value.cast::<PyBool>() {
        return Ok(Value::Bool(it.is_true()));
    }
    if let Ok(it) = value.cast::<PyString>() {
        return Ok(Value::String(it.to_str()?.to_owned()));
    }
    if value.cast::<PyInt>().is_ok() {
        return Ok(match value.extract::<i64>() {
            Ok(it) => Value::Number(it.into()),
            Err(_) => Value::Number(value.extract::<u64>()?.into()),
        });
    }
    if let Ok(it) = value.cast::<PyFloat>() {
        return finite(it.extract()?);
    }
    if let Ok(mapping) = value.cast::<PyMapping>() {
        let mut members = Map::new();
        for item in mapping.items()?.iter() {
            let (key, member): (String, Bound<'_, PyAny>) = item.extract()?;
            members.insert(key, read(&member, depth - 1)?);
        }
        return Ok(Value::Object(members));
    }
    if let Ok(sequence) = value.cast::<PySequence>() {
        let items = sequence.try_iter()?.map(|item| read(&item?, depth - 1)).collect::<PyResult<_>>()?;
        return Ok(Value::Array(items));
    }
    // NumPy's scalars are numbers by their protocol alone.
    if let Ok(it) = value.extract::<f64>() {
        return finite(it);
    }
    Err(PyTypeError::new_err(format!(
        "expected text, a number, a bool, None, a mapping or a sequence, found {}",
        value.get_type().name()?
    )))
}

fn finite(number: f64) -> PyResult<Value> {
    Number::from_f64(number)
        .map(Value::Number)
        .ok_or_else(|| PyValueError::new_err(format!("{number} is not a JSON number: write it as a text")))
}
