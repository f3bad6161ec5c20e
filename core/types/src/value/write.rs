//! From a type to a value: serde's serializer into [`Value`].

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use super::Value;

/// Makes a value of whatever is serialised into it.
#[derive(Clone, Copy)]
pub(super) struct Writer;

/// There is no such error: nothing in the core refuses to be written. So no check stands after any field of any type.
#[derive(Debug)]
pub(super) enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: fmt::Display>(_: T) -> Never {
        unreachable!("a type of the core refuses to be written as a value")
    }
}

type Written<T = Value> = Result<T, Never>;

/// What something is as a value.
#[inline(always)]
pub(super) fn written<T: Serialize + ?Sized>(it: &T) -> Value {
    match it.serialize(Writer) {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

impl Serializer for Writer {
    type Ok = Value;
    type Error = Never;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    fn serialize_bool(self, it: bool) -> Written {
        Ok(Value::Bool(it))
    }
    fn serialize_i8(self, it: i8) -> Written {
        self.serialize_f64(it.into())
    }
    fn serialize_i16(self, it: i16) -> Written {
        self.serialize_f64(it.into())
    }
    fn serialize_i32(self, it: i32) -> Written {
        self.serialize_f64(it.into())
    }
    fn serialize_i64(self, it: i64) -> Written {
        self.serialize_f64(it as f64)
    }
    fn serialize_u8(self, it: u8) -> Written {
        self.serialize_f64(it.into())
    }
    fn serialize_u16(self, it: u16) -> Written {
        self.serialize_f64(it.into())
    }
    fn serialize_u32(self, it: u32) -> Written {
        self.serialize_f64(it.into())
    }
    fn serialize_u64(self, it: u64) -> Written {
        self.serialize_f64(it as f64)
    }
    fn serialize_f32(self, it: f32) -> Written {
        self.serialize_f64(it.into())
    }
    /// What is not finite has no place in JSON.
    fn serialize_f64(self, it: f64) -> Written {
        Ok(if it.is_finite() { Value::Number(it) } else { Value::Null })
    }
    fn serialize_char(self, it: char) -> Written {
        Ok(Value::String(it.into()))
    }
    fn serialize_str(self, it: &str) -> Written {
        Ok(Value::String(it.to_owned()))
    }
    fn serialize_bytes(self, it: &[u8]) -> Written {
        Ok(Value::Array(it.iter().map(|byte| Value::Number((*byte).into())).collect()))
    }
    fn serialize_none(self) -> Written {
        Ok(Value::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, it: &T) -> Written {
        it.serialize(self)
    }
    fn serialize_unit(self) -> Written {
        Ok(Value::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(Value::Null)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, it: &T) -> Written {
        it.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        it: &T,
    ) -> Written {
        Ok(within(Some(variant), it.serialize(self)?))
    }
    fn serialize_seq(self, size: Option<usize>) -> Written<Items> {
        Ok(Items { variant: None, items: Vec::with_capacity(size.unwrap_or(0)) })
    }
    fn serialize_tuple(self, size: usize) -> Written<Items> {
        self.serialize_seq(Some(size))
    }
    fn serialize_tuple_struct(self, _: &'static str, size: usize) -> Written<Items> {
        self.serialize_seq(Some(size))
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, size: usize) -> Written<Items> {
        Ok(Items { variant: Some(variant), items: Vec::with_capacity(size) })
    }
    fn serialize_map(self, size: Option<usize>) -> Written<Members> {
        Ok(Members { variant: None, members: Vec::with_capacity(size.unwrap_or(0)), name: String::new() })
    }
    /// One function where the default is three.
    fn collect_seq<I: IntoIterator<Item: Serialize>>(self, from: I) -> Written {
        let mut items = Vec::new();
        for it in from {
            items.push(written(&it));
        }
        Ok(Value::Array(items))
    }
    fn collect_map<K: Serialize, V: Serialize, I: IntoIterator<Item = (K, V)>>(self, from: I) -> Written {
        let mut members = Vec::new();
        for (name, it) in from {
            members.push((key(written(&name)), written(&it)));
        }
        Ok(Value::Object(members))
    }
    fn serialize_struct(self, _: &'static str, size: usize) -> Written<Members> {
        self.serialize_map(Some(size))
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, size: usize) -> Written<Members> {
        Ok(Members { variant: Some(variant), ..self.serialize_map(Some(size))? })
    }
}

/// A value as what belongs to a variant: `{"variant": value}`.
fn within(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(name) => Value::Object(vec![(name.to_owned(), value)]),
        None => value,
    }
}

/// What is a text as a value, or a number, is a key.
fn key(value: Value) -> String {
    match value {
        Value::String(name) => name,
        other => other.to_string(),
    }
}

/// A list that is being written.
pub(super) struct Items {
    variant: Option<&'static str>,
    items: Vec<Value>,
}

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, it: &T) -> Written<()> {
        self.items.push(written(it));
        Ok(())
    }

    fn whole(self) -> Written {
        Ok(within(self.variant, Value::Array(self.items)))
    }
}

impl ser::SerializeSeq for Items {
    type Ok = Value;
    type Error = Never;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, it: &T) -> Written<()> {
        self.push(it)
    }
    fn end(self) -> Written {
        self.whole()
    }
}

impl ser::SerializeTuple for Items {
    type Ok = Value;
    type Error = Never;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, it: &T) -> Written<()> {
        self.push(it)
    }
    fn end(self) -> Written {
        self.whole()
    }
}

impl ser::SerializeTupleStruct for Items {
    type Ok = Value;
    type Error = Never;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, it: &T) -> Written<()> {
        self.push(it)
    }
    fn end(self) -> Written {
        self.whole()
    }
}

impl ser::SerializeTupleVariant for Items {
    type Ok = Value;
    type Error = Never;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, it: &T) -> Written<()> {
        self.push(it)
    }
    fn end(self) -> Written {
        self.whole()
    }
}

/// An object that is being written.
pub(super) struct Members {
    variant: Option<&'static str>,
    members: Vec<(String, Value)>,
    /// The key of a map whose value comes next.
    name: String,
}

impl Members {
    #[inline(never)]
    fn add(&mut self, name: &str, value: Value) {
        self.members.push((name.to_owned(), value));
    }

    #[inline(never)]
    fn add_named(&mut self, value: Value) {
        self.members.push((std::mem::take(&mut self.name), value));
    }

    fn push<T: Serialize + ?Sized>(&mut self, name: &str, it: &T) -> Written<()> {
        self.add(name, written(it));
        Ok(())
    }

    fn whole(self) -> Written {
        Ok(within(self.variant, Value::Object(self.members)))
    }
}

impl ser::SerializeMap for Members {
    type Ok = Value;
    type Error = Never;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Written<()> {
        self.name = key(written(name));
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, it: &T) -> Written<()> {
        self.add_named(written(it));
        Ok(())
    }
    fn end(self) -> Written {
        self.whole()
    }
}

impl ser::SerializeStruct for Members {
    type Ok = Value;
    type Error = Never;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, it: &T) -> Written<()> {
        self.push(name, it)
    }
    fn end(self) -> Written {
        self.whole()
    }
}

impl ser::SerializeStructVariant for Members {
    type Ok = Value;
    type Error = Never;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, it: &T) -> Written<()> {
        self.push(name, it)
    }
    fn end(self) -> Written {
        self.whole()
    }
}
