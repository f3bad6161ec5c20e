//! Deleting without haste, and clearing up after killed processes.

use std::path::PathBuf;

use super::arrival::KEEP_FROM;
use super::store::{Presence, Store, absent, is_older};
use crate::fs::durable::sync_dirs;
use crate::fs::host::{Life, life_of_name};
use crate::fs::read::names;
use refmark_types::digest::Digest;
use refmark_types::error::Result;
use refmark_types::time::Timestamp;

/// Deleted blobs, and leftovers of processes that nothing is known of, are kept so long: two weeks, in seconds.
pub const KEEP_SECONDS: i64 = 14 * 24 * 60 * 60;

/// What killed processes left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOver {
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl LeftOver {
    /// These files; one that is gone by now has no bytes.
    pub fn of(paths: &[PathBuf]) -> LeftOver {
        let size = |path: &PathBuf| std::fs::symlink_metadata(path).map_or(0, |found| found.len());
        LeftOver { files: paths.len() as u64, bytes: paths.iter().map(size).sum() }
    }
}

impl std::ops::Add for LeftOver {
    type Output = LeftOver;

    fn add(self, other: LeftOver) -> LeftOver {
        LeftOver { files: self.files + other.files, bytes: self.bytes + other.bytes }
    }
}

impl Store {
    /// Moves a blob to the trash. An error of code `absent` where it is not here.
    pub fn trash(&self, digest: &Digest, now: Timestamp) -> Result<()> {
        let (place, folder) = (self.place_of(digest), self.area().join("trash"));
        if self.presence(digest)? == Presence::Absent {
            return Err(absent(&[*digest]));
        }
        let mut to_sync = self.disk().make_dirs(&folder)?;
        self.disk().rename(&place, &folder.join(format!("{digest}.{}", now.unix())))?;
        to_sync.extend(place.parent().map(PathBuf::from));
        to_sync.push(folder);
        sync_dirs(self.disk(), to_sync)
    }

    /// Takes a blob back out of the trash. An error of code `absent` where it is not there.
    pub fn restore(&self, digest: &Digest) -> Result<()> {
        let Some((_, _, path)) = self.trashed()?.into_iter().rfind(|(found, _, _)| found == digest) else {
            return Err(absent(&[*digest]).hint("it is not in the trash either; fetch it from a remote"));
        };
        let place = self.place_of(digest);
        let folder = place.parent().map(PathBuf::from).unwrap_or_default();
        let mut to_sync = self.disk().make_dirs(&folder)?;
        if self.disk().rename_noreplace(&path, &place)? {
            to_sync.extend([folder, self.area().join("trash")]);
        }
        sync_dirs(self.disk(), to_sync)
    }

    /// Removes for good what was trashed more than two weeks before `now`. Returns the number of blobs.
    pub fn empty_trash(&self, now: Timestamp) -> Result<u64> {
        let old = self.trashed()?.into_iter().filter(|(_, since, _)| now.since(*since) > KEEP_SECONDS);
        let mut removed = 0;
        for (_, _, path) in old {
            self.disk().remove(&path)?;
            removed += 1;
        }
        if removed > 0 {
            self.disk().sync_dir(&self.area().join("trash"))?;
        }
        Ok(removed)
    }

    /// What [`Store::empty_trash`] would remove at `now`: blobs and their bytes; and how many blobs it would leave.
    pub fn trash_due(&self, now: Timestamp) -> Result<(u64, u64, u64)> {
        let (mut due, mut bytes, mut kept) = (0, 0, 0);
        for (_, since, path) in self.trashed()? {
            if now.since(since) > KEEP_SECONDS {
                due += 1;
                bytes += std::fs::symlink_metadata(&path).map_or(0, |found| found.len());
            } else {
                kept += 1;
            }
        }
        Ok((due, bytes, kept))
    }

    /// What is in the trash and since when, oldest last move last.
    fn trashed(&self) -> Result<Vec<(Digest, Timestamp, PathBuf)>> {
        let mut found = Vec::new();
        for (name, entry) in names(&self.area().join("trash"))? {
            let Some((digest, since)) = name.split_once('.') else { continue };
            if let (Ok(digest), Ok(since)) = (Digest::parse(digest), since.parse()) {
                found.push((digest, Timestamp::from_unix(since), entry.path()));
            }
        }
        found.sort_by_key(|(_, since, _)| *since);
        Ok(found)
    }

    /// Removes temporary files of processes of this host and boot that are gone, and any that are older than two weeks.
    pub fn sweep(&self) -> Result<LeftOver> {
        let left = self.left_over()?;
        let all = LeftOver::of(&left);
        left.iter().try_for_each(|path| self.disk().remove(path))?;
        self.keep_halves()?;
        Ok(all)
    }

