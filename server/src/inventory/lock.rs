//! `models.lock.yaml`: what a service without a registry starts from. Read once; from the first start on the registry is what
//! counts.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use refmark_core::records::trust::TrustState;
use refmark_core::store::fs::read::open_regular;
use refmark_core::types::yaml;
use serde::Deserialize;
use serde_json::Value;

use super::artifact::{Artifact, Format, is_digest, object_path, sorted};
use super::event::Action;
use super::names::is_name;
use super::write::{Draft, Part};
use crate::fatal::Fatal;
use crate::objects::place::canonical;

/// The largest lock file, in bytes.
const LIMIT: u64 = 16 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockFile {
    version: u64,
    #[serde(default)]
    models: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    format: String,
    filename: String,
    sha256: String,
    #[serde(default)]
    size_bytes: Option<i64>,
    #[serde(default)]
    object_path: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    source_revision: Option<String>,
    #[serde(default)]
    promoted_at: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    scan_results: Option<std::collections::BTreeMap<String, String>>,
    #[serde(default)]
    scanner_versions: Option<std::collections::BTreeMap<String, String>>,
    #[serde(default)]
    policy_version: Option<String>,
    #[serde(default)]
    gguf_guard_fingerprint: Value,
    #[serde(default)]
    gguf_guard_manifest: Option<String>,
    /// Kept closed by whoever wrote the file.
    #[serde(default)]
    blocked: Option<bool>,
    #[serde(default)]
    blocked_reason: Option<String>,
}

/// Reads a lock file as the first change of a registry. Nothing where there is no such file.
pub fn read(path: &Path) -> Result<Option<Draft>, Fatal> {
    let bad = |why: String| Fatal::new(format!("the lock file {} cannot be used: {why}", path.display()));
    let Some(file) = open_regular(path).map_err(|error| bad(error.message.clone()))? else { return Ok(None) };
    let mut text = String::new();
    file.take(LIMIT + 1).read_to_string(&mut text).map_err(|error| bad(error.to_string()))?;
    if text.len() as u64 > LIMIT {
        return Err(bad("it has over 16 MiB".to_owned()));
    }
    parts(&text).map(|parts| Some(Draft { parts, on_behalf_of: "the lock file".to_owned() })).map_err(bad)
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    let lock: LockFile = serde_json::from_value(yaml::read(text)?).map_err(|error| error.to_string())?;
    if lock.version != 1 {
        return Err(format!("its version is {}, and not 1", lock.version));
    }
    let (mut names, mut files) = (HashSet::new(), HashSet::new());
    let mut parts = Vec::new();
    for entry in lock.models.unwrap_or_default() {
        let name = entry.name.clone();
        let artifact = artifact(entry).map_err(|why| format!("`{}`: {why}", name.escape_debug()))?;
        if !names.insert(artifact.name.clone()) {
            return Err(format!("the name `{}` stands twice", name.escape_debug()));
        }
        let file = canonical(&artifact.filename).map_err(|why| why.to_string())?;
        if artifact.state != TrustState::Deleted && !files.insert(file) {
            return Err(format!("the filename of `{}` stands twice", name.escape_debug()));
        }
        parts.push(Part { artifact, id: None, version: 1, revision: Some(1), action: Action::Bootstrap, blob: None });
    }
    Ok(parts)
}

fn artifact(entry: Entry) -> Result<Artifact, String> {
    let format = Format::of(&entry.filename).map_err(|ending| format!("the ending `{ending}` is no format"))?;
    if entry.format != format.as_str() {
        return Err(format!("its format `{}` does not fit its filename", entry.format.escape_debug()));
    }
    canonical(&entry.filename).map_err(|why| format!("its filename: {why}"))?;
    if !is_name(&entry.name) || !is_digest(&entry.sha256) || entry.size_bytes.is_some_and(|size| size < 0) {
        return Err("its name, digest or size is no such thing".to_owned());
    }
    let state = entry.state.as_deref().unwrap_or("trusted");
    let mut state = TrustState::parse(state).ok_or_else(|| format!("`{}` is no state", state.escape_debug()))?;
    let is_blocked = entry.blocked.unwrap_or(false);
    // What the file's author blocked was never trusted, whatever else the file says.
    if is_blocked && matches!(state, TrustState::Trusted | TrustState::Acquired) {
        state = TrustState::Quarantined;
    }
    let reason = entry.blocked_reason.filter(|reason| !reason.is_empty());
    let object = entry.object_path.unwrap_or_default();
    if !object.is_empty() && object != object_path(&entry.sha256, format) {
        return Err("its object_path is not that of its digest".to_owned());
    }
    Ok(Artifact {
        name: entry.name,
        format,
        filename: entry.filename,
        object_path: object,
        sha256: entry.sha256,
        size_bytes: entry.size_bytes.unwrap_or_default(),
        source: entry.source.unwrap_or_default(),
        promoted_at: entry.promoted_at.unwrap_or_default(),
        state,
        scan_results: entry.scan_results.unwrap_or_default(),
        scanner_versions: entry.scanner_versions.unwrap_or_default(),
        policy_version: entry.policy_version.unwrap_or_default(),
        source_revision: entry.source_revision.unwrap_or_default(),
        gguf_guard_fingerprint: sorted(entry.gguf_guard_fingerprint),
        gguf_guard_manifest: entry.gguf_guard_manifest.unwrap_or_default(),
        blocked_reason: match is_blocked {
            true => reason.unwrap_or_else(|| "blocked by the lock file".to_owned()),
            false => String::new(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn of(more: &str) -> Result<Vec<Part>, String> {
        parts(&format!(
            "version: 1\nmodels:\n  - name: a\n    format: gguf\n    filename: a.gguf\n    sha256: {HEX}\n    size_bytes: 3\n{more}"
        ))
    }

    #[test]
    fn what_is_blocked_is_never_trusted_and_what_is_wrong_is_refused() {
        assert_eq!(of("").unwrap()[0].artifact.state, TrustState::Trusted);
        let blocked = of("    blocked: true\n    blocked_reason: no digest yet\n").unwrap().remove(0).artifact;
        assert_eq!((blocked.state, blocked.blocked_reason.as_str()), (TrustState::Quarantined, "no digest yet"));
        assert_eq!(of("    blocked: false\n").unwrap()[0].artifact.state, TrustState::Trusted);
        for bad in ["    other: 1\n", "    state: good\n", "    format: gguf\n", "    object_path: x\n"] {
            assert!(of(bad).is_err(), "{bad}");
        }
        let twice =
            of("  - {name: b, format: gguf, filename: ./a.gguf, sha256: {HEX}}\n".replace("{HEX}", HEX).as_str());
        assert!(twice.is_err());
        for bad in ["version: 2\n", "models: []\n", "version: 1\nother: 2\n", "version: 1\n---\nversion: 1\n"] {
            assert!(parts(bad).is_err(), "{bad}");
        }
        assert!(parts("version: 1\n").unwrap().is_empty());
    }
}
