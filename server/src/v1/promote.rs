//! `POST /v1/model/promote`: a quarantined file becomes trusted, with the evidence that was brought for it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use refmark_core::records::trust::TrustState;

use super::acquire::{check_scope, is_taken, place};
use super::body::{BadBody, Fields};
use super::limits::{SOURCE_LIMIT, are_results, is_fingerprint, is_word};
use super::refusal::{Refusal, quoted};
use crate::access::Caller;
use crate::http::reply::{Reply, json};
use crate::inventory::artifact::{Artifact, Format, is_digest, sorted};
use crate::inventory::contents::{Contents, Entry};
use crate::inventory::event::Action;
use crate::inventory::names::is_name;
use crate::inventory::write::{Draft, Part};
use crate::objects::keep::{Kept, NotKept, keep};
use crate::objects::place::canonical;
use crate::service::Service;

const FIELDS: [&str; 11] = [
    "name",
    "filename",
    "sha256",
    "size_bytes",
    "source",
    "scan_results",
    "scanner_versions",
    "policy_version",
    "source_revision",
    "gguf_guard_fingerprint",
    "gguf_guard_manifest",
];

/// Reads what the caller says of the file. The format is set later.
fn asked(body: &[u8]) -> Result<Artifact, BadBody> {
    let mut fields = Fields::read(body, &FIELDS)?;
    Ok(Artifact {
        name: fields.text("name")?,
        format: Format::Gguf,
        filename: fields.text("filename")?,
        object_path: String::new(),
        sha256: fields.text("sha256")?,
        size_bytes: fields.number("size_bytes")?,
        source: fields.text("source")?,
        promoted_at: String::new(),
        state: TrustState::Trusted,
        scan_results: fields.texts("scan_results")?,
        scanner_versions: fields.texts("scanner_versions")?,
        policy_version: fields.text("policy_version")?,
        source_revision: fields.text("source_revision")?,
        gguf_guard_fingerprint: sorted(fields.object("gguf_guard_fingerprint")?),
        gguf_guard_manifest: fields.text("gguf_guard_manifest")?,
        blocked_reason: String::new(),
    })
}

/// Promotes. Blocks for as long as the file is read.
pub fn run(service: &Service, caller: &Caller, body: &[u8]) -> Result<Reply, Refusal> {
    let mut artifact = asked(body)?;
    check_form(&artifact)?;
    if !service.settings.dev_mode {
        check_evidence(&artifact.policy_version, &artifact.scan_results, &artifact.scanner_versions)?;
    }
    artifact.format = place(&artifact.filename)?;
    check_scope(caller, &artifact.name)?;
    may(service, &*service.inventory.contents()?, &artifact)?;
    let kept = take_in(service, &artifact)?;
    artifact.object_path = kept.object.clone();
    artifact.size_bytes = i64::try_from(kept.size).unwrap_or(i64::MAX);
    let entries: Result<Vec<Entry>, Refusal> = service.inventory.change(|contents| {
        may(service, contents, &artifact)?;
        artifact.promoted_at = service.inventory.now().to_string();
        Ok(draft(contents, artifact.clone(), caller))
    });
    if entries.is_err() && kept.is_new {
        abandon(service, &kept);
    }
    let entries = entries?;
    let promoted = &entries.first().ok_or_else(Refusal::unknown)?.artifact;
    let (name, file) = (promoted.name.escape_debug(), promoted.filename.escape_debug());
    tracing::info!("PROMOTED: {name} ({file}) sha256={} state=trusted", promoted.sha256);
    Ok(json(StatusCode::CREATED, &**promoted))
}

fn check_form(artifact: &Artifact) -> Result<(), Refusal> {
    let bad = |line: &str| Err(Refusal::text(StatusCode::BAD_REQUEST, line));
    if !is_name(&artifact.name) || artifact.filename.is_empty() || !is_digest(&artifact.sha256) {
        return bad("a name, a filename and a SHA-256 in lower-case hex are needed");
    }
    let is_said = are_results(&artifact.scan_results)
        && are_results(&artifact.scanner_versions)
        && is_word(&artifact.policy_version)
        && is_word(&artifact.source_revision)
        && artifact.source.len() <= SOURCE_LIMIT
        && artifact.size_bytes >= 0
        && is_fingerprint(&artifact.gguf_guard_fingerprint);
    if !is_said {
        return bad("what is said of the artifact is out of bounds");
    }
    if !artifact.gguf_guard_manifest.is_empty() && canonical(&artifact.gguf_guard_manifest).is_err() {
        return bad("the path of the GGUF manifest cannot be used");
    }
    Ok(())
}

