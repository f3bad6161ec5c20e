//! Where an artifact of a DVC repository has its files: in Git itself, or in DVC's cache under the MD5 that a `.dvc` file or
//! `dvc.lock` names.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::super::is_file;
use md5::{Digest as _, Md5};
use refmark_engine::snapshot::{Mode, Snapshot};
use refmark_store::fs::disk::io_error;
use refmark_store::fs::read::read_bounded;
use refmark_types::digest::encode_hex;
use refmark_types::error::Result;
use refmark_types::oid::Oid;
use refmark_types::value::Value;
use refmark_types::yaml;

/// The largest file of DVC's own that is read, in bytes.
const LIMIT: u64 = 64 << 20;
/// So much is hashed at once, in bytes.
const CHUNK: usize = 1 << 20;

/// Where one file's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In Git.
    Git(Oid),
    /// In DVC's cache.
    Cache(Md5Sum),
}

/// What DVC calls a file by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Md5Sum {
    pub(super) hex: String,
    /// DVC before 3.0 hashed text with its line ends made Unix's.
    pub(super) is_of_version_2: bool,
}

/// A file of an artifact: its path below the artifact's, empty where the artifact is the file, and its bytes.
pub(super) type Found = (String, Place);

/// The artifacts that `dvc.yaml` and `artifacts.yaml` name in a folder of a commit, each with its path in the repository.
pub(super) fn artifacts(snapshot: &dyn Snapshot, folder: &str) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for (file, key) in [("dvc.yaml", Some("artifacts")), ("artifacts.yaml", None)] {
        let Some(read) = document(snapshot, &joined(folder, file))? else { continue };
        let named = match key {
            Some(key) => read.get(key).cloned().unwrap_or_default(),
            None => read,
        };
        for (name, about) in named.as_object().into_iter().flatten() {
            if let Some(path) = about.get("path").and_then(Value::as_str) {
                all.push((name.clone(), joined(folder, path)));
            }
        }
    }
    Ok(all)
}

/// The files of an artifact; a sentence where they cannot be told.
pub(super) fn files(
    snapshot: &dyn Snapshot,
    git_dir: &Path,
    path: &str,
) -> Result<std::result::Result<Vec<Found>, String>> {
    if let Some(entry) = snapshot.find(path)? {
        return Ok(match entry.mode {
            mode if is_file(mode) => Ok(vec![(String::new(), Place::Git(entry.oid))]),
            _ => Err(format!("{} is a link or a submodule", path.escape_debug())),
        });
    }
    if let Some(sum) = tracked(snapshot, path)? {
        return in_cache(git_dir, sum);
    }
    let mut found = Vec::new();
    below(snapshot, path, "", &mut found)?;
    Ok(match found.is_empty() {
        true => Err(format!("{} is neither in Git nor tracked by DVC there", path.escape_debug())),
        false => Ok(found),
    })
}

fn below(snapshot: &dyn Snapshot, folder: &str, inside: &str, found: &mut Vec<Found>) -> Result<()> {
    for entry in snapshot.list(folder)? {
        let name = if inside.is_empty() { entry.name.clone() } else { format!("{inside}/{}", entry.name) };
        match entry.mode {
            mode if is_file(mode) => found.push((name, Place::Git(entry.oid))),
            Mode::Folder => below(snapshot, &format!("{folder}/{}", entry.name), &name, found)?,
            _ => {}
        }
    }
    Ok(())
}

