//! The folder of a site: what stands there, and how it becomes the next site without ever being half of one.
//!
//! Every file is written beside, synced and renamed; names follow from contents, so that nothing that the standing
//! `site.json` names is ever replaced. `site.json` goes last, and only then what it no longer names.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::context::Context;
use refmark_query::site::{Site, SitePack};
use refmark_records::registry_id::RegistryId;
use refmark_store::fs::disk::{Disk, io_error, shown};
use refmark_store::fs::durable::make_dirs_durably;
use refmark_store::fs::host::{Life, life_of_name, unique_name};
use refmark_store::fs::lock::{Guard, Wait, acquire};
use refmark_store::fs::read::read_bounded;
use refmark_store::fs::sibling::left_over;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use std::collections::BTreeSet;

/// Staged files lie below the registry's folder, in one of this name and a process's own.
const STAGE: &str = ".stage-";
const LOCK: &str = ".lock";
/// Larger than any `site.json`: a registry has so many packs and branches at most.
const SITE_LIMIT: u64 = 16 << 20;

/// A site's folder while it is written.
pub(crate) struct Folder {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    stage: PathBuf,
    before: Option<Site>,
    /// What was put where nothing was: it goes where the export fails.
    placed: Vec<PathBuf>,
    /// The folders that were made, outermost first.
    made: Vec<PathBuf>,
    pub(crate) files_written: u64,
    pub(crate) bytes_written: u64,
    staged: u64,
    lock: Option<Guard>,
}

impl Folder {
    /// Opens the folder of a site of this registry, or a new or empty one.
    pub(crate) fn open(world: &Context, dir: &Path, id: RegistryId) -> Result<Folder> {
        let dir = std::path::absolute(dir).map_err(|error| io_error("find", dir, &error))?;
        check_free(&dir)?;
        let registry = dir.join("registry");
        let made: Vec<PathBuf> = [dir.clone(), registry.clone()].into_iter().filter(|it| !it.exists()).collect();
        let disk = Arc::clone(&world.disk);
        make_dirs_durably(&*disk, &registry)?;
        let wait = Wait { timeout: Duration::ZERO, cancel: &world.cancel, told: &mut |_| {} };
        let lock = acquire(&disk, &registry.join(LOCK), wait)?;
        let stage = registry.join(format!("{STAGE}{}", unique_name()));
        let mut folder = Folder {
            dir,
            disk,
            stage,
            before: None,
            placed: Vec::new(),
            made,
            files_written: 0,
            bytes_written: 0,
            staged: 0,
            lock: Some(lock),
        };
        match folder.prepare(id) {
            Ok(()) => Ok(folder),
            Err(error) => {
                folder.undo();
                Err(error)
            }
        }
    }

