//! `clone`: a copy of a registry, verified whole before it has a name.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::context::{Context, Pinning};
use crate::init::room_for;
use crate::pins::project::{is_local, local};
use crate::registry::Registry;
use crate::view::View;
use crate::view::incomplete::or_accepted;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::Outcome;
use refmark_records::registry_id::RegistryId;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::room::behind_links;
use refmark_store::git::program::{Git, GitProgram};
use refmark_types::address::has_secret;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// How to clone. The root to hold the registry to is the world's (`--trust-root`, else what `trust.toml` pins).
#[derive(Debug, Clone, Copy, Default)]
pub struct CloneRequest {
    /// Pin whatever root the registry has, where nothing pins one: trust on first use.
    pub tofu: bool,
    /// Keep a copy whose history is not whole.
    pub accept_incomplete: bool,
}

/// What was cloned.
#[derive(Debug, Clone, Serialize)]
pub struct CloneAnswer {
    /// The clone's path.
    pub registry: PathBuf,
    /// Where it came from.
    pub url: String,
    /// The registry's id.
    pub id: RegistryId,
    /// Its name.
    pub name: String,
    /// The head.
    pub head: Oid,
    /// How many commits its first-parent chain has; none where history is not whole.
    pub commits: Option<u64>,
    /// ok, pending, incomplete or failed (something without effect lies in the tree).
    pub verdict: Outcome,
    /// The newest root, as `sha256:<hex>`: compare it with the owner's.
    pub trust_root: String,
    /// Whether a root is pinned now.
    pub pinned: bool,
    /// The keys of the newest root, each as principal and fingerprint.
    pub fingerprints: Vec<(String, String)>,
    /// The folder that blobs come from, where the source is on this machine.
    pub remote: Option<PathBuf>,
    /// Whether it became this user's default registry.
    pub is_default: bool,
}

impl Registry {
    /// Clones a registry from an address or a path into a new folder (the address's last part where none is given). Its
    /// whole history is verified first; where that fails nothing is left.
    pub fn clone_from(
        url: &str,
        into: Option<&Path>,
        world: Context,
        request: CloneRequest,
    ) -> Result<(Registry, CloneAnswer)> {
        refuse_credentials(url)?;
        let here = std::path::absolute(".").map_err(|error| io_error("find", Path::new("."), &error))?;
        let source = match local(url, &here, world.places.home.as_deref()) {
            Some(path) => source_at(&path, &world)?,
            None => None,
        };
        let into = match into {
            Some(into) => into.to_owned(),
            None => PathBuf::from(last_part(url)?),
        };
        let into = behind_links(&std::path::absolute(&into).map_err(|error| io_error("find", &into, &error))?);
        let room = room_for(&into, &world)?;
        let from = match &source {
            Some(source) => std::fs::canonicalize(source.git_dir())
                .map_err(|error| io_error("find", source.git_dir(), &error))?
                .display()
                .to_string(),
            None => url.to_owned(),
        };
        Git::default().until(&world.cancel).clone_into(&from, room.path(), true)?;
        let clone = Registry::open(room.path(), world.clone())?;
        let mut answer = clone.inspect(request)?;
        clone.keep_its_branch()?;
        clone.share_with_git_lfs()?;
        if let Some(source) = &source {
            let area = source.store().area();
            clone.share().add_origin(area)?;
            answer.remote = Some(area.to_owned());
        }
        clone.bind(answer.head);
        let memory = clone.own_folder();
        drop(clone);
        // Before the clone has its name: where the pin cannot be kept there is no clone.
        let root = Digest::parse(&answer.trust_root)?;
        let before = world.pin_of(answer.id)?;
        let stored = before.is_some() || request.tofu;
        // A pin moves on by what was verified against it, and is replaced by nothing else.
        let moves = before.is_none() || answer.verdict != Outcome::Incomplete;
        if stored && moves && world.places.config.is_some() {
            world.store_pin(answer.id, &answer.name, root)?;
        }
        room.finish()?;
        answer.is_default = world.set_default_registry(&into, false)?;
        answer.pinned = stored;
        answer.url = from;
        answer.registry = into.clone();
        let registry = Registry::open(&into, world)?;
        // What was verified just now need not be verified again under the new name.
        let _ = std::fs::rename(memory, registry.own_folder());
        Ok((registry, answer))
    }

