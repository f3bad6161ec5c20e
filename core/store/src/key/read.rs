//! Reads private keys: OpenSSH's own format, plain or encrypted, and PKCS#8 in PEM. What else people have is named.

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ssh_key::PrivateKey;
use zeroize::Zeroizing;

use refmark_records::signature::key_type_name;
use refmark_records::signature::wire::{Reader, unarmor, unbase64};
use refmark_types::error::{Code, Error, Result};

/// A private key as it was read.
pub(super) enum Secret {
    /// Ready to sign.
    Open(SigningKey),
    /// Encrypted with a passphrase.
    Locked(LockedKey),
}

/// An OpenSSH key whose passphrase is not known yet.
pub(super) struct LockedKey(PrivateKey);

impl LockedKey {
    /// The key, where this is its passphrase.
    pub(super) fn unlock(&self, passphrase: &str) -> Option<SigningKey> {
        self.0.decrypt(passphrase).ok().as_ref().and_then(signing_key)
    }
}

/// True where this text is meant as a private key and not as a path.
pub(super) fn looks_private(text: &str) -> bool {
    text.contains("-----BEGIN ") || text.trim_start().starts_with("PuTTY-User-Key-File-")
}

/// The text of a private key that was put into base64, whole, because a variable holds no lines. Nothing where this is
/// something else.
pub(super) fn wrapped_in_base64(text: &str) -> Option<Zeroizing<String>> {
    const SHORTEST: usize = 80;
    let plain = Zeroizing::new(text.split_whitespace().collect::<String>());
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if plain.len() < SHORTEST || !plain.bytes().all(is_base64) {
        return None;
    }
    let bytes = Zeroizing::new(unbase64(&plain)?);
    let inner = std::str::from_utf8(&bytes).ok().filter(|inner| looks_private(inner))?;
    Some(Zeroizing::new(inner.to_owned()))
}

/// Reads the text of a private key. `origin` says where it came from and begins every sentence; the text itself is in
/// none of them. An error with code `bad-key` where it is no ed25519 key that can be read.
pub(super) fn read_private(text: &str, origin: &str) -> Result<Secret> {
    if text.trim_start().starts_with("PuTTY-User-Key-File-") {
        return Err(bad(format!("{origin} is in PuTTY's format"))
            .hint("export it as an OpenSSH key: `puttygen KEY.ppk -O private-openssh-new -o KEY`"));
    }
    // CI systems and `.env` files keep a secret on one line, with its newlines written as \n or as spaces.
    let text = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    let (label, body) = unarmor(&text).ok_or_else(|| {
        bad(format!("{origin} is not the whole text of a private key, from its BEGIN line to its END line"))
            .hint("copy the whole file, the first and the last line too")
    })?;
    let body = Zeroizing::new(body);
    let decode = || {
        unbase64(&body)
            .map(Zeroizing::new)
            .ok_or_else(|| bad(format!("the text between the BEGIN and END lines of {origin} is not base64")))
    };
    match label {
        "OPENSSH PRIVATE KEY" => read_openssh(&decode()?, origin),
        "PRIVATE KEY" => read_pkcs8(&decode()?, origin),
        "ENCRYPTED PRIVATE KEY" => {
            Err(bad(format!("{origin} is an encrypted PKCS#8 key, which refmark does not read"))
                .hint("decrypt it with `openssl pkey -in KEY -out PLAIN`, or use an encrypted OpenSSH key"))
        }
        "RSA PRIVATE KEY" => Err(other_type(origin, "ssh-rsa")),
        "EC PRIVATE KEY" => Err(other_type(origin, "ecdsa-sha2-")),
        "DSA PRIVATE KEY" => Err(other_type(origin, "ssh-dss")),
        other => Err(bad(format!("{origin} is armored as `{}`, not as a private key", other.escape_debug()))
            .hint("expected `BEGIN OPENSSH PRIVATE KEY` or `BEGIN PRIVATE KEY`")),
    }
}

fn read_openssh(bytes: &[u8], origin: &str) -> Result<Secret> {
    // The type stands in the clear before everything else, also of key types that the library does not read.
    if let Some(kind) = openssh_type(bytes)
        && kind != "ssh-ed25519"
    {
        return Err(other_type(origin, kind));
    }
    let key = PrivateKey::from_bytes(bytes)
        .map_err(|error| bad(format!("{origin} is damaged as an OpenSSH key: {error}")))?;
    if key.is_encrypted() {
        return Ok(Secret::Locked(LockedKey(key)));
    }
    let secret = signing_key(&key)
        .ok_or_else(|| bad(format!("{origin} is damaged: its public half does not belong to its private half")))?;
    Ok(Secret::Open(secret))
}

/// The type of the first key in an OpenSSH private key file.
fn openssh_type(bytes: &[u8]) -> Option<&str> {
    let mut reader = Reader::new(bytes.strip_prefix(b"openssh-key-v1\0")?);
    let (_cipher, _kdf, _options) = (reader.string()?, reader.string()?, reader.string()?);
    let _count = reader.number()?;
    Reader::new(reader.string()?).text()
}

/// The seed of a decrypted ed25519 key, where the public half that stands in the clear is the seed's own. That it is the
/// one beside the seed too, the library sees to.
fn signing_key(key: &PrivateKey) -> Option<SigningKey> {
    let pair = key.key_data().ed25519()?;
    let secret = SigningKey::from_bytes(&Zeroizing::new(pair.private.to_bytes()));
    let public = key.public_key().key_data().ed25519()?;
    (secret.verifying_key().as_bytes() == &public.0).then_some(secret)
}

fn read_pkcs8(der: &[u8], origin: &str) -> Result<Secret> {
    use ed25519_dalek::pkcs8::PrivateKeyInfoRef;
    /// RFC 8410's id-Ed25519.
    const ED25519: &str = "1.3.101.112";
    let info = PrivateKeyInfoRef::try_from(der)
        .map_err(|error| bad(format!("{origin} is damaged as a PKCS#8 key: {error}")))?;
    let kind = match info.algorithm.oid.to_string().as_str() {
        ED25519 => None,
        "1.2.840.113549.1.1.1" => Some("an RSA key"),
        "1.2.840.10045.2.1" => Some("an ECDSA key"),
        "1.3.101.110" => Some("an X25519 key, which cannot sign"),
        "1.3.101.113" => Some("an Ed448 key"),
        _ => Some("of another type"),
    };
    if let Some(kind) = kind {
        return Err(wrong_type(origin, kind));
    }
    SigningKey::from_pkcs8_der(der)
        .map(Secret::Open)
        .map_err(|error| bad(format!("{origin} is damaged as a PKCS#8 ed25519 key: {error}")))
}

fn other_type(origin: &str, kind: &str) -> Box<Error> {
    wrong_type(origin, &key_type_name(kind))
}

fn wrong_type(origin: &str, kind: &str) -> Box<Error> {
    bad(format!("{origin} is {kind}, and refmark signs with ed25519"))
        .hint("make an ed25519 key with `ssh-keygen -t ed25519`")
}

fn bad(message: String) -> Box<Error> {
    Error::new(Code::BadKey, message)
}
