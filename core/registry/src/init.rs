//! `init`: makes a registry, bare at a path or on a branch of an existing project's repository.

use std::path::Path;

use serde::Serialize;

use crate::context::Context;
use crate::registry::{HERE_BRANCH, OWN_BRANCH, Registry, elsewhere};
use refmark_engine::plan::{Author, Founding, plan_init};
use refmark_engine::policy::one_person_policy;
use refmark_engine::ports::signer::Signer;
use refmark_engine::ports::store::RecordStore;
use refmark_records::registry_id::RegistryId;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::durable::make_dirs_durably;
use refmark_store::fs::room::{Room, behind_links, sweep_inside};
use refmark_store::git::{Format, Repo};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;

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

/// A repository that holds a registry's files and has no branch of it lost the branch, and is no place for another.
fn refuse_what_was_one(repo: &Repo, path: &Path) -> Result<()> {
    let blobs = repo.git_dir().join("refmark").join("blobs");
    match std::fs::read_dir(&blobs).ok().and_then(|mut entries| entries.next()) {
        None => Ok(()),
        Some(_) => Err(Error::new(
            Code::Exists,
            format!("{} holds the files of a registry, whose branch is gone", path.display()),
        )
        .hint("bring the branch back from a copy or a clone of it, with git fetch; another registry goes in another folder")
        .at(blobs.display().to_string())),
    }
}

impl Registry {
    /// Makes a registry, pins its root for this user, and makes it the default where there is none.
    pub fn init(
        path: &Path,
        world: Context,
        signer: &dyn Signer,
        request: &InitRequest<'_>,
    ) -> Result<(Registry, InitAnswer)> {
        let mut random = [0u8; 16];
        getrandom::fill(&mut random)
            .map_err(|error| Error::new(Code::Io, format!("the operating system gives no random bytes: {error}")))?;
        Self::init_as(RegistryId::from_bytes(random), path, world, signer, request)
    }

    /// Makes a registry with this id: with the same key and clock it comes out the same, byte for byte. For examples;
    /// two registries of one id are taken for copies of each other.
    pub fn init_as(
        id: RegistryId,
        path: &Path,
        world: Context,
        signer: &dyn Signer,
        request: &InitRequest<'_>,
    ) -> Result<(Registry, InitAnswer)> {
        let into = behind_links(&std::path::absolute(path).map_err(|error| io_error("find", path, &error))?);
        if request.here {
            let repo = project_repository(path, &world)?;
            refuse_what_was_one(&repo, path)?;
            let name = folder_name(repo.worktree().unwrap_or(repo.git_dir()));
            let (made, mut answer) =
                Self::build(id, repo, HERE_BRANCH, world, signer, request, name).map_err(|error| match error.code {
                    // Another `init` was first.
                    Code::HeadMoved => has_the_branch(path),
                    _ => error,
                })?;
            made.make_known(&mut answer)?;
            return Ok((made, answer));
        }
        // Beside its place: who finds a registry there finds a whole one, and a killed `init` is begun again.
        let room = room_for(&into, &world)?;
        let repo = Repo::init_on(world.disk.clone(), room.path(), true, request.format, OWN_BRANCH)?;
        let (made, mut answer) = Self::build(id, repo, OWN_BRANCH, world.clone(), signer, request, folder_name(&into))?;
        drop(made);
        room.finish()?;
        let registry = Registry::open(&into, world)?;
        registry.make_known(&mut answer)?;
        Ok((registry, answer))
    }

    /// Writes the first commit, and pins its root for this user.
    fn build(
        id: RegistryId,
        repo: Repo,
        branch: &str,
        world: Context,
        signer: &dyn Signer,
        request: &InitRequest<'_>,
        folder: String,
    ) -> Result<(Registry, InitAnswer)> {
        let author = Author::founder(request.founder.clone(), world.clock.now(), id);
        let key = signer.public();
        let policy = match request.policy {
            Some(make) => make(&author)?,
            None => one_person_policy(&author, &key),
        };
        let name = request.name.clone().unwrap_or(folder);
        let plan = plan_init(&author, &Founding { name: &name, founder: &key, policy: &policy })?;
        let root = plan.statements.first().map(|it| it.canonical()).transpose()?.map(|bytes| Digest::of(&bytes));
        let root = root.ok_or_else(|| refmark_types::error::bug("a founding without a root"))?;
        let bare = Registry::unfounded(repo, branch, world, id, name.clone(), root);
        let warnings = refmark_store::fs::probe::probe(&*bare.world.disk, &bare.work_folder())?;
        if bare.repo.is_bare() {
            bare.share_with_git_lfs()?;
        }
        // Before the registry is there: one that stands and is not pinned would be nobody's.
        let pinned = bare.world.places.config.is_some();
        if pinned {
            bare.world.store_pin(id, &name, root)?;
        }
        let head = bare.write(signer).found(&author, &plan)?;
        let (by, trust_root) = (author.by, root.prefixed());
        let (registry, is_default) = (String::new(), false);
        let answer = InitAnswer { registry, id, name, trust_root, head, by, is_default, pinned, warnings };
        Ok((bare, answer))
    }