    fn prepare(&mut self, id: RegistryId) -> Result<()> {
        let path = self.dir.join("registry/site.json");
        self.before = match read_bounded(&path, SITE_LIMIT)? {
            None => None,
            Some(bytes) => Some(Site::parse(&bytes).map_err(|error| error.at(shown(&path)))?),
        };
        if let Some(site) = self.before.as_ref().filter(|site| site.registry.id != id) {
            return Err(Error::new(
                Code::WrongRegistry,
                format!("{} is the site of registry {} ({})", shown(&self.dir), site.registry.id, site.registry.name),
            )
            .hint("export to another folder, or remove this one first")
            .field("expected", id)
            .field("found", site.registry.id)
            .at(shown(&self.dir)));
        }
        self.sweep_stages()?;
        self.disk.make_dirs(&self.stage).map(drop)
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// The site that stood there.
    pub(crate) fn before(&self) -> Option<&Site> {
        self.before.as_ref()
    }

    /// Whether a pack is there with its index and its size.
    pub(crate) fn has(&self, pack: &SitePack) -> bool {
        let at = |name: &str| fs::metadata(self.dir.join("registry").join(name)).ok().filter(|it| it.is_file());
        at(&pack.pack).is_some_and(|it| it.len() == pack.bytes) && at(&pack.idx).is_some()
    }

    /// A name for a staged file that nothing has.
    pub(crate) fn staged(&mut self, suffix: &str) -> PathBuf {
        self.staged += 1;
        self.stage.join(format!("{}.{suffix}", self.staged))
    }

    /// Writes a file, unless it has these bytes already. Whether it had to.
    pub(crate) fn put(&mut self, name: &str, bytes: &[u8]) -> Result<bool> {
        let path = self.dir.join(name);
        let same = matches!(read_bounded(&path, bytes.len() as u64), Ok(Some(have)) if have == bytes);
        if same {
            return Ok(false);
        }
        let staged = self.staged("put");
        self.disk.write_new(&staged, bytes, 0o644)?;
        self.moved(&staged, name, bytes.len() as u64)?;
        Ok(true)
    }

    /// Writes the listing, and beside it what a host sends to a browser that takes gzip.
    pub(crate) fn put_listing(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = format!("registry/{name}");
        let compressed = format!("{path}.gz");
        if self.put(&path, bytes)? || !self.dir.join(&compressed).is_file() {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            let packed = gzip.write_all(bytes).and_then(|()| gzip.finish());
            self.put(&compressed, &packed.map_err(|error| io_error("compress", Path::new(&path), &error))?)?;
        }
        Ok(())
    }

    /// Puts a staged file that was written by somebody else into its place.
    pub(crate) fn place(&mut self, staged: &Path, name: &str) -> Result<()> {
        let file = File::open(staged).map_err(|error| io_error("open", staged, &error))?;
        let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o644);
        file.set_permissions(mode).map_err(|error| io_error("change the mode of", staged, &error))?;
        self.disk.sync_file(&file, staged)?;
        let bytes = file.metadata().map_err(|error| io_error("look at", staged, &error))?.len();
        self.moved(staged, name, bytes)
    }

    fn moved(&mut self, staged: &Path, name: &str, bytes: u64) -> Result<()> {
        let path = self.dir.join(name);
        let folder = path.parent().unwrap_or(&self.dir).to_owned();
        for missing in folder.ancestors().take_while(|it| it.starts_with(&self.dir) && !it.exists()) {
            self.made.push(missing.to_owned());
        }
        make_dirs_durably(&*self.disk, &folder)?;
        if path.symlink_metadata().is_err() {
            self.placed.push(path.clone());
        }
        self.disk.rename(staged, &path)?;
        self.disk.sync_dir(&folder)?;
        self.files_written += 1;
        self.bytes_written += bytes;
        Ok(())
    }

    /// The bytes of the packs, their indexes and the listing.
    pub(crate) fn bytes_of(&self, site: &Site) -> Result<u64> {
        let names = site.packs.iter().flat_map(|it| [&it.pack, &it.idx]).chain([&site.listing]);
        names
            .map(|name| {
                let path = self.dir.join("registry").join(name);
                fs::metadata(&path).map(|it| it.len()).map_err(|error| io_error("look at", &path, &error))
            })
            .sum()
    }

