//! The writer's lock: a file that names host, boot, process and its start.
//!
//! No `flock`: it is not dependable over network file systems, and nobody can see who holds it. The lock is created
//! whole, by a link to a finished file. Only a dead lock of this host and boot is cleared; another host's is waited for
//! and named.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::disk::{Disk, io_error, shown};
use super::host::{Identity, Life, unique_name};
use crate::fs::read::open_regular;
use refmark_engine::ports::Cancel;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::time::Timestamp;

/// A lock is shorter, in bytes.
const LONGEST: u64 = 1 << 16;

/// Who holds a lock, and since when: the contents of the lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    #[serde(flatten)]
    pub identity: Identity,
    /// When it took the lock, by its own clock.
    pub since: Timestamp,
    /// Different each time a lock is taken.
    pub nonce: String,
}

/// A held lock. Dropping it lets it go.
pub struct Guard {
    path: PathBuf,
    contents: Vec<u8>,
    disk: Arc<dyn Disk>,
}

impl Guard {
    /// Whether the lock file is still this one: false once somebody has cleared it by hand. Writers ask right before
    /// they move a ref.
    pub fn still_held(&self) -> bool {
        read(&self.path).is_ok_and(|found| found.is_some_and(|it| it == self.contents))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Where it was cleared by hand, the file may be another writer's by now.
        if self.still_held() {
            let _ = self.disk.remove(&self.path);
        }
    }
}

/// How long to wait for a lock, and who is told that one waits.
pub struct Wait<'a> {
    /// The longest wait; zero tries once.
    pub timeout: Duration,
    /// Ends the wait early.
    pub cancel: &'a Cancel,
    /// Is told once, with the holder, that there is a wait.
    pub told: &'a mut dyn FnMut(&Holder),
}

/// Takes the lock at `path`, waiting for a living holder. Its folder must exist.
///
/// An error of code `locked`, with the fields `host`, `pid` and `since`, where the time is up.
pub fn acquire(disk: &Arc<dyn Disk>, path: &Path, wait: Wait<'_>) -> Result<Guard> {
    let deadline = Instant::now().checked_add(wait.timeout);
    let (mut pause, mut told) = (Duration::from_millis(1), false);
    loop {
        wait.cancel.check()?;
        let found = match attempt(disk, path)? {
            Attempt::Taken(guard) => return Ok(guard),
            Attempt::Gone => continue,
            Attempt::Held(found) => found,
        };
        if let Ok(holder) = parse(&found)
            && !told
        {
            (wait.told)(&holder);
            told = true;
        }
        let left = deadline.map_or(pause, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Err(locked(path, &found));
        }
        // The pid spreads waiters that began in the same moment.
        let spread = Duration::from_micros(u64::from(std::process::id() % 977));
        std::thread::sleep(pause.min(left) + spread.min(left));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Who holds the lock at `path`; none where it is free. A lock file that cannot be read is an error of code `locked`.
pub fn holder(path: &Path) -> Result<Option<Holder>> {
    let Some(found) = read(path)? else { return Ok(None) };
    parse(&found).map(Some).map_err(|()| locked(path, &found))
}

/// What a lock file holds, none where there is none; of a long one the beginning, which is no lock of ours. What is no
/// regular file is a lock that cannot be read: nobody waits for a FIFO.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let file = match open_regular(path) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(None),
        Err(error) if error.code == Code::NotAFile => return Err(locked(path, b"?")),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    file.take(LONGEST).read_to_end(&mut found).map_err(|e| io_error("read the lock", path, &e))?;
    Ok(Some(found))
}

/// Clears the lock at `path` by hand, whoever holds it. Returns the holder where one could be read; an error of code
/// `nothing-to-do` where there is no lock.
pub fn unlock(disk: &dyn Disk, path: &Path) -> Result<Option<Holder>> {
    let found = match read(path) {
        Ok(Some(found)) => found,
        Ok(None) => {
            return Err(Error::new(Code::NothingToDo, format!("there is no lock at {}", shown(path))).at(shown(path)));
        }
        // Whatever stands there, it is to go.
        Err(error) if error.code == Code::Locked => Vec::new(),
        Err(error) => return Err(error),
    };
    disk.remove(path)?;
    Ok(parse(&found).ok())
}

enum Attempt {
    Taken(Guard),
    Held(Vec<u8>),
    /// It was free for a moment: try again at once.
    Gone,
}

fn attempt(disk: &Arc<dyn Disk>, path: &Path) -> Result<Attempt> {
    let holder = Holder { identity: Identity::own(), since: now(), nonce: unique_name() };
    let contents = serde_json::to_vec(&holder).map_err(refmark_types::error::bug)?;
    let staged = path.with_file_name(staged_name(path, &holder.nonce));
    // Not synced: after a power cut the holder is dead anyway, and an empty lock is known for that.
    disk.write_cache(&staged, &contents, 0o644)?;
    let placed = match disk.link(&staged, path) {
        Err(error) if error.code == Code::Unsupported => disk.rename_noreplace(&staged, path),
        other => other,
    };
    let _ = disk.remove(&staged);
    if placed? {
        return Ok(Attempt::Taken(Guard { path: path.to_owned(), contents, disk: Arc::clone(disk) }));
    }
    let Some(found) = read(path)? else { return Ok(Attempt::Gone) };
    if is_dead(&found) && clear_dead(disk, path, &found)? {
        return Ok(Attempt::Gone);
    }
    Ok(Attempt::Held(found))
}

/// A lock is written whole before it gets its name, so an empty one is what a power cut left.
fn is_dead(contents: &[u8]) -> bool {
    contents.iter().all(|b| *b == 0) || parse(contents).is_ok_and(|holder| holder.identity.life() == Life::Dead)
}

/// Removes a dead lock; false where somebody else is at it.
///
/// The right to remove exactly this lock is itself a lock, named by the dead one's contents, which no two locks share.
/// So a slow process that judged an old lock can never remove the new one: it reads again while it holds that right.
fn clear_dead(disk: &Arc<dyn Disk>, path: &Path, dead: &[u8]) -> Result<bool> {
    let right = beside(path, &format!("clear-{}", Digest::of(dead).short()));
    let Attempt::Taken(_right) = attempt(disk, &right)? else { return Ok(false) };
    if read(path)?.is_some_and(|found| found == dead) {
        disk.remove(path)?;
    }
    Ok(true)
}

/// A lock on its way to its name: known as ours, and swept like all such files.
fn staged_name(path: &Path, nonce: &str) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(".{}.refmark-{nonce}", name.trim_start_matches('.'))
}

