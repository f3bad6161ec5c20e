//! From a value to a type: serde's deserializer over [`Value`].

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::Value;
use crate::number;

/// Why a value is not what was asked for.
#[derive(Debug)]
pub struct Wrong(Box<Found>);

#[derive(Debug)]
struct Found {
    said: String,
    /// The names and numbers of the members and items around it, innermost first.
    around: Vec<String>,
}

impl Wrong {
    /// The names of members and the numbers of items that lead to it, outermost first.
    pub fn place(&self) -> Vec<&str> {
        self.0.around.iter().rev().map(String::as_str).collect()
    }

    fn inside(mut self, name: impl fmt::Display) -> Wrong {
        self.0.around.push(name.to_string());
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.said)
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: fmt::Display>(said: T) -> Wrong {
        Wrong(Box::new(Found { said: said.to_string(), around: Vec::new() }))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Wrong {
        let found = match found {
            Unexpected::Bool(it) => it.to_string(),
            Unexpected::Unsigned(it) => it.to_string(),
            Unexpected::Signed(it) => it.to_string(),
            Unexpected::Float(it) => number::print(it),
            Unexpected::Str(it) => format!("{it:?}"),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "an object".to_owned(),
            Unexpected::Other(it) => it.to_owned(),
            _ => "something else".to_owned(),
        };
        Wrong::custom(format_args!("expected {expected}, found {found}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Wrong {
        Wrong::invalid_type(found, expected)
    }
}

/// Out of line and not generic: every type's reader comes here when it finds something else.
#[cold]
fn mismatch(found: &Value, expected: &dyn Expected) -> Wrong {
    let found = match found {
        Value::Null => Unexpected::Other("null"),
        Value::Bool(it) => Unexpected::Bool(*it),
        Value::Number(it) if it.fract() == 0.0 => Unexpected::Signed(*it as i64),
        Value::Number(it) => Unexpected::Float(*it),
        Value::String(it) => Unexpected::Str(it),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    };
    Error::invalid_type(found, expected)
}

/// A number as serde tells them apart.
fn visit_number<'de, V: Visitor<'de>>(number: f64, visitor: V) -> Result<V::Value, Wrong> {
    if number.fract() != 0.0 {
        visitor.visit_f64(number)
    } else if number < 0.0 {
        visitor.visit_i64(number as i64)
    } else {
        visitor.visit_u64(number as u64)
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match self {
                Value::Number(number) => visit_number(*number, visitor),
                other => Err(mismatch(other, &visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Value {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Value::Null => visitor.visit_unit(),
            Value::Bool(it) => visitor.visit_bool(*it),
            Value::Number(it) => visit_number(*it, visitor),
            Value::String(it) => visitor.visit_borrowed_str(it),
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Value::Bool(it) => visitor.visit_bool(*it),
            other => Err(mismatch(other, &visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Value::String(it) => visitor.visit_borrowed_str(it),
            other => Err(mismatch(other, &visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_str(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Value::Null => visitor.visit_unit(),
            other => Err(mismatch(other, &visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Value::Null => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Value::Array(items) => {
                let size = items.len();
                let mut left = Items { items, at: 0 };
                let whole = visitor.visit_seq(&mut left)?;
                left.all_taken(size)?;
                Ok(whole)
            }
            other => Err(mismatch(other, &visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Value::Object(members) => visitor.visit_map(Members { members, now: None }),
            other => Err(mismatch(other, &visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self {
            Value::Object(members) => visit_fields(members, names, visitor),
            other => Err(mismatch(other, &visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self {
            Value::String(name) => visitor.visit_enum(Variant { name, with: None }),
            Value::Object(members) => match members.as_slice() {
                [(name, with)] => visitor.visit_enum(Variant { name, with: Some(with) }),
                _ => Err(mismatch(self, &"a text, or an object with one member")),
            },
            other => Err(mismatch(other, &"a text, or an object with one member")),
        }
    }

    forward_to_deserialize_any! { i128 u128 bytes byte_buf unit_struct }
}

struct Items<'de> {
    items: &'de [Value],
    at: usize,
}

impl Items<'_> {
    fn all_taken(&self, size: usize) -> Result<(), Wrong> {
        if self.at == size {
            return Ok(());
        }
        Err(Error::custom(format_args!("a list of {size} items has {} too many", size - self.at)))
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'de> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some(item) = self.items.get(self.at) else { return Ok(None) };
        let at = self.at;
        self.at += 1;
        seed.deserialize(item).map(Some).map_err(|wrong| wrong.inside(at))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.at)
    }
}

/// Gives a type its fields in the order in which it declares them, each looked up by its name: the code that is derived for
/// a sequence is a third of that for a map, in which any field could come next. A field that the type does not have is
/// refused, as every stored type wants it.
fn visit_fields<'de, V: Visitor<'de>>(
    members: &'de [(String, Value)],
    names: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Wrong> {
    let mut fields = Fields::of(members, names)?;
    visitor.visit_seq(&mut fields).map_err(|wrong| fields.blame(wrong))
}

struct Fields<'de> {
    members: &'de [(String, Value)],
    /// Where the next field's member is looked for first: in a stored text they stand in the same order.
    next: usize,
    names: &'static [&'static str],
    /// The field that was asked for last, where it has no member.
    missing: Option<&'static str>,
}

impl<'de> Fields<'de> {
    fn of(members: &'de [(String, Value)], names: &'static [&'static str]) -> Result<Fields<'de>, Wrong> {
        match members.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            Some((name, _)) => Err(Wrong::unknown_field(name, names).inside(name)),
            None => Ok(Fields { members, next: 0, names, missing: None }),
        }
    }

    /// The member of the next field.
    fn take(&mut self) -> Option<&'de (String, Value)> {
        let (name, rest) = self.names.split_first()?;
        self.names = rest;
        let is_it = |at: &usize| self.members.get(*at).is_some_and(|(have, _)| have == name);
        let found = Some(self.next).filter(is_it).or_else(|| (0..self.members.len()).find(is_it));
        self.missing = if found.is_none() { Some(name) } else { None };
        self.next = found.map_or(self.next, |at| at + 1);
        self.members.get(found?)
    }

    /// A type gives up on the field that it has no default for.
    fn blame(&self, wrong: Wrong) -> Wrong {
        self.missing.map_or(wrong, Error::missing_field)
    }
}

impl<'de> SeqAccess<'de> for &mut Fields<'de> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some((name, value)) = self.take() else { return Ok(None) };
        seed.deserialize(value).map(Some).map_err(|wrong| wrong.inside(name))
    }
}

struct Members<'de> {
    members: &'de [(String, Value)],
    now: Option<&'de (String, Value)>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let Some((first, rest)) = self.members.split_first() else { return Ok(None) };
        self.members = rest;
        self.now = Some(first);
        seed.deserialize(BorrowedStrDeserializer::<Wrong>::new(&first.0))
            .map(Some)
            .map_err(|wrong| wrong.inside(&first.0))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Wrong> {
        let Some((name, value)) = self.now else { return Err(Error::custom("a value was asked for before its key")) };
        seed.deserialize(value).map_err(|wrong| wrong.inside(name))
    }
}

/// A variant: its word, and what stands beside it.
struct Variant<'de> {
    name: &'de str,
    with: Option<&'de Value>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Wrong;
    type Variant = Variant<'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Variant<'de>), Wrong> {
        Ok((seed.deserialize(BorrowedStrDeserializer::<Wrong>::new(self.name))?, self))
    }
}

impl<'de> Variant<'de> {
    fn value(&self) -> Result<&'de Value, Wrong> {
        self.with.ok_or_else(|| Error::custom(format_args!("`{}` stands alone, and more belongs to it", self.name)))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        match self.with {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(Error::custom(format_args!("nothing more belongs to `{}`", self.name))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        seed.deserialize(self.value()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.value()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, names: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        match self.with {
            None => visit_fields(&[], names, visitor),
            Some(with) => with.deserialize_struct("", names, visitor),
        }
    }
}
