//! A commit object's signature: where it stands in the bytes, and over what it was made.

use super::sshsig::{COMMIT_NAMESPACE, SshSignature};
use refmark_types::error::{Code, Error, Result};

/// A commit object taken apart: the armored signature, and the bytes that it was made over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCommit {
    /// The armored signature, SSH's or another program's, with a newline at the end.
    pub signature: String,
    /// The commit object without its signature header.
    pub payload: Vec<u8>,
}

impl SignedCommit {
    /// Reads the signature as SSH's and checks it over the commit. The signature, with its key, where it verifies; a
    /// error with code `bad-signature` or `bad-key` where it is another program's, another key type's, or does not.
    pub fn verify(&self) -> Result<SshSignature> {
        let signature = SshSignature::parse(&self.signature)?;
        signature.verify(COMMIT_NAMESPACE, &self.payload)?;
        Ok(signature)
    }
}

/// Takes the raw bytes of a commit object apart, without its `commit <size>` header. None where the commit carries no
/// signature. An error with code `bad-signature` where it carries more than one signature header: Git itself looks at
/// one of them and shows the other nowhere.
pub fn split_commit(raw: &[u8]) -> Result<Option<SignedCommit>> {
    let mut payload = Vec::with_capacity(raw.len());
    let mut signature: Option<Vec<u8>> = None;
    let mut inside = false;
    let mut rest = raw;
    while let Some((line, tail)) = next_line(rest) {
        if line == b"\n" {
            break;
        }
        let value = line.strip_prefix(b"gpgsig ").or_else(|| line.strip_prefix(b"gpgsig-sha256 "));
        match (value, line.strip_prefix(b" "), signature.as_mut()) {
            (Some(_), _, Some(_)) => {
                return Err(Error::new(Code::BadSignature, "the commit carries more than one signature header")
                    .hint("such a commit was not made by Git or refmark; ask its author"));
            }
            (Some(value), _, None) => {
                signature = Some(value.to_vec());
                inside = true;
            }
            (None, Some(more), Some(signature)) if inside => signature.extend_from_slice(more),
            _ => {
                inside = false;
                payload.extend_from_slice(line);
            }
        }
        rest = tail;
    }
    payload.extend_from_slice(rest);
    let Some(signature) = signature else { return Ok(None) };
    let signature = String::from_utf8(signature)
        .map_err(|_| Error::new(Code::BadSignature, "the commit's signature header is not text"))?;
    Ok(Some(SignedCommit { signature, payload }))
}

/// The first line with its newline, and what follows it.
fn next_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    Some(bytes.split_at(end))
}
