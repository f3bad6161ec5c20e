//! A registry beside the service's own: its trusted versions, read anew when its branch has moved.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use refmark_core::engine::ports::signer::Signer;
use refmark_core::engine::verify::Subject;
use refmark_core::records::trust::TrustState;
use refmark_core::records::version::Stage;
use refmark_core::store::key::{KeySearch, find};
use refmark_core::types::digest::{ArtifactId, Digest};
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
    /// The files that were held against what their manifests claim: artifact and path. Bytes of a digest never change.
    held: Mutex<HashSet<(Digest, String)>>,
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
        Ok(Library { registry, guard, signer, listing: Mutex::default(), held: Mutex::default() })
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

    /// Refuses a file that runs something when it is loaded, while its manifest claims tensors or data. Looked at once; blocks.
    pub fn hold(&self, package: &Package, file: &Packed) -> Result<()> {
        let key = (package.artifact, file.path.clone());
        let Some(claimed) = file.claimed.filter(|_| !locked(&self.held).contains(&key)) else { return Ok(()) };
        let artifact = ArtifactId::new(package.artifact);
        self.registry.read().refuse_hidden_code(artifact, &file.path, file.sha256, claimed)?;
        locked(&self.held).insert(key);
        Ok(())
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
        Packed {
            path: file.path.clone(),
            size: file.size,
            sha256: file.sha256,
            place,
            kind: Kind::Blob,
            claimed: Some(file.class),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use refmark_core::records::manifest::FileClass;
    use refmark_core::store::git::Format;
    use refmark_core::store::key::generate;
    use refmark_core::types::name::PrincipalId;
    use refmark_core::{InitRequest, Package as Registered, Places, SystemClock};

    /// A pickle that calls `os.system`.
    const PICKLE: &[u8] = b"cos\nsystem\n(S'true'\ntR.";

    #[test]
    fn a_file_that_hides_code_is_not_served_whatever_its_manifest_claims() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let places = Places { home: Some(at("home")), config: Some(at("config")), data: Some(at("data")) };
        let world = Context::at(places, Arc::new(SystemClock));
        let signer = generate(&at("key")).unwrap();
        let founder = PrincipalId::parse("ada").unwrap();
        let request = InitRequest { name: None, founder, here: false, format: Format::Sha1, policy: None };
        let (registry, _) = Registry::init(&at("models"), world, &*signer, &request).unwrap();
        std::fs::write(at("head.pkl"), PICKLE).unwrap();
        let name = ModelName::parse("sentiment").unwrap();
        registry.write(&*signer).register(&Registered::new(name, vec![at("head.pkl")]).unwrap()).unwrap();

        let guard = Guard::new(registry.store().blobs(), 4);
        let library = Library { registry, guard, signer: None, listing: Mutex::default(), held: Mutex::default() };
        let sha256 = Digest::of(PICKLE);
        // Nobody here derived it: a manifest made by hand names the same bytes in an artifact of its own.
        let package = |claimed| {
            let file = Packed {
                path: "head.pkl".to_owned(),
                size: PICKLE.len() as u64,
                sha256,
                place: String::new(),
                kind: Kind::Blob,
                claimed: Some(claimed),
            };
            let artifact = Digest::of(b"a manifest that was made by hand");
            let (model, version) = ("sentiment".to_owned(), "2".to_owned());
            Package { model, version, artifact, names: Vec::new(), files: vec![file] }
        };
        for claimed in [FileClass::Tensors, FileClass::Data] {
            let package = package(claimed);
            let error = library.hold(&package, &package.files[0]).unwrap_err();
            assert_eq!(error.code, Code::InconsistentManifest, "{error}");
        }
        let honest = package(FileClass::UnsafeFormat);
        library.hold(&honest, &honest.files[0]).unwrap();
    }
}
