//! Claims of manifests, held against the bytes. A manifest says of each file what it is and which tensors it holds; whoever
//! wrote it may have said anything. Who has the bytes looks again.

mod differences;
mod hidden;
mod known;
#[cfg(test)]
mod tests;

pub(crate) use hidden::refuse_hidden;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::registry::Registry;
use crate::write::register::{Contents, Sums, digests_of, look, observer};
use refmark_engine::effective::{Objects, State};
use refmark_engine::snapshot::{Change, History};
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::{Problem, is_unjudgeable};
use refmark_query::answer::ManifestIs;
use refmark_records::contents::Contents as Table;
use refmark_records::layout::{Document, Place};
use refmark_records::manifest::Manifest;
use refmark_scan::{PackageFile, inspect_package};
use refmark_store::blob::{Ingested, Presence, Verified};
use refmark_store::fs::parallel::{cores, for_each};
use refmark_store::git::Repo;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// So many artifacts are looked at together, so that small files keep every core at work.
pub(crate) const TOGETHER: usize = 64;
/// What was seen of tensors is kept for so many bytes: files that many artifacts share are read once.
const KEPT_BYTES: usize = 64 << 20;

/// An artifact whose manifest is about to be held against its bytes.
pub(crate) struct Claim<'m> {
    pub(crate) artifact: ArtifactId,
    pub(crate) manifest: &'m Manifest,
    /// Where the table of its contents is read.
    pub(crate) facts: StateReader<'m>,
}

/// What came of it.
pub(crate) struct Looked {
    pub(crate) artifact: ArtifactId,
    pub(crate) held: ManifestIs,
    /// What the manifest claims and the bytes do not say.
    pub(crate) differences: Vec<String>,
}

impl Looked {
    /// Whether all of the bytes were here, and say what the manifest claims.
    pub(crate) fn is_as_claimed(&self) -> bool {
        self.held == ManifestIs::Derived && self.differences.is_empty()
    }

    /// The differences as one problem; none where there is none.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let error = self.error()?;
        Some(Problem::of(&error, Some(&Place::Document(self.artifact, Document::Manifest).path()), None))
    }

    /// The differences as an error.
    pub(crate) fn error(&self) -> Option<Box<Error>> {
        let first = self.differences.first()?;
        let more = match self.differences.len() {
            1 => String::new(),
            n => format!(", and {} more", n - 1),
        };
        let error = Error::new(
            Code::InconsistentManifest,
            format!("the manifest of {} is not what its bytes say: {first}{more}", self.artifact.short()),
        )
        .hint("somebody wrote it by hand, or another scanner did: register the files themselves, and revoke this artifact")
        .field("artifact", self.artifact)
        .field("differences", self.differences.join("\n"));
        Some(error)
    }
}

/// Looks at the bytes of artifacts. What was hashed once is not hashed again.
pub(crate) struct Deriver<'r> {
    registry: &'r Registry,
    /// What the hashing came to, of all blobs so far.
    pub(crate) blobs: Verified,
    good: BTreeSet<Digest>,
    bad: BTreeSet<Digest>,
    seen: BTreeMap<Digest, Vec<u8>>,
    seen_bytes: usize,
}

