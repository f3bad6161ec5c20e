//! Signatures over statements and commits, and the public keys that they are checked with. Pure: signing itself is a
//! port (floor 3), because a key may live in a file, an agent or a CI secret.
//!
//! A statement is signed as DSSE does it, so that any record exports as an envelope that other tools verify
//! ([`to_dsse_envelope`]). A commit is signed as OpenSSH does it ([`SshSignature`]), so that Git and forges verify it.

mod commit;
mod public;
mod sshsig;
pub mod wire;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use commit::{SignedCommit, split_commit};
pub use public::{KeyId, PublicKey, allowed_signers_line, key_type_name};
pub use sshsig::{COMMIT_NAMESPACE, SshSignature, ssh_signed_data};

use refmark_types::error::{Code, Error, Result};

/// The DSSE payload type of every statement: an in-toto Statement in JSON.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// One signature of a record: who signed, as a key's fingerprint, and the 64 bytes of an ed25519 signature over the
/// statement's [`pae`]. As JSON `{"keyid": "SHA256:…", "sig": "<base64 with padding>"}`, and no other base64 form reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The fingerprint of the key that signed.
    pub keyid: KeyId,
    /// The signature's 64 bytes.
    #[serde(serialize_with = "print_sig", deserialize_with = "parse_sig")]
    pub sig: [u8; 64],
}

impl Signature {
    /// Checks this signature by `key` over the canonical bytes of a statement. An error with code `bad-signature` where
    /// the fingerprint is another key's, or the signature does not verify.
    pub fn verify(&self, key: &PublicKey, statement: &[u8]) -> Result<()> {
        let expected = key.id();
        if self.keyid != expected {
            return Err(Error::new(
                Code::BadSignature,
                format!("the signature names the key {} and was checked with {expected}", self.keyid),
            )
            .field("expected", expected)
            .field("found", self.keyid));
        }
        verify(key, &pae(PAYLOAD_TYPE, statement), &self.sig)
    }
}

fn print_sig<S: Serializer>(sig: &[u8; 64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&wire::base64(sig))
}

fn parse_sig<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 64], D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    wire::unbase64(&text)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| serde::de::Error::custom("expected the standard base64, with padding, of 64 signature bytes"))
}

/// The DSSE pre-authentication encoding: what is signed in place of a body, so that a type cannot be exchanged.
/// `DSSEv1 <length of type> <type> <length of body> <body>`, with lengths in bytes as decimal ASCII.
pub fn pae(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Checks an ed25519 signature over exactly these bytes, by the strict rules: the group order bounds `S`, and neither
/// key nor `R` may be of small order. An error with code `bad-signature` where it does not verify.
pub fn verify(key: &PublicKey, message: &[u8], sig: &[u8; 64]) -> Result<()> {
    key.verifying().verify_strict(message, &ed25519_dalek::Signature::from_bytes(sig)).map_err(|_| {
        let id = key.id();
        Error::new(Code::BadSignature, format!("the signature by {id} does not verify over these bytes"))
            .field("keyid", id)
    })
}

/// A real DSSE envelope of a statement: `{payloadType, payload, signatures: [{keyid, sig}]}`, with the payload as
/// base64. `statement` is the canonical bytes that were signed.
pub fn to_dsse_envelope(statement: &[u8], signatures: &[Signature]) -> serde_json::Value {
    let signatures: Vec<serde_json::Value> = signatures
        .iter()
        .map(|one| serde_json::json!({ "keyid": one.keyid.to_string(), "sig": wire::base64(&one.sig) }))
        .collect();
    serde_json::json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": wire::base64(statement),
        "signatures": signatures,
    })
}

#[cfg(test)]
mod tests;
