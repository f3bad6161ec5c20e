//! Finding, opening and making repositories, and what is odd about one. Only the repository's own `config` is read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::io_error;
use super::objects::Objects;
use super::refs::{Refs, check_branch};
use super::repo::Repo;
use super::stage::Stage;
use crate::fs::disk::{Disk, RealDisk};
use crate::fs::durable::make_dirs_durably;
use crate::fs::read::read_bounded;
use crate::fs::shared::{SharedDisk, shared_bits};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};

/// The largest file of Git's own that is read here, in bytes: `config`, `shallow`, `.git`, `alternates` and the like.
const FILE_LIMIT: u64 = 4 << 20;

/// The hash that names a repository's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// 20 bytes: what every host takes.
    Sha1,
    /// 32 bytes: for repositories that need it; many hosts do not take them yet.
    Sha256,
}

impl Format {
    /// Git's own word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Sha1 => "sha1",
            Format::Sha256 => "sha256",
        }
    }
}

/// What keeps a repository from holding its whole history by itself. All false and empty: nothing does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepoCondition {
    /// History was cut off when it was fetched.
    pub shallow: bool,
    /// A grafts file changes parents for `git`; refmark ignores it.
    pub grafts: bool,
    /// Objects that `git` replaces by others; refmark ignores the replacements.
    pub replace_refs: Vec<String>,
    /// Other object folders that `git` reads too; refmark does not.
    pub alternates: Vec<PathBuf>,
    /// A partial clone: objects are fetched when `git` needs them.
    pub partial: bool,
}

impl RepoCondition {
    /// Whether nothing is odd.
    pub fn is_sound(&self) -> bool {
        *self == RepoCondition::default()
    }
}

impl Repo {
    /// Makes a repository whose `HEAD` names `branch`: bare at `path`, or with a worktree there and its data in `.git`.
    /// An error `exists` where one stands already.
    pub fn init(path: &Path, bare: bool, format: Format, branch: &str) -> Result<Repo> {
        Repo::init_on(Arc::new(RealDisk), path, bare, format, branch)
    }

    /// [`Repo::init`] on a disk of the caller's.
    pub fn init_on(disk: Arc<dyn Disk>, path: &Path, bare: bool, format: Format, branch: &str) -> Result<Repo> {
        check_branch(branch)?;
        let path = std::path::absolute(path).map_err(|error| io_error("resolve", path, &error))?;
        let git_dir = if bare { path.clone() } else { path.join(".git") };
        if git_dir.join("HEAD").exists() {
            return Err(Error::new(Code::Exists, format!("{} is a Git repository already", git_dir.display()))
                .at(git_dir.to_string_lossy()));
        }
        for folder in ["objects/pack", "objects/info", "refs/heads", "refs/tags", "info"] {
            let folder = git_dir.join(folder);
            make_dirs_durably(&*disk, &folder)?;
        }
        let stage = Stage::of(&git_dir, disk);
        // HEAD last: a folder without it is no repository, and `init` may be run on it again.
        for (name, text) in [("config", config_text(bare, format)), ("HEAD", format!("ref: refs/heads/{branch}\n"))] {
            let (staged, to) = (stage.put("init", text.as_bytes(), 0o644)?, git_dir.join(name));
            stage.disk.rename(&staged, &to)?;
            stage.sync_dir(&git_dir)?;
        }
        Repo::open_on(stage.disk, &path)
    }

    /// Opens a bare repository, a worktree (also a linked one), or its `.git`. Reads no configuration but the repository's.
    pub fn open(path: &Path) -> Result<Repo> {
        Repo::open_on(Arc::new(RealDisk), path)
    }

    /// [`Repo::open`] on a disk of the caller's.
    pub fn open_on(disk: Arc<dyn Disk>, path: &Path) -> Result<Repo> {
        let found = locate(path)?;
        let objects = vec![found.common_dir.join("objects")];
        assemble(disk, found, objects, true)
    }

    /// Opens a repository as a `pre-receive` hook sees it: new objects in `object_dir` (`GIT_OBJECT_DIRECTORY`), the others
    /// in `alternates` (`GIT_ALTERNATE_OBJECT_DIRECTORIES`) and in what those borrow from. Writing to it is refused.
    pub fn open_in_quarantine(git_dir: &Path, object_dir: &Path, alternates: &[PathBuf]) -> Result<Repo> {
        let found = locate(git_dir)?;
        let mut folders = Vec::new();
        let main = found.common_dir.join("objects");
        let mut open: Vec<PathBuf> = alternates.iter().rev().cloned().collect();
        open.insert(0, main);
        open.push(object_dir.to_owned());
        while let Some(folder) = open.pop() {
            // Git, too, follows five steps; and no folder twice.
            if folders.len() < 64 && !folders.contains(&folder) {
                open.extend(alternates_of(&folder)?);
                folders.push(folder);
            }
        }
        assemble(Arc::new(RealDisk), found, folders, false)
    }

