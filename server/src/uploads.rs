//! Files that a caller puts here before a version is made of them. Each caller has a folder; what nobody comes back for is removed
//! after a day.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use refmark_core::store::fs::host::unique_name;
use refmark_core::types::digest::Digest;
use refmark_core::types::package_path::PackagePath;

use refmark_core::types::error::{Code, Error, Result};

/// What is older than this is removed.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// The folder of copies that are registered at once.
const SCRATCH: &str = "scratch";

/// The folder of what was put here.
pub struct Uploads(PathBuf);

/// A file that is being written.
pub struct Upload {
    /// The open file.
    pub file: File,
    part: PathBuf,
    place: PathBuf,
}

impl Upload {
    /// Gives the file its name.
    pub fn finish(self) -> Result<()> {
        std::fs::rename(&self.part, &self.place).map_err(|error| disk(&error))
    }

    /// Takes it away again.
    pub fn abandon(self) {
        let _ = std::fs::remove_file(&self.part);
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
    /// In this folder.
    pub fn at(folder: PathBuf) -> Uploads {
        Uploads(folder)
    }

    fn of(&self, caller: &str) -> PathBuf {
        self.0.join(Digest::of(caller.as_bytes()).hex())
    }

    /// A place for the copy that an id names.
    pub fn scratch(&self, id: &str) -> PathBuf {
        self.0.join(SCRATCH).join(id)
    }

    /// Begins a file. What others left behind long ago is removed first.
    pub fn begin(&self, caller: &str, path: &str) -> Result<Upload> {
        let path = checked(path)?;
        self.sweep();
        let place = self.of(caller).join(path.as_str());
        let folder = place.parent().unwrap_or(&self.0).to_owned();
        std::fs::create_dir_all(&folder).map_err(|error| disk(&error))?;
        if place.is_dir() {
            return Err(Error::new(Code::BadArgument, "there is a folder of this name"));
        }
        let parts = self.of(caller).join(".parts");
        std::fs::create_dir_all(&parts).map_err(|error| disk(&error))?;
        let part = parts.join(unique_name());
        let file = File::create_new(&part).map_err(|error| disk(&error))?;
        Ok(Upload { file, part, place })
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
        let Ok(callers) = std::fs::read_dir(&self.0) else { return };
        for entry in callers.flatten().flat_map(|caller| std::fs::read_dir(caller.path())).flatten().flatten() {
            if entry.file_name() != ".parts" && newest(&entry.path()).is_none_or(|age| age > KEPT) {
                let _ = std::fs::remove_dir_all(entry.path()).or_else(|_| std::fs::remove_file(entry.path()));
            }
        }
    }
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
    use std::io::Write;

    use super::Uploads;

    #[test]
    fn a_caller_has_a_folder_of_its_own_and_no_path_leads_out_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::at(folder.path().join("uploads"));
        let mut upload = uploads.begin("bo", "run/config.json").unwrap();
        upload.file.write_all(b"{}").unwrap();
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
}
