//! When a record came, and when it took effect.

use crate::judgement::answer::Basis;
use crate::judgement::snapshot::{History, first_parents};
use crate::records::layout::Place;
use crate::records::statement::Record;
use crate::words::fault::Result;
use crate::words::map::Map;
use crate::words::oid::Oid;

/// The commits that brought files. A file that waited for an approval took effect later than it came. Where an index knows
/// when a file took effect, the search begins there, and not at the head.
pub(crate) fn brought_by(basis: &Basis<'_, '_>, paths: &[String]) -> Result<Map<String, Oid>> {
    let mut from_head = vec![basis.head];
    let mut found = Map::new();
    for path in paths {
        let brought = match basis.landings.known(path)? {
            Some(landed) => bisect(basis.history, &mut vec![landed.commit], path)?,
            None => bisect(basis.history, &mut from_head, path)?,
        };
        found.extend(brought.map(|commit| (path.clone(), commit)));
    }
    Ok(found)
}

/// The commit of a first-parent chain that brought a file, found by halving: what took effect stays. The chain is lengthened
/// as far as the search goes.
fn bisect(history: &dyn History, chain: &mut Vec<Oid>, path: &str) -> Result<Option<Oid>> {
    let stands = |id: Oid| -> Result<bool> { Ok(history.snapshot(id)?.find(path)?.is_some()) };
    if !stands(chain[0])? {
        return Ok(None);
    }
    // It stands at `here`, and not at `gone`.
    let (mut here, mut step) = (0, 1);
    let mut gone = loop {
        let at = here + step;
        extend(history, chain, at);
        match chain.get(at) {
            Some(id) if stands(*id)? => (here, step) = (at, step * 2),
            Some(_) => break at,
            None if step > 1 => step = (chain.len() - here).min(step / 2).max(1),
            None => break at,
        }
    };
    while gone - here > 1 {
        let middle = here + (gone - here) / 2;
        match stands(chain[middle])? {
            true => here = middle,
            false => gone = middle,
        }
    }
    Ok(Some(chain[here]))
}

/// Lengthens a first-parent chain until it has a commit at this place, or ends where history does.
fn extend(history: &dyn History, chain: &mut Vec<Oid>, place: usize) {
    while chain.len() <= place {
        let parent = chain.last().and_then(|id| history.commit(*id).ok()?.parents.first().copied());
        match parent {
            Some(parent) => chain.push(parent),
            None => return,
        }
    }
}

/// The commit in which a record took effect: where it came, or where the last approval came.
pub(super) fn effect_of(basis: &Basis<'_, '_>, record: &Record, commit: Option<Oid>) -> Result<Option<Oid>> {
    let Some(brought) = commit else { return Ok(None) };
    let approvals = basis.facts().approvals(&record.digest())?;
    let paths: Result<Vec<String>> = approvals.iter().map(|it| Ok(Place::of(it.record.predicate())?.path())).collect();
    let snapshot = basis.history.snapshot(brought)?;
    let mut late = Vec::new();
    for path in paths? {
        if snapshot.find(&path)?.is_none() {
            late.push(path);
        }
    }
    // Where one person's word was enough, approvals that came later are shown, and judged nothing.
    let found = brought_by(basis, &late)?;
    let mut newest = brought;
    for id in found.into_values() {
        if first_parents(basis.history, id, Some(newest))?.is_some() {
            newest = id;
        }
    }
    Ok(Some(newest))
}
