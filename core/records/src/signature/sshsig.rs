//! SSHSIG: OpenSSH's signature over a message in a namespace, which Git uses for commits and tags.

use sha2::{Digest as _, Sha256, Sha512};

use super::public::{PublicKey, SSH_ED25519, key_type_name, shorten};
use super::verify;
use super::wire::{self, Reader};
use refmark_types::error::{Code, Error, Result};

/// The namespace in which Git signs commits and tags.
pub const COMMIT_NAMESPACE: &str = "git";

const MAGIC: &[u8] = b"SSHSIG";
const LABEL: &str = "SSH SIGNATURE";
/// An ed25519 signature is about 300 bytes armored; RSA at 16,384 bits stays under this.
const MAX_ARMORED: usize = 16 * 1024;

/// The hash that stands for the message in the signed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    const fn name(self) -> &'static str {
        match self {
            Hash::Sha256 => "sha256",
            Hash::Sha512 => "sha512",
        }
    }

    fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha256 => Sha256::digest(message).to_vec(),
            Hash::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

/// The bytes that a signer signs for `message` in `namespace` (`git` for commits), with SHA-512 as OpenSSH does.
pub fn ssh_signed_data(namespace: &str, message: &[u8]) -> Vec<u8> {
    signed_data(namespace, Hash::Sha512, message)
}

fn signed_data(namespace: &str, hash: Hash, message: &[u8]) -> Vec<u8> {
    let mut data = MAGIC.to_vec();
    wire::put_string(&mut data, namespace.as_bytes());
    wire::put_string(&mut data, b"");
    wire::put_string(&mut data, hash.name().as_bytes());
    wire::put_string(&mut data, &hash.of(message));
    data
}

/// An SSHSIG by an ed25519 key. It carries its key: that it verifies says *which key* signed, never *who may*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSignature {
    key: PublicKey,
    namespace: String,
    hash: Hash,
    sig: [u8; 64],
}

impl SshSignature {
    /// A signature made by `key` over [`ssh_signed_data`] of the same namespace. Not checked here.
    pub fn new(key: PublicKey, namespace: &str, sig: [u8; 64]) -> SshSignature {
        SshSignature { key, namespace: namespace.to_owned(), hash: Hash::Sha512, sig }
    }

    /// The key that the signature says it is by.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The namespace that it was made in, such as `git`.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The armored text, from `-----BEGIN SSH SIGNATURE-----` on, in lines of at most 70 characters, with a newline at
    /// the end. As a commit's header `gpgsig`, Git takes it without that newline, every further line after one space.
    pub fn armor(&self) -> String {
        let mut signature = Vec::with_capacity(83);
        wire::put_string(&mut signature, SSH_ED25519.as_bytes());
        wire::put_string(&mut signature, &self.sig);
        let mut blob = MAGIC.to_vec();
        blob.extend_from_slice(&1u32.to_be_bytes());
        wire::put_string(&mut blob, &self.key.blob());
        wire::put_string(&mut blob, self.namespace.as_bytes());
        wire::put_string(&mut blob, b"");
        wire::put_string(&mut blob, self.hash.name().as_bytes());
        wire::put_string(&mut blob, &signature);
        wire::armor(LABEL, &blob)
    }

    /// Reads an armored signature, whatever its line widths. An error with code `bad-signature` where it is none, or
    /// `bad-key` where it is one by another type of key (which is named) or by a weak key.
    pub fn parse(text: &str) -> Result<SshSignature> {
        if text.len() > MAX_ARMORED {
            return Err(bad(format!("is {} bytes long, over the limit of {MAX_ARMORED}", text.len())));
        }
        let body = match wire::unarmor(text) {
            Some((LABEL, body)) => body,
            Some((label, _)) => {
                return Err(bad(format!("is armored as `{}`, expected `{LABEL}`", shorten(label))));
            }
            None => return Err(bad(format!("does not stand between the lines BEGIN and END {LABEL}"))),
        };
        let blob = wire::unbase64(&body).ok_or_else(|| bad("is not canonical base64 with padding"))?;
        SshSignature::from_blob(&blob)
    }

    fn from_blob(blob: &[u8]) -> Result<SshSignature> {
        let short = || bad("ends too early");
        let mut reader = Reader::new(blob);
        if reader.take(MAGIC.len()) != Some(MAGIC) {
            return Err(bad("does not begin with SSHSIG"));
        }
        let version = reader.number().ok_or_else(short)?;
        if version != 1 {
            return Err(bad(format!("is of version {version}, expected 1")));
        }
        let key = PublicKey::from_blob(reader.string().ok_or_else(short)?)?;
        let namespace = reader.text().ok_or_else(short)?;
        let _reserved = reader.string().ok_or_else(short)?;
        let hash = match reader.text().ok_or_else(short)? {
            "sha512" => Hash::Sha512,
            "sha256" => Hash::Sha256,
            other => return Err(bad(format!("names the hash `{}`, expected sha512 or sha256", shorten(other)))),
        };
        let mut signature = Reader::new(reader.string().ok_or_else(short)?);
        if !reader.is_done() {
            return Err(bad("goes on after its end"));
        }
        let kind = signature.text().ok_or_else(short)?;
        if kind != SSH_ED25519 {
            return Err(bad(format!("carries an ed25519 key and a signature by {}", key_type_name(kind))));
        }
        let sig = signature.string().and_then(|bytes| bytes.try_into().ok());
        match sig {
            Some(sig) if signature.is_done() => Ok(SshSignature { key, namespace: namespace.to_owned(), hash, sig }),
            _ => Err(bad("does not hold exactly 64 signature bytes")),
        }
    }

    /// Checks that the key signed this message in this namespace. An error with code `bad-signature` where it did not.
    /// Who the key belongs to, and what it may do, is for the caller.
    pub fn verify(&self, namespace: &str, message: &[u8]) -> Result<()> {
        if self.namespace != namespace {
            return Err(bad(format!(
                "was made in the namespace `{}`, expected `{}`",
                shorten(&self.namespace),
                shorten(namespace)
            )));
        }
        verify(&self.key, &signed_data(namespace, self.hash, message), &self.sig)
    }
}

fn bad(why: impl std::fmt::Display) -> Box<Error> {
    Error::new(Code::BadSignature, format!("the SSH signature {why}"))
}