/// Removes what processes that died while they cleared the lock at `path` left beside it.
pub fn sweep(disk: &dyn Disk, path: &Path) -> Result<()> {
    let (Some(folder), prefix) = (path.parent(), beside(path, "clear-")) else { return Ok(()) };
    for (name, entry) in crate::fs::read::names(folder)? {
        let is_right = prefix.file_name().is_some_and(|prefix| name.starts_with(&*prefix.to_string_lossy()));
        if is_right && read(&entry.path()).is_ok_and(|found| found.is_some_and(|it| is_dead(&it))) {
            disk.remove(&entry.path())?;
        }
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}

fn parse(contents: &[u8]) -> std::result::Result<Holder, ()> {
    serde_json::from_slice(contents).map_err(|_| ())
}

fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn locked(path: &Path, contents: &[u8]) -> Box<Error> {
    let error = match parse(contents) {
        Err(()) => Error::new(Code::Locked, format!("the lock {} is held, and its holder cannot be read", shown(path)))
            .hint(Hint::of("if no refmark runs on it, clear it: ").then(Next::Unlock)),
        Ok(holder) => {
            let Identity { host, pid, .. } = &holder.identity;
            let hint = match holder.identity.life() {
                Life::Alive => Hint::of("wait until it is done, or allow a longer wait"),
                Life::Dead => Hint::of("try again: that process is gone"),
                Life::Elsewhere if *host == Identity::own().host => {
                    Hint::of("it is of an earlier boot or another container of this host; if that is gone: ")
                        .then(Next::Unlock)
                }
                Life::Elsewhere => {
                    Hint::of("wait for that host; if its process is gone, clear the lock: ").then(Next::Unlock)
                }
            };
            let since = holder.since;
            Error::new(Code::Locked, format!("another writer holds the lock: process {pid} on {host}, since {since}"))
                .hint(hint)
                .field("host", host)
                .field("pid", pid)
                .field("since", since)
        }
    };
    error.at(shown(path))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::disk::RealDisk;
    use super::*;

    fn disk() -> Arc<dyn Disk> {
        Arc::new(RealDisk)
    }

    fn take(path: &Path, timeout: Duration) -> Result<Guard> {
        acquire(&disk(), path, Wait { timeout, cancel: &Cancel::default(), told: &mut |_| {} })
    }

    fn holder_of(identity: Identity) -> Vec<u8> {
        serde_json::to_vec(&Holder { identity, since: Timestamp::from_unix(0), nonce: unique_name() }).unwrap()
    }

    fn dead() -> Vec<u8> {
        holder_of(Identity { start: "1".into(), ..Identity::own() })
    }

    #[test]
    fn a_held_lock_is_waited_for_then_named_and_free_after_its_guard() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let guard = take(&path, Duration::ZERO).unwrap();
        let (mut told, cancel) = (0, Cancel::default());
        let timeout = Duration::from_millis(20);
        let error = acquire(&disk(), &path, Wait { timeout, cancel: &cancel, told: &mut |_| told += 1 }).err().unwrap();
        assert_eq!((error.code, told), (Code::Locked, 1));
        assert_eq!(error.fields["pid"].as_u64(), Some(u64::from(std::process::id())));
        assert!(error.fields.contains_key("host") && error.fields.contains_key("since"));
        assert_eq!(holder(&path).unwrap().unwrap().identity, Identity::own());
        drop(guard);
        assert!(holder(&path).unwrap().is_none());
        drop(take(&path, Duration::ZERO).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left beside the lock");
    }

    #[test]
    fn a_dead_lock_of_this_boot_is_cleared_and_an_empty_one_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        for contents in [dead(), Vec::new(), vec![0; 64]] {
            std::fs::write(&path, contents).unwrap();
            assert!(take(&path, Duration::ZERO).unwrap().still_held());
        }
    }

    #[test]
    fn a_lock_that_is_no_file_keeps_nobody_waiting_and_is_cleared_by_hand() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        assert_eq!(holder(&path).unwrap_err().code, Code::Locked);
        let error = take(&path, Duration::from_secs(60)).err().unwrap();
        assert!(error.code == Code::Locked && error.hint_text().as_deref().unwrap().contains("remove the lock"));
        unlock(&RealDisk, &path).unwrap();
        assert!(take(&path, Duration::ZERO).unwrap().still_held());
    }

    #[test]
    fn the_right_to_clear_may_be_dead_as_well() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let old = dead();
        std::fs::write(&path, &old).unwrap();
        std::fs::write(beside(&path, &format!("clear-{}", Digest::of(&old).short())), dead()).unwrap();
        drop(take(&path, Duration::from_secs(5)).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn another_hosts_or_boots_lock_stands_until_it_is_cleared_by_hand() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        for other in [
            Identity { host: "elsewhere.example".into(), ..Identity::own() },
            Identity { boot: "an earlier one".into(), ..Identity::own() },
        ] {
            std::fs::write(&path, holder_of(other.clone())).unwrap();
            let error = take(&path, Duration::from_millis(5)).err().unwrap();
            assert_eq!((error.code, error.fields["host"].as_str()), (Code::Locked, Some(other.host.as_str())));
            assert!(error.hint.unwrap().to_string().contains("remove the lock"));
            assert_eq!(unlock(&RealDisk, &path).unwrap().unwrap().identity, other);
        }
        assert_eq!(unlock(&RealDisk, &path).unwrap_err().code, Code::NothingToDo);
        std::fs::write(&path, "{garbage").unwrap();
        assert_eq!(take(&path, Duration::ZERO).err().unwrap().code, Code::Locked);
    }

    #[test]
    fn a_guard_whose_lock_was_cleared_by_hand_does_not_remove_the_next_holders() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = take(&path, Duration::ZERO).unwrap();
        unlock(&RealDisk, &path).unwrap();
        assert!(!first.still_held());
        let second = take(&path, Duration::ZERO).unwrap();
        drop(first);
        assert!(second.still_held());
    }

    #[test]
    fn of_many_takers_over_a_dead_lock_only_one_is_inside_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let (inside, turns) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let guard = take(&path, Duration::from_secs(60)).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        turns.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        // As if this holder had died: its lock stays, and is of a process that is gone.
                        std::fs::write(beside(&path, "x"), dead()).ok();
                        if turns.load(Ordering::SeqCst) % 3 == 0 {
                            std::fs::rename(beside(&path, "x"), &path).unwrap();
                        }
                        drop(guard);
                    }
                });
            }
        });
        assert_eq!(turns.load(Ordering::SeqCst), 200);
    }
}
