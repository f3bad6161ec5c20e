//! Which unchanged file has which digest, so that the second ingest of a file costs a `stat`.
//!
//! A file of our own and not SQLite: it is read once whole, and added to by one append per batch, which several
//! processes can do without waiting for each other. Each line carries a checksum; a line that a crash tore is dropped.
//! Everything in it can be computed again, so nothing is synced.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::fs::disk::Disk;
use crate::fs::durable::replace_cache;
use refmark_types::digest::Digest;
use refmark_types::error::Result;

const HEADER: &str = "refmark stat cache 1";
/// As many files are remembered; the newest stay.
const MAX_ENTRIES: usize = 65_536;
/// A larger file is not ours, or has outgrown its use: it is dropped.
const MAX_BYTES: u64 = 64 << 20;

/// What the system says of a file. Equal stamps mean unchanged bytes, but for a change in the same tick of its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    pub(super) size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(found: &Metadata) -> Stamp {
        Stamp {
            device: found.dev(),
            inode: found.ino(),
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }

    /// Whether any later change must show in the stamp: the rule of Git's index. A clock's tick lasts up to 10 ms on
    /// common file systems, two seconds on those that keep whole seconds.
    pub(super) fn is_at_rest(&self) -> bool {
        let Ok(now) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) else { return false };
        let latest = self.modified.max(self.changed);
        let coarse = self.modified.1 == 0 && self.changed.1 == 0;
        let margin = if coarse { 2_100_000_000 } else { 100_000_000 };
        let age = now.as_nanos().cast_signed() - (i128::from(latest.0) * 1_000_000_000 + i128::from(latest.1));
        age > margin
    }
}

#[derive(Clone, Copy)]
struct Entry {
    stamp: Stamp,
    digest: Digest,
}

/// The cache, read at its first use.
pub(super) struct StatCache {
    path: PathBuf,
    disk: Arc<dyn Disk>,
    entries: Option<HashMap<String, Entry>>,
}

impl StatCache {
    pub(super) fn new(path: PathBuf, disk: Arc<dyn Disk>) -> StatCache {
        StatCache { path, disk, entries: None }
    }

    /// The digest that this file had when its stamp was this.
    pub(super) fn get(&mut self, path: &str, stamp: &Stamp) -> Option<Digest> {
        self.load().get(path).filter(|entry| entry.stamp == *stamp).map(|entry| entry.digest)
    }

    /// Remembers files, after their blobs are durable. What cannot be written is forgotten: it is only a cache.
    pub(super) fn add(&mut self, found: &[(String, Stamp, Digest)]) {
        if found.is_empty() {
            return;
        }
        let mut text = String::new();
        for (path, stamp, digest) in found {
            self.load().insert(path.clone(), Entry { stamp: *stamp, digest: *digest });
            text.push_str(&line(path, stamp, digest));
        }
        let is_new = std::fs::metadata(&self.path).map_or(0, |found| found.len()) == 0;
        // The line feed before ends a line that a crash tore.
        let start = if is_new { format!("{HEADER}\n") } else { "\n".to_owned() };
        let _ = self.disk.append_cache(&self.path, (start + &text).as_bytes());
    }

    fn load(&mut self) -> &mut HashMap<String, Entry> {
        let (path, disk) = (&self.path, &*self.disk);
        self.entries.get_or_insert_with(|| {
            let Some((entries, lines)) = read(path) else {
                let _ = disk.remove(path);
                return HashMap::new();
            };
            if lines > entries.len() * 2 + 4096 {
                let _ = rewrite(disk, path, &entries);
            }
            entries
        })
    }
}

/// The entries and the number of lines; none where the file is not a cache.
fn read(path: &Path) -> Option<(HashMap<String, Entry>, usize)> {
    let Ok(mut file) = File::open(path) else { return Some((HashMap::new(), 0)) };
    let mut bytes = Vec::new();
    if file.metadata().ok()?.len() > MAX_BYTES || file.read_to_end(&mut bytes).is_err() {
        return None;
    }
    let mut lines = bytes.split(|b| *b == b'\n');
    if lines.next()? != HEADER.as_bytes() {
        return None;
    }
    let parsed: Vec<_> = lines.filter(|line| !line.is_empty()).map(parse).collect();
    let count = parsed.len();
    let mut entries = HashMap::new();
    // From the newest on, so that the bound drops the oldest.
    for (path, stamp, digest) in parsed.into_iter().rev().flatten() {
        if entries.len() == MAX_ENTRIES {
            break;
        }
        entries.entry(path).or_insert(Entry { stamp, digest });
    }
    Some((entries, count))
}

