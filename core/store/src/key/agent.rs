//! A small client of the ssh-agent protocol: list the keys, sign with one.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Signers;
use refmark_engine::ports::signer::Signer;
use refmark_records::signature::wire::{Reader, put_string};
use refmark_records::signature::{PublicKey, key_type_name, verify};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// What OpenSSH's own client takes.
const MAX_ANSWER: usize = 256 * 1024;
/// An agent answers from memory; one that hangs must not hang refmark.
const LIST_TIMEOUT: Duration = Duration::from_secs(5);
/// A person may have to confirm.
const SIGN_TIMEOUT: Duration = Duration::from_secs(120);

/// The ed25519 keys that the agent at this socket holds, in its order, and a sentence for every other key. An error with
/// code `no-key` where it does not answer, or not in the protocol's form.
pub(super) fn identities(socket: &Path) -> Result<(Signers, Vec<String>)> {
    let answer = exchange(socket, &[REQUEST_IDENTITIES], LIST_TIMEOUT)?;
    parse_identities(&answer, socket).ok_or_else(|| malformed(socket, "its list of keys"))
}

fn parse_identities(answer: &[u8], socket: &Path) -> Option<(Signers, Vec<String>)> {
    let mut reader = Reader::new(answer);
    if reader.take(1)? != [IDENTITIES_ANSWER] {
        return None;
    }
    let (mut signers, mut passed_over): (Signers, Vec<String>) = (Vec::new(), Vec::new());
    for _ in 0..reader.number()? {
        let blob = reader.string()?;
        let comment = String::from_utf8_lossy(reader.string()?).escape_debug().take(80).collect::<String>();
        let kind = Reader::new(blob).text()?;
        match PublicKey::from_blob(blob) {
            Ok(public) => signers.push(Box::new(AgentKey { socket: socket.to_owned(), public, comment })),
            Err(_) if kind != "ssh-ed25519" => passed_over.push(format!(
                "the ssh-agent's key `{comment}` was passed over: it is {}, and refmark signs with ed25519",
                key_type_name(kind)
            )),
            Err(error) => {
                passed_over.push(format!("the ssh-agent's key `{comment}` was passed over: {}", error.message));
            }
        }
    }
    Some((signers, passed_over))
}

/// A key that an agent holds. Each signature is a connection of its own, because agents close idle ones.
struct AgentKey {
    socket: PathBuf,
    public: PublicKey,
    comment: String,
}

impl Signer for AgentKey {
    fn public(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64]> {
        let mut request = vec![SIGN_REQUEST];
        put_string(&mut request, &self.public.blob());
        put_string(&mut request, message);
        request.extend_from_slice(&0u32.to_be_bytes());
        let answer = exchange(&self.socket, &request, SIGN_TIMEOUT)?;
        let refused = || {
            Error::new(Code::NoKey, format!("the ssh-agent did not sign with {}", self.describe()))
                .hint("see whether `ssh-add -l` still lists the key, or whether the agent asks for a confirmation")
        };
        let sig = parse_signature(&answer).ok_or_else(refused)?;
        // An agent is another program: what it hands back is not signed into a record unseen.
        verify(&self.public, message, &sig).map_err(|_| malformed(&self.socket, "a signature"))?;
        Ok(sig)
    }

    fn describe(&self) -> String {
        format!("the ssh-agent's key {} ({})", self.public.id(), self.comment)
    }
}

fn parse_signature(answer: &[u8]) -> Option<[u8; 64]> {
    let mut reader = Reader::new(answer);
    if reader.take(1)? != [SIGN_RESPONSE] {
        return None;
    }
    let mut signature = Reader::new(reader.string()?);
    if signature.text()? != "ssh-ed25519" {
        return None;
    }
    let bytes = signature.string()?.try_into().ok()?;
    (signature.is_done() && reader.is_done()).then_some(bytes)
}

/// Sends one request and reads its answer.
fn exchange(socket: &Path, request: &[u8], timeout: Duration) -> Result<Vec<u8>> {
    try_exchange(socket, request, timeout).map_err(|error| {
        Error::new(Code::NoKey, format!("the ssh-agent at {} does not answer: {error}", socket.display()))
            .hint("start one with `eval $(ssh-agent)`, or unset SSH_AUTH_SOCK")
            .at(socket.display().to_string())
    })
}

fn try_exchange(socket: &Path, request: &[u8], timeout: Duration) -> io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(LIST_TIMEOUT))?;
    let mut framed = Vec::with_capacity(request.len() + 4);
    put_string(&mut framed, request);
    stream.write_all(&framed)?;
    let mut length = [0u8; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > MAX_ANSWER {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("an answer of {length} bytes is too long")));
    }
    let mut answer = vec![0u8; length];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn malformed(socket: &Path, what: &str) -> Box<Error> {
    Error::new(Code::NoKey, format!("the ssh-agent at {} sent {what} that cannot be used", socket.display()))
        .hint(Hint::of("unset SSH_AUTH_SOCK, or name a key: ").then(Next::With(Choice::Key)))
        .at(socket.display().to_string())
}
