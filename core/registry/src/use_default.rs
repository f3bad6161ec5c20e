//! `use`: the registry that commands mean where nothing else names one.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::context::Context;
use crate::registry::Registry;
use refmark_records::registry_id::RegistryId;
use refmark_store::fs::disk::io_error;
use refmark_types::error::{Code, Error, Result};

/// The user's default registry.
#[derive(Debug, Clone, Serialize)]
pub struct UseAnswer {
    /// The registry's path.
    pub registry: PathBuf,
    /// Its id.
    pub id: RegistryId,
    /// Its name.
    pub name: String,
    /// The default before.
    pub before: Option<PathBuf>,
}

impl Registry {
    /// Makes a registry the user's default. It must open.
    pub fn make_default(path: &Path, world: Context) -> Result<UseAnswer> {
        let registry = Registry::open(path, world)?;
        let path = std::path::absolute(registry.path()).map_err(|error| io_error("find", path, &error))?;
        let before = registry.world().default_registry()?;
        if !registry.world().set_default_registry(&path, true)? {
            return Err(Error::new(Code::Io, "there is no configuration folder to keep the default in")
                .hint("set HOME or XDG_CONFIG_HOME, or name the registry with -R or REFMARK_REGISTRY"));
        }
        Ok(UseAnswer { registry: path, id: registry.id(), name: registry.name().to_owned(), before })
    }
}
