//! Which version has a release: asked of every version that is registered, so that it may not cost a look at all others.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_types::error::Result;
use refmark_types::name::{ModelName, Release};
use refmark_types::oid::Oid;

/// The releases of the models that were asked for. A version names the digest of the one before it, so what was found of
/// a version holds for every state in which that very record stands, whichever landing is tried on top.
#[derive(Default)]
pub(crate) struct Releases(RefCell<HashMap<ModelName, Line>>);

/// A model's versions from the first on, each following the one before.
#[derive(Default)]
struct Line {
    /// Version n at n - 1: its record, and its release.
    versions: Vec<(Oid, Option<Release>)>,
    /// The versions with a release, in ascending order: more than one only while a landing is tried that repeats it.
    having: HashMap<Release, Vec<u64>>,
}

impl Releases {
    /// A version other than `version` that has a release.
    pub(crate) fn other_with(
        &self,
        reader: StateReader<'_>,
        model: &ModelName,
        release: &Release,
        version: u64,
    ) -> Result<Option<u64>> {
        let mut lines = self.0.borrow_mut();
        let line = lines.entry(model.clone()).or_default();
        if !line.follow(reader, model)? {
            return other_by_looking(reader, model, release, version);
        }
        let having = line.having.get(release);
        Ok(having.and_then(|versions| versions.iter().copied().find(|other| *other != version)))
    }
}

impl Line {
    /// Goes back to what the state shares with the one before, and on from there. `false` where the versions are no chain,
    /// as in a landing that no rule lets in: then nothing of them is kept.
    fn follow(&mut self, reader: StateReader<'_>, model: &ModelName) -> Result<bool> {
        let newest = reader.newest_version(model)?.unwrap_or(0);
        let mut new = Vec::new();
        let mut number = newest;
        while number > 0 {
            let Some(found) = reader.version(model, number)? else { return Ok(false) };
            let oid = reader.0.oid(&Place::Version(model.clone(), number).path())?;
            let known = usize::try_from(number - 1).ok().and_then(|at| self.versions.get(at));
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
        self.cut(number);
        for (oid, found) in new.into_iter().rev() {
            number += 1;
            if let Some(release) = &found.release {
                self.having.entry(release.clone()).or_default().push(number);
            }
            self.versions.push((oid, found.release.clone()));
        }
        Ok(true)
    }

    /// Forgets the versions above a number.
    fn cut(&mut self, number: u64) {
        while self.versions.len() as u64 > number {
            let gone = self.versions.len() as u64;
            let Some((_, Some(release))) = self.versions.pop() else { continue };
            if let Some(versions) = self.having.get_mut(&release) {
                versions.retain(|version| *version != gone);
            }
        }
        if self.versions.is_empty() {
            self.having.clear();
        }
    }
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
