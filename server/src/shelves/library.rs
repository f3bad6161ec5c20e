//! A registry beside the service's own: its trusted versions, read anew when its branch has moved.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use refmark_core::engine::ports::signer::Signer;
use refmark_core::engine::verify::Subject;
use refmark_core::records::trust::TrustState;
use refmark_core::records::version::Stage;
use refmark_core::store::key::{KeySearch, find};
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::ModelName;
use refmark_core::types::oid::Oid;
use refmark_core::{Context, Registry, View};

use super::{Package, Packed};
use crate::objects::guard::{Guard, Kind};
use crate::sync::locked;

/// The trusted versions at one head.
#[derive(Debug, Default)]
pub struct Listing {
    packages: BTreeMap<String, Vec<Package>>,
}

impl Listing {
    /// The trusted packages of a model, oldest first.
    pub fn packages(&self, model: &str) -> Vec<Package> {
        self.packages.get(model).cloned().unwrap_or_default()
    }

    /// The models that have one.
    pub fn models(&self) -> Vec<String> {
        self.packages.keys().cloned().collect()
    }

    /// The first package that has a file of these bytes.
    pub fn with_bytes(&self, sha256: &str) -> Option<(&Package, &Packed)> {
        let files =
            self.packages.values().flatten().flat_map(|package| package.files.iter().map(move |file| (package, file)));
        files.into_iter().find(|(_, file)| file.sha256.hex() == sha256)
    }
}

/// A registry that is handed out.
pub struct Library {
    registry: Registry,
    guard: Guard,
    signer: Option<Box<dyn Signer>>,
    listing: Mutex<Option<(Oid, Arc<Listing>)>>,
}

impl Library {
    /// Opens a registry in this user's world. Its root must be pinned: what nothing vouches for is not handed out.
    pub fn open(path: &Path, state: &Path) -> Result<Library> {
        let registry = Registry::open(path, Context::from_env())?;
        if registry.world().pin_of(registry.id())?.is_none() {
            return Err(Error::new(
                Code::Unverified,
                format!(
                    "no trust root is pinned for the registry {}, so nothing vouches for its bytes",
                    path.display()
                ),
            ));
        }
        let guard = Guard::new(registry.store().blobs(), 4);
        let signer = key(state, &registry)?;
        Ok(Library { registry, guard, signer, listing: Mutex::default() })
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The key that changes are signed with; none where the registry is only read.
    pub fn signer(&self) -> Option<&dyn Signer> {
        self.signer.as_deref()
    }

    /// The registry's own Git folder.
    pub fn git_dir(&self) -> &Path {
        self.registry.git_dir()
    }

    /// Its blobs.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The trusted versions now. Blocks where the branch has moved.
    pub fn listing(&self) -> Result<Arc<Listing>> {
        let head = self.registry.read().head()?;
        let mut known = locked(&self.listing);
        match &*known {
            Some((at, listing)) if *at == head => Ok(Arc::clone(listing)),
            _ => {
                let view = self.registry.read().view()?;
                view.check_tip()?;
                let listing = Arc::new(read(&view)?);
                *known = Some((view.head, Arc::clone(&listing)));
                Ok(listing)
            }
        }
    }
}

/// The key that was named for the service: `REFMARK_KEY`, or the file `keys/REGISTRY-ID` of its state folder. A person's own key is
/// not taken unasked.
fn key(state: &Path, registry: &Registry) -> Result<Option<Box<dyn Signer>>> {
    let kept = state.join("keys").join(registry.id().to_string());
    let variable = std::env::var_os("REFMARK_KEY").filter(|value| !value.is_empty());
    let search = match kept.exists() {
        true => KeySearch { explicit: Some(kept.into_os_string()), ..KeySearch::default() },
        false => KeySearch { variable, ..KeySearch::default() },
    };
    if search.explicit.is_none() && search.variable.is_none() {
        return Ok(None);
    }
    find(&search).map(Some)
}

fn read(view: &View<'_>) -> Result<Listing> {
    let facts = view.facts()?;
    let mut listing = Listing::default();
    for model in facts.models()? {
        let mut names: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for alias in facts.aliases(&model)? {
            let Some(moved) = facts.alias(&model, &alias)? else { continue };
            let Some(to) = moved.to else { continue };
            let (version, alias_move) = (Some((&model, to.version)), Some((&alias, moved.sequence)));
            let subject = Subject { artifact: &to.artifact, version, alias: alias_move };
            if view.check_taint(&subject).is_ok() {
                names.entry(to.version).or_default().push(alias.to_string());
            }
        }
        let mut packages = Vec::new();
        for version in facts.versions(&model)? {
            packages.extend(package(view, &model, version, names.remove(&version).unwrap_or_default())?);
        }
        if !packages.is_empty() {
            listing.packages.insert(model.to_string(), packages);
        }
    }
    Ok(listing)
}

/// A version as a package; nothing where its bytes may not be handed out.
fn package(view: &View<'_>, model: &ModelName, version: u64, mut names: Vec<String>) -> Result<Option<Package>> {
    let facts = view.facts()?;
    let Some(record) = facts.version(model, version)? else { return Ok(None) };
    let is_closed = match view.verified() {
        Some(verified) => verified.closed_by(&record.artifact)?.is_some() || !verified.pinned,
        None => true,
    };
    let subject = Subject { artifact: &record.artifact, version: Some((model, version)), alias: None };
    if is_closed || view.check_taint(&subject).is_err() || facts.trust(&record.artifact)?.0 != TrustState::Trusted {
        return Ok(None);
    }
    // As with `pull`: what is archived is not handed out unasked.
    if facts.stage(model, version)?.0 == Stage::Archived {
        return Ok(None);
    }
    let Some(manifest) = facts.manifest(&record.artifact)? else { return Ok(None) };
    let file = |file: &refmark_core::records::manifest::FileEntry| {
        let hex = file.sha256.hex();
        let place = format!("{}/{}/{hex}", hex.get(..2).unwrap_or_default(), hex.get(2..4).unwrap_or_default());
        Packed { path: file.path.clone(), size: file.size, sha256: file.sha256, place, kind: Kind::Blob }
    };
    names.extend(record.release.as_ref().map(ToString::to_string));
    names.push(version.to_string());
    Ok(Some(Package {
        model: model.to_string(),
        version: version.to_string(),
        artifact: record.artifact.digest(),
        names,
        files: manifest.files.iter().map(file).collect(),
    }))
}