    /// The disk that the repository is written on: what is made there has the modes that it asks for.
    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.stage.disk)
    }

    /// The address of a remote, as the repository's own configuration has it; a relative path from where Git takes it.
    pub fn remote_url(&self, remote: &str) -> Result<Option<String>> {
        let common_dir = &self.refs.common_dir;
        let config = read_config(common_dir)?;
        Ok(config.string(format!("remote.{remote}.url").as_str()).map(|url| placed(common_dir, &url.to_string())))
    }

    /// What is odd about the repository. A registry's history counts as whole only where nothing is.
    pub fn integrity(&self) -> Result<RepoCondition> {
        let common = &self.refs.common_dir;
        let lines = |name: &str| -> Result<bool> {
            let text = read_optional(&common.join(name))?.unwrap_or_default();
            Ok(text.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#')))
        };
        let config = read_config(common)?;
        let promisor_packs = fs::read_dir(common.join("objects/pack")).is_ok_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|entry| entry.path().extension().is_some_and(|it| it == "promisor")))
        });
        let promisor_remote = config.sections_by_name("remote").is_some_and(|mut remotes| {
            remotes.any(|remote| remote.value("promisor").is_some() || remote.value("partialclonefilter").is_some())
        });
        Ok(RepoCondition {
            shallow: lines("shallow")?,
            grafts: lines("info/grafts")?,
            replace_refs: self.refs.below("refs/replace/")?.into_keys().collect(),
            alternates: alternates_of(&common.join("objects"))?,
            partial: promisor_packs || promisor_remote || config.string("extensions.partialClone").is_some(),
        })
    }
}

/// Where a repository's parts are.
pub(super) struct Located {
    /// The folder with `HEAD`: of a linked worktree its own.
    pub(super) git_dir: PathBuf,
    /// The folder with objects and branches.
    pub(super) common_dir: PathBuf,
    /// The worktree that was named, if one was.
    pub(super) worktree: Option<PathBuf>,
}

pub(super) fn locate(path: &Path) -> Result<Located> {
    let path = std::path::absolute(path).map_err(|error| io_error("resolve", path, &error))?;
    let inner = path.join(".git");
    let (git_dir, worktree) = if inner.is_dir() {
        (inner, Some(path))
    } else if let Some(text) = read_optional(&inner)? {
        let target = text.trim_end().strip_prefix("gitdir: ").map(|to| path.join(to));
        (target.ok_or_else(|| not_a_repository(&path, "its .git file names no folder"))?, Some(path))
    } else {
        let worktree = path.parent().filter(|_| path.file_name().is_some_and(|name| name == ".git"));
        (path.clone(), worktree.map(Path::to_owned))
    };
    let common_dir = match read_optional(&git_dir.join("commondir"))? {
        Some(text) => git_dir.join(text.trim_end()),
        None => git_dir.clone(),
    };
    // The spelling of a folder is the key of locks and caches: `wt/../..` and the folder itself are one.
    let common_dir = fs::canonicalize(&common_dir).unwrap_or(common_dir);
    if !git_dir.join("HEAD").exists() || !common_dir.join("objects").is_dir() {
        return Err(not_a_repository(&git_dir, "it has no HEAD or no objects"));
    }
    Ok(Located { git_dir, common_dir, worktree })
}

/// An address in a repository's configuration: where it is a relative path, from the folder in which Git would run.
pub(super) fn placed(common_dir: &Path, url: &str) -> String {
    let host_or_scheme = url.find(':').is_some_and(|colon| !url[..colon].contains('/'));
    if url.is_empty() || url.starts_with('/') || host_or_scheme {
        return url.to_owned();
    }
    let in_worktree = common_dir.file_name().is_some_and(|name| name == ".git");
    let base = common_dir.parent().filter(|_| in_worktree).unwrap_or(common_dir);
    let path = base.join(url);
    // `..` only where that is the same folder: behind a link it is another one.
    fs::canonicalize(&path).unwrap_or(path).to_string_lossy().into_owned()
}

