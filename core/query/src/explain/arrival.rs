//! When a record came, and when it took effect.

use crate::answer::QueryContext;
use refmark_engine::chain::Chain;
use refmark_engine::snapshot::{History, first_parents};
use refmark_records::layout::Place;
use refmark_records::statement::Record;
use refmark_types::error::Result;
use refmark_types::oid::Oid;
use std::collections::BTreeMap;

/// The commits that brought files. A file that waited for an approval took effect later than it came: then the chain is halved.
/// Files that came one after the other are best asked for in that order.
pub(crate) fn brought_by(context: &QueryContext<'_, '_>, paths: &[String]) -> Result<BTreeMap<String, Oid>> {
    let chain = Chain::new(context.history, context.head);
    let mut found = BTreeMap::new();
    for path in paths {
        let brought = match context.landings.known(path)? {
            Some(landed) if came_with(context.history, landed.commit, path)? => Some(landed.commit),
            _ => chain.brought(path)?,
        };
        found.extend(brought.map(|commit| (path.clone(), commit)));
    }
    Ok(found)
}

/// Whether a file that stands at a commit did not stand before it.
fn came_with(history: &dyn History, commit: Oid, path: &str) -> Result<bool> {
    match history.commit(commit)?.parents.first() {
        Some(parent) if history.commit(*parent).is_ok() => Ok(history.snapshot(*parent)?.find(path)?.is_none()),
        _ => Ok(true),
    }
}

/// The commit in which a record took effect: where it came, or where the last approval came.
pub(super) fn effect_of(context: &QueryContext<'_, '_>, record: &Record, commit: Option<Oid>) -> Result<Option<Oid>> {
    let Some(brought) = commit else { return Ok(None) };
    let approvals = context.reader().approvals(&record.digest())?;
    let paths: Result<Vec<String>> =
        approvals.iter().map(|approval| Ok(Place::of(approval.record.predicate())?.path())).collect();
    let snapshot = context.history.snapshot(brought)?;
    let mut late = Vec::new();
    for path in paths? {
        if snapshot.find(&path)?.is_none() {
            late.push(path);
        }
    }
    // Where one person's word was enough, approvals that came later are shown, and judged nothing.
    let found = brought_by(context, &late)?;
    let mut newest = brought;
    for id in found.into_values() {
        if first_parents(context.history, id, Some(newest))?.is_some() {
            newest = id;
        }
    }
    Ok(Some(newest))
}
