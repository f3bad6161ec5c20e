//! Hashing, at most so many at once: who comes later waits, and is never told that a file is damaged.

use std::fs::File;
use std::io::Read;
use std::sync::{Condvar, Mutex, PoisonError};

use refmark_core::types::digest::{Digest, Hasher};

use crate::sync::locked;

/// How much is read at once.
const CHUNK: usize = 1 << 20;

/// Places for hashing.
pub struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One taken place; it is free again when this is dropped.
pub struct Slot<'s>(&'s Slots);

impl Slots {
    /// So many places.
    pub fn new(places: usize) -> Slots {
        Slots { free: Mutex::new(places.max(1)), freed: Condvar::new() }
    }

    /// Waits for a place.
    pub fn take(&self) -> Slot<'_> {
        let free = locked(&self.free);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *locked(&self.0.free) += 1;
        self.0.freed.notify_one();
    }
}

/// Hears how much was read, and may stop the reading by an error.
pub type Each<'a> = &'a mut dyn FnMut(&[u8]) -> std::io::Result<()>;

/// Reads a file from its start to its end: its digest and its size in bytes.
pub fn read_through(mut file: &File, each: Each<'_>) -> std::io::Result<(Digest, u64)> {
    let mut buffer = vec![0; CHUNK];
    let (mut hasher, mut size) = (Hasher::new(), 0);
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => return Ok((hasher.finish(), size)),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..read]);
        size += read as u64;
        each(&buffer[..read])?;
    }
}