/// Every scanner passed, and says which version of it.
fn check_evidence(
    policy: &str,
    results: &BTreeMap<String, String>,
    versions: &BTreeMap<String, String>,
) -> Result<(), Refusal> {
    let no = |line: &str| Err(Refusal::text(StatusCode::UNPROCESSABLE_ENTITY, line));
    if policy.is_empty() || results.is_empty() || results.len() != versions.len() {
        return no("a promotion needs the policy's version, and a result and a version of each scanner");
    }
    let passed = |(scanner, result): (&String, &String)| {
        result == "pass" && versions.get(scanner).is_some_and(|version| !version.is_empty())
    };
    match results.iter().all(passed) {
        true => Ok(()),
        false => no("a scanner did not pass, or does not say its version"),
    }
}

/// Whether a promotion may be, as the records stand.
fn may(service: &Service, contents: &Contents, artifact: &Artifact) -> Result<(), Refusal> {
    let Artifact { name, filename, sha256, size_bytes, .. } = artifact;
    let no = |line: &str| Err(Refusal::text(StatusCode::CONFLICT, line));
    let standing = contents.get(name);
    if is_taken(contents, filename, name) {
        return no("another artifact has this filename");
    }
    if standing.is_some_and(|entry| !entry.artifact.blocked_reason.is_empty()) {
        return no("the artifact is blocked by the lock file that it came from");
    }
    // What was withdrawn stays closed under every name. In development its own name may have it back.
    let is_own = standing.is_some_and(|entry| {
        service.settings.dev_mode && entry.state() == TrustState::Revoked && entry.artifact.sha256 == *sha256
    });
    if contents.is_revoked(sha256) && !is_own {
        return no("these bytes were revoked");
    }
    if standing.is_some_and(|entry| entry.state() == TrustState::Deleted) {
        let line = format!("artifact {} was deleted, and cannot be promoted", quoted(name));
        // In production a deleted record is as good as none.
        return Err(match service.settings.dev_mode {
            true => Refusal::json(StatusCode::CONFLICT, line),
            false => Refusal::text(StatusCode::CONFLICT, line),
        });
    }
    let matches = |entry: &Entry| {
        let held = &entry.artifact;
        let same_size = held.size_bytes == 0 || *size_bytes == 0 || held.size_bytes == *size_bytes;
        entry.state() == TrustState::Quarantined && held.filename == *filename && held.sha256 == *sha256 && same_size
    };
    match service.settings.dev_mode || standing.is_some_and(matches) {
        true => Ok(()),
        false => no("a promotion needs a quarantined artifact of this name, filename, digest and size"),
    }
}

fn take_in(service: &Service, artifact: &Artifact) -> Result<Kept, Refusal> {
    let no = |line: String| Refusal::text(StatusCode::CONFLICT, line);
    let Artifact { sha256, format, filename, size_bytes, .. } = artifact;
    let file = canonical(filename).map_err(|why| no(format!("the filename cannot be used: {why}")))?;
    keep(&service.guard, &file, sha256, *format, *size_bytes).map_err(|why| match why {
        NotKept::Unread(why) => no(format!("the file's digest cannot be verified: {why}")),
        NotKept::Differs(found) => no(format!("the file's digest is another: expected {sha256}, found {found}")),
        NotKept::Size(found) => no(format!("the file has {found} bytes, and {size_bytes} were said")),
        NotKept::Storage(why) => no(format!("the object cannot be stored: {why}")),
    })
}

/// The change: the record's next text and the move to trusted. Where the registry's artifact cannot become trusted any more,
/// because it was trusted or revoked already or is of other bytes, the name gets a new version.
fn draft(contents: &Contents, artifact: Artifact, caller: &Caller) -> Draft {
    let standing = contents.get(&artifact.name).cloned();
    let part = match standing {
        Some(entry)
            if entry.artifact.sha256 == artifact.sha256
                && matches!(entry.state(), TrustState::Quarantined | TrustState::Acquired) =>
        {
            let (id, version, revision) = (Some(entry.id), entry.version, Some(entry.revision + 1));
            Part { artifact, id, version, revision, action: Action::Promote, blob: None }
        }
        standing => {
            let version = standing.map_or(1, |entry| entry.version + 1);
            Part { artifact, id: None, version, revision: Some(1), action: Action::Promote, blob: None }
        }
    };
    Draft { parts: vec![part], on_behalf_of: caller.name.clone() }
}

/// Takes an object away that no record came to name.
fn abandon(service: &Service, kept: &Kept) {
    let Ok(contents) = service.inventory.contents() else { return };
    if !contents.entries().iter().any(|entry| entry.is_live() && entry.artifact.object_path == kept.object) {
        let _ = std::fs::remove_file(service.path_of(&kept.object));
    }
}
