//! The path that stands for an artifact among tainted paths.

use refmark_records::layout::{Document, Place};
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::ArtifactId;

/// The artifact that a version names.
pub(crate) fn artifact_of(record: &Record) -> Option<ArtifactId> {
    match record.predicate() {
        Predicate::Version(version) => Some(version.artifact),
        _ => None,
    }
}

/// The path that stands for an artifact: tainted where only lost keys brought it.
pub(crate) fn mark(artifact: &ArtifactId) -> String {
    Place::Document(*artifact, Document::Manifest).path()
}
