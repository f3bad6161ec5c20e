//! Files that a caller puts here before a version is made of them. Each caller has a folder; what nobody comes back for is removed
//! after a day.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use refmark_core::store::fs::host::unique_name;
use refmark_core::types::digest::Digest;
use refmark_core::types::package_path::PackagePath;

use refmark_core::types::error::{Code, Error, Result};

use crate::sync::locked;

/// What is older than this is removed.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// The folder of copies that are registered at once.
const SCRATCH: &str = "scratch";

/// What a file or a folder takes of the disk, however small it is, in bytes.
const LEAST: u64 = 4096;

/// What callers have put here, in bytes, by their folder.
type Used = Arc<Mutex<HashMap<PathBuf, Size>>>;

/// What one caller has put here, in bytes.
#[derive(Debug, Default, Clone, Copy)]
struct Size {
    /// Of files that are whole.
    whole: u64,
    /// Of files that are being written.
    open: u64,
}

/// The folder of what was put here.
pub struct Uploads {
    folder: PathBuf,
    /// The most that one caller may have here, in bytes.
    limit: u64,
    used: Used,
}

/// A file that is being written. What is not finished is taken away again.
pub struct Upload {
    file: File,
    part: PathBuf,
    place: PathBuf,
    caller: PathBuf,
    size: u64,
    limit: u64,
    used: Used,
}

impl Upload {
    /// Adds bytes, as far as the caller's limit allows.
    ///
    /// # Errors
    ///
    /// `too-large` beyond the limit, else what the disk says.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.charge(bytes.len() as u64)?;
        self.file.write_all(bytes).map_err(|error| disk(&error))
    }

    /// Counts what is about to be written: files that come at once share the limit.
    fn charge(&mut self, more: u64) -> Result<()> {
        let mut used = locked(&self.used);
        let used = used.entry(self.caller.clone()).or_default();
        let left = self.limit.saturating_sub(used.whole).saturating_sub(used.open);
        if more > left {
            return Err(Error::new(
                Code::TooLarge,
                format!("what a caller puts here may have {} bytes in all, and that is reached", self.limit),
            ));
        }
        used.open += more;
        self.size += more;
        Ok(())
    }

    /// Gives the file its name.
    pub fn finish(mut self) -> Result<()> {
        let mut used = locked(&self.used);
        std::fs::rename(&self.part, &self.place).map_err(|error| disk(&error))?;
        if let Some(used) = used.get_mut(&self.caller) {
            used.open = used.open.saturating_sub(self.size);
            used.whole = used.whole.saturating_add(self.size);
        }
        drop(used);
        self.size = 0;
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Where it was finished there is no such file any more.
        let _ = std::fs::remove_file(&self.part);
        if let Some(used) = locked(&self.used).get_mut(&self.caller) {
            used.open = used.open.saturating_sub(self.size);
        }
    }
}

/// What lies in a folder.
pub struct Row {
    /// The name.
    pub name: String,
    /// Its size; none for a folder.
    pub size: Option<u64>,
}

fn disk(error: &std::io::Error) -> Box<Error> {
    let code = if error.kind() == std::io::ErrorKind::StorageFull { Code::NoSpace } else { Code::Io };
    Error::new(code, format!("the service's disk refused: {error}"))
}

/// A path that leads out of no folder: an error `bad-argument` where it is another.
fn checked(path: &str) -> Result<PackagePath> {
    PackagePath::parse(path).map_err(|error| Error::new(Code::BadArgument, error.message.clone()))
}

impl Uploads {
    /// In this folder, with so many bytes for each caller.
    pub fn at(folder: PathBuf, limit: u64) -> Uploads {
        Uploads { folder, limit, used: Used::default() }
    }

    fn of(&self, caller: &str) -> PathBuf {
        self.folder.join(Digest::of(caller.as_bytes()).hex())
    }

    /// A place for the copy that an id names.
    pub fn scratch(&self, id: &str) -> PathBuf {
        self.folder.join(SCRATCH).join(id)
    }

    /// Begins a file. What others left behind long ago is removed first.
    pub fn begin(&self, caller: &str, path: &str) -> Result<Upload> {
        let path = checked(path)?;
        self.sweep();
        let (own, room) = (self.of(caller), self.room(caller));
        let place = own.join(path.as_str());
        let folder = place.parent().unwrap_or(&self.folder).to_owned();
        if room >= LEAST {
            std::fs::create_dir_all(&folder).map_err(|error| disk(&error))?;
        }
        if place.is_dir() {
            return Err(Error::new(Code::BadArgument, "there is a folder of this name"));
        }
        let parts = own.join(".parts");
        std::fs::create_dir_all(&parts).map_err(|error| disk(&error))?;
        let part = parts.join(unique_name());
        let file = File::create_new(&part).map_err(|error| disk(&error))?;
        let (limit, used) = (self.limit, Arc::clone(&self.used));
        let mut upload = Upload { file, part, place, caller: own, size: 0, limit, used };
        upload.charge(LEAST)?;
        Ok(upload)
    }

    /// Measures what a caller has here, and gives the bytes that are left.
    fn room(&self, caller: &str) -> u64 {
        let own = self.of(caller);
        // Nothing becomes whole meanwhile, so that nothing is counted twice.
        let mut used = locked(&self.used);
        let whole = size(&own);
        let used = used.entry(own).or_default();
        used.whole = whole;
        self.limit.saturating_sub(used.whole).saturating_sub(used.open)
    }

