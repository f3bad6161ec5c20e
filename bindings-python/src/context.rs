//! The world that a registry is opened in, and the key that signs.

use std::path::PathBuf;

use refmark_core::engine::ports::signer::Signer;
use refmark_core::store::key::KeySearch;
use refmark_core::types::error::Result;
use refmark_core::{Context, Pinning, Registry, founders_key};

/// What the caller said about how to open a registry.
#[derive(Clone, Default)]
pub struct Options {
    /// A path or text of a key; else `REFMARK_KEY`, an agent's, the user's own.
    pub key: Option<PathBuf>,
    /// A file with the trust root, or `sha256:<hex>`; else `REFMARK_TRUST_ROOT`, else what is pinned for the user.
    pub trust_root: Option<PathBuf>,
}

impl Options {
    /// The world, with the user's folders and the root that was named.
    pub fn world(&self) -> Result<Context> {
        let mut world = Context::from_env();
        let variable = std::env::var_os("REFMARK_TRUST_ROOT").filter(|it| !it.is_empty()).map(PathBuf::from);
        if let Some(named) = self.trust_root.clone().or(variable) {
            world.pinning = Pinning::read(named)?;
        }
        Ok(world)
    }

    /// The founder's key: one that is at hand, else a new one of refmark's own.
    pub fn founders(&self) -> Result<Box<dyn Signer>> {
        founders_key(&self.search()).map(|(found, _)| found.signer)
    }

    fn search(&self) -> KeySearch<'_> {
        KeySearch { explicit: self.key.clone().map(PathBuf::into_os_string), ..KeySearch::from_env() }
    }

    /// The key to sign with: of those that are at hand, one of a member's.
    pub fn signer(&self, registry: &Registry) -> Result<Box<dyn Signer>> {
        registry.read().find_key(&self.search()).map(|found| found.signer)
    }
}
