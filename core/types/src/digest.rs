//! SHA-256 digests and the artifact ids made of them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::error::{Code, Error, Result};

/// A SHA-256 digest. In text it is 64 lower-case hex digits; where the algorithm must show, `sha256:<hex>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// A digest from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 lower-case hex digits, with or without `sha256:` before them.
    ///
    /// # Errors
    /// `bad-argument` for anything else.
    ///
    /// ```
    /// use refmark_types::digest::Digest;
    ///
    /// let empty = Digest::of(b"");
    /// assert_eq!(empty.short(), "e3b0c442");
    /// assert_eq!(Digest::parse(&empty.prefixed()).unwrap(), empty);
    /// ```
    pub fn parse(text: &str) -> Result<Digest> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        let mut bytes = [0u8; 32];
        if !decode_hex(hex, &mut bytes) {
            return Err(Error::new(
                Code::BadArgument,
                format!("`{}` is not a SHA-256 digest: expected 64 lower-case hex digits", text.escape_debug()),
            ));
        }
        Ok(Digest(bytes))
    }

    /// The 64 hex digits.
    pub fn hex(&self) -> String {
        encode_hex(&self.0)
    }

    /// `sha256:<hex>`.
    pub fn prefixed(&self) -> String {
        format!("sha256:{}", self.hex())
    }

    /// The first eight hex digits, for people.
    pub fn short(&self) -> String {
        encode_hex(&self.0[..4])
    }
}

/// A BLAKE3 digest of 32 bytes, as 64 lower-case hex digits. Tables of contents name tensors by it: beside the SHA-256 of the file it
/// costs a quarter of a second SHA-256. This floor reads and prints it and makes none.
///
/// ```
/// use refmark_types::digest::Blake3;
///
/// assert!(Blake3::from_bytes([7; 32]).hex().starts_with("0707"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Blake3([u8; 32]);

impl Blake3 {
    /// A digest from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Blake3 {
        Blake3(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 lower-case hex digits; none for anything else.
    pub fn parse(hex: &str) -> Option<Blake3> {
        let mut bytes = [0u8; 32];
        decode_hex(hex, &mut bytes).then_some(Blake3(bytes))
    }

    /// The 64 hex digits.
    pub fn hex(&self) -> String {
        encode_hex(&self.0)
    }
}

impl Serialize for Blake3 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Blake3 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Blake3::parse(&text).ok_or_else(|| serde::de::Error::custom("expected 64 lower-case hex digits of BLAKE3"))
    }
}

/// Streams bytes into a [`Digest`].
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// A hasher that has seen nothing.
    pub fn new() -> Hasher {
        Hasher::default()
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes taken.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// Lower-case hex digits of any bytes.
pub fn encode_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

/// Reads exactly as many lower-case hex digits as fill `into`; false where the text is anything else.
pub fn decode_hex(hex: &str, into: &mut [u8]) -> bool {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    if hex.len() != into.len() * 2 {
        return false;
    }
    for (slot, pair) in into.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        match (digit(pair[0]), digit(pair[1])) {
            (Some(high), Some(low)) => *slot = high << 4 | low,
            _ => return false,
        }
    }
    true
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let mut bytes = [0u8; 32];
        if !decode_hex(&text, &mut bytes) {
            return Err(serde::de::Error::custom("expected 64 lower-case hex digits of SHA-256"));
        }
        Ok(Digest(bytes))
    }
}

/// An artifact's id: `sha256-<hex>`, the SHA-256 of its manifest's canonical bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactId(Digest);

impl ArtifactId {
    /// The id whose manifest has this digest.
    pub const fn new(manifest: Digest) -> ArtifactId {
        ArtifactId(manifest)
    }

    /// Reads `sha256-<64 hex digits>`.
    pub fn parse(text: &str) -> Result<ArtifactId> {
        let parsed = text.strip_prefix("sha256-").and_then(|hex| {
            let mut bytes = [0u8; 32];
            decode_hex(hex, &mut bytes).then_some(ArtifactId(Digest(bytes)))
        });
        parsed.ok_or_else(|| {
            Error::new(
                Code::BadReference,
                format!(
                    "`{}` is not an artifact id: expected sha256- and 64 lower-case hex digits",
                    text.escape_debug()
                ),
            )
        })
    }

    /// The digest of the manifest's canonical bytes.
    pub const fn digest(&self) -> Digest {
        self.0
    }

    /// `sha256-` and eight hex digits, for people.
    pub fn short(&self) -> String {
        format!("sha256-{}", self.0.short())
    }
}

impl fmt::Display for ArtifactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256-{}", self.0)
    }
}

impl fmt::Debug for ArtifactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256-{}", self.0)
    }
}

impl Serialize for ArtifactId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ArtifactId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        ArtifactId::parse(&text).map_err(|error| serde::de::Error::custom(error.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_what_it_prints_and_nothing_else() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Digest::parse(&digest.hex()).unwrap(), digest);
        assert_eq!(Digest::parse(&digest.prefixed()).unwrap(), digest);
        for wrong in ["", "sha256:", "BA7816BF", &digest.hex().to_uppercase(), &digest.hex()[1..]] {
            assert_eq!(Digest::parse(wrong).unwrap_err().code, Code::BadArgument, "{wrong}");
        }
    }

    #[test]
    fn an_artifact_id_has_a_dash_and_not_a_colon() {
        let id = ArtifactId::new(Digest::of(b"abc"));
        assert_eq!(ArtifactId::parse(&id.to_string()).unwrap(), id);
        assert!(ArtifactId::parse(&id.digest().prefixed()).is_err());
    }
}
