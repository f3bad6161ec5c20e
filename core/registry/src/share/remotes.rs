//! `remote` and `sync`: other places that hold the registry's blobs.

use crate::registry::Sharing;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::context::SETTINGS_LIMIT;
use crate::pins::project::at_home;
use crate::registry::Registry;
use refmark_engine::ports::blob::BlobRemote;
use refmark_store::blob::{FolderRemote, Transferred};
use refmark_store::fs::disk::{io_error, make_dirs_durably, replace};
use refmark_store::fs::probe::probe;
use refmark_store::fs::read::read_text_bounded;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::RemoteName;
use std::collections::{BTreeMap, BTreeSet};

/// Another place that holds blobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemoteRow {
    /// Its name.
    pub name: RemoteName,
    /// Its folder, in the store's layout.
    #[serde(serialize_with = "crate::paths::shown")]
    pub folder: PathBuf,
    /// Whether the folder carries this registry's mark, by which it is known again. The store of an origin has none.
    pub marked: bool,
    /// What of its disk is weak, when it is added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What a sync moved.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SyncAnswer {
    /// Blobs that went to the remotes.
    pub sent: u64,
    /// Bytes that went to the remotes.
    pub sent_bytes: u64,
    /// Blobs that came from them.
    pub fetched: u64,
    /// Bytes that came from them.
    pub fetched_bytes: u64,
    /// Blobs that are in no place that can be reached.
    pub absent: Vec<Digest>,
    /// What remotes handed out that was wrong, and was not kept.
    pub problems: Vec<Error>,
}

#[derive(Default, Serialize, Deserialize)]
struct RemotesFile {
    #[serde(default)]
    remotes: BTreeMap<String, PathBuf>,
    /// Those whose folders carry this registry's mark.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    marked: BTreeSet<String>,
}

impl Registry {
    fn remotes_path(&self) -> PathBuf {
        self.work_folder().join("remotes.toml")
    }

    fn remotes_file(&self) -> Result<RemotesFile> {
        let path = self.remotes_path();
        match read_text_bounded(&path, SETTINGS_LIMIT)? {
            Some(text) => toml::from_str(&text).map_err(|error| {
                Error::new(Code::BadArgument, format!("{} cannot be read: {}", path.display(), error.message()))
                    .hint("mend the file, or remove it and add the remotes again; no file of theirs is touched")
            }),
            None => Ok(RemotesFile::default()),
        }
    }

    fn save_remotes(&self, file: &RemotesFile) -> Result<()> {
        let text = toml::to_string(file).map_err(refmark_types::error::bug)?;
        let folder = self.work_folder();
        make_dirs_durably(&*self.world.disk, &folder)?;
        replace(&*self.world.disk, &self.remotes_path(), text.as_bytes(), 0o644)
    }

    /// The remotes, open.
    pub(crate) fn remotes(&self) -> Result<Vec<Arc<dyn BlobRemote>>> {
        Ok(self.share().list_remotes()?.iter().map(|row| Arc::new(self.open_remote(row)) as Arc<_>).collect())
    }

    pub(crate) fn open_remote(&self, row: &RemoteRow) -> FolderRemote {
        let remote = FolderRemote::open(&row.folder, self.world.disk.clone());
        if row.marked { remote.marked(&self.remote_mark()) } else { remote }
    }

    /// The file by which a remote's folder is known again: a mount point without its disk is an empty folder, too.
    fn remote_mark(&self) -> String {
        format!("refmark-remote-{}", self.id())
    }

    /// Leaves the mark in a folder, and says what of its disk is weak. A folder that cannot be written serves bytes, and has
    /// no mark.
    fn mark_remote(&self, folder: &Path) -> Result<(bool, Vec<String>)> {
        let disk = &*self.world.disk;
        let mut warnings = match probe(disk, folder) {
            Ok(warnings) => warnings,
            Err(error) => {
                return Ok((false, vec![format!("{}: nothing can be sent there", error.message)]));
            }
        };
        warnings.iter_mut().for_each(|it| *it = it.replace("the registry lies on", "the remote lies on"));
        let text = format!("files of the registry {} ({}), kept by refmark\n", self.name(), self.id());
        replace(disk, &folder.join(self.remote_mark()), text.as_bytes(), 0o644)?;
        Ok((true, warnings))
    }
}