impl<'r> Deriver<'r> {
    pub(crate) fn new(registry: &'r Registry) -> Deriver<'r> {
        Deriver {
            registry,
            blobs: Verified::default(),
            good: BTreeSet::new(),
            bad: BTreeSet::new(),
            seen: BTreeMap::new(),
            seen_bytes: 0,
        }
    }

    /// Hashes the files of these artifacts and holds their manifests against them.
    pub(crate) fn look_at(&mut self, claims: &[Claim<'_>]) -> Result<Vec<Looked>> {
        let mut looked = Vec::new();
        for some in claims.chunks(TOGETHER) {
            looked.extend(self.look_at_some(some)?);
        }
        self.blobs.damaged.sort_by_key(|(digest, _)| *digest);
        self.blobs.unreadable.sort_by_key(|(digest, _)| *digest);
        self.blobs.absent.sort();
        Ok(looked)
    }

    fn look_at_some(&mut self, claims: &[Claim<'_>]) -> Result<Vec<Looked>> {
        let mut packages = self.inspect_all(claims)?;
        // Only a package that is all here tells of external data, and what it lacks.
        let (mut gaps, mut tables) = (Vec::new(), Vec::new());
        for (claim, files) in claims.iter().zip(&mut packages) {
            let whole = files.len() == claim.manifest.files.len();
            gaps.push(if whole { inspect_package(files) } else { Vec::new() });
            tables.push(if whole { claim.facts.contents(&claim.artifact)? } else { None });
        }
        self.hash(claims, &packages, &tables)?;
        let mut looked = Vec::new();
        for (((claim, files), gaps), table) in claims.iter().zip(&packages).zip(gaps).zip(&tables) {
            let by_path: BTreeMap<&str, &PackageFile> = files.iter().map(|file| (file.path.as_str(), file)).collect();
            let mut derived = Contents::new(gaps);
            for entry in &claim.manifest.files {
                let Some(file) = by_path.get(entry.path.as_str()).filter(|_| self.good.contains(&entry.sha256)) else {
                    continue;
                };
                let extra = self.seen.get(&entry.sha256).cloned();
                let blob = Ingested { digest: entry.sha256, size: file.size, was_here: true, was_known: true, extra };
                derived.add(&entry.path, file, &blob)?;
            }
            let derived = derived.into_facts();
            let whole = derived.files.len() == claim.manifest.files.len();
            let differences = differences::between(claim, table.as_ref(), &derived, whole);
            let held = if whole { ManifestIs::Derived } else { ManifestIs::Claimed };
            looked.push(Looked { artifact: claim.artifact, held, differences });
        }
        if self.seen_bytes > KEPT_BYTES {
            self.seen.clear();
            self.seen_bytes = 0;
        }
        Ok(looked)
    }

    /// Looks at every file that is here.
    fn inspect_all(&self, claims: &[Claim<'_>]) -> Result<Vec<Vec<PackageFile>>> {
        let store = &self.registry.store;
        let mut slots = Vec::new();
        for (at, claim) in claims.iter().enumerate() {
            for entry in &claim.manifest.files {
                if let Presence::Present { size } = store.presence(&entry.sha256)? {
                    slots.push((at, entry, size, OnceLock::<PackageFile>::new()));
                }
            }
        }
        for_each(cores(), &slots, |(_, entry, size, slot)| {
            self.registry.world.cancel.check()?;
            let name = entry.path.rsplit('/').next().unwrap_or(&entry.path);
            // One that cannot be read is told of when it is hashed.
            if let Ok(inspection) = look(&store.place_of(&entry.sha256), name) {
                slot.get_or_init(|| PackageFile { path: entry.path.clone(), size: *size, inspection });
            }
            Ok(())
        })?;
        let mut packages: Vec<Vec<PackageFile>> = claims.iter().map(|_| Vec::new()).collect();
        for (at, _, _, slot) in slots {
            if let (Some(package), Some(file)) = (packages.get_mut(at), slot.into_inner()) {
                package.push(file);
            }
        }
        Ok(packages)
    }

    /// Hashes what was not hashed yet, and what holds tensors that were not digested.
    fn hash(&mut self, claims: &[Claim<'_>], packages: &[Vec<PackageFile>], tables: &[Option<Table>]) -> Result<()> {
        let mut wanted: BTreeMap<Digest, Option<(&PackageFile, Sums)>> = BTreeMap::new();
        for ((claim, files), table) in claims.iter().zip(packages).zip(tables) {
            let sums = sums_of(claim, table.as_ref());
            let by_path: BTreeMap<&str, &PackageFile> = files.iter().map(|file| (file.path.as_str(), file)).collect();
            for entry in &claim.manifest.files {
                let file = by_path.get(entry.path.as_str()).copied();
                let undigested = file.filter(|file| {
                    let kept = self.seen.get(&entry.sha256).map(Vec::as_slice);
                    let kept = digests_of(&file.inspection, kept).filter(|kept| kept.has(sums));
                    !file.inspection.tensors.is_empty() && kept.is_none()
                });
                let known = self.good.contains(&entry.sha256) || self.bad.contains(&entry.sha256);
                if undigested.is_some() || !known {
                    let slot = wanted.entry(entry.sha256).or_default();
                    let sums = slot.map_or(sums, |(_, before)| before.max(sums));
                    *slot = slot.map(|(file, _)| file).or(undigested).map(|file| (file, sums));
                }
            }
        }
        let digests: Vec<Digest> = wanted.keys().copied().collect();
        let watch = |digest: &Digest| {
            let (file, sums) = wanted.get(digest).copied().flatten()?;
            observer(&file.inspection, sums)
        };
        let world = &self.registry.world;
        let (found, seen) =
            self.registry.store.verify_watched(Some(&digests), &watch, &*world.progress, &world.cancel)?;
        self.take(&digests, found);
        for (digest, bytes) in seen {
            self.seen_bytes += bytes.len();
            self.seen.insert(digest, bytes);
        }
        Ok(())
    }

    /// Adds what the hashing of some blobs came to; what was counted before is not counted again.
    fn take(&mut self, digests: &[Digest], found: Verified) {
        let wrong: BTreeSet<Digest> = (found.damaged.iter().chain(&found.unreadable).map(|(digest, _)| *digest))
            .chain(found.absent.iter().copied())
            .collect();
        let before = self.good.len();
        for digest in digests {
            match wrong.contains(digest) {
                true => drop(self.bad.insert(*digest)),
                false => drop(self.good.insert(*digest)),
            }
        }
        self.blobs.good += (self.good.len() - before) as u64;
        self.blobs.bytes += found.bytes;
        self.blobs.damaged.extend(found.damaged);
        self.blobs.unreadable.extend(found.unreadable);
        self.blobs.absent.extend(found.absent);
    }
}

/// By which digests an artifact names its tensors: those of a table or a manifest of the first kind are held against the bytes, too.
fn sums_of(claim: &Claim<'_>, table: Option<&Table>) -> Sums {
    let listed = table.into_iter().flat_map(Table::tensors).chain(&claim.manifest.tensors);
    if listed.into_iter().any(|it| it.sha256.is_some()) { Sums::Both } else { Sums::Blake3 }
}

impl Registry {
    /// Holds the manifest of an artifact of a state against its bytes, as far as they are here.
    pub(crate) fn derive(&self, facts: StateReader<'_>, artifact: ArtifactId) -> Result<Looked> {
        let Some(manifest) = facts.manifest(&artifact)? else {
            return Ok(Looked { artifact, held: ManifestIs::Claimed, differences: Vec::new() });
        };
        let claim = Claim { artifact, manifest: &manifest, facts };
        let mut looked = Deriver::new(self).look_at(&[claim])?;
        let looked = looked.pop().ok_or_else(|| refmark_types::error::bug("one artifact gave no answer"))?;
        self.note_derived(looked.is_as_claimed().then_some(artifact));
        Ok(looked)
    }

    /// The manifests of a range that its bytes, as far as they are here, contradict.
    pub(crate) fn false_claims(&self, history: &Repo, base: Option<Oid>, head: Oid) -> Result<Vec<Problem>> {
        Ok(self.derive_range(history, base, head)?.iter().filter_map(Looked::problem).collect())
    }

    /// Refuses a range that brings, or moves to another trust state, an artifact whose bytes contradict its manifest.
    ///
    /// # Errors
    /// `inconsistent-manifest`, as far as the bytes are here.
    pub(crate) fn refuse_false_claims(&self, base: Option<Oid>, head: Oid) -> Result<()> {
        self.derive_range(&self.repo, base, head)?.iter().find_map(Looked::error).map_or(Ok(()), Err)
    }

    /// Holds the manifests that a range brings, or moves to another trust state, against the bytes that are here. Where the
    /// range cannot be read, that is said elsewhere.
    pub(crate) fn derive_range(&self, history: &Repo, base: Option<Oid>, head: Oid) -> Result<Vec<Looked>> {
        let changes = match history.between(base, head) {
            Err(error) if is_unjudgeable(&error) => return Ok(Vec::new()),
            other => other?,
        };
        let artifact = |change: &Change| match Place::parse(&change.path) {
            Some(Place::Document(artifact, Document::Manifest) | Place::Trust(artifact, _)) => Some(artifact),
            _ => None,
        };
        let artifacts: BTreeSet<ArtifactId> = changes.iter().filter_map(artifact).collect();
        let tree = State::of_tree(Objects::new(history), history.snapshot(head)?, []);
        let facts = StateReader(&tree);
        let (mut deriver, mut looked) = (Deriver::new(self), Vec::new());
        for artifact in artifacts {
            // What is no manifest is refused by the rules.
            let Ok(Some(manifest)) = facts.manifest(&artifact) else { continue };
            looked.extend(deriver.look_at(&[Claim { artifact, manifest: &manifest, facts }])?);
        }
        self.note_derived(looked.iter().filter(|it| it.is_as_claimed()).map(|it| it.artifact));
        Ok(looked)
    }
}
