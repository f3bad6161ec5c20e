//! What an answer rests on: the records without which it would be another.

use super::Verified;
use crate::revoked::{SharedFile, closed_by};
use crate::state_reader::StateReader;
use refmark_records::layout::{Document, Place};
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ModelName};

/// What an answer is about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The artifact.
    pub artifact: &'a ArtifactId,
    /// The model and version through which it is asked for; none where it is asked for by its own id.
    pub version: Option<(&'a ModelName, u64)>,
    /// The alias, and the number of its move, where it is asked for by one.
    pub alias: Option<(&'a AliasName, u64)>,
}

impl Subject<'_> {
    /// The paths of the records that an answer rests on: the move, the version, its stage and the artifact's trust state.
    /// What these rest on in turn (evidence, approvals, policies, owners) taints them themselves.
    pub fn rests_on(&self, reader: StateReader<'_>) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        if let Some((model, version)) = self.version {
            if let Some((alias, sequence)) = self.alias {
                paths.push(Place::Alias(model.clone(), alias.clone(), sequence).path());
            }
            paths.push(Place::Version(model.clone(), version).path());
            paths.extend(reader.stage(model, version)?.1.map(|stage| stage.record.common().path.to_owned()));
        } else {
            paths.push(Place::Document(*self.artifact, Document::Manifest).path());
        }
        paths.extend(reader.trust(self.artifact)?.1.map(|trust| trust.record.common().path.to_owned()));
        Ok(paths)
    }
}

impl Verified<'_> {
    /// The first file of an artifact that closes it, because its bytes were revoked under another name.
    pub fn closed_by(&self, artifact: &ArtifactId) -> Result<Option<SharedFile>> {
        closed_by(self.reader(), artifact, self.walk.revoked().files(), &|commit| self.walk.position(commit))
    }

    /// The first record that an answer rests on and that rests on a key which was distrusted; none where it is clean.
    pub fn taint_of(&self, subject: &Subject<'_>) -> Result<Option<String>> {
        if self.walk.tainted().is_empty() {
            return Ok(None);
        }
        Ok(subject.rests_on(self.reader())?.into_iter().find(|path| self.is_tainted(path)))
    }
}
