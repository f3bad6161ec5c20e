//! `revoke`: withdraws bytes, under every name under which they stand.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::registry::{Registry, Writer};
use crate::view::View;
use crate::write::register::look;
use crate::write::transition::artifacts;
use refmark_engine::plan;
use refmark_engine::revoked::{SHARED_DATA_LIMIT, named_by_default};
use refmark_records::manifest::{FileClass, FileEntry, Manifest};
use refmark_records::trust::TrustState;
use refmark_store::blob::Presence;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{AliasName, ConsumerId, ModelName};
use refmark_types::oid::Oid;

/// More files are not named one by one: then the revocation names all but small data.
const MOST_NAMED: usize = 8_000;

/// A revocation or deletion that took effect, and what it hit.
#[derive(Debug, Clone, Serialize)]
pub struct RevokeAnswer {
    /// The artifact.
    pub artifact: ArtifactId,
    /// Its state now.
    pub to: TrustState,
    /// The commit.
    pub commit: Oid,
    /// The versions that are this artifact.
    pub versions: Vec<(ModelName, u64)>,
    /// The aliases that held it, and now resolve to `revoked`.
    pub aliases: Vec<(ModelName, AliasName)>,
    /// The projects that published a pin to it.
    pub consumers: Vec<ConsumerId>,
    /// The files whose bytes the revocation names, as paths of the artifact.
    pub files: Vec<String>,
    /// The other artifacts that are closed by it, because they hold bytes that it names.
    pub closed: Vec<ClosedArtifact>,
    /// The blobs whose bytes were removed from this store.
    pub removed: Vec<Digest>,
}

/// An artifact that is closed because it holds revoked bytes.
#[derive(Debug, Clone, Serialize)]
pub struct ClosedArtifact {
    /// The artifact.
    pub artifact: ArtifactId,
    /// The first of its files that has such bytes.
    pub file: String,
    /// The versions that are this artifact.
    pub versions: Vec<(ModelName, u64)>,
    /// The aliases that hold it, and now resolve to `revoked`.
    pub aliases: Vec<(ModelName, AliasName)>,
}

/// What a move names and did among the blobs.
#[derive(Default)]
pub(super) struct Blobs {
    pub(super) named: Vec<Digest>,
    pub(super) removed: Vec<Digest>,
}

impl Writer<'_> {
    /// Revokes an artifact: its bytes are handed out to nobody from this commit on, whatever artifact holds them. Named are
    /// all of its files but small data that other artifacts hold, too.
    pub fn revoke(&self, artifact: ArtifactId, reason: &str) -> Result<RevokeAnswer> {
        self.revoke_files(artifact, reason, &[])
    }

    /// The same, of these files alone: paths of the artifact, or digests of its files.
    pub fn revoke_files(&self, artifact: ArtifactId, reason: &str, files: &[String]) -> Result<RevokeAnswer> {
        let mut named = Vec::new();
        let (_, view) = self.change_and_see(|view, author| {
            let facts = view.facts()?;
            let Some(manifest) = facts.manifest(&artifact)? else {
                return Err(Error::new(Code::NotFound, format!("{artifact} is not registered")));
            };
            named = match files {
                [] => self.registry.named_in(view, artifact, &manifest)?,
                files => files.iter().map(|file| file_of(&manifest, file)).collect::<Result<_>>()?,
            };
            named.sort();
            named.dedup();
            let mut default = named_by_default(&manifest);
            default.sort();
            default.dedup();
            // What every reader names anyway is not spelled out.
            let spelled = if named == default || named.len() > MOST_NAMED { Vec::new() } else { named.clone() };
            plan::revoke_artifact(facts, author, artifact, reason, spelled)
        })?;
        self.hit(&view, artifact, TrustState::Revoked, Blobs { named, ..Blobs::default() })
    }

    /// What a move that has just taken effect hit.
    pub(super) fn hit(
        &self,
        view: &View<'_>,
        artifact: ArtifactId,
        to: TrustState,
        blobs: Blobs,
    ) -> Result<RevokeAnswer> {
        let (versions, aliases) = self.holders(view, artifact)?;
        let mut hit: BTreeSet<ArtifactId> = BTreeSet::from([artifact]);
        let mut closed = Vec::new();
        for other in self.registry.holding(view, &blobs.named)? {
            let Some(verified) = view.verified().filter(|_| other != artifact) else { continue };
            let Some(file) = verified.closed_by(&other)? else { continue };
            hit.insert(other);
            let (versions, aliases) = self.holders(view, other)?;
            closed.push(ClosedArtifact { artifact: other, file: file.path, versions, aliases });
        }
        let mut consumers = Vec::new();
        for it in view.facts()?.consumers()? {
            if it.pins.iter().any(|pin| hit.contains(&pin.artifact)) {
                consumers.push(it.consumer.clone());
            }
        }
        let manifest = view.facts()?.manifest(&artifact)?;
        let files = manifest.iter().flat_map(|it| &it.files).filter(|file| blobs.named.contains(&file.sha256));
        let files = files.map(|file| file.path.clone()).collect();
        let removed = blobs.removed;
        Ok(RevokeAnswer { artifact, to, commit: view.head, versions, aliases, consumers, files, closed, removed })
    }
}

impl Registry {
    /// The files that a revocation names where nobody says which: all but small data that another artifact holds, too.
    /// Whether it is data is read from the bytes where they are here.
    fn named_in(&self, view: &View<'_>, artifact: ArtifactId, manifest: &Manifest) -> Result<Vec<Digest>> {
        let mut named = Vec::new();
        for file in &manifest.files {
            let small = file.class == FileClass::Data && file.size <= SHARED_DATA_LIMIT && self.is_data(file)?;
            let spared = small && self.holding(view, &[file.sha256])?.iter().any(|other| *other != artifact);
            if !spared {
                named.push(file.sha256);
            }
        }
        Ok(named)
    }

    fn is_data(&self, file: &FileEntry) -> Result<bool> {
        if !matches!(self.store.presence(&file.sha256)?, Presence::Present { .. }) {
            return Ok(true);
        }
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        Ok(look(&self.store.place_of(&file.sha256), name).is_ok_and(|found| found.class == FileClass::Data))
    }

    /// The artifacts that hold one of these files.
    fn holding(&self, view: &View<'_>, files: &[Digest]) -> Result<BTreeSet<ArtifactId>> {
        let indexed = self.indexed(view, |index| {
            let mut found = BTreeSet::new();
            for file in files {
                found.extend(index.artifacts_with(file)?.into_iter().map(|(artifact, _)| artifact));
            }
            Ok(found)
        })?;
        if let Some(found) = indexed {
            return Ok(found);
        }
        let (facts, mut found) = (view.facts()?, BTreeSet::new());
        for artifact in artifacts(facts)? {
            let manifest = facts.manifest(&artifact)?;
            if manifest.is_some_and(|it| it.files.iter().any(|file| files.contains(&file.sha256))) {
                found.insert(artifact);
            }
        }
        Ok(found)
    }
}

/// The file of an artifact that a person names by its path or its digest.
fn file_of(manifest: &Manifest, named: &str) -> Result<Digest> {
    let digest = Digest::parse(named).ok();
    let found = manifest.files.iter().find(|file| file.path == named || Some(file.sha256) == digest);
    found.map(|file| file.sha256).ok_or_else(|| {
        let have: Vec<&str> = manifest.files.iter().map(|file| file.path.as_str()).take(20).collect();
        Error::new(Code::NotFound, format!("the artifact has no file {}", named.escape_debug()))
            .hint(format!("it has {}", have.join(", ")))
    })
}
