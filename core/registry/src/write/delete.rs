//! `delete`: the bytes go, the metadata stays.

use crate::registry::{Registry, Writer};
use crate::view::View;
use crate::write::revoke::{Blobs, RevokeAnswer};
use crate::write::transition::artifacts;
use refmark_engine::plan::{self, TrustRequest};
use refmark_records::trust::TrustState;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;

impl Writer<'_> {
    /// Deletes an artifact: its metadata stays, and its bytes go from this store unless a live artifact shares them.
    pub fn delete(&self, artifact: ArtifactId, reason: &str) -> Result<RevokeAnswer> {
        let to = TrustState::Deleted;
        let request = TrustRequest::new(artifact, to, reason);
        let (_, view) = self.change_and_see(|view, author| plan::trust(view.facts()?, author, &request))?;
        let removed = self.registry.remove_bytes(&view, artifact)?;
        let blobs = Blobs { removed, ..Blobs::default() };
        self.hit(&view, artifact, to, blobs)
    }
}

impl Registry {
    /// Moves the blobs of all deleted artifacts to the trash: a delete that was killed, or was made in another copy, left
    /// them here.
    pub(crate) fn finish_deletes(&self) -> Result<()> {
        let view = self.view()?;
        for artifact in artifacts(view.facts()?)? {
            if view.facts()?.trust(&artifact)?.0 == TrustState::Deleted {
                self.remove_bytes(&view, artifact)?;
            }
        }
        Ok(())
    }

    /// Moves the blobs of a deleted artifact to the trash, but for those that a live one shares.
    pub(crate) fn remove_bytes(&self, view: &View<'_>, artifact: ArtifactId) -> Result<Vec<Digest>> {
        let facts = view.facts()?;
        let Some(manifest) = facts.manifest(&artifact)? else { return Ok(Vec::new()) };
        let mut doomed = std::collections::BTreeSet::new();
        for digest in manifest.files.iter().map(|file| file.sha256) {
            if !self.is_shared(view, artifact, &digest)? {
                doomed.insert(digest);
            }
        }
        let mut removed = Vec::new();
        for digest in doomed {
            if matches!(self.store.presence(&digest)?, refmark_store::blob::Presence::Present { .. }) {
                self.store.trash(&digest, self.world.clock.now())?;
                removed.push(digest);
            }
        }
        Ok(removed)
    }

    /// Whether a live artifact other than this one has a file.
    fn is_shared(&self, view: &View<'_>, artifact: ArtifactId, file: &Digest) -> Result<bool> {
        let facts = view.facts()?;
        let candidates = match self.indexed(view, |index| index.artifacts_with(file))? {
            Some(found) => found.into_iter().map(|(other, _)| other).collect(),
            None => artifacts(facts)?,
        };
        for other in candidates {
            if other != artifact && facts.trust(&other)?.0 != TrustState::Deleted {
                let manifest = facts.manifest(&other)?;
                if manifest.is_some_and(|it| it.files.iter().any(|have| have.sha256 == *file)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
