//! An open registry, and its handles by role.

use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::missing_objects::explain_missing;
use crate::write::proposal::Slot;
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
use refmark_types::hint::{Hint, Next};
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
    pub(crate) answers: std::sync::Mutex<crate::read::known_answers::Answers>,
    pub(crate) index: crate::view::index_handle::IndexHandle,
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
        match elsewhere(&repo, false)?.first() {
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
    /// For whom a service signs.
    pub(crate) behalf: Option<&'r str>,
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

/// What consumers' lock files ask of a registry. A lock file by itself is a [`Project`](crate::Project).
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
        Writer { registry: self, signer, proposal: None, secrets: false, absent: false, withdrawn: false, behalf: None }
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
pub(crate) fn first_root(repo: &Repo, head: Oid) -> Result<Option<(Record, String)>> {
    let now = root_at(repo, head);
    if matches!(now, Ok(Some(_))) {
        return now;
    }
    let snapshot = repo.snapshot(head)?;
    // What never was a registry may have a long history, and no folder of ours.
    let was_one = repo.git_dir().join("refmark").is_dir();
    if !was_one && snapshot.list("trust")?.is_empty() && snapshot.list("policy")?.is_empty() {
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

/// The remote-tracking branches that hold a registry, such as `origin/refmark`: those of the usual names, or all.
pub(crate) fn elsewhere(repo: &Repo, all: bool) -> Result<Vec<String>> {
    let mut found = repo.tracked_anywhere(if all { &[] } else { &[HERE_BRANCH, OWN_BRANCH] })?;
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
