//! The registry's id.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use refmark_types::digest::{decode_hex, encode_hex};
use refmark_types::error::{Code, Error, Result};

/// A registry's id: 16 random bytes, written as 32 lower-case hex digits. Every statement names it, so that no record
/// of one registry has an effect in another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryId([u8; 16]);

impl RegistryId {
    /// An id from its random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> RegistryId {
        RegistryId(bytes)
    }

    /// Reads 32 lower-case hex digits.
    pub fn parse(text: &str) -> Result<RegistryId> {
        let mut bytes = [0u8; 16];
        if !decode_hex(text, &mut bytes) {
            return Err(Error::new(
                Code::BadArgument,
                format!("`{}` is not a registry id: expected 32 lower-case hex digits", text.escape_debug()),
            ));
        }
        Ok(RegistryId(bytes))
    }

    /// The first eight digits, for people.
    pub fn short(&self) -> String {
        encode_hex(&self.0[..4])
    }
}

impl fmt::Display for RegistryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(&self.0))
    }
}

impl fmt::Debug for RegistryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for RegistryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RegistryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        RegistryId::parse(&text).map_err(|error| serde::de::Error::custom(error.message))
    }
}
