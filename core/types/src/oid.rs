//! Names of Git objects: SHA-1 or SHA-256, as the repository has them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::{decode_hex, encode_hex};
use super::error::{Code, Error, Result};

/// A Git object's full id: 40 hex digits in a SHA-1 repository, 64 in a SHA-256 one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid {
    bytes: [u8; 32],
    length: u8,
}

impl Oid {
    /// An id from its 20 or 32 bytes.
    pub fn from_bytes(from: &[u8]) -> Result<Oid> {
        if from.len() != 20 && from.len() != 32 {
            return Err(Error::new(
                Code::BadArgument,
                format!("a Git object id has 20 or 32 bytes, not {}", from.len()),
            ));
        }
        let mut bytes = [0u8; 32];
        bytes[..from.len()].copy_from_slice(from);
        Ok(Oid { bytes, length: from.len() as u8 })
    }

    /// Reads 40 or 64 lower-case hex digits.
    pub fn parse(text: &str) -> Result<Oid> {
        let mut bytes = [0u8; 32];
        let length = text.len() / 2;
        if !(length == 20 || length == 32) || !decode_hex(text, &mut bytes[..length]) {
            return Err(Error::new(
                Code::BadArgument,
                format!(
                    "`{}` is not a full Git object id: expected 40 or 64 lower-case hex digits",
                    text.escape_debug()
                ),
            ));
        }
        Ok(Oid { bytes, length: length as u8 })
    }

    /// The 20 or 32 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The first seven hex digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..7].to_owned()
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(self.as_bytes()))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Oid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Oid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Oid::parse(&text).map_err(|error| serde::de::Error::custom(error.message))
    }
}