    /// Makes the new registry the user's default where there is none, and says where it is.
    fn make_known(&self, answer: &mut InitAnswer) -> Result<()> {
        let path = std::path::absolute(self.path()).unwrap_or_else(|_| self.path().to_owned());
        answer.is_default = self.world.set_default_registry(&path, false)?;
        answer.registry = path.display().to_string();
        Ok(())
    }

    /// `lfs/objects` of a bare registry is a link to the blobs, so that a stock `git lfs` client reads the store.
    pub(crate) fn share_with_git_lfs(&self) -> Result<()> {
        let lfs = self.repo.git_dir().join("lfs");
        let link = lfs.join("objects");
        if link.symlink_metadata().is_ok() {
            return Ok(());
        }
        let disk = &*self.world.disk;
        make_dirs_durably(disk, self.store.blobs())?;
        make_dirs_durably(disk, &lfs)?;
        disk.symlink("../refmark/blobs", &link)?;
        disk.sync_dir(&lfs)
    }
}

/// The repository that `--here` names.
fn project_repository(path: &Path, world: &Context) -> Result<Repo> {
    let repo = Repo::open_on(world.disk.clone(), path).map_err(|error| match error.code {
        // What refmark does not read is a repository all the same, and the error says what to do about it.
        Code::Unsupported => error,
        _ => error.hint(
            Hint::of("a branch needs an existing Git repository; for one of its own: ")
                .then(Next::Init { here: false }),
        ),
    })?;
    if repo.head(HERE_BRANCH)?.is_some() {
        return Err(has_the_branch(path));
    }
    if let Some(tracking) = elsewhere(&repo, true)?.first() {
        let branch = tracking.rsplit('/').next().unwrap_or(HERE_BRANCH);
        let how = match [HERE_BRANCH, OWN_BRANCH].contains(&branch) {
            true => Hint::of(format!("git branch {branch} {tracking} makes it this copy's")),
            // A project's folder is looked through for the usual names alone.
            false => Hint::of("a copy of it in a folder of its own: ").then(Next::Clone { url: None }),
        };
        return Err(Error::new(Code::Exists, format!("this project has a registry already: {tracking}"))
            .hint(how.say("; two registries would be two truths"))
            .field("tracking", tracking));
    }
    Ok(repo)
}

fn has_the_branch(path: &Path) -> Box<Error> {
    Error::new(Code::Exists, format!("branch {HERE_BRANCH} of {} exists already", path.display()))
        .hint(Hint::of("it may be a registry: ").then(Next::Status))
}

/// Room for a folder that is not there, or empty, and not within a repository.
pub(crate) fn room_for(into: &Path, world: &Context) -> Result<Room> {
    check_empty(into, world)?;
    refuse_inside(into)?;
    make_room(into, world)
}

/// Room for a folder that is not there, or empty; it may lie among a registry's own files.
pub(crate) fn room_anywhere(into: &Path, world: &Context) -> Result<Room> {
    check_empty(into, world)?;
    make_room(into, world)
}

fn check_empty(into: &Path, world: &Context) -> Result<()> {
    if into.parent().is_none() || into.file_name().is_none() {
        return Err(Error::new(Code::BadArgument, format!("{} cannot hold a registry", into.display())));
    }
    sweep_inside(into, &*world.disk);
    if std::fs::read_dir(into).is_ok_and(|mut entries| entries.next().is_some()) || into.is_file() {
        return Err(Error::new(Code::Exists, format!("{} exists and is not empty", into.display()))
            .hint(
                Hint::of("choose another path; for a branch in an existing repository: ")
                    .then(Next::Init { here: true }),
            )
            .at(into.display().to_string()));
    }
    Ok(())
}

fn make_room(into: &Path, world: &Context) -> Result<Room> {
    if let Some(parent) = into.parent() {
        make_dirs_durably(&*world.disk, parent)?;
    }
    Room::at(into, &world.disk)
}

/// Git's own folders are Git's: what lies among its objects or beside its `HEAD` is swept, packed, or copied by halves.
fn refuse_inside(into: &Path) -> Result<()> {
    let path = std::path::absolute(into).unwrap_or_else(|_| into.to_owned());
    let is_gits = |folder: &&Path| {
        folder.join("HEAD").is_file() && folder.join("objects").is_dir() && folder.join("refs").is_dir()
    };
    match path.ancestors().skip(1).find(is_gits) {
        None => Ok(()),
        Some(gits) => Err(Error::new(
            Code::BadArgument,
            format!("{} lies within {}, a repository's own folder", into.display(), gits.display()),
        )
        .hint("choose a path outside of it")
        .at(into.display().to_string())),
    }
}

/// The name of a folder, as people see it.
fn folder_name(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = name.trim_end_matches(".git").chars().filter(|c| !c.is_control()).take(64).collect();
    if name.is_empty() { "registry".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{key, registry, world};

    #[test]
    fn no_registry_is_made_within_a_repositorys_own_folder() {
        let home = tempfile::tempdir().unwrap();
        let standing = registry(home.path(), &key(1));
        for inner in ["inner", "refs/heads/inner", "objects/pack/a/b"] {
            let into = standing.git_dir().join(inner);
            let Err(error) = room_for(&into, &world(home.path())) else { panic!("{inner} was taken") };
            assert_eq!(error.code, Code::BadArgument, "{error}");
            assert!(!into.exists());
        }
        room_for(&home.path().join("beside"), &world(home.path())).unwrap();
    }
}
