//! Finding the registry that a command means, and opening what was found.

use std::path::{Path, PathBuf};

use crate::context::{Context, Pinning};
use crate::pins::project::{Project, at_home, local};
use crate::pins::way_up::way_up;
use crate::registry::Registry;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};

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