fn not_a_repository(path: &Path, why: &str) -> Box<Error> {
    Error::new(Code::NotARegistry, format!("{} is not a Git repository: {why}", path.display()))
        .hint(
            Hint::of("name the folder of a registry: ")
                .then(Next::With(Choice::Registry))
                .say("; or make one: ")
                .then(Next::Init { here: false }),
        )
        .at(path.to_string_lossy())
}

fn assemble(disk: Arc<dyn Disk>, found: Located, folders: Vec<PathBuf>, writable: bool) -> Result<Repo> {
    let config = read_config_of(&found)?;
    let word = |key: &str| config.string(key).map(|text| text.to_string().to_ascii_lowercase());
    if word("extensions.refStorage").is_some_and(|storage| storage != "files") {
        return Err(Error::new(
            Code::Unsupported,
            "this repository keeps its references in a reftable, which refmark does not read",
        )
        .hint("`git refs migrate --ref-format=files` turns it into files")
        .at(found.git_dir.to_string_lossy()));
    }
    let hash = match word("extensions.objectFormat").as_deref() {
        None | Some("sha1") => gix::hash::Kind::Sha1,
        Some("sha256") => gix::hash::Kind::Sha256,
        Some(other) => {
            return Err(Error::new(Code::Unsupported, format!("this repository names objects by `{other}`"))
                .hint("refmark reads sha1 and sha256 repositories"));
        }
    };
    let shared = word("core.sharedRepository").and_then(|value| shared_bits(&value));
    let disk = match shared {
        Some(bits) => Arc::new(SharedDisk::new(disk, &found.common_dir, bits)),
        None => disk,
    };
    let stage = Stage::of(&found.common_dir, disk);
    Ok(Repo {
        objects: Objects::at(&folders, hash),
        refs: Refs { own_dir: found.git_dir, common_dir: found.common_dir, hash },
        stage,
        worktree: found.worktree,
        bare: config.boolean("core.bare").ok().flatten().unwrap_or(false),
        writable,
    })
}

/// The repository's configuration as it holds for one of its worktrees: `config`, and `config.worktree` where there is one.
fn read_config_of(found: &Located) -> Result<gix::config::File> {
    let config = read_config(&found.common_dir)?;
    if !config.boolean("extensions.worktreeConfig").ok().flatten().unwrap_or(false) {
        return Ok(config);
    }
    let text = read_optional(&found.common_dir.join("config"))?.unwrap_or_default();
    let own = read_optional(&found.git_dir.join("config.worktree"))?.unwrap_or_default();
    let own = own.trim_start_matches('\u{feff}');
    parse_config(&format!("{text}\n{own}"), &found.git_dir.join("config.worktree"))
}

pub(super) fn read_config(common_dir: &Path) -> Result<gix::config::File> {
    let path = common_dir.join("config");
    parse_config(&read_optional(&path)?.unwrap_or_default(), &path)
}

fn parse_config(text: &str, path: &Path) -> Result<gix::config::File> {
    gix::config::File::from_bytes_no_includes(
        text.as_bytes(),
        gix::config::file::Metadata::api(),
        gix::config::file::init::Options::default(),
    )
    .map_err(|error| {
        Error::new(Code::GitFailed, format!("{} cannot be read: {error}", path.display())).at(path.to_string_lossy())
    })
}

/// A text file, lossily decoded; nothing where there is none.
fn read_optional(path: &Path) -> Result<Option<String>> {
    Ok(read_bounded(path, FILE_LIMIT)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

pub(super) fn alternates_of(objects: &Path) -> Result<Vec<PathBuf>> {
    let text = read_optional(&objects.join("info/alternates"))?.unwrap_or_default();
    let named = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(named.map(|line| objects.join(line)).collect())
}

/// What plain Git needs, and what keeps people's own Git from breaking the registry's promises: their writes are synced
/// too, no gc runs beside our lock, and no push rewinds or deletes a branch.
fn config_text(bare: bool, format: Format) -> String {
    let (version, extensions) = match format {
        Format::Sha1 => (0, ""),
        Format::Sha256 => (1, "[extensions]\n\tobjectFormat = sha256\n"),
    };
    format!(
        "[core]\n\trepositoryFormatVersion = {version}\n\tfileMode = true\n\tbare = {bare}\n\tfsync = all\n\t\
         fsyncMethod = fsync\n{extensions}[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[receive]\n\t\
         denyNonFastForwards = true\n\tdenyDeletes = true\n\tfsckObjects = true\n\tautogc = false\n"
    )
}
