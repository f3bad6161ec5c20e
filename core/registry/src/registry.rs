//! Opening a registry, and finding the one that a command means.

use std::path::{Path, PathBuf};

use crate::context::{Context, Pinning};
use crate::pins::project::{Project, at_home, local};
use crate::pins::way_up::way_up;
use crate::view::incomplete::explain_missing;
use crate::write::propose::Slot;
use refmark_engine::ports::signer::Signer;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::History;
use refmark_records::layout::Place;
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::{Predicate, Record};
use refmark_store::blob::Store;
use refmark_store::git::Repo;
use refmark_types::canonical::RECORD_LIMIT;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::oid::Oid;

/// The branch of a registry that lives in an existing project's repository.
pub const HERE_BRANCH: &str = "refmark";
/// The branch of a registry that has a repository of its own.
pub const OWN_BRANCH: &str = "main";
/// The lock file's name in a consumer's project.
pub const LOCK_FILE: &str = "refmark.lock";

/// An open registry: one branch of one Git repository, with its blob store.
pub struct Registry {
    pub(crate) repo: Repo,
    pub(crate) branch: String,
    pub(crate) store: Store,
    pub(crate) world: Context,
    id: RegistryId,
    name: String,
    first_root: Digest,
    /// What references meant at the head that was seen last: while it has not moved, they mean the same.
    pub(crate) answers: std::sync::Mutex<crate::read::resolve::Answers>,
    pub(crate) index: crate::view::index::IndexHandle,
    /// What the last resolve parsed, for the next.
    pub(crate) parsed: std::sync::Mutex<refmark_engine::effective::Parsed>,
}

impl Registry {
    /// Opens the registry in a repository: bare, with a worktree, or on the branch `refmark` of a project's.
    pub fn open(path: &Path, world: Context) -> Result<Registry> {
        let repo = Repo::open_on(world.disk.clone(), path).map_err(|error| match error.code {
            Code::NotFound | Code::NotARegistry | Code::GitFailed => not_a_registry(path, &error.message),
            _ => error,
        })?;
        // In a bare repository `HEAD` names the registry; in a project's, whatever people work on.
        let mut branches: Vec<String> = repo.head_branch()?.into_iter().chain([OWN_BRANCH.to_owned()]).collect();
        branches.insert(if repo.is_bare() { branches.len() } else { 0 }, HERE_BRANCH.to_owned());
        for branch in branches {
            let Some(head) = repo.head(&branch)? else { continue };
            if let Some((record, root)) = first_root(&repo, head).map_err(|error| explain_missing(&repo, error))? {
                return Self::with_root(repo, branch, world, record, root);
            }
        }
        match elsewhere(&repo)?.first() {
            Some(tracking) => Err(only_tracked(path, tracking)),
            None => Err(not_a_registry(path, "no branch of it has a trust root")),
        }
    }

    fn with_root(repo: Repo, branch: String, world: Context, record: Record, name: String) -> Result<Registry> {
        Ok(Self::unfounded(repo, &branch, world, record.common().registry, name, record.digest()))
    }

    /// A registry of which nothing is read: its first commit may not be written yet.
    pub(crate) fn unfounded(
        repo: Repo,
        branch: &str,
        world: Context,
        id: RegistryId,
        name: String,
        first_root: Digest,
    ) -> Registry {
        let world = Context { disk: repo.disk(), ..world };
        let area = match (&world.places.data, branch == HERE_BRANCH && !repo.is_bare()) {
            (Some(data), true) => data.join(id.to_string()),
            _ => repo.git_dir().join("refmark"),
        };
        let store = Store::with_disk(&area, world.disk.clone());
        let branch = branch.to_owned();
        let (answers, index, parsed) = Default::default();
        Registry { repo, branch, store, world, id, name, first_root, answers, index, parsed }
    }

    /// The registry's id, as its first root claims it.
    pub fn id(&self) -> RegistryId {
        self.id
    }

    /// The registry's name, as its first root claims it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first root, by the digest of its statement. A pin decides whether it is the right one.
    pub fn first_root(&self) -> Digest {
        self.first_root
    }

    /// The folder with Git's own data.
    pub fn git_dir(&self) -> &Path {
        self.repo.git_dir()
    }

    /// The path that people know the registry by.
    pub fn path(&self) -> &Path {
        self.repo.worktree().unwrap_or(self.repo.git_dir())
    }

    /// The branch that is the registry.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// The blob store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The Git repository.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// The world that the registry was opened in.
    pub fn world(&self) -> &Context {
        &self.world
    }

    /// The writer's lock.
    pub(crate) fn lock_path(&self) -> PathBuf {
        self.work_folder().join("lock")
    }

    /// Where the writer's lock lies, and what else all users of the registry share.
    pub(crate) fn work_folder(&self) -> PathBuf {
        self.repo.git_dir().join("refmark")
    }
}

/// What a registry is asked. Needs no key, and changes nothing.
///
/// Most answers are made of a [`View`](crate::View): what took effect at one head, verified once, and then asked as often as
/// one likes.
#[derive(Clone, Copy)]
pub struct Reader<'r> {
    pub(crate) registry: &'r Registry,
}

