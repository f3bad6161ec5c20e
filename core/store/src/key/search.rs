//! Finds the key to sign with.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::read::{LockedKey, Secret, looks_private, read_private, wrapped_in_base64};
use super::secret_key::HeldKey;
use super::{Signers, agent, private_files};
use refmark_engine::ports::signer::Signer;
use refmark_records::signature::{KeyId, PublicKey};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};

/// Asks a person for the passphrase of the key at this path; None where nobody can be asked, or nobody answers.
pub type PassphrasePrompt<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// Everything that the search for a key looks at. Nothing else is read.
#[derive(Clone, Default)]
pub struct KeySearch<'a> {
    /// What `--key` says: a path, the text of a private key, or a public key or fingerprint that the agent holds.
    pub explicit: Option<OsString>,
    /// What `REFMARK_KEY` says, in the same forms. Empty counts as unset.
    pub variable: Option<OsString>,
    /// The ssh-agent's socket (`SSH_AUTH_SOCK`).
    pub agent: Option<PathBuf>,
    /// The home folder, for `.ssh/id_ed25519` and for paths that begin with `~/`.
    pub home: Option<PathBuf>,
    /// The folder of user configuration, for `refmark/key`.
    pub config: Option<PathBuf>,
    /// Asked, up to three times, for a key that `explicit` names; never for another.
    pub passphrase: Option<PassphrasePrompt<'a>>,
    /// The keys of the policy's members. Where several keys are found, the first that is among these wins.
    pub only: Option<&'a [PublicKey]>,
}

