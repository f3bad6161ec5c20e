//! What was found of the releases of models. It is asked of every version that is registered, so that it may not cost a look at
//! all others; `rules/releases` asks and follows it.

use std::cell::RefCell;
use std::collections::HashMap;

use refmark_types::name::{ModelName, Release};
use refmark_types::oid::Oid;

/// The releases of the models that were asked for. A version names the digest of the one before it, so what was found of
/// a version holds for every state in which that very record stands, whichever landing is tried on top.
#[derive(Default)]
pub(crate) struct Releases(pub(crate) RefCell<HashMap<ModelName, Line>>);

/// A model's versions from the first on, each following the one before.
#[derive(Default)]
pub(crate) struct Line {
    /// Version n at n - 1: its record, and its release.
    pub(crate) versions: Vec<(Oid, Option<Release>)>,
    /// The versions with a release, in ascending order: more than one only while a landing is tried that repeats it.
    pub(crate) having: HashMap<Release, Vec<u64>>,
}

impl Line {
    /// Forgets the versions above a number.
    pub(crate) fn cut(&mut self, number: u64) {
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
