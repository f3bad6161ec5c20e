//! A consumer's project and its lock file. What is done with it has a file each: `pin_change` (add, remove, update),
//! `pin_check` (list, check), `pin_sync`, `pin_publish` and `pin_lint`.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::context::{Context, Pinning};
use crate::pins::way_up::{check_owner, way_up};
use crate::registry::{LOCK_FILE, Registry};
use refmark_engine::snapshot::History;
use refmark_query::pin as judging;
use refmark_records::layout::Place;
use refmark_records::lock::{LOCK_LIMIT, LockFile, Pin};
use refmark_records::statement::Record;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::durable::{behind_link, replace};
use refmark_store::fs::lock::Guard;
use refmark_store::fs::read::read_text_bounded;
use refmark_types::canonical::RECORD_LIMIT;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::ModelName;

/// A consumer's project: a folder with a lock file, or one that is about to get one.
pub struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) lock: Option<LockFile>,
    pub(crate) world: Context,
}

impl Project {
    /// The project in a folder, with its lock file where there is one.
    pub fn at(folder: &Path, world: Context) -> Result<Project> {
        let folder = std::path::absolute(folder).map_err(|error| io_error("find", folder, &error))?;
        let path = folder.join(LOCK_FILE);
        let lock = match read_text_bounded(&path, LOCK_LIMIT as u64)? {
            None => None,
            Some(text) => Some(LockFile::parse(&text).map_err(|error| error.at(path.display().to_string()))?),
        };
        Ok(Project { folder, lock, world })
    }

    /// The project whose lock file lies in or above a folder; none where there is no lock file. The search ends where the
    /// folders of another user or another file system begin. An error `not-yours` where somebody else put the file there.
    pub fn find(from: &Path, world: &Context) -> Result<Option<Project>> {
        let from = std::path::absolute(from).map_err(|error| io_error("find", from, &error))?;
        for folder in way_up(&from).folders {
            let path = folder.join(LOCK_FILE);
            if path.is_file() {
                check_owner(&path)?;
                return Project::at(&folder, world.clone()).map(Some);
            }
        }
        Ok(None)
    }

    /// The lock file's path.
    pub fn path(&self) -> PathBuf {
        self.folder.join(LOCK_FILE)
    }

    /// The lock file; an error `not-pinned` where there is none yet.
    pub fn lock(&self) -> Result<&LockFile> {
        self.lock.as_ref().ok_or_else(|| {
            Error::new(Code::NotPinned, format!("there is no {}", self.path().display()))
                .hint(Hint::of("pin something: ").then(Next::PinAdd { reference: None }))
        })
    }

    /// The pin of a name.
    pub fn pin(&self, name: &ModelName) -> Result<&Pin> {
        let lock = self.lock()?;
        lock.pin(name).ok_or_else(|| {
            let have: Vec<&str> = lock.pins.iter().map(|pin| pin.name.as_str()).collect();
            let have = if have.is_empty() { "nothing".to_owned() } else { have.join(", ") };
            Error::new(Code::NotPinned, format!("{} has no pin {name}", self.path().display())).hint(
                Hint::of(format!("it has {have}; add one: "))
                    .then(Next::PinAdd { reference: Some(format!("{name}@ALIAS")) }),
            )
        })
    }

    /// The registry of the lock file where it is on this machine, held to the lock's root: where the lock says, else the
    /// user's default if it is that one. None where it is elsewhere. An error where another registry stands there.
    pub fn registry(&self) -> Result<Option<Registry>> {
        let lock = self.lock()?;
        let world = self.world.clone();
        if let Some(path) =
            local(&lock.registry.url, &self.folder, self.world.places.home.as_deref()).filter(|path| path.exists())
        {
            let registry = Registry::open(&path, world)?;
            judging::same_registry(lock, registry.id())?;
            return registry.held_by_lock(lock.registry.root).map(Some);
        }
        let Some(default) = self.world.default_registry()?.filter(|path| path.exists()) else { return Ok(None) };
        let registry = Registry::open(&default, world)?;
        match registry.id() == lock.registry.id {
            true => registry.held_by_lock(lock.registry.root).map(Some),
            false => Ok(None),
        }
    }

    /// The registry held to the lock's root, where there is a lock and the caller named no other root. An error where the
    /// lock is for another registry.
    pub(crate) fn held(&self, registry: &Registry) -> Result<Option<Registry>> {
        let Some(lock) = &self.lock else { return Ok(None) };
        judging::same_registry(lock, registry.id())?;
        match registry.world().pinning {
            Pinning::Stored => registry.held_by_lock(lock.registry.root).map(Some),
            Pinning::Root(_) => Ok(None),
        }
    }

