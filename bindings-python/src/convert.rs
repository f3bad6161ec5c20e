//! Values across the border: what serde writes becomes Python's own values in one pass, and Python's become JSON.

use std::fmt::{Display, Formatter};

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PySequence, PyString};
use serde::ser::{self, Impossible, Serialize};
use serde_json::{Map, Number, Value};

use crate::errors::raise;

/// An answer of the core as Python's dicts, lists, texts and numbers.
pub fn answer(py: Python<'_>, answer: &impl Serialize) -> PyResult<Py<PyAny>> {
    to_python(py, answer).map(Bound::unbind)
}

/// Anything that serde can write as a Python value.
pub fn to_python<'py>(py: Python<'py>, value: &(impl Serialize + ?Sized)) -> PyResult<Bound<'py, PyAny>> {
    value.serialize(ToPython(py)).map_err(|failed| match failed {
        Failed::Python(error) => error,
        Failed::Serde(text) => raise(py, &refmark_core::types::error::bug(text)),
    })
}

/// What can go wrong on the way: Python's own error, or a word of serde's.
#[derive(Debug)]
enum Failed {
    Python(PyErr),
    Serde(String),
}

impl Display for Failed {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Failed::Python(error) => error.fmt(f),
            Failed::Serde(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: Display>(text: T) -> Failed {
        Failed::Serde(text.to_string())
    }
}

impl From<PyErr> for Failed {
    fn from(error: PyErr) -> Failed {
        Failed::Python(error)
    }
}

type Made<'py> = Result<Bound<'py, PyAny>, Failed>;

/// Writes serde's values as Python's.
#[derive(Clone, Copy)]
struct ToPython<'py>(Python<'py>);

impl<'py> ToPython<'py> {
    fn object(self, it: impl IntoPyObject<'py>) -> Made<'py> {
        Ok(it.into_bound_py_any(self.0)?)
    }

    /// `{"variant": value}`, as JSON has it.
    fn tagged(self, variant: &'static str, value: Bound<'py, PyAny>) -> Made<'py> {
        let dict = PyDict::new(self.0);
        dict.set_item(PyString::intern(self.0, variant), value)?;
        Ok(dict.into_any())
    }
}

impl<'py> ser::Serializer for ToPython<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;
    type SerializeSeq = Items<'py>;
    type SerializeTuple = Items<'py>;
    type SerializeTupleStruct = Items<'py>;
    type SerializeTupleVariant = Impossible<Bound<'py, PyAny>, Failed>;
    type SerializeMap = Members<'py>;
    type SerializeStruct = Members<'py>;
    type SerializeStructVariant = Members<'py>;

    fn serialize_bool(self, it: bool) -> Made<'py> {
        Ok(PyBool::new(self.0, it).to_owned().into_any())
    }
    fn serialize_i8(self, it: i8) -> Made<'py> {
        self.object(it)
    }
    fn serialize_i16(self, it: i16) -> Made<'py> {
        self.object(it)
    }
    fn serialize_i32(self, it: i32) -> Made<'py> {
        self.object(it)
    }
    fn serialize_i64(self, it: i64) -> Made<'py> {
        self.object(it)
    }
    fn serialize_u8(self, it: u8) -> Made<'py> {
        self.object(it)
    }
    fn serialize_u16(self, it: u16) -> Made<'py> {
        self.object(it)
    }
    fn serialize_u32(self, it: u32) -> Made<'py> {
        self.object(it)
    }
    fn serialize_u64(self, it: u64) -> Made<'py> {
        self.object(it)
    }
    fn serialize_f32(self, it: f32) -> Made<'py> {
        self.serialize_f64(f64::from(it))
    }
    fn serialize_f64(self, it: f64) -> Made<'py> {
        Ok(PyFloat::new(self.0, it).into_any())
    }
    fn serialize_char(self, it: char) -> Made<'py> {
        self.serialize_str(it.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, it: &str) -> Made<'py> {
        Ok(PyString::new(self.0, it).into_any())
    }
    fn serialize_bytes(self, it: &[u8]) -> Made<'py> {
        self.object(it.to_vec())
    }
    fn serialize_none(self) -> Made<'py> {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, it: &T) -> Made<'py> {
        it.serialize(self)
    }
    fn serialize_unit(self) -> Made<'py> {
        Ok(self.0.None().into_bound(self.0))
    }
    fn serialize_unit_struct(self, _: &'static str) -> Made<'py> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Made<'py> {
        Ok(PyString::intern(self.0, variant).into_any())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, it: &T) -> Made<'py> {
        it.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        it: &T,
    ) -> Made<'py> {
        self.tagged(variant, it.serialize(self)?)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'py>, Failed> {
        Ok(Items { to: self, list: PyList::empty(self.0) })
    }
    fn serialize_tuple(self, len: usize) -> Result<Items<'py>, Failed> {
        self.serialize_seq(Some(len))
    }
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Items<'py>, Failed> {
        self.serialize_seq(Some(len))
    }
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Failed> {
        Err(Failed::Serde(format!("no answer has a variant such as {name}::{variant}")))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Members<'py>, Failed> {
        Ok(Members { to: self, dict: PyDict::new(self.0), key: None, variant: None })
    }
    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Members<'py>, Failed> {
        self.serialize_map(Some(len))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Members<'py>, Failed> {
        Ok(Members { variant: Some(variant), ..self.serialize_map(Some(len))? })
    }
}

