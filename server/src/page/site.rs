//! The site of a registry, written anew when its branch has moved.

use std::path::PathBuf;
use std::sync::Mutex;

use refmark_core::store::git::program::Git;
use refmark_core::types::error::Result;
use refmark_core::types::oid::Oid;
use refmark_core::{ExportRequest, Registry, Viewer};

use crate::sync::locked;

/// The site of a registry, and the viewer that it is read with.
pub struct Site {
    viewer: Viewer<'static>,
    pub(super) folder: PathBuf,
    /// The head of which the site was written last, by this process.
    shown: Mutex<Option<Oid>>,
}

impl Site {
    /// A site that is written into a folder of the service's own on first need.
    pub fn new(viewer: Viewer<'static>, folder: PathBuf) -> Site {
        Site { viewer, folder, shown: Mutex::default() }
    }

    /// Writes the site where the branch has moved since. Others who ask wait.
    pub(super) fn refresh(&self, registry: &Registry) -> Result<()> {
        let mut shown = locked(&self.shown);
        let head = registry.read().head()?;
        if *shown != Some(head) {
            let request = ExportRequest { viewer: Some(&self.viewer), ..ExportRequest::default() };
            registry.share().export_site(&Git::default(), &self.folder, &request)?;
            *shown = Some(head);
        }
        Ok(())
    }
}
