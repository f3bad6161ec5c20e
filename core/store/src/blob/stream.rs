//! Hashing a file, and copying one while the copy is hashed.
//!
//! Large files go through a pipeline: one thread reads and writes, one hashes, one feeds the observer, with a fixed
//! pool of buffers going round. So the time is that of hashing, and memory does not grow with the file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use rustix::fs::Advice;

use crate::fs::disk::io_error;
use crate::fs::read::open_regular;
use refmark_engine::ports::blob::Observer;
use refmark_engine::ports::{Cancel, Progress};
use refmark_types::digest::{Digest, Hasher};
use refmark_types::error::{Code, Error, Result, bug};

/// Files from this size on are worth threads of their own.
pub const LARGE: u64 = 32 << 20;
const BUFFER: usize = 1 << 20;
const BUFFERS: usize = 12;
/// After so many bytes the disk is set to work.
const FLUSH: u64 = 128 << 20;

/// Who hears of progress, and who may stop the work.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// Is advanced by bytes.
    pub progress: &'a dyn Progress,
    /// Is asked between buffers.
    pub cancel: &'a Cancel,
}

/// A file that is being read or written, with the name that messages give it.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// The open file.
    pub file: &'a File,
    /// Its path, for messages.
    pub path: &'a Path,
}

/// What went through: the digest and the number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// The SHA-256 of the bytes.
    pub digest: Digest,
    /// How many there were.
    pub size: u64,
}

/// Hashes a file from its start to its end. `size` only says whether threads are worth it.
pub fn hash(from: Named<'_>, size: u64, observer: Option<&mut dyn Observer>, work: Work<'_>) -> Result<Passed> {
    // Only advice: a file system that does not take it loses nothing.
    let _ = rustix::fs::fadvise(from.file, 0, None, Advice::Sequential);
    let mut at = 0;
    run(size, observer, work, |buffer| {
        let read = read_at(from, buffer, at)?;
        at += read as u64;
        Ok(read)
    })
}

/// The SHA-256 of a file that is in no store. An error of code `not-found` where it is not there.
pub fn digest_of_file(path: &Path, work: Work<'_>) -> Result<Digest> {
    let Some(file) = open_regular(path)? else {
        return Err(Error::new(Code::NotFound, format!("{} is not there", path.display())));
    };
    let size = file.metadata().map_err(|error| io_error("look at", path, &error))?.len();
    Ok(hash(Named { file: &file, path }, size, None, work)?.digest)
}

/// Copies `from`, from its start to its end, to the empty file `to`, which is open for reading too, and hashes what it
/// wrote. Where the file system can share blocks, it does, and what stands in `to` is hashed. Else at most one byte more
/// than `size` is taken: a file that grows as fast as it is read has no end.
pub fn copy(
    from: Named<'_>,
    to: Named<'_>,
    size: u64,
    observer: Option<&mut dyn Observer>,
    work: Work<'_>,
) -> Result<Passed> {
    if share_blocks(from.file, to.file) {
        return hash(to, size, observer, work);
    }
    let _ = rustix::fs::fadvise(from.file, 0, None, Advice::Sequential);
    if size < LARGE {
        return copy_flushing(from, to, size, observer, work, &|| {});
    }
    std::thread::scope(|scope| {
        let (wake, woken) = channel();
        let flusher = scope.spawn(move || flush(to, &woken));
        let passed = copy_flushing(from, to, size, observer, work, &move || {
            let _ = wake.send(());
        });
        // The system tells of a failed write once: whoever hears it must pass it on.
        flusher.join().map_err(|_| bug("a flushing thread panicked"))??;
        passed
    })
}

/// Starts writing to the disk while there is still work, so that the sync at the end has little left to wait for.
fn flush(to: Named<'_>, woken: &Receiver<()>) -> Result<()> {
    while woken.recv().is_ok() {
        // One sync serves all who called meanwhile.
        woken.try_iter().for_each(drop);
        to.file.sync_data().map_err(|e| io_error("sync", to.path, &e))?;
    }
    Ok(())
}

fn copy_flushing(
    from: Named<'_>,
    to: Named<'_>,
    size: u64,
    observer: Option<&mut dyn Observer>,
    work: Work<'_>,
    wake: &dyn Fn(),
) -> Result<Passed> {
    // Each byte is read once. To let the kernel copy and then read the copy is one pass over the page cache more.
    let mut at = 0;
    run(size, observer, work, |buffer| {
        let left = usize::try_from((size + 1).saturating_sub(at)).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..left) else { return Ok(0) };
        let read = read_at(from, buffer, at)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        to.file.write_all_at(bytes, at).map_err(|e| io_error("write", to.path, &e))?;
        let before = at / FLUSH;
        at += read as u64;
        if at / FLUSH > before {
            wake();
        }
        Ok(read)
    })
}

/// Lets `to` have the blocks of `from`, as XFS and btrfs can. False where nothing was done.
#[cfg(target_os = "linux")]
fn share_blocks(from: &File, to: &File) -> bool {
    rustix::fs::ioctl_ficlone(to, from).is_ok()
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
fn share_blocks(_: &File, _: &File) -> bool {
    false
}

/// Fills the buffer as far as the file goes.
fn read_at(from: Named<'_>, buffer: &mut [u8], at: u64) -> Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.file.read_at(rest, at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(io_error("read", from.path, &e)),
        }
    }
    Ok(filled)
}