fn rewrite(disk: &dyn Disk, path: &Path, entries: &HashMap<String, Entry>) -> Result<()> {
    let mut text = format!("{HEADER}\n");
    for (path, entry) in entries {
        text.push_str(&line(path, &entry.stamp, &entry.digest));
    }
    replace_cache(disk, path, text.as_bytes(), 0o600)
}

fn line(path: &str, stamp: &Stamp, digest: &Digest) -> String {
    let body = serde_json::to_string(&(path, stamp, digest)).unwrap_or_default();
    format!("{} {body}\n", Digest::of(body.as_bytes()).short())
}

fn parse(line: &[u8]) -> Option<(String, Stamp, Digest)> {
    let (sum, body) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    if Digest::of(body.as_bytes()).short() != sum {
        return None;
    }
    serde_json::from_str(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::disk::RealDisk;

    fn cache_at(path: PathBuf) -> StatCache {
        StatCache::new(path, Arc::new(RealDisk))
    }

    fn stamp(size: u64) -> Stamp {
        Stamp { device: 1, inode: 2, size, modified: (3, 4), changed: (5, 6) }
    }

    #[test]
    fn only_an_equal_stamp_is_known_and_the_newest_line_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stat-cache");
        let mut cache = cache_at(path.clone());
        cache.add(&[("a".into(), stamp(1), Digest::of(b"1"))]);
        // Another process adds to the same file.
        cache_at(path.clone())
            .add(&[("a".into(), stamp(2), Digest::of(b"2")), ("b\n".into(), stamp(1), Digest::of(b"b"))]);
        assert_eq!(cache.get("a", &stamp(1)), Some(Digest::of(b"1")));
        let mut again = cache_at(path);
        assert_eq!(again.get("a", &stamp(2)), Some(Digest::of(b"2")));
        assert_eq!(again.get("a", &stamp(1)), None);
        assert_eq!(again.get("b\n", &stamp(1)), Some(Digest::of(b"b")));
    }

    #[test]
    fn a_torn_or_altered_line_is_dropped_and_the_next_append_survives_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stat-cache");
        cache_at(path.clone())
            .add(&[("a".into(), stamp(1), Digest::of(b"1")), ("b".into(), stamp(1), Digest::of(b"b"))]);
        let bytes = std::fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            cache_at(path.clone()).add(&[("c".into(), stamp(3), Digest::of(b"3"))]);
            let mut cache = cache_at(path.clone());
            for (name, size, digest) in [("a", 1, Digest::of(b"1")), ("b", 1, Digest::of(b"b"))] {
                assert!(cache.get(name, &stamp(size)).is_none_or(|found| found == digest), "cut at {cut}");
            }
            if cut > HEADER.len() {
                assert_eq!(cache.get("c", &stamp(3)), Some(Digest::of(b"3")), "cut at {cut}");
            }
        }
        let altered = String::from_utf8(bytes).unwrap().replace(&Digest::of(b"1").hex(), &Digest::of(b"evil").hex());
        std::fs::write(&path, altered).unwrap();
        assert_eq!(cache_at(path).get("a", &stamp(1)), None);
    }

    #[test]
    fn what_is_not_a_cache_is_dropped_and_the_file_stays_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stat-cache");
        std::fs::write(&path, b"\x00\xff another file").unwrap();
        assert_eq!(cache_at(path.clone()).get("a", &stamp(1)), None);
        assert!(!path.exists());
        let same: Vec<_> = (0..5000).map(|n| ("a".to_owned(), stamp(n), Digest::of(b"1"))).collect();
        cache_at(path.clone()).add(&same);
        let long = std::fs::metadata(&path).unwrap().len();
        assert_eq!(cache_at(path.clone()).get("a", &stamp(4999)), Some(Digest::of(b"1")));
        assert!(std::fs::metadata(&path).unwrap().len() < long / 1000);
    }

    #[test]
    fn a_file_that_was_just_written_is_not_at_rest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, "a").unwrap();
        assert!(!Stamp::of(&std::fs::metadata(&path).unwrap()).is_at_rest());
        assert!(stamp(1).is_at_rest());
        let ahead = Stamp { modified: (i64::MAX, 1), ..stamp(1) };
        assert!(!ahead.is_at_rest(), "a clock that is wrong is no proof of rest");
    }
}
