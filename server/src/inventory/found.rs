//! The service's own registry: found in the registry's folder, or made there, with a key and a policy of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use refmark_core::engine::plan::{Author, EntryRequest};
use refmark_core::engine::ports::signer::Signer;
use refmark_core::records::catalog::Family;
use refmark_core::records::registry_id::RegistryId;
use refmark_core::records::root::FORMAT;
use refmark_core::records::signature::PublicKey;
use refmark_core::store::git::Format;
use refmark_core::store::key::{KeySearch, find, generate};
use refmark_core::types::canonical::FreeJson;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::{EntryId, PrincipalId};
use refmark_core::{Context, InitRequest, Pinning, Places, Registry, SystemClock};

use super::fold::EVIDENCE;
use super::seen::Seen;
use crate::fatal::Fatal;
use crate::settings::Settings;

/// Where the registry lies in the service's folder.
pub const FOLDER: &str = ".refmark";
/// The service's own id.
const PRINCIPAL: &str = "service";

/// An open registry of the service.
pub struct Found {
    /// The registry.
    pub registry: Registry,
    /// The service's key.
    pub signer: Box<dyn Signer>,
    /// What was acknowledged.
    pub seen: Seen,
}

/// Opens the registry of a folder, or makes one.
pub fn open_or_make(settings: &Settings) -> std::result::Result<Found, Fatal> {
    let place = &settings.registry_dir;
    let state = state_folder(settings);
    let seen = Seen::at(&state);
    let world = world(&state)?;
    let path = place.join(FOLDER);
    let accepted = std::env::var("ACCEPT_OLDER_HEAD").ok();
    let known = seen.registry_at(place)?;
    if path.symlink_metadata().is_err() {
        check_absent(place, known.as_deref())?;
        return Ok(make(place, &path, &state, world, seen)?);
    }
    let registry = Registry::open(&path, world)?;
    let id = registry.id();
    if known.is_some_and(|known| known != id.to_string()) && accepted.is_none() {
        return Err(Fatal::new(format!(
            "{} holds another registry than the one that was served from there; ACCEPT_OLDER_HEAD=any serves this one",
            place.display()
        )));
    }
    if registry.world().pin_of(id)?.is_none() {
        return Err(Fatal::new(format!(
            "no trust root is pinned for the registry in {}, so nothing vouches for it; take the state folder {} from where \
             it was served, or name its root by REFMARK_TRUST_ROOT and its key by REFMARK_KEY",
            place.display(),
            state.display()
        )));
    }
    let signer = key_of(&state, id)?;
    seen.check(&registry, registry.read().head()?, accepted.as_deref())?;
    seen.keep_place(place, id)?;
    let found = Found { registry, signer, seen };
    // A founding that was killed after its first commit is gone on with.
    complete(&found)?;
    Ok(found)
}

/// The folder of the service's own files.
pub fn state_folder(settings: &Settings) -> PathBuf {
    match &settings.state_dir {
        Some(folder) => folder.clone(),
        None => {
            tracing::warn!(
                "there is no folder for the service's state (set REFMARK_STATE or HOME): a registry folder that was put back will not be noticed"
            );
            settings.registry_dir.join(".refmark-state")
        }
    }
}

fn world(state: &Path) -> Result<Context> {
    let places = Places { home: None, config: Some(state.join("config")), data: Some(state.join("data")) };
    let mut world = Context::at(places, Arc::new(SystemClock));
    world.cache = Some(state.join("cache"));
    if let Some(root) = std::env::var_os("REFMARK_TRUST_ROOT").filter(|root| !root.is_empty()) {
        world.pinning = Pinning::read(root)?;
    }
    Ok(world)
}

