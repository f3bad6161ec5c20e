//! `init`: makes a registry, bare at a path or on a branch of an existing project's repository.

use std::path::Path;

use serde::Serialize;

use super::open::{HERE_BRANCH, OWN_BRANCH, Registry};
use super::world::World;
use super::writer::Writer;
use crate::git::{Format, Repo};
use crate::judgement::plan::{Author, Founding, one_person_policy, plan_init};
use crate::ports::store::RecordStore;
use crate::records::registry_id::RegistryId;
use crate::words::digest::Digest;
use crate::words::fault::{Code, Fault, Result};
use crate::words::name::PrincipalId;
use crate::words::oid::Oid;

/// Makes the text of a first policy, given the author.
pub type PolicyText<'a> = &'a dyn Fn(&Author) -> Result<String>;

/// What is to be made.
pub struct InitRequest<'a> {
    /// The registry's name, for people; the folder's name where none is given.
    pub name: Option<String>,
    /// The founder's id.
    pub founder: PrincipalId,
    /// On the branch `refmark` of the repository at the path, in place of a bare repository of its own.
    pub here: bool,
    /// The hash that names Git's objects.
    pub format: Format,
    /// The text of the first policy, given the author; the one-person policy where none is given.
    pub policy: Option<PolicyText<'a>>,
}

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct InitAnswer {
    /// The registry's path.
    pub registry: String,
    /// Its id.
    pub id: RegistryId,
    /// Its name.
    pub name: String,
    /// Its root, by the digest of its statement, as `sha256:<hex>`: what others pin.
    pub trust_root: String,
    /// Its first commit.
    pub head: Oid,
    /// The founder.
    pub by: PrincipalId,
    /// Whether it became this user's default registry.
    pub is_default: bool,
    /// Whether its root was pinned for this user.
    pub pinned: bool,
    /// What the disk does not promise, such as a network file system's syncs.
    pub warnings: Vec<String>,
}

impl Registry {
    /// Makes a registry, pins its root for this user, and makes it the default where there is none.
    pub fn init(
        path: &Path,
        world: World,
        writer: &Writer<'_>,
        request: &InitRequest<'_>,
    ) -> Result<(Registry, InitAnswer)> {
        let mut random = [0u8; 16];
        getrandom::fill(&mut random)
            .map_err(|error| Fault::new(Code::Io, format!("the operating system gives no random bytes: {error}")))?;
        Self::init_as(RegistryId::from_bytes(random), path, world, writer, request)
    }

    /// Makes a registry with this id: with the same key and clock it comes out the same, byte for byte. For examples;
    /// two registries of one id are taken for copies of each other.
    pub fn init_as(
        id: RegistryId,
        path: &Path,
        world: World,
        writer: &Writer<'_>,
        request: &InitRequest<'_>,
    ) -> Result<(Registry, InitAnswer)> {
        let (repo, branch, made) = repository(path, &world, request)?;
        let built = Self::build(id, repo, branch, world, writer, request);
        if built.is_err() && made {
            // The repository was ours alone and holds nothing: leave no half of one.
            let _ = std::fs::remove_dir_all(path);
        }
        built
    }

    fn build(
        id: RegistryId,
        repo: Repo,
        branch: &str,
        world: World,
        writer: &Writer<'_>,
        request: &InitRequest<'_>,
    ) -> Result<(Registry, InitAnswer)> {
        let author = Author::founder(request.founder.clone(), world.clock.now(), id);
        let key = writer.signer.public();
        let policy = match request.policy {
            Some(make) => make(&author)?,
            None => one_person_policy(&author, &key),
        };
        let name = request.name.clone().unwrap_or_else(|| folder_name(&repo));
        let plan = plan_init(&author, &Founding { name: &name, founder: &key, policy: &policy })?;
        let root = plan.statements.first().map(|it| it.canonical()).transpose()?.map(|bytes| Digest::of(&bytes));
        let root = root.ok_or_else(|| crate::words::fault::bug("a founding without a root"))?;
        let bare = Registry::unfounded(repo, branch, world, id, name.clone(), root);
        let head = bare.found(writer, &author, &plan)?;
        if bare.repo.is_bare() {
            bare.share_with_git_lfs()?;
        }
        let pinned = bare.world.places.config.is_some();
        if pinned {
            bare.world.store_pin(id, &name, root)?;
        }
        let path = std::path::absolute(bare.path()).unwrap_or_else(|_| bare.path().to_owned());
        let is_default = bare.world.set_default_registry(&path, false)?;
        let answer = InitAnswer {
            registry: path.display().to_string(),
            id,
            name,
            trust_root: root.prefixed(),
            head,
            by: author.by,
            is_default,
            pinned,
            warnings: super::probe::probe(&*bare.world.disk, &bare.work_folder())?,
        };
        Ok((bare, answer))
    }

    /// `lfs/objects` of a bare registry is a link to the blobs, so that a stock `git lfs` client reads the store.
    pub(super) fn share_with_git_lfs(&self) -> Result<()> {
        let lfs = self.repo.git_dir().join("lfs");
        let link = lfs.join("objects");
        if link.symlink_metadata().is_ok() {
            return Ok(());
        }
        self.world.disk.make_dirs(&lfs)?;
        self.world.disk.make_dirs(self.store.blobs())?;
        std::os::unix::fs::symlink("../refmark/blobs", &link)
            .map_err(|error| crate::blob::disk::io_fault("link", &link, &error))
    }
}

/// The repository that the registry goes into, its branch, and whether it was made for it.
fn repository(path: &Path, world: &World, request: &InitRequest<'_>) -> Result<(Repo, &'static str, bool)> {
    if request.here {
        let repo = Repo::open_on(world.disk.clone(), path).map_err(|fault| {
            fault.hint("--here needs an existing Git repository; without it a bare one of its own is made")
        })?;
        if repo.head(HERE_BRANCH)?.is_some() {
            return Err(Fault::new(Code::Exists, format!("branch {HERE_BRANCH} of {} exists already", path.display()))
                .hint("it may be a registry: `refmark status`"));
        }
        return Ok((repo, HERE_BRANCH, false));
    }
    let taken = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
    if taken {
        return Err(Fault::new(Code::Exists, format!("{} exists and is not empty", path.display()))
            .hint("choose another path, or use --here in an existing repository")
            .at(path.display().to_string()));
    }
    let repo = Repo::init_on(world.disk.clone(), path, true, request.format, OWN_BRANCH)?;
    Ok((repo, OWN_BRANCH, true))
}

/// The name of the folder that people see.
fn folder_name(repo: &Repo) -> String {
    let path = repo.worktree().unwrap_or(repo.git_dir());
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = name.trim_end_matches(".git").chars().filter(|c| !c.is_control()).take(64).collect();
    if name.is_empty() { "registry".to_owned() } else { name }
}