impl KeySearch<'_> {
    /// A search by this process's environment: `REFMARK_KEY`, `SSH_AUTH_SOCK`, the home folder, and `XDG_CONFIG_HOME`
    /// or else `.config` in the home folder. Without a named key, prompt or policy.
    pub fn from_env() -> Self {
        Self::from_values(|name| std::env::var_os(name), std::env::home_dir())
    }

    pub(super) fn from_values(value: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Self {
        let path = |name| value(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let home = home.filter(|home| home.is_absolute());
        let xdg = path("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        KeySearch {
            variable: value("REFMARK_KEY"),
            agent: path("SSH_AUTH_SOCK"),
            config: xdg.or_else(|| home.as_ref().map(|home| home.join(".config"))),
            home,
            ..KeySearch::default()
        }
    }
}

/// The key that was found, and what was passed over on the way to it.
pub struct Found {
    /// The key to sign with.
    pub signer: Box<dyn Signer>,
    /// Sentences for people: keys that were passed over and why, and modes that are too open.
    pub notes: Vec<String>,
}

/// Where refmark's own key lies below a folder of user configuration.
pub fn own_key_path(config: &Path) -> PathBuf {
    config.join("refmark").join("key")
}

/// [`look`] without its notes.
pub fn find(search: &KeySearch<'_>) -> Result<Box<dyn Signer>> {
    look(search).map(|found| found.signer)
}

/// Looks for a key, in order: the one that `--key` names, `REFMARK_KEY`, an ssh-agent's, an unencrypted
/// `~/.ssh/id_ed25519`, refmark's own. A named key is used or is an error, and never another in its place. An error with
/// code `no-key` where there is none (its hint says what was passed over), `bad-key` where a named one cannot be used.
pub fn look(search: &KeySearch<'_>) -> Result<Found> {
    let mut notes = Vec::new();
    if let Some(value) = &search.explicit {
        let signer = Named { search, label: "--key", value, prompt: search.passphrase }.open(&mut notes)?;
        return Ok(Found { signer, notes });
    }
    match &search.variable {
        Some(value) if value.is_empty() => {
            notes.push("REFMARK_KEY is set and empty, as a secret is in a workflow of a fork".to_owned());
        }
        Some(value) => {
            let signer = Named { search, label: "REFMARK_KEY", value, prompt: None }.open(&mut notes)?;
            return Ok(Found { signer, notes });
        }
        None => {}
    }
    look_around(search, notes)
}

/// The places where a key may lie that nobody named, each looked at only where those before it had none that fits.
fn look_around(search: &KeySearch<'_>, mut notes: Vec<String>) -> Result<Found> {
    let places: [fn(&KeySearch<'_>, &mut Vec<String>) -> Signers; 3] = [in_agent, in_home, in_config];
    let mut first: Option<Box<dyn Signer>> = None;
    for place in places {
        for signer in place(search, &mut notes) {
            if search.only.is_none_or(|members| members.contains(&signer.public())) {
                return Ok(Found { signer, notes });
            }
            notes.push(format!("{} is not the key of a member of the policy", signer.describe()));
            first.get_or_insert(signer);
        }
    }
    match first {
        Some(signer) => Ok(Found { signer, notes }),
        None => Err(no_key(&notes)),
    }
}

fn no_key(notes: &[String]) -> Box<Error> {
    let next = "make one with `ssh-keygen -t ed25519`, or name one by REFMARK_KEY or ";
    let words = notes.iter().map(String::as_str).chain([next]).collect::<Vec<_>>().join("; ");
    let hint = Hint::of(words).then(Next::With(Choice::Key));
    Error::new(Code::NoKey, "no signing key was found").hint(hint).field("passed_over", notes)
}

fn in_agent(search: &KeySearch<'_>, notes: &mut Vec<String>) -> Signers {
    let Some(socket) = &search.agent else { return Vec::new() };
    match agent::identities(socket) {
        Ok((signers, passed_over)) => {
            notes.extend(passed_over);
            signers
        }
        Err(error) => {
            notes.push(error.message);
            Vec::new()
        }
    }
}

fn in_home(search: &KeySearch<'_>, notes: &mut Vec<String>) -> Signers {
    let Some(folder) = search.home.as_ref().map(|home| home.join(".ssh")) else { return Vec::new() };
    let signers = unasked(&folder.join("id_ed25519"), notes);
    for name in ["id_rsa", "id_ecdsa", "id_dsa", "id_ed25519_sk", "id_ecdsa_sk"] {
        let path = folder.join(name);
        if path.is_file() {
            notes.push(format!(
                "{} was passed over: refmark signs with ed25519 keys in files or agents",
                path.display()
            ));
        }
    }
    signers
}

fn in_config(search: &KeySearch<'_>, notes: &mut Vec<String>) -> Signers {
    let Some(path) = search.config.as_deref().map(own_key_path) else { return Vec::new() };
    match path.metadata() {
        Ok(metadata) if private_files::is_open_to_others(&metadata) => {
            notes.push(format!(
                "{0} was passed over: others can read or write it; run `chmod 600 {0}`, and make a new key if they may \
                 have read it",
                path.display()
            ));
            Vec::new()
        }
        _ => unasked(&path, notes),
    }
}

/// The key at a path that nobody named: where it cannot be used, a note says why.
fn unasked(path: &Path, notes: &mut Vec<String>) -> Signers {
    let opened = read_key_file(path).map_err(|error| unreadable(path, &error)).and_then(|file| {
        notes.extend(file.warning());
        match read_private(&file.text, &file.origin)? {
            Secret::Open(secret) => Ok(HeldKey::new(secret, file.origin)?),
            Secret::Locked(_) => Err(locked(&file.origin, path)),
        }
    });
    match opened {
        Ok(key) => return vec![Box::new(key)],
        Err(error) if error.code == Code::NoKey => {}
        Err(error) => notes.push(match error.hint {
            Some(hint) => format!("{}: {hint}", error.message),
            None => error.message,
        }),
    }
    Vec::new()
}

/// How often a person may try a passphrase, as in `ssh`.
const ATTEMPTS: usize = 3;

/// A key that somebody named, by `--key` or `REFMARK_KEY`.
struct Named<'a> {
    search: &'a KeySearch<'a>,
    label: &'a str,
    value: &'a OsString,
    prompt: Option<PassphrasePrompt<'a>>,
}

impl Named<'_> {
    fn open(&self, notes: &mut Vec<String>) -> Result<Box<dyn Signer>> {
        let inner = self.value.to_str().and_then(wrapped_in_base64);
        let text = inner.as_ref().map(|text| text.as_str()).or(self.value.to_str());
        match text.map(str::trim) {
            Some(text) if looks_private(text) => match read_private(text, self.label)? {
                Secret::Open(secret) => Ok(Box::new(HeldKey::new(secret, self.label)?)),
                Secret::Locked(_) => Err(Error::new(Code::BadKey, format!("the key in {} is encrypted", self.label))
                    .hint("give a key without a passphrase here, such as one made for CI alone")),
            },
            Some(text) if text.starts_with("SHA256:") => self.in_agent(KeyId::parse(text)?),
            Some(text) if looks_public(text) => self.in_agent(PublicKey::parse(text)?.id()),
            _ => self.open_path(notes),
        }
    }

    fn open_path(&self, notes: &mut Vec<String>) -> Result<Box<dyn Signer>> {
        let path = self.path();
        let file = read_key_file(&path).map_err(|error| self.no_file(&path, &error))?;
        if !looks_private(&file.text) && looks_public(&file.text) {
            let key = PublicKey::parse(&file.text)?;
            return self.behind_public(&path, key, notes);
        }
        self.open_private(&path, file, notes)
    }

    fn path(&self) -> PathBuf {
        let path = Path::new(self.value);
        match (path.strip_prefix("~"), &self.search.home) {
            (Ok(below), Some(home)) => home.join(below),
            _ => path.to_owned(),
        }
    }

    fn open_private(&self, path: &Path, file: KeyFile, notes: &mut Vec<String>) -> Result<Box<dyn Signer>> {
        notes.extend(file.warning());
        let secret = match read_private(&file.text, &file.origin)? {
            Secret::Open(secret) => secret,
            Secret::Locked(key) => self.unlock(&key, path, &file.origin)?,
        };
        Ok(Box::new(HeldKey::new(secret, file.origin)?))
    }

    fn unlock(&self, key: &LockedKey, path: &Path, origin: &str) -> Result<SigningKey> {
        let mut error = locked(origin, path);
        for _ in 0..ATTEMPTS {
            let Some(passphrase) = self.prompt.and_then(|prompt| prompt(path)).map(Zeroizing::new) else { break };
            if let Some(secret) = key.unlock(&passphrase) {
                return Ok(secret);
            }
            error = Error::new(Code::BadKey, format!("the passphrase is not that of {origin}"));
        }
        Err(error)
    }

    /// A public key was named, as in Git's `user.signingkey`: the agent's private half, or the file beside it.
    fn behind_public(&self, path: &Path, key: PublicKey, notes: &mut Vec<String>) -> Result<Box<dyn Signer>> {
        let missing = match self.in_agent(key.id()) {
            Ok(signer) => return Ok(signer),
            Err(error) => error,
        };
        if path.extension().is_none_or(|extension| extension != "pub") {
            return Err(missing);
        }
        let private = path.with_extension("");
        let Ok(file) = read_key_file(&private) else { return Err(missing) };
        let signer = self.open_private(&private, file, notes)?;
        if signer.public() != key {
            return Err(Error::new(
                Code::BadKey,
                format!("{} is not the public half of {}", path.display(), private.display()),
            ));
        }
        Ok(signer)
    }

    fn in_agent(&self, id: KeyId) -> Result<Box<dyn Signer>> {
        let absent = |why: &str| {
            Error::new(Code::NoKey, format!("{} names the public key {id}, and {why}", self.label))
                .hint("add its private half with `ssh-add`, or name the private key's file")
                .field("keyid", id)
        };
        let Some(socket) = &self.search.agent else { return Err(absent("there is no ssh-agent (SSH_AUTH_SOCK)")) };
        let (signers, _) = agent::identities(socket)?;
        signers.into_iter().find(|signer| signer.public().id() == id).ok_or_else(|| absent("the ssh-agent lacks it"))
    }

    /// The value is not repeated where it may be a secret that was pasted without its BEGIN line.
    fn no_file(&self, path: &Path, error: &io::Error) -> Box<Error> {
        let code = match error.kind() {
            io::ErrorKind::InvalidData => Code::BadKey,
            _ => Code::NoKey,
        };
        let hint = "give a path, or the whole text of an OpenSSH or PKCS#8 ed25519 key, which may be in base64";
        // A text that is no key may still be a secret: it is not repeated.
        let is_text = error.kind() == io::ErrorKind::InvalidFilename;
        if self.label == "REFMARK_KEY" || is_text {
            let error = if is_text { "it is too long for a path".to_owned() } else { error.to_string() };
            let why = format!("{} is neither the text of a key nor a file that can be read: {error}", self.label);
            return Error::new(code, why).hint(hint);
        }
        let path = path.display().to_string();
        Error::new(code, format!("the key {path}, named by {}, cannot be read: {error}", self.label))
            .hint(hint)
            .at(path)
    }
}

fn looks_public(text: &str) -> bool {
    let kind = text.split_ascii_whitespace().next().unwrap_or("");
    text.trim_ascii().contains(' ') && ["ssh-", "ecdsa-", "sk-"].iter().any(|prefix| kind.starts_with(prefix))
}

fn locked(origin: &str, path: &Path) -> Box<Error> {
    Error::new(Code::BadKey, format!("{origin} is encrypted, and its passphrase is not known")).hint(
        Hint::of(format!("add it to an agent with `ssh-add {}`, or name it on a terminal: ", path.display()))
            .then(Next::With(Choice::Key)),
    )
}

fn unreadable(path: &Path, error: &io::Error) -> Box<Error> {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::NoKey,
        io::ErrorKind::InvalidData => Code::BadKey,
        _ => Code::Io,
    };
    Error::new(code, format!("the key {} cannot be read: {error}", path.display()))
}

