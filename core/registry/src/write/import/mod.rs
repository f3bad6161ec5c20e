//! `import`: versions that other tools keep, with where they come from as a claim.
//!
//! Each version is a commit of its own: who is stopped goes on where it was, because what is registered already is known by its
//! bytes and its source, and registering it again changes nothing. What cannot be brought is named with the reason.

pub(crate) mod dvc;
pub(crate) mod git_lfs;
pub(crate) mod hub;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::registry::{Registry, Writer};
use crate::write::register::Package;
use refmark_engine::snapshot::{CommitInfo, Mode};
use refmark_store::fs::disk::io_error;
use refmark_store::fs::sibling::{Beside, Building};
use refmark_store::git::Repo;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::name::{ModelName, Release};
use refmark_types::package_path::PackagePath;

/// A version that was brought over, or was here from an earlier run.
#[derive(Debug, Clone, Serialize)]
pub struct ImportedVersion {
    /// Where it comes from, as its manifest says: a claim.
    pub source: String,
    /// The model.
    pub model: ModelName,
    /// Its version.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// Whether it is new.
    pub created: bool,
}

/// Something that was not brought over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotImported {
    /// What it is.
    pub source: String,
    /// Why not.
    pub reason: String,
}

/// What an import came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImportAnswer {
    /// The versions, in the order in which they were registered.
    pub versions: Vec<ImportedVersion>,
    /// How many of them are new.
    pub created: u64,
    /// What was not brought over, and why.
    pub left_out: Vec<NotImported>,
    /// What people should know, such as files that can run code.
    pub warnings: Vec<String>,
}

impl ImportAnswer {
    fn leave_out(&mut self, source: impl Into<String>, reason: impl Into<String>) {
        self.left_out.push(NotImported { source: source.into(), reason: reason.into() });
    }
}

impl Writer<'_> {
    /// Registers one version that was found elsewhere. What is wrong with the version itself leaves it out; what is wrong here
    /// is an error.
    fn bring(&self, package: &Package, answer: &mut ImportAnswer) -> Result<()> {
        let source = package.source.clone().unwrap_or_default();
        match self.register(package) {
            Ok(done) => {
                answer.created += u64::from(done.created);
                if done.created {
                    answer.warnings.extend(done.warnings.iter().map(|said| format!("{source}: {said}")));
                }
                let (model, version, artifact, created) = (done.model, done.version, done.artifact, done.created);
                answer.versions.push(ImportedVersion { source, model, version, artifact, created });
                Ok(())
            }
            Err(error) if is_its_own(error.code) => {
                answer.leave_out(source, error.message);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

/// Opens a Git repository that is brought over.
fn open_repository(registry: &Registry, path: &Path) -> Result<Repo> {
    Repo::open_on(registry.world().disk.clone(), path).map_err(|error| match error.code {
        Code::NotARegistry => Error::new(Code::NotFound, error.message)
            .hint("name a clone on this disk; `git clone` makes one")
            .at(path.display().to_string()),
        _ => error,
    })
}

/// What a repository is called: the name of its folder.
fn name_of(repository: &Path) -> Result<String> {
    let path = std::path::absolute(repository).map_err(|error| io_error("find", repository, &error))?;
    Ok(path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}

/// An empty folder in which a version is laid out; it goes with the value, or with the next import where this one is killed.
fn building(registry: &Registry) -> Result<Building> {
    let beside = Beside::of(&registry.work_folder().join("import")).ok_or_else(|| bug("a folder without a name"))?;
    let disk = &registry.world().disk;
    beside.sweep(&**disk);
    let building = Building::at(&beside, disk);
    disk.make_dirs(&building.path)?;
    Ok(building)
}

/// What a commit of another repository holds, laid out in a folder, as a package: the commit is its lineage, and the commit's
/// time and author are claims. `what` says which version it is there.
fn package_of(
    model: ModelName,
    folder: &Path,
    commit: &CommitInfo,
    release: Option<&str>,
    what: &str,
    source: String,
) -> Result<Package> {
    let mut package = Package::new(model, vec![folder.to_owned()])?;
    package.follow_links = true;
    package.lineage.insert("code_commit".to_owned(), commit.id.to_string());
    package.imported = Some(commit.time);
    package.release = release.and_then(|release| Release::parse(release).ok());
    package.description = Some(format!("{what}, by {}", commit.author));
    package.source = Some(source);
    Ok(package)
}

/// Where a file of a package is laid out; the folders above it are made.
fn place_in(folder: &Path, path: &PackagePath) -> Result<PathBuf> {
    let place = folder.join(path.as_str());
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).map_err(|error| io_error("make", parent, &error))?;
    }
    Ok(place)
}

/// Whether an entry of Git is a file, also one that may be executed.
fn is_file(mode: Mode) -> bool {
    matches!(mode, Mode::File | Mode::Odd(0o100_755))
}

/// Whether an error of registering is about what is registered, so that the next version may fare better.
fn is_its_own(code: Code) -> bool {
    matches!(
        code,
        Code::PackageIncomplete
            | Code::BadArgument
            | Code::NotAFile
            | Code::Secret
            | Code::SourceChanged
            | Code::TooLarge
            | Code::Refused
            | Code::Pending
            | Code::Exists
            | Code::Inconsistent
    )
}