/// The sum under which `PATH.dvc`, or a stage of the `dvc.lock` beside it or above it, has a path.
fn tracked(snapshot: &dyn Snapshot, path: &str) -> Result<Option<Md5Sum>> {
    if let Some(read) = document(snapshot, &format!("{path}.dvc"))?
        && let Some(sum) = read.get("outs").and_then(|outs| outs.get(0)).and_then(sum_of)
    {
        return Ok(Some(sum));
    }
    let mut folder = path;
    loop {
        folder = folder.rsplit_once('/').map(|(above, _)| above).unwrap_or_default();
        if let Some(lock) = document(snapshot, &joined(folder, "dvc.lock"))? {
            let inside = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
            let stages = lock.get("stages").and_then(Value::as_object).into_iter().flatten();
            let outs = stages.filter_map(|(_, stage)| stage.get("outs")?.as_array()).flatten();
            let mut outs = outs.filter(|out| out.get("path").and_then(Value::as_str) == Some(inside));
            if let Some(sum) = outs.find_map(sum_of) {
                return Ok(Some(sum));
            }
        }
        if folder.is_empty() {
            return Ok(None);
        }
    }
}

fn sum_of(out: &Value) -> Option<Md5Sum> {
    let hex = out.get("md5")?.as_str()?;
    let (bare, is_hex) = (hex.trim_end_matches(".dir"), |c: char| c.is_ascii_hexdigit());
    let is_of_version_2 = out.get("hash").is_none();
    (bare.len() == 32 && bare.chars().all(is_hex)).then(|| Md5Sum { hex: hex.to_owned(), is_of_version_2 })
}

/// A file of the cache, or those that a list of a folder there names.
fn in_cache(git_dir: &Path, sum: Md5Sum) -> Result<std::result::Result<Vec<Found>, String>> {
    if !sum.hex.ends_with(".dir") {
        return Ok(Ok(vec![(String::new(), Place::Cache(sum))]));
    }
    let Some(place) = place(git_dir, &sum.hex) else {
        return Ok(Err(format!("the list of its files, {}, is not in the cache: `dvc fetch` brings it", sum.hex)));
    };
    let bytes = read_bounded(&place, LIMIT)?.unwrap_or_default();
    if format!("{}.dir", md5_of(&bytes)) != sum.hex {
        return Ok(Err(format!("the list of its files, {}, is damaged", sum.hex)));
    }
    let list: Vec<Value> = serde_json::from_slice(&bytes).unwrap_or_default();
    let mut found = Vec::new();
    for entry in &list {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let (Some(path), Some(hex)) = (text("relpath"), text("md5")) else {
            return Ok(Err(format!("the list of its files, {}, is not understood", sum.hex)));
        };
        let part = Md5Sum { hex: hex.to_owned(), is_of_version_2: sum.is_of_version_2 };
        found.push((path.to_owned(), Place::Cache(part)));
    }
    Ok(Ok(found))
}

/// Where the cache has a sum: in the layout of DVC 3, or in that before.
pub(super) fn place(git_dir: &Path, hex: &str) -> Option<PathBuf> {
    let cache = git_dir.parent()?.join(".dvc/cache");
    let (first, rest) = (hex.get(..2)?, hex.get(2..)?);
    [cache.join("files/md5"), cache].into_iter().map(|top| top.join(first).join(rest)).find(|path| path.is_file())
}

/// Whether a file of the cache has the bytes that it is named by.
pub(super) fn is_sound(path: &Path, sum: &Md5Sum) -> Result<bool> {
    let bad = |error: std::io::Error| io_error("read", path, &error);
    let (mut file, mut hasher, mut buffer) = (std::fs::File::open(path).map_err(bad)?, Md5::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut buffer).map_err(bad)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    if encode_hex(&hasher.finalize()) == sum.hex {
        return Ok(true);
    }
    if !sum.is_of_version_2 {
        return Ok(false);
    }
    let bytes = read_bounded(path, LIMIT)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    Ok(md5_of(text.as_bytes()) == sum.hex)
}

fn md5_of(bytes: &[u8]) -> String {
    encode_hex(&Md5::digest(bytes))
}

fn document(snapshot: &dyn Snapshot, path: &str) -> Result<Option<Value>> {
    let Some(bytes) = snapshot.read(path, LIMIT)? else { return Ok(None) };
    Ok(std::str::from_utf8(&bytes).ok().and_then(|text| yaml::read(text).ok()))
}

fn joined(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}
