//! Blobs out of the store: a folder with the real file names, complete or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::collisions::check_spelling;
use super::store::{Presence, Store, Wrong, absent};
use super::stream::{self, LARGE, Named, Work};
use crate::fs::disk::{io_error, shown};
use crate::fs::durable::sync_dirs;
use crate::fs::parallel::{WAITERS, for_each};
use crate::fs::read::open_regular;
use crate::fs::room::{Room, behind_links, sweep_inside};
use refmark_engine::ports::{Cancel, Progress, Unit};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::package_path::PackagePath;

/// A file that the folder shall hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The blob.
    pub digest: Digest,
    /// Its size in bytes, as the manifest has it.
    pub size: u64,
    /// Where it goes, below the folder.
    pub path: PackagePath,
}

/// How files get their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A copy by the kernel, which shares blocks where the file system can. Every byte is hashed.
    Copy,
    /// A second name of the blob itself, on the same file system only. Who writes to such a file damages the store:
    /// it is read-only, and only made on request.
    HardLink {
        /// Whether the bytes are hashed first.
        verify: bool,
    },
}

/// What became of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Materialised {
    /// It was written.
    Written,
    /// It was there already with exactly these files and bytes, which were hashed. Nothing was done.
    WasThere,
}

impl Store {
    /// Writes the files of `plan` to the folder `dir`, through a folder beside it that is renamed at the end, and
    /// returns when all is on the disk. `dir` may be an empty folder, or hold exactly these files already.
    ///
    /// Errors: `absent` with all `digests` that are not here, `damaged` (the blob is moved away), `exists` where
    /// `dir` holds anything else, `bad-argument` for paths that clash, `unsupported` where hard links are not possible,
    /// `no-space`, `io`, `cancelled`.
    pub fn materialise(
        &self,
        plan: &[Placement],
        dir: &Path,
        how: How,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Materialised> {
        check_spelling(plan.iter().map(|one| &one.path))?;
        let work = Work { progress, cancel };
        progress.start(
            "writing files",
            Some(plan.iter().fold(0, |sum, one| sum.saturating_add(one.size))),
            Unit::Bytes,
        );
        let done = self.materialise_quiet(plan, dir, how, work);
        progress.finish();
        done
    }

    fn materialise_quiet(&self, plan: &[Placement], dir: &Path, how: How, work: Work<'_>) -> Result<Materialised> {
        // `out/` and `out` are one folder, and `.` has no name to build beside.
        let target = behind_links(&std::path::absolute(dir).map_err(|e| io_error("find", dir, &e))?);
        sweep_inside(&target, self.disk());
        if !is_free(&target)? {
            return match holds_exactly(plan, &target, work)? {
                None => Ok(Materialised::WasThere),
                Some(differs) => Err(differs),
            };
        }
        self.all_here(plan)?;
        let mut to_sync = match target.parent() {
            Some(parent) => self.disk().make_dirs(parent)?,
            None => return Err(exists(dir, "it is the root folder")),
        };
        let room = Room::at(&target, self.shared_disk())?;
        to_sync.extend(self.build(plan, room.path(), how, work)?);
        sync_dirs(self.disk(), to_sync)?;
        // Over an empty folder too; what has been put there meanwhile makes the rename fail. Two that pull the same into a
        // shared cache at once are both served: the second finds what it would have written.
        if let Err(error) = room.finish() {
            return match is_free(&target) {
                Ok(false) if holds_exactly(plan, &target, work)?.is_none() => Ok(Materialised::WasThere),
                Ok(false) => Err(exists(dir, "somebody else wrote it meanwhile")),
                _ => Err(error),
            };
        }
        Ok(Materialised::Written)
    }

    fn all_here(&self, plan: &[Placement]) -> Result<()> {
        let mut missing = BTreeSet::new();
        for one in plan {
            match self.presence(&one.digest)? {
                Presence::Absent => drop(missing.insert(one.digest)),
                Presence::Present { size } if size == one.size => {}
                Presence::Present { size: found } => {
                    let wrong = Wrong::Size { expected: one.size, found };
                    return Err(self.quarantine(&one.digest, &wrong, self.place_of(&one.digest)));
                }
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(absent(&missing.into_iter().collect::<Vec<_>>())) }
    }

    /// Writes all files below `root`; returns the folders to sync.
    fn build(&self, plan: &[Placement], root: &Path, how: How, work: Work<'_>) -> Result<Vec<PathBuf>> {
        let mut folders = BTreeSet::from([root.to_owned()]);
        for one in plan {
            let path = root.join(one.path.as_str());
            folders.extend(path.ancestors().skip(1).take_while(|folder| *folder != root).map(Path::to_path_buf));
        }
        for folder in &folders {
            self.disk().make_dirs(folder)?;
        }
        let (large, small): (Vec<_>, Vec<_>) = plan.iter().partition(|one| one.size >= LARGE);
        for_each(WAITERS, &small, |one| self.write_out(one, root, how, work))?;
        large.into_iter().try_for_each(|one| self.write_out(one, root, how, work))?;
        Ok(folders.into_iter().collect())
    }

    fn write_out(&self, one: &Placement, root: &Path, how: How, work: Work<'_>) -> Result<()> {
        work.cancel.check()?;
        let target = root.join(one.path.as_str());
        let (from, _) = self.open_raw(&one.digest)?;
        let path = self.place_of(&one.digest);
        let source = Named { file: &from, path: &path };
        let found = match how {
            How::Copy => {
                let file = self.disk().create_new(&target, 0o666)?;
                let passed = stream::copy(source, Named { file: &file, path: &target }, one.size, None, work)?;
                self.disk().sync_file(&file, &target)?;
                passed.digest
            }
            How::HardLink { verify } => {
                let found = if verify { stream::hash(source, one.size, None, work)?.digest } else { one.digest };
                if found == one.digest {
                    self.disk().link(&path, &target).map_err(|error| match error.code {
                        Code::Unsupported => error.hint("copy instead: leave out the option for hard links"),
                        _ => error,
                    })?;
                }
                found
            }
        };
        if found != one.digest {
            return Err(self.quarantine(&one.digest, &Wrong::Bytes { found }, path));
        }
        Ok(())
    }
}

/// Nothing is there, or an empty folder.
fn is_free(dir: &Path) -> Result<bool> {
    match std::fs::symlink_metadata(dir) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(e) => Err(io_error("look at", dir, &e)),
        Ok(found) if !found.is_dir() => Ok(false),
        Ok(_) => {
            let mut entries = std::fs::read_dir(dir).map_err(|e| io_error("list", dir, &e))?;
            Ok(entries.next().is_none())
        }
    }
}

/// None where the folder holds exactly the files of the plan; else an error that says how it differs.
fn holds_exactly(plan: &[Placement], dir: &Path, work: Work<'_>) -> Result<Option<Box<Error>>> {
    let mut wanted: BTreeMap<PathBuf, &Placement> = plan.iter().map(|one| (dir.join(one.path.as_str()), one)).collect();
    if std::fs::symlink_metadata(dir).is_ok_and(|found| !found.is_dir()) {
        return Ok(Some(exists(dir, "it is not a folder")));
    }
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|e| io_error("list", &folder, &e))?;
        for entry in entries {
            let entry = entry.map_err(|e| io_error("list", &folder, &e))?;
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
                continue;
            }
            let Some(one) = wanted.remove(&path) else {
                return Ok(Some(exists(dir, &format!("it also holds {}", shown(&path)))));
            };
            let file = match open_regular(&path) {
                Ok(Some(file)) => file,
                _ => return Ok(Some(exists(dir, &format!("{} is not a regular file", shown(&path))))),
            };
            let size = file.metadata().map_or(0, |found| found.len());
            let found = stream::hash(Named { file: &file, path: &path }, size, None, work)?.digest;
            if found != one.digest {
                let error = exists(dir, &format!("{} has other bytes", shown(&path)));
                let error = error.field("file", one.path.as_str()).field("expected", one.digest);
                return Ok(Some(error.field("found", found)));
            }
        }
    }
    Ok(wanted.into_keys().next().map(|path| exists(dir, &format!("it lacks {}", shown(&path)))))
}

