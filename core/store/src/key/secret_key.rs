//! A key in this process's memory.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use refmark_engine::ports::signer::Signer;
use refmark_records::signature::PublicKey;
use refmark_types::error::Result;

/// A signer whose key is held in memory, and wiped when it is dropped. Its debug form shows the public half only.
pub struct HeldKey {
    secret: SigningKey,
    public: PublicKey,
    origin: String,
}

impl HeldKey {
    /// A signer from the 32 bytes of an ed25519 seed (RFC 8032's secret key). `origin` says where it came from, for
    /// people. An error with code `bad-key` where its public half is weak, which no honest seed's is.
    pub fn from_seed(seed: &[u8; 32], origin: impl Into<String>) -> Result<HeldKey> {
        HeldKey::new(SigningKey::from_bytes(seed), origin)
    }

    pub(super) fn new(secret: SigningKey, origin: impl Into<String>) -> Result<HeldKey> {
        let public = PublicKey::from_bytes(secret.verifying_key().as_bytes())?;
        Ok(HeldKey { secret, public, origin: origin.into() })
    }
}

impl Signer for HeldKey {
    fn public(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64]> {
        Ok(self.secret.sign(message).to_bytes())
    }

    fn describe(&self) -> String {
        self.origin.clone()
    }
}

impl fmt::Debug for HeldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeldKey({}, {})", self.public.id(), self.origin)
    }
}
