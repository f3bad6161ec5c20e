//! The lock file of a consumer's project: what is pinned, by digest. A commented TOML text that people review.

use serde::{Deserialize, Serialize};

use super::manifest::{FileClass, FileEntry, Manifest};
use super::registry_id::RegistryId;
use refmark_types::address::without_secrets;
use refmark_types::canonical::canonical_bytes;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{AliasName, ModelName, RemoteName};
use refmark_types::oid::Oid;
use refmark_types::package_path::{PackagePath, check_set};
use refmark_types::span::Span;
use refmark_types::time::Timestamp;
use refmark_types::toml;
use refmark_types::value::Value;
use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// The number of the lock file's own format.
pub const LOCK_FORMAT: u64 = 2;
/// The largest lock file, in bytes.
pub const LOCK_LIMIT: usize = 16 << 20;
/// So many pins one lock file may have.
pub const MAX_PINS: usize = 10_000;

const HEAD: &str = "\
# refmark.lock: which models this project uses, by digest. Commit this file and review its changes.
# Written by `refmark pin`: `pin update` moves pins on, `pin sync -o DIR` fetches exactly these bytes.
";

/// What a project is pinned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    /// The registry.
    pub registry: LockedRegistry,
    /// Other places that hold the blobs: a folder (relative ones from the lock file's own folder) or an address.
    pub remotes: BTreeMap<RemoteName, String>,
    /// The pins, sorted by name.
    pub pins: Vec<Pin>,
}

/// The registry that a lock file holds to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedRegistry {
    /// Its id.
    pub id: RegistryId,
    /// Its name, for people.
    pub name: String,
    /// Where it is: an address, or a path (relative ones from the lock file's own folder).
    pub url: String,
    /// The pinned trust root, by the digest of its statement.
    pub root: Digest,
    /// For how long a pin may go without somebody asking the registry.
    pub max_offline: Option<Span>,
}

/// One pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// What the project calls it; the model's name unless another was given.
    pub name: ModelName,
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The alias that the pin follows when it is updated; none where it was pinned to a version.
    pub alias: Option<AliasName>,
    /// The move of the alias that brought the version; with `alias` and never without.
    pub moved: Option<PinnedMove>,
    /// The head of the registry that the pin was taken from.
    pub head: Oid,
    /// When the registry was last asked about this pin, by the clock of who asked.
    pub checked: Timestamp,
    /// The rest of the artifact's manifest. With the files it is the manifest, whose SHA-256 is the artifact's id: so a lock
    /// binds artifact, files and digests to one another, and nobody need be asked.
    pub rest: ManifestRest,
    /// The files, sorted by path.
    pub files: Vec<PinnedFile>,
}

/// A manifest without its files, as canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestRest(String);

impl ManifestRest {
    /// The rest of a manifest.
    pub fn of(manifest: &Manifest) -> Result<ManifestRest> {
        let rest = Manifest { files: Vec::new(), ..manifest.clone() };
        String::from_utf8(canonical_bytes(&rest)?).map(ManifestRest).map_err(refmark_types::error::bug)
    }

    /// The manifest with these files.
    fn with(&self, files: &[PinnedFile]) -> Result<Manifest> {
        let rest: Manifest = serde_json::from_str(&self.0).map_err(|error| bad(format!("manifest: {error}")))?;
        let entry = |file: &PinnedFile| FileEntry {
            path: file.path.as_str().to_owned(),
            size: file.size,
            sha256: file.sha256,
            class: file.class,
            format: file.format.clone(),
        };
        Ok(Manifest { files: files.iter().map(entry).collect(), ..rest })
    }
}

/// A move of an alias, as a pin names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedMove {
    /// Its number.
    pub sequence: u64,
    /// The digest of its statement.
    pub statement: Digest,
}