/// A folder whose registry is gone is not a new one: something took it away. An empty folder is.
fn check_absent(place: &Path, known: Option<&str>) -> std::result::Result<(), Fatal> {
    if known.is_none() {
        return Ok(());
    }
    if place.join("objects").exists() {
        return Err(Fatal::new(format!(
            "{} has objects and no registry, and one was served from there; put {FOLDER} back, or empty the folder",
            place.display()
        )));
    }
    tracing::warn!("a registry was served from {} before, and it is gone; a new one begins", place.display());
    Ok(())
}

fn make(place: &Path, path: &Path, state: &Path, world: Context, seen: Seen) -> Result<Found> {
    let mut random = [0u8; 16];
    getrandom::fill(&mut random)
        .map_err(|error| Error::new(Code::Io, format!("the system gives no random bytes: {error}")))?;
    let id = RegistryId::from_bytes(random);
    let signer = generate(&key_path(state, id))?;
    let policy = |author: &Author| -> Result<String> { Ok(policy(author, &signer.public())) };
    let request = InitRequest {
        name: Some("service".to_owned()),
        founder: PrincipalId::parse(PRINCIPAL)?,
        here: false,
        format: Format::Sha1,
        policy: Some(&policy),
    };
    let (registry, _) = Registry::init_as(id, path, world, &*signer, &request)?;
    seen.keep_place(place, id)?;
    let found = Found { registry, signer, seen };
    complete(&found)?;
    Ok(found)
}

/// Names the kind of evidence that holds the service's records, where the catalog does not have it yet.
fn complete(found: &Found) -> Result<()> {
    let view = found.registry.read().view()?;
    let id = EntryId::parse(EVIDENCE)?;
    if view.facts()?.catalog(Family::EvidenceType, &id)?.is_some() {
        return Ok(());
    }
    let request = EntryRequest {
        family: Family::EvidenceType,
        id,
        owner: None,
        meaning: "What the service's callers say of a file, with the evidence that they bring.".to_owned(),
        entry_kind: "service".to_owned(),
        schema: FreeJson::default(),
        docs: None,
        status_page: None,
        retention_days: None,
        billable: false,
        artifacts: Default::default(),
        template: None,
    };
    found.registry.write(&*found.signer).catalog_add(&request).map(drop)
}

fn key_path(state: &Path, id: RegistryId) -> PathBuf {
    state.join("keys").join(id.to_string())
}

fn key_of(state: &Path, id: RegistryId) -> Result<Box<dyn Signer>> {
    let path = key_path(state, id);
    let explicit = path.exists().then(|| path.into_os_string());
    let variable = std::env::var_os("REFMARK_KEY");
    find(&KeySearch { explicit, variable, ..KeySearch::default() })
}

/// What the service may do: name files, judge them, withdraw and delete them. What was revoked never comes back.
fn policy(author: &Author, key: &PublicKey) -> String {
    let Author { by, registry, .. } = author;
    format!(
        r#"# The policy of a service's registry: the service signs what its callers ask for, and each record names the caller.
format = {FORMAT}
registry = "{registry}"
number = 1

[members."{by}"]
kind = "agent"
roles = ["service"]
keys = ["{key}"]

[roles.service]
may = ["propose", "register", "describe", "attach", "publish", "checkpoint", "catalog"]

[[trust]]
from = ["acquired"]
to = ["quarantined", "trusted"]
needs = {{ signers = [{{ roles = ["service"] }}], author_counts = true }}

[[trust]]
from = ["quarantined"]
to = ["trusted"]
needs = {{ signers = [{{ roles = ["service"] }}], author_counts = true }}

[[trust]]
from = ["acquired", "quarantined", "trusted"]
to = ["revoked"]
needs = {{ signers = [{{ roles = ["service"] }}], author_counts = true }}

[[trust]]
from = ["acquired", "quarantined", "trusted", "revoked"]
to = ["deleted"]
needs = {{ signers = [{{ roles = ["service"] }}], author_counts = true }}

# For those who read the service's registry with the command.
[[alias]]
names = ["*"]
trust = ["trusted"]
needs = {{ signers = [{{ roles = ["service"] }}], author_counts = true }}
"#
    )
}
