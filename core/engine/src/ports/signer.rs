//! The signer port: something that holds an ed25519 key and signs with it. The key may live in a file, in an agent, or
//! in a CI secret; the registry never sees it.

use refmark_records::signature::{
    COMMIT_NAMESPACE, PAYLOAD_TYPE, PublicKey, Signature, SshSignature, pae, ssh_signed_data,
};
use refmark_types::error::Result;

/// Signs messages with one ed25519 key.
pub trait Signer: Send + Sync {
    /// The public half of the key.
    fn public(&self) -> PublicKey;

    /// The 64 bytes of an ed25519 signature over exactly these bytes. An error with code `no-key` where the key's holder
    /// (an agent) is gone or says no.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64]>;

    /// Where the key came from, for people, such as `the file ~/.ssh/id_ed25519`. Never key material.
    fn describe(&self) -> String;
}

/// Signs a statement, given as its canonical bytes, for the `signatures` of its record.
pub fn sign_statement(signer: &dyn Signer, statement: &[u8]) -> Result<Signature> {
    let sig = signer.sign(&pae(PAYLOAD_TYPE, statement))?;
    Ok(Signature { keyid: signer.public().id(), sig })
}

/// Signs a commit, given as its raw object without a signature header. The armored text for the header `gpgsig`
/// (`gpgsig-sha256` in a SHA-256 repository), with a newline at the end that the header leaves out.
pub fn sign_commit(signer: &dyn Signer, payload: &[u8]) -> Result<String> {
    let sig = signer.sign(&ssh_signed_data(COMMIT_NAMESPACE, payload))?;
    Ok(SshSignature::new(signer.public(), COMMIT_NAMESPACE, sig).armor())
}