    /// Verifies a fresh clone whole. An error where nobody should rely on it.
    fn inspect(&self, request: CloneRequest) -> Result<CloneAnswer> {
        let head = self.head()?;
        let view = match self.view_anew(head) {
            Err(error) if error.code == Code::Incomplete && request.accept_incomplete => self.view_incomplete()?,
            other => other.map_err(or_accepted)?,
        };
        view.check_tip()?;
        let (newest, fingerprints) = newest_root(&view)?;
        Ok(CloneAnswer {
            registry: PathBuf::new(),
            url: String::new(),
            id: self.id(),
            name: self.name().to_owned(),
            head,
            commits: view.verified().map(|it| it.walk.commits()),
            verdict: view.verified().map_or(Outcome::Incomplete, |it| it.outcome()),
            trust_root: newest.prefixed(),
            pinned: false,
            fingerprints,
            remote: None,
            is_default: false,
        })
    }

    /// Leaves one local branch, the registry's: copies of others would grow old beside those of the origin.
    fn keep_its_branch(&self) -> Result<()> {
        self.repo().point_head_at(self.branch())?;
        for other in self.repo().branches()?.iter().filter(|it| *it != self.branch()) {
            let name = format!("refs/heads/{other}");
            Git::default().run(self.git_dir(), false, &["update-ref", "-d", &name])?;
        }
        Ok(())
    }
}

impl View<'_> {
    /// Pins the newest root for this user, where the one that `trust.toml` has vouches for it.
    pub(crate) fn advance_pin(&self) -> Result<()> {
        let world = self.registry.world();
        let Some(verified) = self.verified().filter(|it| it.pinned) else { return Ok(()) };
        match (&world.pinning, verified.newest_root) {
            (Pinning::Stored, Some(newest)) if self.pin != Some(newest) => {
                world.store_pin(self.registry.id(), self.registry.name(), newest)
            }
            _ => Ok(()),
        }
    }
}

/// The newest root, and the keys in it.
fn newest_root(view: &View<'_>) -> Result<(Digest, Vec<(String, String)>)> {
    let Some(root) = view.facts()?.newest_root()? else {
        return Err(Error::new(Code::NotARegistry, "the registry has no trust root in effect"));
    };
    let keys = root
        .keyholders
        .iter()
        .flat_map(|holder| holder.keys.iter().map(|key| (holder.principal.to_string(), key.id().to_string())));
    Ok((root.record.digest(), keys.collect()))
}

/// The registry at a path of this machine; nothing where Git can copy it and refmark cannot read it, as with a reftable: the
/// copy has its references in files.
fn source_at(path: &Path, world: &Context) -> Result<Option<Registry>> {
    match Registry::open(path, world.clone()) {
        Ok(source) => Ok(Some(source)),
        Err(error) if error.code == Code::Unsupported => Ok(None),
        // Whoever clones wants what is there, and no new one.
        Err(error) if !path.exists() => Err(Error::new(error.code, format!("there is no {}", path.display()))
            .hint("check the path; if its disk is not mounted, mount it")
            .at(path.display().to_string())),
        Err(error) if error.code == Code::NotARegistry => {
            Err(error.hint("name the folder of a registry, or the address of a repository that has one"))
        }
        Err(error) => Err(error),
    }
}

/// The folder that an address suggests.
fn last_part(url: &str) -> Result<String> {
    let name = url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let name = name.strip_suffix(".git").unwrap_or(name);
    if name.is_empty() || name == "." || name == ".." {
        return Err(Error::new(
            Code::BadArgument,
            format!("`{}` suggests no folder to clone into", url.escape_debug()),
        )
        .hint("name the folder, too"));
    }
    Ok(name.to_owned())
}

/// Git would keep a password in the clone's configuration, and messages would show it.
pub(crate) fn refuse_credentials(url: &str) -> Result<()> {
    if has_secret(url) && !is_local(url) {
        return Err(Error::new(Code::Secret, "the address carries a password or token")
            .hint("give it without; Git asks a credential helper, or use ssh"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_is_named_after_its_address_and_carries_no_password() {
        for (url, name) in [("https://h/a/models.git", "models"), ("git@h:models", "models"), ("../x/", "x")] {
            assert_eq!(last_part(url).unwrap(), name);
        }
        assert!(last_part("..").is_err());
        assert_eq!(refuse_credentials("https://me:token@h/x").unwrap_err().code, Code::Secret);
        refuse_credentials("ssh://git@h/x").unwrap();
    }
}