/// A key file's text, and how to speak of it.
struct KeyFile {
    text: Zeroizing<String>,
    origin: String,
    open_to_others: Option<PathBuf>,
}

impl KeyFile {
    fn warning(&self) -> Option<String> {
        let path = self.open_to_others.as_ref()?;
        Some(format!("{0} can be read or written by others: run `chmod 600 {0}`", path.display()))
    }
}

/// More than any key is: 16,384 bits of RSA take about 13 KB.
const MAX_KEY_FILE: u64 = 64 * 1024;

fn read_key_file(path: &Path) -> io::Result<KeyFile> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // One allocation: a string that grows leaves copies of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_KEY_FILE as usize + 1));
    file.take(MAX_KEY_FILE + 1).read_to_end(&mut bytes)?;
    let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
    if bytes.len() as u64 > MAX_KEY_FILE {
        return Err(invalid("it is too large for a key file"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| invalid("it is not text"))?;
    let open = private_files::is_open_to_others(&metadata) && looks_private(text);
    let inner = wrapped_in_base64(text);
    let text = inner.as_ref().map_or(text, |text| text.as_str());
    let open = open || (inner.is_some() && private_files::is_open_to_others(&metadata));
    let mut origin = format!("the file {}", path.display());
    if open {
        origin.push_str(" (others can read or write it)");
    }
    Ok(KeyFile { text: Zeroizing::new(text.to_owned()), origin, open_to_others: open.then(|| path.to_owned()) })
}
