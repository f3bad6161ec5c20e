//! Makes a key of refmark's own.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use ed25519_dalek::SigningKey;
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::public::Ed25519PublicKey;
use ssh_key::{LineEnding, PrivateKey};
use zeroize::Zeroizing;

use super::private_files;
use super::secret_key::HeldKey;
use crate::fs::disk::io_error;
use refmark_engine::ports::signer::Signer;
use refmark_types::digest::encode_hex;
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::hint::{Choice, Hint, Next};

/// Makes a new ed25519 key and writes it to `path` as an unencrypted OpenSSH private key with the comment `refmark`,
/// mode 0600; folders that are missing are made with mode 0700. The file is whole and on disk before this returns, or
/// not there. An error with code `exists` where something stands at `path`: a key is never written over.
pub fn generate(path: &Path) -> Result<Box<dyn Signer>> {
    let mut seed = Zeroizing::new([0u8; 32]);
    random(&mut *seed)?;
    keep(&seed, path)
}

/// Writes the key of a seed (RFC 8032's secret key) as [`generate`] writes a new one. For examples, whose keys anybody may
/// know.
pub fn keep(seed: &[u8; 32], path: &Path) -> Result<Box<dyn Signer>> {
    if path.symlink_metadata().is_ok() {
        return Err(exists(path));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private_files::private_folders().create(folder).map_err(|error| cannot(path, &error))?;
    let secret = SigningKey::from_bytes(seed);
    let text = openssh_text(seed, &secret)?;
    write_new(folder, path, text.as_bytes())?;
    Ok(Box::new(HeldKey::new(secret, format!("the file {}", path.display()))?))
}

fn openssh_text(seed: &[u8; 32], secret: &SigningKey) -> Result<Zeroizing<String>> {
    let pair = Ed25519Keypair {
        public: Ed25519PublicKey(secret.verifying_key().to_bytes()),
        private: Ed25519PrivateKey::from_bytes(seed),
    };
    PrivateKey::new(KeypairData::Ed25519(pair), "refmark")
        .and_then(|key| key.to_openssh(LineEnding::LF))
        .map_err(|error| bug(format!("a new key cannot be written as OpenSSH's: {error}")))
}

fn write_new(folder: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    let mut tail = [0u8; 8];
    random(&mut tail)?;
    let staged = folder.join(format!(".refmark-key-{}.tmp", encode_hex(&tail)));
    let written = stage(&staged, bytes).and_then(|()| place(&staged, path));
    // The second name of a placed file, or what is left of one that could not be: it holds key material either way.
    let removed = match fs::remove_file(&staged) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    written.and(removed).and_then(|()| private_files::sync_folder(folder)).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => cannot(path, &error),
    })
}

fn stage(staged: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private_files::new_private_file().open(staged)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives the staged file its name, where nothing has that name. A hard link fails where the name is taken; on a file
/// system without links, a rename after a look is the best there is.
fn place(staged: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(staged, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if path.symlink_metadata().is_err() => fs::rename(staged, path),
        Err(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Ok(()) => Ok(()),
    }
}

fn random(into: &mut [u8]) -> Result<()> {
    getrandom::fill(into)
        .map_err(|error| Error::new(Code::Io, format!("the system gives no random bytes for a key: {error}")))
}

fn exists(path: &Path) -> Box<Error> {
    let path = path.display().to_string();
    Error::new(Code::Exists, format!("{path} exists, and a key is never written over"))
        .hint(Hint::of("use it, or move it away first: ").then(Next::With(Choice::Key)))
        .at(path)
}

fn cannot(path: &Path, error: &io::Error) -> Box<Error> {
    io_error("write a key to", path, error)
        .hint(Hint::of("set HOME, or name a key that is there by REFMARK_KEY or ").then(Next::With(Choice::Key)))
}
