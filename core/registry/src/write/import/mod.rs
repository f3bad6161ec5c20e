//! `import`: versions that other tools keep, with where they come from as a claim.
//!
//! Each version is a commit of its own: who is stopped goes on where it was, because what is registered already is known by its
//! bytes and its source, and registering it again changes nothing. What cannot be brought is named with the reason.

pub(crate) mod git_lfs;
pub(crate) mod hub;

use serde::Serialize;

use crate::registry::Writer;
use crate::write::register::Package;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Result};
use refmark_types::name::ModelName;

/// A version that was brought over, or was here from an earlier run.
#[derive(Debug, Clone, Serialize)]
pub struct ImportedVersion {
    /// Where it comes from, as its manifest says: a claim.
    pub source: String,
    /// The model.
    pub model: ModelName,
    /// Its version.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// Whether it is new.
    pub created: bool,
}

/// Something that was not brought over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotImported {
    /// What it is.
    pub source: String,
    /// Why not.
    pub reason: String,
}

/// What an import came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImportAnswer {
    /// The versions, in the order in which they were registered.
    pub versions: Vec<ImportedVersion>,
    /// How many of them are new.
    pub created: u64,
    /// What was not brought over, and why.
    pub left_out: Vec<NotImported>,
    /// What people should know, such as files that can run code.
    pub warnings: Vec<String>,
}

impl ImportAnswer {
    fn leave_out(&mut self, source: impl Into<String>, reason: impl Into<String>) {
        self.left_out.push(NotImported { source: source.into(), reason: reason.into() });
    }
}

impl Writer<'_> {
    /// Registers one version that was found elsewhere. What is wrong with the version itself leaves it out; what is wrong here
    /// is an error.
    fn bring(&self, package: &Package, answer: &mut ImportAnswer) -> Result<()> {
        let source = package.source.clone().unwrap_or_default();
        match self.register(package) {
            Ok(done) => {
                answer.created += u64::from(done.created);
                if done.created {
                    answer.warnings.extend(done.warnings.iter().map(|said| format!("{source}: {said}")));
                }
                let (model, version, artifact, created) = (done.model, done.version, done.artifact, done.created);
                answer.versions.push(ImportedVersion { source, model, version, artifact, created });
                Ok(())
            }
            Err(error) if is_its_own(error.code) => {
                answer.leave_out(source, error.message);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether an error of registering is about what is registered, so that the next version may fare better.
fn is_its_own(code: Code) -> bool {
    matches!(
        code,
        Code::PackageIncomplete
            | Code::BadArgument
            | Code::NotAFile
            | Code::Secret
            | Code::SourceChanged
            | Code::TooLarge
            | Code::Refused
            | Code::Pending
            | Code::Exists
            | Code::Inconsistent
    )
}