/// A file of a pinned artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedFile {
    /// Its path in the package.
    pub path: PackagePath,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// What its bytes are.
    pub class: FileClass,
    /// Its format, such as `safetensors`.
    pub format: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLock {
    format: u64,
    registry: RawRegistry,
    #[serde(default)]
    remotes: BTreeMap<String, String>,
    #[serde(default)]
    pin: Vec<RawPin>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegistry {
    id: RegistryId,
    name: String,
    url: String,
    root: String,
    #[serde(default)]
    max_offline: Option<Span>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPin {
    name: ModelName,
    model: ModelName,
    version: u64,
    artifact: String,
    #[serde(default)]
    alias: Option<AliasName>,
    #[serde(rename = "move", default)]
    moved: Option<PinnedMove>,
    head: Oid,
    checked: Timestamp,
    manifest: String,
    files: Vec<PinnedFile>,
}

impl LockFile {
    /// Reads a lock file: strict and bounded. Errors: `bad-record` with the line, `upgrade-needed` for a newer format,
    /// `too-large`.
    pub fn parse(text: &str) -> Result<LockFile> {
        if text.len() > LOCK_LIMIT {
            return Err(Error::new(Code::TooLarge, format!("the lock file has over {LOCK_LIMIT} bytes")));
        }
        if let Some(line) = conflict_mark(text) {
            return Err(bad(format!("line {line}: the marks of a merge conflict"))
                .hint(
                    Hint::of("both sides changed pins: take one (git checkout --ours or --theirs refmark.lock), then add what the other had: ")
                        .then(Next::PinAdd { reference: None }),
                )
                .field("line", line));
        }
        let unreadable = |mistake: toml::Mistake| {
            bad(mistake.said)
                .hint(
                    Hint::of("put the file back as it was committed, or write it anew: ")
                        .then(Next::PinAdd { reference: None }),
                )
                .field("line", mistake.line)
        };
        // Before the rest: a newer format may have any other field.
        let any: Value = toml::read(text).map_err(unreadable)?;
        if let Some(format) = any.get("format").and_then(Value::as_u64).filter(|format| *format > LOCK_FORMAT) {
            return Err(Error::new(
                Code::UpgradeNeeded,
                format!("the lock file is of format {format}, and this refmark reads up to {LOCK_FORMAT}"),
            )
            .hint("upgrade refmark"));
        }
        if any.get("format").and_then(Value::as_u64) == Some(1) {
            return Err(Error::new(
                Code::FormatRetired,
                "the lock file is of format 1, in which nothing binds the files of a pin to its artifact",
            )
            .hint(Hint::of("remove it, and pin again: ").then(Next::PinAdd { reference: None })));
        }
        let raw: RawLock = toml::read(text).map_err(unreadable)?;
        if raw.format != LOCK_FORMAT || raw.pin.len() > MAX_PINS {
            return Err(bad(format!("expected format {LOCK_FORMAT} and at most {MAX_PINS} pins")));
        }
        let remotes = raw.remotes.into_iter().map(|(name, place)| {
            Ok((RemoteName::parse(&name).map_err(within)?, without_secrets(&plain("a remote", place)?)))
        });
        let lock = LockFile {
            registry: LockedRegistry {
                id: raw.registry.id,
                name: plain("the registry's name", raw.registry.name)?,
                url: without_secrets(&plain("the registry's url", raw.registry.url)?),
                root: prefixed(&raw.registry.root)?,
                max_offline: raw.registry.max_offline,
            },
            remotes: remotes.collect::<Result<_>>()?,
            pins: raw.pin.into_iter().map(pin_of).collect::<Result<_>>()?,
        };
        lock.check()?;
        Ok(lock)
    }

    /// The stored form: always the same for the same pins, one block a pin, sorted by name.
    pub fn print(&self) -> Result<String> {
        self.check()?;
        let mut out = format!("{HEAD}format = {LOCK_FORMAT}\n\n[registry]\n");
        let registry = &self.registry;
        line(&mut out, "id", &quoted(&registry.id.to_string()));
        line(&mut out, "name", &quoted(&registry.name));
        line(&mut out, "url", &quoted(&without_secrets(&registry.url)));
        line(&mut out, "root", &quoted(&registry.root.prefixed()));
        if let Some(span) = registry.max_offline {
            line(&mut out, "max_offline", &quoted(&span.to_string()));
        }
        if !self.remotes.is_empty() {
            out.push_str("\n[remotes]\n");
        }
        for (name, place) in &self.remotes {
            line(&mut out, &quoted(name.as_str()), &quoted(&without_secrets(place)));
        }
        for pin in &self.pins {
            pin.print(&mut out);
        }
        Ok(out)
    }

    /// The pin of a name.
    pub fn pin(&self, name: &ModelName) -> Option<&Pin> {
        self.pins.iter().find(|pin| pin.name == *name)
    }

    /// Puts a pin in its place, over the one of that name if there is one, which is given back.
    pub fn put(&mut self, pin: Pin) -> Option<Pin> {
        match self.pins.binary_search_by(|have| have.name.cmp(&pin.name)) {
            Ok(at) => self.pins.get_mut(at).map(|have| std::mem::replace(have, pin)),
            Err(at) => {
                self.pins.insert(at, pin);
                None
            }
        }
    }

    /// Takes a pin away.
    pub fn remove(&mut self, name: &ModelName) -> Option<Pin> {
        let at = self.pins.iter().position(|pin| pin.name == *name)?;
        Some(self.pins.remove(at))
    }

    /// What holds for every lock file, read or about to be written.
    fn check(&self) -> Result<()> {
        let places = self.remotes.values().map(|place| ("a remote", place));
        for (what, place) in std::iter::once(("the registry's url", &self.registry.url)).chain(places) {
            plain(what, place.clone()).map_err(|error| error.hint("move what has such a path, and pin again"))?;
        }
        if let Some(pair) = self.pins.windows(2).find(|pair| pair[0].name >= pair[1].name) {
            return Err(bad(format!(
                "pin {} does not stand after {}: each name once, sorted",
                pair[1].name, pair[0].name
            ))
            .hint("after a merge: sort the [[pin]] blocks by name and keep one of each"));
        }
        let mut folded: BTreeMap<String, &ModelName> = BTreeMap::new();
        for pin in &self.pins {
            if let Some(other) = folded.insert(pin.name.as_str().to_ascii_lowercase(), &pin.name) {
                return Err(bad(format!("pins {other} and {} differ only in case", pin.name)).hint(
                    Hint::of("give one of them another name: ")
                        .then(Next::PinAdd { reference: Some("NAME=REF".to_owned()) }),
                ));
            }
            pin.check()?;
        }
        Ok(())
    }
}

/// The line of the first mark that a merge left, from 1.
fn conflict_mark(text: &str) -> Option<usize> {
    let is_mark = |line: &str| ["<<<<<<< ", "||||||| ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark));
    text.lines().position(is_mark).map(|at| at + 1)
}

impl Pin {
    /// The sum of the files' sizes, in bytes.
    pub fn size(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// What the pin follows, as a reference: `MODEL@ALIAS`, else `MODEL/VERSION`.
    pub fn follows(&self) -> String {
        match &self.alias {
            Some(alias) => format!("{}@{alias}", self.model),
            None => format!("{}/{}", self.model, self.version),
        }
    }

    fn check(&self) -> Result<()> {
        let name = &self.name;
        if self.version == 0 || self.alias.is_some() != self.moved.is_some() {
            return Err(bad(format!("pin {name} needs a version from 1, and an alias together with its move")));
        }
        if self.files.is_empty() {
            return Err(bad(format!("pin {name} lists no file")));
        }
        if !self.files.windows(2).all(|pair| pair[0].path < pair[1].path) {
            return Err(bad(format!("the files of pin {name} are not sorted by path, each once")));
        }
        if self.files.iter().try_fold(0u64, |sum, file| sum.checked_add(file.size)).is_none() {
            return Err(bad(format!("the files of pin {name} are larger than any disk")));
        }
        check_set(self.files.iter().map(|file| &file.path)).map_err(within)?;
        let manifest = self.rest.with(&self.files)?;
        let found = manifest.id()?;
        if found != self.artifact {
            return Err(Error::new(Code::Tampered, format!(
                "the lock file cannot be used: the artifact, the files and the manifest of pin {name} do not belong together: they are {}, and {} is named",
                found.short(),
                self.artifact.short()
            ))
            .hint("somebody edited it, or a merge mixed two: put it back as it was committed, or pin it again")
            .field("expected", self.artifact)
            .field("found", found));
        }
        Ok(())
    }

    fn print(&self, out: &mut String) {
        out.push_str("\n[[pin]]\n");
        line(out, "name", &quoted(self.name.as_str()));
        line(out, "model", &quoted(self.model.as_str()));
        line(out, "version", &self.version.to_string());
        line(out, "artifact", &quoted(&self.artifact.to_string()));
        if let (Some(alias), Some(moved)) = (&self.alias, &self.moved) {
            line(out, "alias", &quoted(alias.as_str()));
            let statement = quoted(&moved.statement.hex());
            line(out, "move", &format!("{{ sequence = {}, statement = {statement} }}", moved.sequence));
        }
        line(out, "head", &quoted(&self.head.to_string()));
        line(out, "checked", &quoted(&self.checked.to_string()));
        line(out, "manifest", &quoted(&self.rest.0));
        out.push_str("files = [\n");
        for file in &self.files {
            let (path, sha256) = (quoted(file.path.as_str()), quoted(&file.sha256.hex()));
            let (class, format) = (quoted(file.class.as_str()), quoted(&file.format));
            out.push_str(&format!(
                "  {{ path = {path}, size = {}, sha256 = {sha256}, class = {class}, format = {format} }},\n",
                file.size
            ));
        }
        out.push_str("]\n");
    }
}

fn pin_of(raw: RawPin) -> Result<Pin> {
    Ok(Pin {
        artifact: ArtifactId::parse(&raw.artifact).map_err(within)?,
        name: raw.name,
        model: raw.model,
        version: raw.version,
        alias: raw.alias,
        moved: raw.moved,
        head: raw.head,
        checked: raw.checked,
        rest: ManifestRest(raw.manifest),
        files: raw.files,
    })
}

fn line(out: &mut String, key: &str, value: &str) {
    out.push_str(&format!("{key} = {value}\n"));
}

/// A TOML basic string. Control characters never come here, and the rest of JSON's escapes are TOML's too.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// A text without control characters, of at most 4096 bytes.
fn plain(what: &str, text: String) -> Result<String> {
    if text.is_empty() || text.len() > 4096 || text.contains(char::is_control) {
        return Err(bad(format!("{what} is empty, over 4096 bytes or has a control character")));
    }
    Ok(text)
}

fn prefixed(text: &str) -> Result<Digest> {
    if !text.starts_with("sha256:") {
        return Err(bad("the root is not `sha256:` and 64 hex digits"));
    }
    Digest::parse(text).map_err(within)
}

fn bad(why: impl std::fmt::Display) -> Box<Error> {
    Error::new(Code::BadRecord, format!("the lock file cannot be used: {why}"))
}

/// A rule of a word, broken in a lock file.
#[allow(clippy::boxed_local, reason = "it stands where `map_err` hands an error on, and errors are boxed")]
fn within(error: Box<Error>) -> Box<Error> {
    bad(&error.message)
}
