//! `remote`: other places that hold the registry's blobs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::context::SETTINGS_LIMIT;
use crate::pins::project::{at_home, local};
use crate::registry::{Registry, Sharing};
use refmark_engine::ports::blob::BlobRemote;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::durable::{make_dirs_durably, replace};
use refmark_store::fs::read::read_text_bounded;
use refmark_store::remote::{Address, Adopted, Location, Mark, Remote};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::RemoteName;

/// The remote that is the store of a clone's origin.
pub(crate) const ORIGIN: &str = "origin";

/// Another place that holds blobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemoteRow {
    /// Its name.
    pub name: RemoteName,
    /// `folder`, `s3`, `gs`, `az` or `https`.
    pub kind: &'static str,
    /// Where it is: a folder's path, or an address. Holds no credential.
    pub url: String,
    /// Whether the place carries this registry's mark, by which it is known again. The store of an origin has none.
    pub marked: bool,
    /// What of the place is weak, when it is added; empty in a list.
    pub warnings: Vec<String>,
    /// The same as `url`, taken apart.
    #[serde(skip)]
    pub location: Location,
}

/// What may be said of a remote that is no folder; it can stand in the address too.
#[derive(Debug, Clone, Default)]
pub struct RemoteOptions {
    /// The server, where it is not the cloud's own: `https://minio.example.com:9000`.
    pub endpoint: Option<String>,
    /// The region of an S3 bucket.
    pub region: Option<String>,
    /// The profile in `~/.aws` whose credentials are used. Stays with this copy: locks do not name it.
    pub profile: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct RemotesFile {
    /// A folder, or an address.
    #[serde(default)]
    remotes: BTreeMap<String, String>,
    /// Those whose places carry this registry's mark.
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

    /// The remotes, open. One that cannot be opened gives its error when it is asked: another may help.
    pub(crate) fn remotes(&self) -> Result<Vec<Arc<dyn BlobRemote>>> {
        Ok(self.places()?.iter().map(|row| self.open_remote(row) as Arc<_>).collect())
    }

    /// The remotes, and the store of the origin where no remote names it: what plain `git clone` made of a registry on this
    /// machine knows as much as what `refmark clone` made.
    pub(crate) fn places(&self) -> Result<Vec<RemoteRow>> {
        let mut rows = self.share().list_remotes()?;
        if !rows.iter().any(|row| row.name.as_str() == ORIGIN)
            && let Some(area) = self.store_of_origin()
        {
            rows.push(row(RemoteName::parse(ORIGIN)?, Location::Folder(area), false, Vec::new()));
        }
        Ok(rows)
    }

    /// The store of the origin, where that is this very registry in a folder that can be read.
    fn store_of_origin(&self) -> Option<PathBuf> {
        let url = self.origin().ok()??.url;
        let folder = local(&url, self.git_dir(), self.world.places.home.as_deref())?;
        let origin = Registry::open(&folder, self.world.clone()).ok().filter(|it| it.id() == self.id())?;
        Some(origin.store.area().to_owned())
    }

    pub(crate) fn open_remote(&self, row: &RemoteRow) -> Arc<dyn Remote> {
        let mark = row.marked.then(|| self.remote_mark());
        row.location.open_or_error(
            mark.as_ref(),
            &self.world.remotes,
            &self.world.disk,
            Some(&self.store.area().join("uploads")),
        )
    }

    /// The file by which a remote is known again: a mount point without its disk is an empty folder, too.
    fn remote_mark(&self) -> Mark {
        let text = format!("files of the registry {} ({}), kept by refmark\n", self.name(), self.id());
        Mark { id: self.id().to_string(), text }
    }

    /// Where a remote is, by what was typed or stored: a folder's path, or an address.
    fn locate_remote(&self, place: &OsStr, options: &RemoteOptions) -> Result<Location> {
        if let Some(text) = place.to_str().filter(|text| text.contains("://") && !text.starts_with("file://")) {
            let address = Address::parse(text)?
                .or_option("endpoint", options.endpoint.as_deref())?
                .or_option("region", options.region.as_deref())?
                .or_option("profile", options.profile.as_deref())?;
            return Ok(Location::Address(address));
        }
        if let RemoteOptions { endpoint: None, region: None, profile: None } = options {
            let folder = match place.to_str().filter(|text| text.starts_with("file://")) {
                Some(url) => local(url, Path::new("/"), None).unwrap_or_default(),
                None => at_home(Path::new(place), self.world.places.home.as_deref()),
            };
            let folder = std::path::absolute(&folder).map_err(|error| io_error("find", &folder, &error))?;
            return Ok(Location::Folder(folder));
        }
        Err(Error::new(Code::BadArgument, "a folder has no endpoint, region or profile")
            .hint("name an address, such as s3://bucket/prefix"))
    }
}

impl Sharing<'_> {
    /// The registry's remotes, by name.
    pub fn list_remotes(&self) -> Result<Vec<RemoteRow>> {
        let file = self.registry.remotes_file()?;
        let RemotesFile { remotes, marked: with_mark } = file;
        remotes
            .into_iter()
            .map(|(name, place)| {
                let marked = with_mark.contains(&name);
                let location = self.registry.locate_remote(OsStr::new(&place), &RemoteOptions::default())?;
                Ok(row(RemoteName::parse(&name)?, location, marked, Vec::new()))
            })
            .collect()
    }

