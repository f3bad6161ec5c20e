//! Public keys and their fingerprints, in OpenSSH's text forms: what people already have, and what forges show.

use std::fmt;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::wire::{self, Reader};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};

/// OpenSSH's name of the one key type that refmark signs with.
pub const SSH_ED25519: &str = "ssh-ed25519";

/// An ed25519 public key: 32 bytes, the one canonical encoding of a point that is not of small order. Its text is
/// OpenSSH's line `ssh-ed25519 AAAA…`, which also names the scheme; a comment reads, and is not printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// A key from its 32 bytes. An error with code `bad-key` where they are no point of the curve, not the point's one
    /// canonical encoding, or a point of small order, under which one signature fits any message.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<PublicKey> {
        let bad = |why: &str| Error::new(Code::BadKey, format!("the ed25519 public key {why}")).hint(make_one());
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| bad("is not a point of the curve"))?;
        if key.is_weak() {
            return Err(bad("is weak: its point is of small order, so one signature would fit any message"));
        }
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(bad("is not in the one canonical encoding of its point"));
        }
        Ok(PublicKey(key))
    }

    /// Reads one line `ssh-ed25519 AAAA… [comment]`. An error with code `bad-key` where it is anything else; other key
    /// types are named.
    pub fn parse(text: &str) -> Result<PublicKey> {
        let line = text.trim_ascii();
        if line.contains("PRIVATE KEY") {
            // The text is not repeated: an error may end in a log.
            return Err(Error::new(Code::BadKey, "a private key stands where a public key was expected")
                .hint("give the one line of the .pub file; `ssh-keygen -y -f KEY` prints it"));
        }
        if line.contains(['\n', '\r']) {
            return Err(Error::new(Code::BadKey, "a public key is one line, and several were found").hint(EXPECTED));
        }
        let mut words = line.split_ascii_whitespace();
        let (Some(kind), Some(body)) = (words.next(), words.next()) else {
            return Err(
                Error::new(Code::BadKey, "the text is not a public key of the form `TYPE BASE64`").hint(EXPECTED)
            );
        };
        if kind != SSH_ED25519 {
            return Err(other_type(kind));
        }
        let blob = wire::unbase64(body).ok_or_else(|| {
            Error::new(Code::BadKey, "the body of the ssh-ed25519 key is not canonical base64 with padding")
                .hint("copy the whole line of the .pub file")
        })?;
        PublicKey::from_blob(&blob)
    }

    /// Reads the binary form that SSH sends: `string "ssh-ed25519" string <32 bytes>`.
    pub fn from_blob(blob: &[u8]) -> Result<PublicKey> {
        let mut reader = Reader::new(blob);
        let kind = reader.text().unwrap_or("");
        if kind != SSH_ED25519 {
            return Err(other_type(kind));
        }
        match reader.string().and_then(|bytes| <&[u8; 32]>::try_from(bytes).ok()) {
            Some(bytes) if reader.is_done() => PublicKey::from_bytes(bytes),
            _ => Err(Error::new(Code::BadKey, "the ssh-ed25519 key does not hold exactly 32 bytes")
                .hint("copy the whole line of the .pub file")),
        }
    }

    /// The binary form that SSH sends.
    pub fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::with_capacity(51);
        wire::put_string(&mut blob, SSH_ED25519.as_bytes());
        wire::put_string(&mut blob, self.as_bytes());
        blob
    }

    /// The signature scheme: `ed25519`.
    pub const fn scheme(&self) -> &'static str {
        "ed25519"
    }

    /// The key's 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The fingerprint that stands for this key in signatures.
    pub fn id(&self) -> KeyId {
        KeyId(Sha256::digest(self.blob()).into())
    }

    pub(super) fn verifying(&self) -> &VerifyingKey {
        &self.0
    }
}

const EXPECTED: &str = "expected one line such as `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA… name`";
fn make_one() -> Hint {
    Hint::of("make an ed25519 key: ")
        .then(Next::Run { command: "ssh-keygen -t ed25519".to_owned() })
        .say("; a new registry makes one too: ")
        .then(Next::Init { here: false })
}

fn other_type(kind: &str) -> Box<Error> {
    Error::new(Code::BadKey, format!("the key is {}, and refmark signs with ed25519", key_type_name(kind)))
        .hint(make_one())
        .field("expected", SSH_ED25519)
        .field("found", shorten(kind))
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SSH_ED25519} {}", wire::base64(&self.blob()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        PublicKey::parse(&text).map_err(|error| serde::de::Error::custom(error.message))
    }
}

/// A key's fingerprint as OpenSSH and the forges print it: `SHA256:` and the base64, without padding, of the SHA-256 of
/// the key's binary form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 32]);

impl KeyId {
    /// Reads `SHA256:<43 characters of base64 without padding>`. An error with code `bad-key` for anything else.
    pub fn parse(text: &str) -> Result<KeyId> {
        text.strip_prefix("SHA256:")
            .and_then(wire::unbase64_unpadded)
            .and_then(|bytes| bytes.try_into().ok())
            .map(KeyId)
            .ok_or_else(|| {
                Error::new(
                    Code::BadKey,
                    format!(
                        "`{}` is not a key's fingerprint: expected SHA256: and 43 characters of base64",
                        shorten(text)
                    ),
                )
                .hint("`ssh-keygen -lf KEY.pub` prints it")
            })
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", wire::base64_unpadded(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        KeyId::parse(&text).map_err(|error| serde::de::Error::custom(error.message))
    }
}

/// What people call a key of this OpenSSH type, with its article, such as `an RSA key`; unknown types are quoted.
pub fn key_type_name(kind: &str) -> String {
    let name = match kind {
        SSH_ED25519 => "an ed25519 key",
        "ssh-rsa" | "rsa-sha2-256" | "rsa-sha2-512" => "an RSA key",
        "ssh-dss" => "a DSA key",
        "sk-ssh-ed25519@openssh.com" => "an ed25519 key on a security token (ed25519-sk)",
        "sk-ecdsa-sha2-nistp256@openssh.com" => "an ECDSA key on a security token (ecdsa-sk)",
        kind if kind.starts_with("ecdsa-sha2-") => "an ECDSA key",
        kind if kind.ends_with("-cert-v01@openssh.com") => "an OpenSSH certificate",
        _ => return format!("of the unknown type `{}`", shorten(kind)),
    };
    name.to_owned()
}

/// At most 60 characters of a text from outside, escaped, for a message.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

/// One line of Git's and OpenSSH's `allowed_signers` file, without a newline: this principal may sign commits with this
/// key. An error with code `bad-name` where the principal holds a character that has a meaning there.
pub fn allowed_signers_line(principal: &str, key: &PublicKey) -> Result<String> {
    let special = |c: char| c.is_whitespace() || c.is_control() || "*?!,\"#\\".contains(c);
    if principal.is_empty() || principal.contains(special) {
        return Err(Error::new(
            Code::BadName,
            format!(
                "`{}` cannot stand in an allowed_signers file: it is empty or holds a space or one of * ? ! , \" # \\",
                shorten(principal)
            ),
        )
        .hint("name the principal by letters, digits and . _ - @"));
    }
    Ok(format!("{principal} namespaces=\"git\" {key}"))
}
