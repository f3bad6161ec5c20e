//! `backup` and `restore`: everything that a registry is, in a folder of its own, each part named by its digest.
//!
//! | where | what |
//! |---|---|
//! | `refmark-backup.json` | of which registry it is: written first, never changed |
//! | `backups/<number>-<sha256>.json` | what one backup consists of, by digest: written last |
//! | `packs/<sha256>.pack` | commits, records, policies and roots, as Git packs; each backup adds what is new |
//! | `blobs/<ab>/<cd>/<sha256>` | the files of the versions, as the store has them |
//! | `parts/<sha256>` | the root, the policy in force and the settings, each a file that can be read without refmark |
//!
//! A backup is there once its list is there, and its list comes last: a killed one leaves files that no list names, which the next
//! one uses.

mod drill;
mod keep;
mod read;
mod restore;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use drill::{DrillAnswer, DrilledAlias, Held, SavedDrill};
pub use restore::{RestoreAnswer, RestoreRequest};

use refmark_records::registry_id::RegistryId;
use refmark_store::fs::read::{names, read_bounded};
use refmark_types::canonical::parse_printed;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// The number of the format of a backup.
const FORMAT: u64 = 1;
/// The file that says of which registry a backup is.
const MARK: &str = "refmark-backup.json";
/// The longest list of a backup, in bytes.
const LIST_LIMIT: u64 = 1 << 30;

/// What was backed up.
#[derive(Debug, Clone, Serialize)]
pub struct BackupAnswer {
    /// The folder.
    #[serde(serialize_with = "crate::paths::shown")]
    pub backup: PathBuf,
    /// The backup's number in it, from 1.
    pub number: u64,
    /// Whether it is new: false where the newest one has everything already.
    pub new: bool,
    /// The registry's head that it has.
    pub head: Oid,
    /// How many bytes of Git's data were added.
    pub git_bytes: u64,
    /// How many files were added.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// How many files it has in all.
    pub blobs_in_all: u64,
    /// The files of the registry that are not on this machine, so that the backup has them not: where they lie is in the versions'
    /// manifests and the remotes.
    pub absent: Vec<Digest>,
}

/// What a backup has, as it was found to be.
#[derive(Debug, Clone, Serialize)]
pub struct BackupCheck {
    /// The folder.
    #[serde(serialize_with = "crate::paths::shown")]
    pub backup: PathBuf,
    /// The backup's number in it.
    pub number: u64,
    /// When it was made.
    pub time: Timestamp,
    /// The registry.
    pub id: RegistryId,
    /// Its name.
    pub name: String,
    /// The head.
    pub head: Oid,
    /// How many files of the backup were read, each byte of them.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many files of the registry it never had.
    pub absent: u64,
}

/// Of which registry a backup is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    format: u64,
    registry: RegistryId,
    name: String,
}

/// What one backup consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    format: u64,
    number: u64,
    /// The digest of the list before it.
    previous: Option<Digest>,
    time: Timestamp,
    registry: RegistryId,
    name: String,
    /// The first root, by the digest of its statement.
    root: Digest,
    branch: String,
    /// `sha1` or `sha256`.
    objects: String,
    head: Oid,
    /// Every branch that it has, with its commit.
    refs: BTreeMap<String, Oid>,
    /// All packs that it needs, in the order in which they were made.
    packs: Vec<Kept>,
    parts: BTreeMap<String, Kept>,
    blobs: Vec<Kept>,
    absent: Vec<Digest>,
}

/// A file of a backup: a digest and a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) sha256: Digest,
    pub(crate) size: u64,
}

impl Kept {
    fn pack(&self, folder: &Path) -> PathBuf {
        folder.join("packs").join(format!("{}.pack", self.sha256))
    }

    fn part(&self, folder: &Path) -> PathBuf {
        folder.join("parts").join(self.sha256.to_string())
    }
}

/// The lists of a backup folder, by number: each with the digest that its name gives.
fn lists(folder: &Path) -> Result<BTreeMap<u64, Digest>> {
    let at = folder.join("backups");
    if !at.is_dir() {
        return Ok(BTreeMap::new());
    }
    let mut found = BTreeMap::new();
    for (name, _) in names(&at)? {
        let parsed = name.strip_suffix(".json").and_then(|it| it.split_once('-'));
        let Some((number, digest)) = parsed else { continue };
        let (Ok(number), Ok(digest)) = (number.parse::<u64>(), Digest::parse(digest)) else { continue };
        if let Some(other) = found.insert(number, digest)
            && other != digest
        {
            return Err(damaged(&at.join(&name), "there are two lists of one number"));
        }
    }
    Ok(found)
}

fn list_path(folder: &Path, number: u64, digest: &Digest) -> PathBuf {
    folder.join("backups").join(format!("{number:06}-{digest}.json"))
}

/// Of which registry a folder is a backup.
fn mark(folder: &Path) -> Result<Option<Mark>> {
    let path = folder.join(MARK);
    let Some(bytes) = read_bounded(&path, 1 << 16)? else { return Ok(None) };
    let mark: Mark = parse_printed(&bytes, 1 << 16).map_err(|error| damaged(&path, &error.message))?;
    match mark.format {
        FORMAT => Ok(Some(mark)),
        newer => {
            Err(Error::new(Code::UpgradeNeeded, format!("the backup is of format {newer}")).hint("upgrade refmark"))
        }
    }
}

/// The list of one backup: the newest, where no number is named.
fn list(folder: &Path, number: Option<u64>) -> Result<List> {
    let Some(mark) = mark(folder)? else {
        return Err(Error::new(Code::NotFound, format!("{} is no backup: it has no {MARK}", folder.display()))
            .hint("name the folder that was given to backup")
            .at(folder.display().to_string()));
    };
    let lists = lists(folder)?;
    let found = match number {
        Some(number) => lists.get_key_value(&number),
        None => lists.last_key_value(),
    };
    let Some((number, digest)) = found else {
        return Err(Error::new(Code::NotFound, "there is no such backup in the folder, or none was finished")
            .field("numbers", lists.keys().collect::<Vec<_>>())
            .at(folder.display().to_string()));
    };
    let path = list_path(folder, *number, digest);
    let Some(bytes) = read_bounded(&path, LIST_LIMIT)? else { return Err(damaged(&path, "it is not there")) };
    if Digest::of(&bytes) != *digest {
        return Err(damaged(&path, "it does not have the digest that names it"));
    }
    let list: List = parse_printed(&bytes, LIST_LIMIT).map_err(|error| damaged(&path, &error.message))?;
    // Its own digest holds what is in it; this holds that it lies where it belongs.
    if list.format != FORMAT || list.number != *number || list.registry != mark.registry {
        return Err(damaged(&path, "it is of another backup"));
    }
    Ok(list)
}

fn damaged(path: &Path, why: &str) -> Box<Error> {
    Error::new(Code::Damaged, format!("{} is damaged: {why}", path.display()))
        .hint("an older backup may be whole: name its number; or take the file from another copy of this backup")
        .at(path.display().to_string())
}
