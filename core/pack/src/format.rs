//! The object format of a repository, and what hashes its objects.

use sha2::Digest as _;

use super::object::Kind;
use refmark_types::oid::Oid;

/// Which hash names the objects of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// SHA-1, with detection of forged collisions.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Format {
    pub(super) const ALL: [Format; 2] = [Format::Sha1, Format::Sha256];

    /// Bytes of an id.
    pub(super) fn width(self) -> usize {
        match self {
            Format::Sha1 => 20,
            Format::Sha256 => 32,
        }
    }

    /// The format whose ids look like this one.
    pub(super) fn of(id: Oid) -> Format {
        if id.as_bytes().len() == 20 { Format::Sha1 } else { Format::Sha256 }
    }

    /// The word that Git's configuration has for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Format::Sha1 => "sha1",
            Format::Sha256 => "sha256",
        }
    }

    pub(super) fn hasher(self) -> Hasher {
        match self {
            Format::Sha1 => Hasher::Sha1(Box::default()),
            Format::Sha256 => Hasher::Sha256(Box::default()),
        }
    }

    /// The hash of plain bytes, as in a trailer. Nothing where the bytes are a forged collision.
    pub(super) fn hash(self, bytes: &[u8]) -> Option<Oid> {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The id of an object. Nothing where its bytes are a forged collision.
    pub(super) fn id(self, kind: Kind, bytes: &[u8]) -> Option<Oid> {
        let mut hasher = self.object(kind, bytes.len() as u64);
        hasher.update(bytes);
        hasher.finish()
    }

    /// A hasher that has read an object's header.
    pub(super) fn object(self, kind: Kind, size: u64) -> Hasher {
        let mut hasher = self.hasher();
        hasher.update(kind.word().as_bytes());
        hasher.update(b" ");
        hasher.update(size.to_string().as_bytes());
        hasher.update(b"\0");
        hasher
    }
}

/// A hash under way.
pub(super) enum Hasher {
    Sha1(Box<sha1dc::Hasher>),
    Sha256(Box<sha2::Sha256>),
}

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha1(hasher) => hasher.update(bytes),
            Hasher::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// The id; nothing where the bytes are a forged SHA-1 collision.
    pub(super) fn finish(self) -> Option<Oid> {
        match self {
            Hasher::Sha1(hasher) => Oid::from_bytes(hasher.finalize().ok()?.as_ref()).ok(),
            Hasher::Sha256(hasher) => Oid::from_bytes(&hasher.finalize()).ok(),
        }
    }
}
