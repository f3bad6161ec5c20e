//! A release is one version's: looked up in what was found of the chain of versions before.

use crate::releases::Line;
use crate::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_types::error::Result;
use refmark_types::name::{ModelName, Release};

/// A version other than `version` that has a release.
pub(super) fn other_with(
    reader: StateReader<'_>,
    model: &ModelName,
    release: &Release,
    version: u64,
) -> Result<Option<u64>> {
    let mut lines = reader.0.objects().releases().0.borrow_mut();
    let line = lines.entry(model.clone()).or_default();
    if !follow(line, reader, model)? {
        return other_by_looking(reader, model, release, version);
    }
    let having = line.having.get(release);
    Ok(having.and_then(|versions| versions.iter().copied().find(|other| *other != version)))
}

/// Goes back to what the state shares with the one before, and on from there. `false` where the versions are no chain,
/// as in a landing that no rule lets in: then nothing of them is kept.
fn follow(line: &mut Line, reader: StateReader<'_>, model: &ModelName) -> Result<bool> {
    let newest = reader.newest_version(model)?.unwrap_or(0);
    let mut new = Vec::new();
    let mut number = newest;
    while number > 0 {
        let Some(found) = reader.version(model, number)? else { return Ok(false) };
        let oid = reader.0.oid(&Place::Version(model.clone(), number).path())?;
        let known = usize::try_from(number - 1).ok().and_then(|at| line.versions.get(at));
        if known.is_some_and(|known| Some(known.0) == oid) {
            break;
        }
        let Some(oid) = oid else { return Ok(false) };
        new.push((oid, found));
        number -= 1;
    }
    let mut before = match number {
        0 => None,
        number => reader.version(model, number)?.map(|found| found.record.digest()),
    };
    for (_, found) in new.iter().rev() {
        if found.previous != before {
            return Ok(false);
        }
        before = Some(found.record.digest());
    }
    line.cut(number);
    for (oid, found) in new.into_iter().rev() {
        number += 1;
        if let Some(release) = &found.release {
            line.having.entry(release.clone()).or_default().push(number);
        }
        line.versions.push((oid, found.release.clone()));
    }
    Ok(true)
}

/// The same of versions that are no chain.
fn other_by_looking(
    reader: StateReader<'_>,
    model: &ModelName,
    release: &Release,
    version: u64,
) -> Result<Option<u64>> {
    for other in reader.versions(model)?.into_iter().filter(|other| *other != version) {
        if reader.version(model, other)?.is_some_and(|it| it.release.as_ref() == Some(release)) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}