/// A list that is being written.
struct Items<'py> {
    to: ToPython<'py>,
    list: Bound<'py, PyList>,
}

macro_rules! items {
    ($($kind:ident $one:ident),+) => {$(
        impl<'py> ser::$kind for Items<'py> {
            type Ok = Bound<'py, PyAny>;
            type Error = Failed;
            fn $one<T: Serialize + ?Sized>(&mut self, it: &T) -> Result<(), Failed> {
                Ok(self.list.append(it.serialize(self.to)?)?)
            }
            fn end(self) -> Made<'py> {
                Ok(self.list.into_any())
            }
        }
    )+};
}

items!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field);

/// A dict that is being written.
struct Members<'py> {
    to: ToPython<'py>,
    dict: Bound<'py, PyDict>,
    key: Option<Bound<'py, PyAny>>,
    variant: Option<&'static str>,
}

impl<'py> Members<'py> {
    fn put<T: Serialize + ?Sized>(&mut self, key: &'static str, it: &T) -> Result<(), Failed> {
        // The keys of structs are few, and come again in every row.
        Ok(self.dict.set_item(PyString::intern(self.to.0, key), it.serialize(self.to)?)?)
    }
}

impl<'py> ser::SerializeMap for Members<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failed> {
        let key = key.serialize(self.to)?;
        // JSON's keys are texts, whatever they were.
        self.key = Some(if key.is_instance_of::<PyString>() { key } else { key.str()?.into_any() });
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, it: &T) -> Result<(), Failed> {
        let Some(key) = self.key.take() else { return Err(Failed::Serde("a value without a key".to_owned())) };
        Ok(self.dict.set_item(key, it.serialize(self.to)?)?)
    }
    fn end(self) -> Made<'py> {
        Ok(self.dict.into_any())
    }
}

impl<'py> ser::SerializeStruct for Members<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, it: &T) -> Result<(), Failed> {
        self.put(key, it)
    }
    fn end(self) -> Made<'py> {
        Ok(self.dict.into_any())
    }
}

impl<'py> ser::SerializeStructVariant for Members<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, it: &T) -> Result<(), Failed> {
        self.put(key, it)
    }
    fn end(self) -> Made<'py> {
        match self.variant {
            Some(variant) => self.to.tagged(variant, self.dict.into_any()),
            None => Ok(self.dict.into_any()),
        }
    }
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