    /// The files that were put at a path.
    pub fn taken(&self, caller: &str, path: &str) -> Result<PathBuf> {
        let place = self.of(caller).join(checked(path)?.as_str());
        match place.exists() {
            true => Ok(place),
            false => Err(Error::new(Code::NotFound, format!("nothing was put at uploads/{path} by you"))),
        }
    }

    /// Removes them.
    pub fn forget(&self, caller: &str, path: &str) {
        let Ok(place) = self.taken(caller, path) else { return };
        let _ = if place.is_dir() { std::fs::remove_dir_all(place) } else { std::fs::remove_file(place) };
    }

    /// What lies in a folder; nothing where it is a file, or not there.
    pub fn list(&self, caller: &str, path: &str) -> Result<Vec<Row>> {
        let place = if path.is_empty() { self.of(caller) } else { self.of(caller).join(checked(path)?.as_str()) };
        let Ok(entries) = std::fs::read_dir(place) else { return Ok(Vec::new()) };
        let row = |entry: std::fs::DirEntry| {
            let (name, meta) = (entry.file_name().into_string().ok()?, entry.metadata().ok()?);
            (name != ".parts").then_some(Row { name, size: meta.is_file().then_some(meta.len()) })
        };
        Ok(entries.flatten().filter_map(row).collect())
    }

    /// Removes what nobody came back for.
    fn sweep(&self) {
        let Ok(callers) = std::fs::read_dir(&self.folder) else { return };
        let inside = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
        // A part that a kill left behind grows old like the rest.
        let all =
            callers.flatten().flat_map(|caller| inside(caller.path()).chain(inside(caller.path().join(".parts"))));
        for entry in all {
            if entry.file_name() != ".parts" && newest(&entry.path()).is_none_or(|age| age > KEPT) {
                let _ = std::fs::remove_dir_all(entry.path()).or_else(|_| std::fs::remove_file(entry.path()));
            }
        }
    }
}

/// What lies in a folder takes so many bytes, but for what is being written.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let rows = entries.flatten().filter(|entry| entry.file_name() != ".parts");
    let bytes = rows.filter_map(|entry| {
        let meta = entry.metadata().ok()?;
        Some(LEAST + if meta.is_dir() { size(&entry.path()) } else { meta.len() })
    });
    bytes.fold(0, u64::saturating_add)
}

/// How old the newest of what lies at a path is.
fn newest(path: &Path) -> Option<Duration> {
    let meta = path.symlink_metadata().ok()?;
    let own = meta.modified().ok()?.elapsed().unwrap_or_default();
    if !meta.is_dir() {
        return Some(own);
    }
    let inner = std::fs::read_dir(path).ok()?.flatten().filter_map(|entry| newest(&entry.path())).min();
    Some(inner.map_or(own, |inner| inner.min(own)))
}

#[cfg(test)]
mod tests {
    use refmark_core::types::error::Code;

    use super::{LEAST, Uploads};

    #[test]
    fn a_caller_has_a_folder_of_its_own_and_no_path_leads_out_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::at(folder.path().join("uploads"), 1 << 20);
        let mut upload = uploads.begin("bo", "run/config.json").unwrap();
        upload.write(b"{}").unwrap();
        assert!(uploads.taken("bo", "run/config.json").is_err(), "what is half there is not there");
        upload.finish().unwrap();
        assert_eq!(std::fs::read(uploads.taken("bo", "run").unwrap().join("config.json")).unwrap(), b"{}");
        assert!(uploads.taken("ada", "run").is_err());
        for out in ["../x", "/etc/passwd", "a/../../x", "", ".parts/../x", "a//b"] {
            assert!(uploads.begin("bo", out).is_err() && uploads.taken("bo", out).is_err(), "{out}");
        }
        assert!(uploads.begin("bo", "run").is_err(), "a folder stays one");
        assert_eq!(uploads.list("bo", "run").unwrap().len(), 1);
        uploads.forget("bo", "run");
        assert!(uploads.taken("bo", "run").is_err());
    }

    #[test]
    fn one_caller_cannot_fill_the_disk_neither_at_once_nor_by_many_small_files() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::at(folder.path().join("uploads"), 4 * LEAST);
        let (mut one, mut two) = (uploads.begin("bo", "one").unwrap(), uploads.begin("bo", "two").unwrap());
        one.write(&[1; 4096]).unwrap();
        two.write(&[2; 4096]).unwrap();
        assert_eq!(two.write(b"x").unwrap_err().code, Code::TooLarge, "both share the limit");
        uploads.begin("ada", "hers").unwrap().write(b"x").unwrap();
        one.finish().unwrap();
        drop(two);
        assert!(uploads.taken("bo", "two").is_err(), "what went too far is gone");
        let small: Vec<_> = (0..3).map(|at| uploads.begin("bo", &format!("small-{at}"))).collect();
        assert_eq!(small.iter().filter(|it| it.is_ok()).count(), 2, "an empty file takes room, too");
        drop(small);
        uploads.forget("bo", "one");
        uploads.begin("bo", "three").unwrap().write(&[3; 12_000]).unwrap();
        // Another process finds on the disk what was put before.
        let again = Uploads::at(folder.path().join("uploads"), LEAST);
        again.begin("bo", "four").unwrap().finish().unwrap();
        assert_eq!(again.begin("bo", "five").err().unwrap().code, Code::TooLarge);
    }
}
