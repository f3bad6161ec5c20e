//! `transition`, `revoke` and `delete`: moves of stages and trust states.

use crate::registry::Writer;
use serde::Serialize;

use crate::registry::Registry;
use crate::view::View;
use refmark_engine::gate::GateReport;
use refmark_engine::plan::{self, StageRequest, TrustRequest};
use refmark_engine::state_reader::StateReader;
use refmark_records::trust::TrustState;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ConsumerId, ModelName};
use refmark_types::oid::Oid;

/// A move that took effect.
#[derive(Debug, Clone, Serialize)]
pub struct TransitionAnswer {
    /// The artifact.
    pub artifact: ArtifactId,
    /// The version, for a stage move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The state or stage before.
    pub from: String,
    /// The state or stage now.
    pub to: String,
    /// The commit.
    pub commit: Oid,
    /// Every gate of it.
    pub reports: Vec<GateReport>,
}

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
    /// The blobs whose bytes were removed from this store.
    pub removed: Vec<Digest>,
}

impl Writer<'_> {
    /// Moves a version to a stage.
    pub fn transition_stage(&self, request: &StageRequest) -> Result<TransitionAnswer> {
        let mut from = None;
        let mut artifact = None;
        let written = self.change(|view, author| {
            let facts = view.facts()?;
            from = Some(facts.stage(&request.model, request.version)?.0);
            let plan = plan::stage(facts, author, request)?;
            artifact = plan.artifacts.first().copied();
            Ok(plan)
        })?;
        Ok(TransitionAnswer {
            artifact: artifact.ok_or_else(|| refmark_types::error::bug("a stage move without an artifact"))?,
            version: Some(format!("{}/{}", request.model, request.version)),
            from: from.unwrap_or_default().to_string(),
            to: request.to.to_string(),
            commit: written.commit,
            reports: written.reports,
        })
    }

    /// Moves an artifact to a trust state.
    pub fn transition_trust(&self, request: &TrustRequest) -> Result<TransitionAnswer> {
        let mut from = None;
        let written = self.change(|view, author| {
            let facts = view.facts()?;
            from = Some(facts.trust(&request.artifact)?.0);
            plan::trust(facts, author, request)
        })?;
        Ok(TransitionAnswer {
            artifact: request.artifact,
            version: None,
            from: from.unwrap_or_default().to_string(),
            to: request.to.to_string(),
            commit: written.commit,
            reports: written.reports,
        })
    }

    /// Revokes an artifact: its bytes are handed out to nobody from this commit on.
    pub fn revoke(&self, artifact: ArtifactId, reason: &str) -> Result<RevokeAnswer> {
        let written = self.change(|view, author| plan::revoke_artifact(view.facts()?, author, artifact, reason))?;
        let view = self.registry.view_of(written.commit)?;
        self.hit(&view, artifact, TrustState::Revoked, Vec::new())
    }

    /// Deletes an artifact: its metadata stays, and its bytes go from this store unless a live artifact shares them.
    pub fn delete(&self, artifact: ArtifactId, reason: &str) -> Result<RevokeAnswer> {
        let to = TrustState::Deleted;
        let request = TrustRequest { artifact, to, reason: reason.to_owned(), evidence: Vec::new() };
        let written = self.change(|view, author| {
            let mut plan = plan::trust(view.facts()?, author, &request)?;
            plan.subject = format!("delete {}", artifact.short());
            Ok(plan)
        })?;
        let view = self.registry.view_of(written.commit)?;
        let removed = self.registry.remove_bytes(&view, artifact)?;
        self.hit(&view, artifact, to, removed)
    }

    /// What a move that has just taken effect hit.
    fn hit(&self, view: &View<'_>, artifact: ArtifactId, to: TrustState, removed: Vec<Digest>) -> Result<RevokeAnswer> {
        let (versions, aliases) = self.holders(view, artifact)?;
        let mut consumers = Vec::new();
        for it in view.facts()?.consumers()? {
            if it.pins.iter().any(|pin| pin.artifact == artifact) {
                consumers.push(it.consumer.clone());
            }
        }
        Ok(RevokeAnswer { artifact, to, commit: view.head, versions, aliases, consumers, removed })
    }

    /// The versions that are an artifact, and the aliases that hold it, in all models.
    fn holders(&self, view: &View<'_>, artifact: ArtifactId) -> Result<Holders> {
        match self.registry.indexed(view, |index| Ok((index.versions_of(&artifact)?, index.holders_of(&artifact)?)))? {
            Some(found) => Ok(found),
            None => holders(view.facts()?, artifact),
        }
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
    fn remove_bytes(&self, view: &View<'_>, artifact: ArtifactId) -> Result<Vec<Digest>> {
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

/// Every registered artifact.
pub(crate) fn artifacts(facts: StateReader<'_>) -> Result<Vec<ArtifactId>> {
    let mut found = std::collections::BTreeSet::new();
    for model in facts.models()? {
        for version in facts.versions(&model)? {
            found.extend(facts.version(&model, version)?.map(|it| it.artifact));
        }
    }
    Ok(found.into_iter().collect())
}

pub(crate) type Holders = (Vec<(ModelName, u64)>, Vec<(ModelName, AliasName)>);

/// The versions that are an artifact, and the aliases that hold it, without the index.
pub(crate) fn holders(facts: StateReader<'_>, artifact: ArtifactId) -> Result<Holders> {
    let (mut versions, mut aliases) = (Vec::new(), Vec::new());
    for model in facts.models()? {
        for version in facts.versions(&model)? {
            if facts.version(&model, version)?.is_some_and(|it| it.artifact == artifact) {
                versions.push((model.clone(), version));
            }
        }
        for alias in facts.aliases(&model)? {
            let held = facts.alias(&model, &alias)?.and_then(|it| it.to);
            if held.is_some_and(|it| it.artifact == artifact) {
                aliases.push((model.clone(), alias));
            }
        }
    }
    Ok((versions, aliases))
}