/// What changes a registry, signed by one key. Each verb is planned on the newest head, judged by every reader's rules,
/// committed and made durable; or nothing is written.
#[derive(Clone, Copy)]
pub struct Writer<'r> {
    pub(crate) registry: &'r Registry,
    pub(crate) signer: &'r dyn Signer,
    /// Where a change goes that is proposed and not made.
    pub(crate) proposal: Option<&'r Slot>,
    /// Whether what looks like a key or a password may be written.
    pub(crate) secrets: bool,
    /// Whether an alias may move to a version whose bytes are not here.
    pub(crate) absent: bool,
    /// Whether bytes that were revoked or deleted may be registered again, into quarantine.
    pub(crate) withdrawn: bool,
}

/// Who may do what: the trust root, the policy, its members, and drafts. Needs no key.
#[derive(Clone, Copy)]
pub struct Governance<'r> {
    pub(crate) registry: &'r Registry,
}

/// Changes of the trust root and the policy, signed by one key.
#[derive(Clone, Copy)]
pub struct Governor<'r> {
    pub(crate) registry: &'r Registry,
    pub(crate) signer: &'r dyn Signer,
    pub(crate) proposal: Option<&'r Slot>,
    pub(crate) secrets: bool,
}

/// How a registry meets others: clones, pushes, remotes, sites, hooks and continuous integration.
#[derive(Clone, Copy)]
pub struct Sharing<'r> {
    pub(crate) registry: &'r Registry,
}

/// What consumers' lock files ask of a registry. A lock file by itself is a [`Project`].
#[derive(Clone, Copy)]
pub struct Pins<'r> {
    pub(crate) registry: &'r Registry,
}

/// What keeps a registry small and fast: Git's garbage, trashed blobs, the index, a lock that a crash left.
#[derive(Clone, Copy)]
pub struct Maintenance<'r> {
    pub(crate) registry: &'r Registry,
}

impl Registry {
    /// Views and answers.
    pub fn read(&self) -> Reader<'_> {
        Reader { registry: self }
    }

    /// Changes, signed by this key.
    pub fn write<'r>(&'r self, signer: &'r dyn Signer) -> Writer<'r> {
        Writer { registry: self, signer, proposal: None, secrets: false, absent: false, withdrawn: false }
    }

    /// The trust root, the policy and its members.
    pub fn govern(&self) -> Governance<'_> {
        Governance { registry: self }
    }

    /// Changes of the trust root and the policy, signed by this key.
    pub fn govern_as<'r>(&'r self, signer: &'r dyn Signer) -> Governor<'r> {
        Governor { registry: self, signer, proposal: None, secrets: false }
    }

    /// Clones, pushes, remotes, sites and hooks.
    pub fn share(&self) -> Sharing<'_> {
        Sharing { registry: self }
    }

    /// What lock files ask.
    pub fn pins(&self) -> Pins<'_> {
        Pins { registry: self }
    }

    /// Upkeep.
    pub fn maintain(&self) -> Maintenance<'_> {
        Maintenance { registry: self }
    }
}

/// The first root at a head, unverified, with the name that it gives. Where somebody overwrote or removed it, that is a
/// bad commit like any other, and the root is the one that stood before.
fn first_root(repo: &Repo, head: Oid) -> Result<Option<(Record, String)>> {
    let now = root_at(repo, head);
    if matches!(now, Ok(Some(_))) {
        return now;
    }
    let snapshot = repo.snapshot(head)?;
    // What never was a registry may have a long history.
    if snapshot.list("trust")?.is_empty() && snapshot.list("policy")?.is_empty() {
        return now;
    }
    let mut at = repo.commit(head)?.parents.first().copied();
    while let Some(id) = at {
        if let Ok(Some(found)) = root_at(repo, id) {
            return Ok(Some(found));
        }
        at = repo.commit(id)?.parents.first().copied();
    }
    now
}

fn root_at(repo: &Repo, head: Oid) -> Result<Option<(Record, String)>> {
    let path = Place::Root(1).path();
    let Some(bytes) = repo.snapshot(head)?.read(&path, RECORD_LIMIT)? else { return Ok(None) };
    let record = Record::parse(&bytes).map_err(|mut error| {
        error.message = format!("{path} is no record: {}", error.message);
        error.at(&path)
    })?;
    match record.predicate() {
        Predicate::Root(root) => {
            let name = root.name.clone();
            Ok(Some((record, name)))
        }
        _ => Ok(None),
    }
}

/// The remote-tracking branches that hold a registry, such as `origin/refmark`.
pub(crate) fn elsewhere(repo: &Repo) -> Result<Vec<String>> {
    let mut found = repo.tracked_anywhere(&[HERE_BRANCH, OWN_BRANCH])?;
    found.retain(|(_, head)| matches!(first_root(repo, *head), Ok(Some(_))));
    Ok(found.into_iter().map(|(name, _)| name).collect())
}