    /// Holds the lock file while it is changed, and reads it again: another process may have changed it.
    pub(crate) fn hold(&mut self) -> Result<Guard> {
        let guard = self.world.hold(&behind_link(&self.path())?)?;
        self.lock = Project::at(&self.folder, self.world.clone())?.lock;
        Ok(guard)
    }

    pub(crate) fn save(&mut self, lock: &LockFile) -> Result<()> {
        let text = lock.print()?;
        replace(&*self.world.disk, &behind_link(&self.path())?, text.as_bytes(), 0o644)?;
        self.lock = Some(lock.clone());
        Ok(())
    }
}

impl Registry {
    /// This registry, held to the root of a lock file, unless the caller named one. A lock file decides nothing for somebody
    /// who has pinned a root: that pin stays in force, and an error `wrong-root` says where the lock's root is not one of the
    /// same registry.
    pub(crate) fn held_by_lock(&self, root: Digest) -> Result<Registry> {
        if let Pinning::Root(_) = self.world.pinning {
            return self.held_to_what_it_is();
        }
        let Some(own) = self.world.pin_of(self.id())?.filter(|own| *own != root) else { return self.held_to(root) };
        let known = self.roots_in_tree()?;
        if known.contains(&root) && known.contains(&own) {
            return self.held_to(own);
        }
        Err(Error::new(
            Code::WrongRoot,
            format!(
                "the lock file names root {}, and you have pinned {} for this registry",
                root.prefixed(),
                own.prefixed()
            ),
        )
        .hint("one of the two is of another registry that calls itself the same: compare both with its owner")
        .field("expected", own.prefixed())
        .field("found", root.prefixed()))
    }

    fn held_to_what_it_is(&self) -> Result<Registry> {
        Registry::open(self.path(), self.world().clone())
    }

    /// The roots that the newest commit has, by the digests of their statements; whether they count is judged elsewhere.
    fn roots_in_tree(&self) -> Result<Vec<Digest>> {
        let tree = self.repo.snapshot(self.head()?)?;
        let mut roots = Vec::new();
        for number in 1.. {
            let Some(bytes) = tree.read(&Place::Root(number).path(), RECORD_LIMIT)? else { break };
            roots.extend(Record::parse(&bytes).ok().map(|record| record.digest()));
        }
        Ok(roots)
    }

    /// This registry, held to a root.
    pub(crate) fn held_to(&self, root: Digest) -> Result<Registry> {
        Registry::open(self.path(), Context { pinning: Pinning::Root(root), ..self.world().clone() })
    }
}

/// Whether an address is a path of this machine.
pub(crate) fn is_local(url: &str) -> bool {
    let scp = |url: &str| url.split_once(':').is_some_and(|(host, _)| !host.contains('/') && !host.is_empty());
    url.starts_with("file://") || !(url.contains("://") || scp(url))
}

/// The path that an address is, relative ones from a folder; none for addresses elsewhere. `~/` is the user's home, and the
/// path of a `file://` address may have `%xx`.
pub(crate) fn local(url: &str, from: &Path, home: Option<&Path>) -> Option<PathBuf> {
    if !is_local(url) {
        return None;
    }
    let path = match url.strip_prefix("file://") {
        Some(rest) => unescaped(rest.strip_prefix("localhost").filter(|rest| rest.starts_with('/')).unwrap_or(rest)),
        None => PathBuf::from(url),
    };
    Some(from.join(at_home(&path, home)))
}

/// A path whose first part is `~` begins at the user's home: shells do that, settings files and variables do not.
pub(crate) fn at_home(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

fn unescaped(path: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match digits.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|it| *it != 0) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    PathBuf::from(std::ffi::OsStr::from_bytes(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_however_it_is_spelled() {
        let (from, home) = (Path::new("/work"), Some(Path::new("/home/ada")));
        for (url, path) in [
            ("file:///srv/my%20models", "/srv/my models"),
            ("file://localhost/srv/models", "/srv/models"),
            ("file:///srv/100%", "/srv/100%"),
            ("~/models", "/home/ada/models"),
            ("../models", "/work/../models"),
            ("/srv/my%20models", "/srv/my%20models"),
            ("./~odd", "/work/./~odd"),
        ] {
            assert_eq!(local(url, from, home), Some(PathBuf::from(path)), "{url}");
        }
        for elsewhere in ["https://h/x", "git@h:x", "[::1]:x", "git@[::1]:x", "ssh://git@[::1]:22/x"] {
            assert_eq!(local(elsewhere, from, home), None, "{elsewhere}");
        }
    }
}