    /// Removes what the new site no longer names: packs, listings, blobs and the viewer's own files of before.
    pub(crate) fn sweep<'n>(
        &mut self,
        site: &Site,
        blobs: Option<&BTreeSet<Digest>>,
        viewer: Option<impl Iterator<Item = &'n String>>,
    ) -> Result<()> {
        let registry = self.dir.join("registry");
        let packs: BTreeSet<PathBuf> =
            site.packs.iter().flat_map(|it| [registry.join(&it.pack), registry.join(&it.idx)]).collect();
        let is_pack = |name: &str| name.starts_with("pack-") && (name.ends_with(".pack") || name.ends_with(".idx"));
        self.remove(&registry.join("packs"), |path, name| is_pack(name) && !packs.contains(path))?;
        let is_listing = |name: &str| name.starts_with("listing-") && name.ends_with(".json");
        let plain = |name: &str| name.strip_suffix(".gz").unwrap_or(name).to_owned();
        self.remove(&registry, |_, name| is_listing(&plain(name)) && plain(name) != site.listing)?;
        let none = BTreeSet::new();
        let blobs = blobs.unwrap_or(&none);
        for first in folders(&registry.join("blobs"))? {
            for second in folders(&first)? {
                self.remove(&second, |_, name| Digest::parse(name).is_ok_and(|it| !blobs.contains(&it)))?;
            }
        }
        if let Some(viewer) = viewer {
            let kept: BTreeSet<PathBuf> = viewer.map(|name| self.dir.join(name)).collect();
            self.remove(&self.dir.join("assets"), |path, _| !kept.contains(path))?;
        }
        // From here on nothing is taken back.
        (self.placed, self.made) = Default::default();
        Ok(())
    }

    /// Removes the files of a folder that are chosen.
    fn remove(&self, folder: &Path, chosen: impl Fn(&Path, &str) -> bool) -> Result<()> {
        let gone: Vec<PathBuf> = entries(folder)?
            .into_iter()
            .filter(|path| path.file_name().and_then(|it| it.to_str()).is_some_and(|name| chosen(path, name)))
            .filter(|path| path.symlink_metadata().is_ok_and(|it| it.is_file()))
            .collect();
        gone.iter().try_for_each(|path| self.disk.remove(path))?;
        if gone.is_empty() { Ok(()) } else { self.disk.sync_dir(folder) }
    }

    /// Takes back what was put beside the site that stood there; that one is as it was.
    pub(crate) fn undo(&mut self) {
        let _ = fs::remove_dir_all(&self.stage);
        self.placed.iter().for_each(|path| drop(self.disk.remove(path)));
        self.lock = None;
        // Innermost first; what holds something else stays.
        self.made.sort_by_key(|path| std::cmp::Reverse(path.components().count()));
        self.made.iter().for_each(|path| drop(fs::remove_dir(path)));
    }

    /// Removes the staged files of processes that are gone.
    fn sweep_stages(&self) -> Result<()> {
        for path in left_over(&self.dir.join("registry")) {
            self.disk.remove_tree(&path)?;
        }
        for path in entries(&self.dir.join("registry"))? {
            let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
            // We hold the lock: on this host nobody else stages.
            if name.strip_prefix(STAGE).and_then(life_of_name).is_some_and(|life| life != Life::Elsewhere) {
                fs::remove_dir_all(&path).map_err(|error| io_error("remove", &path, &error))?;
            }
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.stage);
    }
}

/// An error unless a folder is missing, empty, or a site, or the beginning of one that an export which was killed left.
/// Names with a dot in front (`.git`, `.nojekyll`) and `CNAME` are what hosts want beside a site.
fn check_free(dir: &Path) -> Result<()> {
    if dir.join("registry/site.json").is_file() {
        return Ok(());
    }
    match fs::metadata(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Ok(found) if !found.is_dir() => return Err(taken(dir, "is not a folder")),
        _ => {}
    }
    let begun = entries(&dir.join("registry"))?.iter().all(|path| {
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let whole = matches!(name.as_str(), "packs" | "blobs");
        whole || [LOCK, STAGE, "listing-"].iter().any(|it| name.starts_with(it))
    });
    for path in entries(dir)? {
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let ours = begun && matches!(name.as_str(), "registry" | "assets" | "index.html");
        if !ours && !name.starts_with('.') && name != "CNAME" {
            return Err(taken(dir, &format!("holds {name} and is no site")));
        }
    }
    Ok(())
}

fn taken(dir: &Path, why: &str) -> Box<Error> {
    Error::new(Code::Exists, format!("{} {why}", shown(dir)))
        .hint("export to a new or empty folder, or to one that holds an earlier site of this registry")
        .at(shown(dir))
}

/// What is in a folder, by name; nothing where it is missing.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|error| io_error("list", folder, &error))?,
    };
    let mut paths = Vec::new();
    for entry in read {
        paths.push(entry.map_err(|error| io_error("list", folder, &error))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The folders in a folder.
fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.symlink_metadata().is_ok_and(|it| it.is_dir())).collect())
}
