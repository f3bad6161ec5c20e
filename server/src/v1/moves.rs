//! Quarantine, revoke and delete: moves of a name's state.

use axum::http::StatusCode;
use refmark_core::records::trust::TrustState;
use serde::Serialize;

use super::read::get;
use super::refusal::{Refusal, quoted};
use crate::access::Caller;
use crate::http::reply::{Reply, json};
use crate::inventory::artifact::Artifact;
use crate::inventory::contents::{Contents, Entry};
use crate::inventory::event::Action;
use crate::inventory::write::{Draft, Part};
use crate::objects::beneath;
use crate::objects::place::canonical;
use crate::service::Service;

#[derive(Serialize)]
struct Moved<'a> {
    status: &'static str,
    name: &'a str,
}

fn moved(status: &'static str, name: &str) -> Reply {
    json(StatusCode::OK, &Moved { status, name })
}

/// The part of a change that moves one record to a state.
fn part(entry: &Entry, to: TrustState) -> Part {
    let artifact = Artifact { state: to, ..(*entry.artifact).clone() };
    let (id, version) = (Some(entry.id), entry.version);
    Part { artifact, id, version, revision: None, action: Action::to(to), blob: None }
}

/// What a move comes to: done, or there already.
enum Verdict {
    Go,
    Already,
    No(Refusal),
}

/// Moves one name, and with it those that `with` names. True where it was there already.
fn shift(
    service: &Service,
    caller: &Caller,
    name: &str,
    to: TrustState,
    judge: impl Fn(TrustState) -> Verdict,
    with: impl Fn(&Contents, &Entry) -> Vec<Entry>,
) -> Result<bool, Refusal> {
    let mut already = false;
    service.inventory.change(|contents| {
        let entry = contents.get(name).ok_or_else(Refusal::unknown)?;
        let mut parts = Vec::new();
        match judge(entry.state()) {
            Verdict::Go => {
                parts.push(part(entry, to));
                parts.extend(with(contents, entry).iter().map(|entry| part(entry, to)));
            }
            Verdict::Already => already = true,
            Verdict::No(refusal) => return Err(refusal),
        }
        Ok(Draft { parts, on_behalf_of: caller.name.clone() })
    })?;
    Ok(already)
}

/// `POST /v1/model/quarantine`. Blocks.
pub fn quarantine(service: &Service, caller: &Caller, name: &str) -> Result<Reply, Refusal> {
    let judge = |state| match state {
        TrustState::Acquired => Verdict::Go,
        TrustState::Quarantined => Verdict::Already,
        other => Verdict::No(Refusal::json(
            StatusCode::CONFLICT,
            format!("artifact {} is in {other} state, and only an acquired one can be quarantined", quoted(name)),
        )),
    };
    if shift(service, caller, name, TrustState::Quarantined, judge, |_, _| Vec::new())? {
        return Ok(moved("already_quarantined", name));
    }
    let entry = get(service, name)?;
    let (file, sha256) = (entry.artifact.filename.escape_debug(), &entry.artifact.sha256);
    tracing::info!("QUARANTINED: {} ({file}) sha256={sha256}", name.escape_debug());
    Ok(moved("quarantined", name))
}

/// `POST /v1/model/revoke`: from here on the bytes are handed out under no name. Blocks.
pub fn revoke(service: &Service, caller: &Caller, name: &str) -> Result<Reply, Refusal> {
    let judge = |state| match state {
        TrustState::Revoked => Verdict::Already,
        TrustState::Deleted => Verdict::No(Refusal::json(
            StatusCode::CONFLICT,
            format!("artifact {} was deleted, and cannot be revoked", quoted(name)),
        )),
        _ => Verdict::Go,
    };
    // What is trusted under another name and has the same bytes is withdrawn with it, and its record says so.
    let with = |contents: &Contents, entry: &Entry| -> Vec<Entry> {
        let is_same = |other: &&Entry| {
            other.state() == TrustState::Trusted
                && other.artifact.sha256 == entry.artifact.sha256
                && other.id != entry.id
        };
        contents.entries().iter().filter(is_same).cloned().collect()
    };
    if shift(service, caller, name, TrustState::Revoked, judge, with)? {
        return Ok(moved("already_revoked", name));
    }
    tracing::warn!("REVOKED: {}", name.escape_debug());
    Ok(moved("revoked", name))
}

/// `DELETE /v1/model/delete`: the record says so first, then the bytes go, unless a live record shares them. Blocks.
pub fn delete(service: &Service, caller: &Caller, name: &str) -> Result<Reply, Refusal> {
    let judge = |state| match state {
        TrustState::Deleted => Verdict::Already,
        _ => Verdict::Go,
    };
    if shift(service, caller, name, TrustState::Deleted, judge, |_, _| Vec::new())? {
        return Ok(moved("already_deleted", name));
    }
    remove_bytes(service, &get(service, name)?)?;
    tracing::info!("DELETED (soft): {}", name.escape_debug());
    Ok(moved("deleted", name))
}

/// Removes the object and the dropped file of a deleted record, but for what a live one means.
fn remove_bytes(service: &Service, entry: &Entry) -> Result<(), Refusal> {
    let Artifact { object_path, filename, sha256, .. } = &*entry.artifact;
    let contents = service.inventory.contents()?;
    let shares = |other: &&Entry| other.is_live() && other.artifact.object_path == *object_path;
    let mut doomed = Vec::new();
    if !object_path.is_empty() && !contents.entries().iter().any(|other| shares(&other)) {
        doomed.push(object_path.clone());
    }
    match canonical(filename) {
        Ok(file) if contents.of_file(&file).is_none() => doomed.push(file),
        _ => {}
    }
    drop(contents);
    for file in doomed {
        service.guard.forget(&file);
        if let Err(why) = beneath::remove(service.guard.root(), &file) {
            let file = file.escape_debug();
            tracing::error!("the bytes of a deleted model are still there: {file} (sha256={sha256}): {why}");
        }
    }
    Ok(())
}