/// Runs `fill` until it gives nothing, hashing what it gives.
fn run(
    size: u64,
    observer: Option<&mut dyn Observer>,
    work: Work<'_>,
    fill: impl FnMut(&mut [u8]) -> Result<usize>,
) -> Result<Passed> {
    if size < LARGE { in_turn(observer, work, fill) } else { pipelined(observer, work, fill) }
}

fn in_turn(
    mut observer: Option<&mut dyn Observer>,
    work: Work<'_>,
    mut fill: impl FnMut(&mut [u8]) -> Result<usize>,
) -> Result<Passed> {
    // A quarter of a megabyte stays in the core's own cache between reading and hashing.
    let mut buffer = vec![0; BUFFER / 4];
    let (mut hasher, mut total) = (Hasher::new(), 0);
    loop {
        work.cancel.check()?;
        let filled = fill(&mut buffer)?;
        let Some(bytes) = buffer.get(..filled).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        if let Some(observer) = observer.as_deref_mut() {
            observer.take(bytes);
        }
        total += filled as u64;
        work.progress.advance(filled as u64);
    }
    Ok(Passed { digest: hasher.finish(), size: total })
}

struct Buffer {
    bytes: Vec<u8>,
    filled: usize,
}

impl Buffer {
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or(&self.bytes)
    }
}

fn pipelined(
    observer: Option<&mut dyn Observer>,
    work: Work<'_>,
    mut fill: impl FnMut(&mut [u8]) -> Result<usize>,
) -> Result<Passed> {
    let (free, pool) = channel();
    for _ in 0..BUFFERS {
        let _ = free.send(Buffer { bytes: vec![0; BUFFER], filled: 0 });
    }
    let (full, to_hash) = channel();
    std::thread::scope(|scope| {
        let hasher = match observer {
            None => scope.spawn(move || hash_all(&to_hash, &free)),
            Some(observer) => {
                let (hashed, to_observe) = channel::<Buffer>();
                scope.spawn(move || {
                    for buffer in to_observe {
                        observer.take(buffer.bytes());
                        let _ = free.send(buffer);
                    }
                });
                scope.spawn(move || hash_all(&to_hash, &hashed))
            }
        };
        let mut total = 0;
        // The pool ends only where a thread behind it panicked; the scope then passes that on.
        for mut buffer in &pool {
            work.cancel.check()?;
            buffer.filled = fill(&mut buffer.bytes)?;
            if buffer.filled == 0 {
                break;
            }
            total += buffer.filled as u64;
            work.progress.advance(buffer.filled as u64);
            if full.send(buffer).is_err() {
                break;
            }
        }
        drop(full);
        let digest = hasher.join().map_err(|_| bug("a hashing thread panicked"))?;
        Ok(Passed { digest, size: total })
    })
}

fn hash_all(from: &Receiver<Buffer>, onward: &Sender<Buffer>) -> Digest {
    let mut hasher = Hasher::new();
    for buffer in from {
        hasher.update(buffer.bytes());
        // At the end of the file nobody takes buffers back any more.
        let _ = onward.send(buffer);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;
    use refmark_engine::ports::Silent;

    struct Tally(Hasher);

    impl Observer for Tally {
        fn kind(&self) -> &'static str {
            "tally-1"
        }
        fn take(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(self: Box<Self>) -> Vec<u8> {
            self.0.finish().as_bytes().to_vec()
        }
    }

    #[test]
    fn small_and_large_files_are_copied_hashed_and_observed_alike() {
        let dir = tempfile::tempdir().unwrap();
        let work = Work { progress: &Silent, cancel: &Cancel::default() };
        for size in [0usize, 1, BUFFER / 4 + 1, (LARGE as usize) - 1, LARGE as usize + 12_345] {
            let bytes: Vec<u8> = (0..size).map(|i| (i * 31 / 7) as u8).collect();
            let (from, to) = (dir.path().join("from"), dir.path().join(format!("to-{size}")));
            std::fs::write(&from, &bytes).unwrap();
            let source = File::open(&from).unwrap();
            let target = OpenOptions::new().read(true).write(true).create_new(true).open(&to).unwrap();
            let (source, target) = (Named { file: &source, path: &from }, Named { file: &target, path: &to });
            let mut tally = Box::new(Tally(Hasher::new()));
            let expected = Passed { digest: Digest::of(&bytes), size: size as u64 };
            assert_eq!(copy(source, target, size as u64, Some(&mut *tally), work).unwrap(), expected, "{size}");
            assert_eq!(tally.finish(), expected.digest.as_bytes(), "{size}");
            assert_eq!(hash(target, size as u64, None, work).unwrap(), expected, "{size}");
            assert!(std::fs::read(&to).unwrap() == bytes, "{size}");
        }
    }

    #[test]
    fn a_stopped_copy_ends_with_cancelled_and_not_a_digest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, vec![1; 1000]).unwrap();
        let file = File::open(&path).unwrap();
        let cancel = Cancel::default();
        cancel.stop();
        for size in [1000, LARGE] {
            let work = Work { progress: &Silent, cancel: &cancel };
            let error = hash(Named { file: &file, path: &path }, size, None, work).unwrap_err();
            assert_eq!(error.code, refmark_types::error::Code::Cancelled);
        }
    }
}