    /// What a killed process had fetched of a blob is there for whoever fetches it next.
    fn keep_halves(&self) -> Result<()> {
        for (name, entry) in names(&self.area().join("tmp"))? {
            if let Some(digest) = half(&name)
                && life_of_name(&name) == Some(Life::Dead)
            {
                // Another process may have been faster.
                let _ = std::fs::rename(entry.path(), self.half_of(&digest));
            }
        }
        Ok(())
    }

    /// The temporary files that [`Store::sweep`] would remove.
    pub fn leftovers(&self) -> Result<LeftOver> {
        Ok(LeftOver::of(&self.left_over()?))
    }

    fn left_over(&self) -> Result<Vec<PathBuf>> {
        let mut left = Vec::new();
        for (name, entry) in names(&self.area().join("tmp"))? {
            let old = || entry.metadata().is_ok_and(|found| is_older(&found, KEEP_SECONDS));
            let worth = || entry.metadata().is_ok_and(|found| found.len() >= KEEP_FROM);
            if half(&name).is_some() && worth() && !old() {
                continue;
            }
            if life_of_name(&name) == Some(Life::Dead) || (life_of_name(&name) != Some(Life::Alive) && old()) {
                left.push(entry.path());
            }
        }
        Ok(left)
    }
}

/// The blob whose bytes arrive in a temporary file of this name.
fn half(name: &str) -> Option<Digest> {
    Digest::parse(name.rsplit('.').next()?).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::ingest::Source;
    use super::*;
    use crate::fs::host::unique_name;
    use refmark_engine::ports::{Cancel, Silent};
    use refmark_types::error::Code;

    #[test]
    fn a_trashed_blob_can_be_restored_until_two_weeks_have_passed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("refmark"));
        let path = dir.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        store.ingest(vec![Source { path, observer: None }], &Silent, &Cancel::default()).unwrap();
        let (digest, now) = (Digest::of(b"abc"), Timestamp::from_unix(1_800_000_000));
        store.trash(&digest, now).unwrap();
        assert_eq!(store.trash(&digest, now).unwrap_err().code, Code::Absent);
        assert_eq!(store.empty_trash(now.plus(KEEP_SECONDS)).unwrap(), 0);
        store.restore(&digest).unwrap();
        assert_eq!(store.read(&digest, 10).unwrap(), b"abc");
        store.trash(&digest, now).unwrap();
        assert_eq!(store.trash_due(now.plus(KEEP_SECONDS)).unwrap(), (0, 0, 1));
        assert_eq!(store.trash_due(now.plus(KEEP_SECONDS + 1)).unwrap(), (1, 3, 0));
        assert_eq!(store.empty_trash(now.plus(KEEP_SECONDS + 1)).unwrap(), 1);
        assert_eq!(store.restore(&digest).unwrap_err().code, Code::Absent);
    }

    #[test]
    fn the_sweep_takes_what_dead_processes_left_and_nothing_of_the_living_or_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path());
        let tmp = dir.path().join("tmp");
        std::fs::create_dir(&tmp).unwrap();
        let own = unique_name();
        let part = |n: usize, with: &str| {
            let mut parts: Vec<&str> = own.split('.').collect();
            parts[n] = with;
            parts.join(".")
        };
        let (dead, other, old) = (part(2, "1"), part(0, "00000000"), part(0, "00000001"));
        for name in [&own, &dead, &other, &old] {
            std::fs::write(tmp.join(name), "half").unwrap();
        }
        let file = std::fs::File::options().write(true).open(tmp.join(&old)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(15 * 24 * 3600)).unwrap();
        let left = LeftOver { files: 2, bytes: 8 };
        assert_eq!(store.leftovers().unwrap(), left);
        assert_eq!(store.sweep().unwrap(), left);
        assert!(tmp.join(&own).exists() && tmp.join(&other).exists());
    }

    #[test]
    fn whoever_stores_next_sweeps_what_a_killed_process_left() {
        let dir = tempfile::tempdir().unwrap();
        let (tmp, a) = (dir.path().join("refmark/tmp"), dir.path().join("a"));
        std::fs::create_dir_all(&tmp).unwrap();
        let mut dead: Vec<String> = unique_name().split('.').map(str::to_owned).collect();
        dead[2] = "1".to_owned();
        std::fs::write(tmp.join(dead.join(".")), "half a file").unwrap();
        std::fs::write(&a, "abc").unwrap();
        let store = Store::open(&dir.path().join("refmark"));
        store.ingest(vec![Source { path: a, observer: None }], &Silent, &Cancel::default()).unwrap();
        assert_eq!(std::fs::read_dir(tmp).unwrap().count(), 0);
    }
}