    /// Adds a remote, with a mark there by which it is known again. A folder is made where it does not exist; an object store
    /// is asked whether two writers could overwrite each other there. The answer says what of the place is weak.
    ///
    /// Errors: `exists`; `bad-argument` and `secret` for the address; `unsupported` where the place overwrites what is there;
    /// `unreachable` and `access-denied`. After an error there is no new remote.
    pub fn add_remote(
        &self,
        name: &RemoteName,
        place: impl AsRef<OsStr>,
        options: &RemoteOptions,
    ) -> Result<RemoteRow> {
        let location = match self.registry.locate_remote(place.as_ref(), options)? {
            Location::Address(address) => Location::Address(address.completed(&self.registry.world.remotes)?),
            folder => folder,
        };
        self.put_remote(name, location, true)
    }

    /// Adds the store of a clone's origin, in which nothing is left behind.
    pub(crate) fn add_origin(&self, folder: &Path) -> Result<RemoteRow> {
        let folder = std::path::absolute(folder).map_err(|error| io_error("find", folder, &error))?;
        self.put_remote(&RemoteName::parse(ORIGIN)?, Location::Folder(folder), false)
    }

    fn put_remote(&self, name: &RemoteName, location: Location, mark: bool) -> Result<RemoteRow> {
        let disk = &self.registry.world.disk;
        make_dirs_durably(&**disk, &self.registry.work_folder())?;
        let _held = self.registry.world.hold(&self.registry.remotes_path())?;
        let mut file = self.registry.remotes_file()?;
        if file.remotes.contains_key(name.as_str()) {
            return Err(Error::new(Code::Exists, format!("there is a remote {name} already"))
                .hint(Hint::of("to take it away: ").then(Next::RemoteRemove { name: name.to_string() })));
        }
        if let Location::Folder(folder) = &location {
            if folder.exists() && !folder.is_dir() {
                return Err(Error::new(Code::BadArgument, format!("{} is not a folder", folder.display())));
            }
            if folder.to_str().is_none() {
                let message = format!("the path {} is not UTF-8", folder.display());
                return Err(Error::new(Code::BadArgument, message));
            }
            make_dirs_durably(&**disk, folder)?;
        }
        let mut adopted = Adopted::default();
        if mark {
            let remote = location.open(None, &self.registry.world.remotes, disk, None)?;
            adopted = remote.adopt(&self.registry.remote_mark())?;
        }
        file.remotes.insert(name.as_str().to_owned(), location.to_string());
        if adopted.marked {
            file.marked.insert(name.as_str().to_owned());
        }
        self.registry.save_remotes(&file)?;
        Ok(row(name.clone(), location, adopted.marked, adopted.warnings))
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
}

fn row(name: RemoteName, location: Location, marked: bool, warnings: Vec<String>) -> RemoteRow {
    RemoteRow { name, kind: location.kind(), url: location.to_string(), marked, warnings, location }
}
