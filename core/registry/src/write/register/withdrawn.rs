//! Bytes that were revoked or deleted are not stored and registered again without a word.

use std::collections::BTreeMap;
use std::path::Path;

use crate::registry::Writer;
use refmark_store::blob::{Presence, Store};
use refmark_store::fs::disk::shown;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};

/// What this registry withdrew, at the newest head.
pub(super) struct Withdrawn {
    revoked: BTreeMap<Digest, u64>,
    deleted: BTreeMap<Digest, ArtifactId>,
    store: Store,
}

impl<'r> Writer<'r> {
    /// The same writer, that registers bytes which were revoked or deleted in another package: into quarantine.
    #[must_use]
    pub fn allow_withdrawn(self, allow: bool) -> Writer<'r> {
        Writer { withdrawn: allow, ..self }
    }
}

impl Withdrawn {
    /// Nothing, for a writer that takes all.
    pub(super) fn of(writer: &Writer<'_>) -> Result<Withdrawn> {
        let mut all =
            Withdrawn { revoked: BTreeMap::new(), deleted: BTreeMap::new(), store: writer.registry.store.clone() };
        if !writer.withdrawn {
            let view = writer.registry.view()?;
            if let Some(verified) = view.verified() {
                all.revoked.clone_from(verified.walk.revoked().files());
                all.deleted.clone_from(verified.walk.revoked().deleted_files());
            }
        }
        Ok(all)
    }

    /// An error `revoked` or `deleted` for a file whose bytes were withdrawn.
    pub(super) fn refuse(&self, path: &Path, digest: &Digest) -> Result<()> {
        let (code, what) = if self.revoked.contains_key(digest) {
            (Code::Revoked, "the bytes were revoked in another package".to_owned())
        } else if let Some(artifact) = self.deleted.get(digest)
            // A live artifact has them, too, where the deletion left them here.
            && self.store.presence(digest)? == Presence::Absent
        {
            (Code::Deleted, format!("the bytes were deleted with {}", artifact.short()))
        } else {
            return Ok(());
        };
        Err(Error::new(code, format!("{}: {what}", shown(path)))
            .hint(Hint::of("to have them looked at again, in quarantine: ").then(Next::With(Choice::AllowWithdrawn)))
            .field("digest", digest)
            .at(shown(path)))
    }
}
