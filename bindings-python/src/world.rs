//! The world that a registry is opened in, and the key that signs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use refmark_core::key::{self, KeySearch};
use refmark_core::ports::signer::Signer;
use refmark_core::ports::{Cancel, Progress};
use refmark_core::records::statement::{Predicate, Record};
use refmark_core::registry::{Pinning, Registry, World};
use refmark_core::words::digest::Digest;
use refmark_core::words::fault::{Code, Fault, Result};

/// What the caller said about how to open a registry.
#[derive(Clone, Default)]
pub struct Options {
    /// A path or text of a key; else `REFMARK_KEY`, an agent's, the user's own.
    pub key: Option<OsString>,
    /// A file with the trust root, or `sha256:<hex>`; else `REFMARK_TRUST_ROOT`, else what is pinned for the user.
    pub trust_root: Option<OsString>,
}

impl Options {
    /// The world, with the user's folders and the root that was named.
    pub fn world(&self) -> Result<World> {
        let mut world = World::from_env();
        let variable = std::env::var_os("REFMARK_TRUST_ROOT").filter(|it| !it.is_empty());
        if let Some(named) = self.trust_root.clone().or(variable) {
            world.pinning = Pinning::Root(root(&named)?);
        }
        Ok(world)
    }

    /// Opens the registry at a path.
    pub fn open(&self, path: &Path) -> Result<Registry> {
        Registry::open(path, self.world()?)
    }

    /// Opens it for long work.
    pub fn open_for(&self, path: &Path, progress: Arc<dyn Progress>, cancel: Cancel) -> Result<Registry> {
        let mut world = self.world()?;
        (world.progress, world.cancel) = (progress, cancel);
        Registry::open(path, world)
    }

    /// The key to sign with: of those that are at hand, one of a member's.
    pub fn signer(&self, registry: &Registry) -> Result<Box<dyn Signer>> {
        let view = registry.view()?;
        let policy = view.facts()?.newest_policy()?;
        let members: Vec<_> = policy
            .iter()
            .flat_map(|(policy, _)| policy.members.values())
            .flat_map(|it| it.keys.iter().cloned())
            .collect();
        let search = KeySearch { explicit: self.key.clone(), only: Some(&members), ..KeySearch::from_env() };
        key::find(&search)
    }

    /// The founder's key: one that is at hand, else a new one of refmark's own.
    pub fn founders(&self) -> Result<Box<dyn Signer>> {
        let search = KeySearch { explicit: self.key.clone(), ..KeySearch::from_env() };
        match (key::find(&search), &search.config) {
            (Err(fault), Some(config)) if fault.code == Code::NoKey && self.key.is_none() => {
                key::generate(&key::own_key_path(config))
            }
            (found, _) => found,
        }
    }
}

/// A root that somebody named: its digest, or the file that it is in.
fn root(named: &OsString) -> Result<Digest> {
    if let Some(hex) = named.to_str().and_then(|it| it.strip_prefix("sha256:")) {
        return Digest::parse(hex);
    }
    let path = PathBuf::from(named);
    let read = std::fs::read(&path).map_err(|error| {
        Fault::new(Code::BadArgument, format!("the trust root {} cannot be read: {error}", path.display()))
            .hint("give a file with the root, or sha256:<hex>")
    })?;
    let record = Record::parse(&read).map_err(|fault| fault.at(path.display().to_string()))?;
    match record.predicate() {
        Predicate::Root(_) => Ok(record.digest()),
        _ => Err(Fault::new(Code::BadArgument, format!("{} is no trust root", path.display()))),
    }
}