/// A clone of a project has the registry as a remote's branch only, until somebody makes a local one.
fn only_tracked(path: &Path, tracking: &str) -> Box<Error> {
    let branch = tracking.rsplit('/').next().unwrap_or(HERE_BRANCH);
    Error::new(
        Code::NotARegistry,
        format!("{} has no branch {branch} of its own yet; the registry is here as {tracking}", path.display()),
    )
    .hint(
        Hint::default()
            .then(Next::Run { command: format!("git branch {branch} {tracking}") })
            .say(", and try again; it is kept up to date by ")
            .then(Next::Fetch),
    )
    .at(path.display().to_string())
    .field("tracking", tracking)
}

fn not_a_registry(path: &Path, why: &str) -> Box<Error> {
    let holds = |part: &str| path.join(part).exists();
    // What lies there may be a registry that lost something: a new one in its place is no help.
    let hint = if ["HEAD", "objects", "refs", "packed-refs", "refmark", ".git/refmark"].into_iter().any(holds) {
        Hint::of("name another folder; if this one was a registry, take what it lacks from a copy or a clone of it")
    } else {
        Hint::of("make one there: ").then(Next::Init { here: holds(".git") })
    };
    Error::new(Code::NotARegistry, format!("{} is not a registry: {why}", path.display()))
        .hint(hint)
        .at(path.display().to_string())
}

/// Where a registry was found, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located {
    /// It was named.
    Named(PathBuf),
    /// The lock file above the working directory names it.
    ByLock(PathBuf),
    /// It lies in or above the working directory.
    Nearest(PathBuf),
    /// It is the user's default.
    Default(PathBuf),
}

impl Located {
    /// The path.
    pub fn path(&self) -> &Path {
        match self {
            Located::Named(path) | Located::ByLock(path) | Located::Nearest(path) | Located::Default(path) => path,
        }
    }
}

/// Finds the registry that a command means: what was named, the lock file above the working directory, the nearest
/// registry above it, the user's default.
pub fn locate(named: Option<&Path>, from: &Path, world: &Context) -> Result<Located> {
    let home = world.places.home.as_deref();
    if let Some(path) = named {
        let address = path.to_str().filter(|text| text.starts_with("file://"));
        let path = address.and_then(|address| local(address, from, home)).unwrap_or_else(|| at_home(path, home));
        return Ok(Located::Named(path));
    }
    // A lock file that cannot be read is an error: another registry in its place would be a surprise.
    if let Some(project) = Project::find(from, world)?
        && let Some(path) = local(&project.lock()?.registry.url, &project.folder, home).filter(|path| path.exists())
    {
        return Ok(Located::ByLock(path));
    }
    let way = way_up(from);
    for folder in &way.folders {
        let git = folder.join("HEAD").is_file() || folder.join(".git").exists();
        if !git {
            continue;
        }
        match Registry::open(folder, world.clone()) {
            // A project whose registry is only its remote's means that one, and no other.
            Err(error) if !error.fields.contains_key("tracking") => {}
            _ => return Ok(Located::Nearest(folder.to_owned())),
        }
    }
    if let Some(path) = world.default_registry()? {
        return Ok(Located::Default(path));
    }
    Err(Error::new(
        Code::NoRegistry,
        match way.border {
            Some(border) => format!("no registry was named, and none was found: {border}"),
            None => format!("no registry was named, and none was found at or above {}", from.display()),
        },
    )
    .hint(
        Hint::of("name one by REFMARK_REGISTRY or ")
            .then(Next::With(Choice::Registry))
            .say(", or make one: ")
            .then(Next::Init { here: false }),
    ))
}

/// The default may have been moved, or its disk may not be mounted: another one in its place would be a surprise.
fn default_is_gone(path: &Path, why: &Error) -> Box<Error> {
    let message = match path.exists() {
        true => format!("your default registry cannot be opened: {}", why.message),
        false => format!("your default registry, {}, is not there", path.display()),
    };
    Error::new(Code::NoRegistry, message)
        .hint(
            Hint::of("if its disk is not mounted, mount it; if it was moved, say where: ")
                .then(Next::Use)
                .say("; for this once: ")
                .then(Next::With(Choice::Registry)),
        )
        .at(path.display().to_string())
}

/// Opens what was located. Where a lock file above the working directory is for that registry, it is held to the lock's
/// root, unless the caller named one.
pub fn open_located(found: &Located, from: &Path, world: Context) -> Result<Registry> {
    let registry = Registry::open(found.path(), world.clone()).map_err(|error| match found {
        Located::Default(path) if error.code == Code::NotARegistry => default_is_gone(path, &error),
        _ => error,
    })?;
    let (Pinning::Stored, Some(project)) = (&world.pinning, Project::find(from, &world)?) else { return Ok(registry) };
    let lock = project.lock()?;
    if lock.registry.id == registry.id() {
        return registry.held_by_lock(lock.registry.root);
    }
    match found {
        Located::ByLock(_) => refmark_query::pin::same_registry(lock, registry.id()).map(|()| registry),
        _ => Ok(registry),
    }
}
