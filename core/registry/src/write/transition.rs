//! `transition`: moves of stages and trust states.

use crate::registry::Writer;
use serde::Serialize;

use crate::view::View;
use refmark_engine::gate::GateReport;
use refmark_engine::plan::{self, StageRequest, TrustRequest};
use refmark_engine::state_reader::StateReader;
use refmark_query::answer::ManifestIs;
use refmark_records::trust::TrustState;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ModelName};
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
    /// Whether what the manifest says was held against the bytes, for a move to `trusted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_is: Option<ManifestIs>,
    /// The commit.
    pub commit: Oid,
    /// Every gate of it.
    pub reports: Vec<GateReport>,
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
            manifest_is: None,
            commit: written.commit,
            reports: written.reports,
        })
    }

    /// Moves an artifact to a trust state. To `trusted` only if its bytes, as far as they are here, say what its manifest
    /// claims: an error `inconsistent-manifest` where they do not.
    pub fn transition_trust(&self, request: &TrustRequest) -> Result<TransitionAnswer> {
        let mut from = None;
        let manifest_is = self.looked_at(self.registry.view()?.facts()?, request)?;
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
            manifest_is,
            commit: written.commit,
            reports: written.reports,
        })
    }

    /// Before bytes are trusted, what the manifest says of them is held against them, as far as they are here.
    pub(crate) fn looked_at(&self, facts: StateReader<'_>, request: &TrustRequest) -> Result<Option<ManifestIs>> {
        if request.to != TrustState::Trusted {
            return Ok(None);
        }
        let looked = self.registry.derive(facts, request.artifact)?;
        looked.error().map_or(Ok(Some(looked.held)), Err)
    }

    /// The versions that are an artifact, and the aliases that hold it, in all models.
    pub(super) fn holders(&self, view: &View<'_>, artifact: ArtifactId) -> Result<Holders> {
        match self.registry.indexed(view, |index| Ok((index.versions_of(&artifact)?, index.holders_of(&artifact)?)))? {
            Some(found) => Ok(found),
            None => holders(view.facts()?, artifact),
        }
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