fn exists(dir: &Path, how: &str) -> Box<Error> {
    Error::new(Code::Exists, format!("{} is there already and is not this artifact: {how}", shown(dir)))
        .hint("name another folder, or move that one away")
        .at(shown(dir))
}

#[cfg(test)]
mod tests {
    use crate::fs::host::unique_name;
    use crate::fs::read::names;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::super::ingest::Source;
    use super::*;
    use refmark_engine::ports::Silent;

    fn filled(dir: &Path, contents: &[(&str, &[u8])]) -> (Store, Vec<Placement>) {
        let store = Store::open(&dir.join("refmark"));
        let mut plan = Vec::new();
        for (path, bytes) in contents {
            let from = dir.join("source");
            std::fs::write(&from, bytes).unwrap();
            let source = Source { path: from, observer: None };
            let one = store.ingest(vec![source], &Silent, &Cancel::default()).unwrap().remove(0);
            plan.push(Placement { digest: one.digest, size: one.size, path: PackagePath::parse(path).unwrap() });
        }
        (store, plan)
    }

    fn write(store: &Store, plan: &[Placement], to: &Path, how: How) -> Result<Materialised> {
        store.materialise(plan, to, how, &Silent, &Cancel::default())
    }

    fn beside(dir: &Path) -> Vec<String> {
        names(dir).unwrap().into_iter().map(|(name, _)| name).filter(|name| name.contains(".refmark-")).collect()
    }