impl Sharing<'_> {
    /// The registry's remotes, by name.
    pub fn list_remotes(&self) -> Result<Vec<RemoteRow>> {
        let file = self.registry.remotes_file()?;
        let RemotesFile { remotes, marked: with_mark } = file;
        remotes
            .into_iter()
            .map(|(name, folder)| {
                let marked = with_mark.contains(&name);
                Ok(RemoteRow { name: RemoteName::parse(&name)?, folder, marked, warnings: Vec::new() })
            })
            .collect()
    }

    /// Adds a folder as a remote, with a mark in it by which it is known again. It is made where it does not exist. The answer
    /// says what of its disk is weak.
    pub fn add_remote(&self, name: &RemoteName, folder: &Path) -> Result<RemoteRow> {
        self.put_remote(name, folder, true)
    }

    /// Adds the store of a clone's origin, in which nothing is left behind.
    pub(crate) fn add_origin(&self, folder: &Path) -> Result<RemoteRow> {
        self.put_remote(&RemoteName::parse("origin")?, folder, false)
    }

    fn put_remote(&self, name: &RemoteName, folder: &Path, mark: bool) -> Result<RemoteRow> {
        make_dirs_durably(&*self.registry.world.disk, &self.registry.work_folder())?;
        let _held = self.registry.world.hold(&self.registry.remotes_path())?;
        let mut file = self.registry.remotes_file()?;
        if file.remotes.contains_key(name.as_str()) {
            return Err(Error::new(Code::Exists, format!("there is a remote {name} already"))
                .hint(Hint::of("to take it away: ").then(Next::RemoteRemove { name: name.to_string() })));
        }
        let folder = at_home(folder, self.registry.world.places.home.as_deref());
        let folder = std::path::absolute(&folder).map_err(|error| io_error("find", &folder, &error))?;
        if folder.exists() && !folder.is_dir() {
            return Err(Error::new(Code::BadArgument, format!("{} is not a folder", folder.display())));
        }
        make_dirs_durably(&*self.registry.world.disk, &folder)?;
        let (marked, warnings) = if mark { self.registry.mark_remote(&folder)? } else { (false, Vec::new()) };
        file.remotes.insert(name.as_str().to_owned(), folder.clone());
        if marked {
            file.marked.insert(name.as_str().to_owned());
        }
        self.registry.save_remotes(&file)?;
        Ok(RemoteRow { name: name.clone(), folder, marked, warnings })
    }

    /// Forgets a remote. Nothing of it is removed.
    pub fn remove_remote(&self, name: &RemoteName) -> Result<()> {
        make_dirs_durably(&*self.registry.world.disk, &self.registry.work_folder())?;
        let _held = self.registry.world.hold(&self.registry.remotes_path())?;
        let mut file = self.registry.remotes_file()?;
        if file.remotes.remove(name.as_str()).is_none() {
            return Err(Error::new(Code::NotFound, format!("there is no remote {name}"))
                .hint(Hint::of("to see the remotes: ").then(Next::RemoteList)));
        }
        file.marked.remove(name.as_str());
        self.registry.save_remotes(&file)
    }

    /// Moves blobs both ways: what the registry's artifacts need and is absent comes, what a remote lacks goes.
    pub fn sync(&self, only: Option<&RemoteName>) -> Result<SyncAnswer> {
        let view = self.registry.view()?;
        let facts = view.facts()?;
        let mut needed = std::collections::BTreeSet::new();
        for artifact in crate::write::transition::artifacts(facts)? {
            if facts.trust(&artifact)?.0 != refmark_records::trust::TrustState::Deleted {
                needed.extend(facts.manifest(&artifact)?.iter().flat_map(|it| &it.files).map(|file| file.sha256));
            }
        }
        let rows: Vec<RemoteRow> =
            self.list_remotes()?.into_iter().filter(|row| only.is_none_or(|name| row.name == *name)).collect();
        if rows.is_empty() {
            return Err(Error::new(Code::NotFound, "there is no remote to sync with")
                .hint(Hint::of("add one: ").then(Next::RemoteAdd)));
        }
        let remotes: Vec<FolderRemote> = rows.iter().map(|row| self.registry.open_remote(row)).collect();
        // Before a byte moves: a disk that is not mounted would be filled under its mount point.
        remotes.iter().try_for_each(FolderRemote::mounted)?;
        let remotes: Vec<Arc<dyn BlobRemote>> = remotes.into_iter().map(|it| Arc::new(it) as Arc<_>).collect();
        self.exchange(&needed.into_iter().collect::<Vec<_>>(), &remotes)
    }

    fn exchange(&self, needed: &[Digest], remotes: &[Arc<dyn BlobRemote>]) -> Result<SyncAnswer> {
        let (progress, cancel) = (&*self.registry.world.progress, &self.registry.world.cancel);
        let mut answer = SyncAnswer::default();
        let mut absent = Vec::new();
        for digest in needed {
            if self.registry.store.presence(digest)? == refmark_store::blob::Presence::Absent {
                absent.push(*digest);
            }
        }
        for digest in absent {
            match self.registry.store.fetch_absent(&[digest], remotes, progress, cancel) {
                Ok(Transferred { blobs, bytes, passed_over, .. }) => {
                    answer.fetched += blobs;
                    answer.fetched_bytes += bytes;
                    answer.problems.extend(passed_over);
                }
                Err(error) if error.code == Code::Absent => answer.absent.push(digest),
                Err(error) => return Err(error),
            }
        }
        let here: Vec<Digest> = needed.iter().filter(|digest| !answer.absent.contains(digest)).copied().collect();
        for remote in remotes {
            let moved = self.registry.store.push(&here, &**remote, progress, cancel)?;
            answer.sent += moved.blobs;
            answer.sent_bytes += moved.bytes;
            answer.problems.extend(moved.passed_over);
        }
        Ok(answer)
    }
}
