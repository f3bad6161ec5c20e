//! `--blobs`: the files of trusted versions go along with a site.

use crate::registry::Sharing;
use std::fs::OpenOptions;
use std::path::Path;

use super::SiteBlobs;
use super::folder::Folder;
use crate::view::View;
use refmark_engine::ports::Unit;
use refmark_engine::verify::Subject;
use refmark_records::trust::TrustState;
use refmark_store::blob::Presence;
use refmark_store::blob::error_of;
use refmark_store::fs::disk::io_error;
use refmark_types::digest::Digest;
use refmark_types::error::Result;
use std::collections::BTreeSet;

impl Sharing<'_> {
    /// Copies every file of every trusted version, hashed on the way, but for those that are there.
    pub(crate) fn site_blobs(&self, view: &View<'_>, folder: &mut Folder) -> Result<(BTreeSet<Digest>, SiteBlobs)> {
        view.check_tip()?;
        let wanted = trusted_blobs(view)?;
        let mut answer = SiteBlobs::default();
        let mut kept = BTreeSet::new();
        self.registry.world.progress.start("copying files", Some(wanted.len() as u64), Unit::Items);
        for digest in wanted {
            self.registry.world.cancel.check()?;
            match self.registry.store.presence(&digest)? {
                Presence::Absent => answer.absent.push(digest),
                Presence::Present { size } => {
                    self.copy_blob(&digest, size, folder)?;
                    kept.insert(digest);
                    answer.files += 1;
                    answer.bytes += size;
                }
            }
            self.registry.world.progress.advance(1);
        }
        self.registry.world.progress.finish();
        Ok((kept, answer))
    }

    fn copy_blob(&self, digest: &Digest, size: u64, folder: &mut Folder) -> Result<()> {
        let hex = digest.hex();
        let (first, rest) = hex.split_at(2);
        let name = format!("registry/blobs/{first}/{}/{hex}", rest.split_at(2).0);
        if std::fs::metadata(folder.path().join(&name)).is_ok_and(|it| it.is_file() && it.len() == size) {
            return Ok(());
        }
        let staged = folder.staged("blob");
        self.read_into(digest, &staged)?;
        folder.place(&staged, &name)
    }

    fn read_into(&self, digest: &Digest, path: &Path) -> Result<()> {
        let mut reader = self.registry.store.open_blob(digest)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(|error| io_error("create", path, &error))?;
        match std::io::copy(&mut reader, &mut file) {
            Ok(_) => Ok(()),
            Err(error) => Err(error_of(error).unwrap_or_else(|error| io_error("write", path, &error))),
        }
    }
}

/// The files of versions that are trusted, and rest on no key that was distrusted.
fn trusted_blobs(view: &View<'_>) -> Result<BTreeSet<Digest>> {
    let facts = view.facts()?;
    let mut wanted = BTreeSet::new();
    for model in facts.models()? {
        for number in facts.versions(&model)? {
            let Some(version) = facts.version(&model, number)? else { continue };
            let trusted = facts.trust(&version.artifact)?.0 == TrustState::Trusted;
            let subject = Subject { artifact: &version.artifact, version: Some((&model, number)), alias: None };
            if trusted && view.check_taint(&subject).is_ok() && view.basis()?.check_bytes(&version.artifact).is_ok() {
                let manifest = facts.manifest(&version.artifact)?;
                wanted.extend(manifest.iter().flat_map(|it| &it.files).map(|file| file.sha256));
            }
        }
    }
    Ok(wanted)
}