    #[test]
    fn a_folder_appears_with_the_real_names_and_again_costs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (store, plan) = filled(dir.path(), &[("a.txt", b"one"), ("sub/b/c.bin", b"two"), ("sub/copy", b"one")]);
        let out = dir.path().join("deep/er/out");
        assert_eq!(write(&store, &plan, &out, How::Copy).unwrap(), Materialised::Written);
        assert_eq!(std::fs::read(out.join("sub/b/c.bin")).unwrap(), b"two");
        assert!(
            std::fs::metadata(out.join("a.txt")).unwrap().permissions().mode() & 0o200 != 0,
            "people may edit a copy"
        );
        assert_eq!(write(&store, &plan, &out, How::Copy).unwrap(), Materialised::WasThere);
        let empty = dir.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        assert_eq!(write(&store, &plan, &empty, How::Copy).unwrap(), Materialised::Written);
        assert_eq!((beside(dir.path()), beside(&dir.path().join("deep/er"))), (vec![], vec![]));
    }

    #[test]
    fn a_folder_with_anything_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (store, plan) = filled(dir.path(), &[("a", b"one"), ("b", b"two")]);
        for files in [&[("a", "one")][..], &[("a", "one"), ("b", "twO")], &[("a", "one"), ("b", "two"), ("c", "")]] {
            let out = dir.path().join("out");
            std::fs::create_dir(&out).unwrap();
            for (name, text) in files {
                std::fs::write(out.join(name), text).unwrap();
            }
            assert_eq!(write(&store, &plan, &out, How::Copy).unwrap_err().code, Code::Exists);
            assert_eq!(names(&out).unwrap().len(), files.len());
            std::fs::remove_dir_all(&out).unwrap();
        }
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert_eq!(write(&store, &plan, &link, How::Copy).unwrap_err().code, Code::Exists);
    }

    #[test]
    fn damaged_or_absent_bytes_leave_no_folder_behind() {
        let dir = tempfile::tempdir().unwrap();
        for how in [How::Copy, How::HardLink { verify: true }] {
            let (store, plan) = filled(dir.path(), &[("a", b"one"), ("b", b"two")]);
            let place = store.place_of(&plan[1].digest);
            std::fs::remove_file(&place).unwrap();
            let out = dir.path().join("out");
            assert_eq!(write(&store, &plan, &out, how).unwrap_err().code, Code::Absent);
            std::fs::write(&place, "twO").unwrap();
            assert_eq!(write(&store, &plan, &out, how).unwrap_err().code, Code::Damaged);
            assert!(!place.exists() && !out.exists() && beside(dir.path()).is_empty());
            std::fs::write(&place, "longer").unwrap();
            assert_eq!(write(&store, &plan, &out, how).unwrap_err().code, Code::Damaged);
        }
    }

    #[test]
    fn hard_links_are_the_blob_itself_and_read_only() {
        let dir = tempfile::tempdir().unwrap();
        let (store, plan) = filled(dir.path(), &[("a", b"one")]);
        let out = dir.path().join("out");
        write(&store, &plan, &out, How::HardLink { verify: false }).unwrap();
        let (found, blob) =
            (std::fs::metadata(out.join("a")).unwrap(), std::fs::metadata(store.place_of(&plan[0].digest)).unwrap());
        assert_eq!((found.ino(), found.mode() & 0o777), (blob.ino(), 0o444));
    }

    #[test]
    fn what_a_killed_process_left_beside_the_target_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let (store, plan) = filled(dir.path(), &[("a", b"one")]);
        let own = unique_name();
        let mut parts: Vec<&str> = own.split('.').collect();
        parts[2] = "1";
        let left = dir.path().join(format!(".out.refmark-{}", parts.join(".")));
        std::fs::create_dir_all(left.join("sub")).unwrap();
        write(&store, &plan, &dir.path().join("out"), How::Copy).unwrap();
        assert!(!left.exists());
    }
}
