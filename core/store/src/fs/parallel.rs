//! A few threads over a list, until the end or the first error.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use refmark_types::error::{Error, Result, bug};

/// As many threads as wait well on syncs of small files.
pub const WAITERS: usize = 8;

/// As many threads as write and sync the objects of one commit.
pub const SYNCERS: usize = 4;

/// As many threads as there are cores to hash on, at most 16.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).min(16)
}

/// Does each item once, on up to `threads` threads, in no certain order. After an error no new item is begun, and the
/// first error is returned.
pub fn for_each<T: Sync>(threads: usize, items: &[T], work: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let threads = threads.min(items.len());
    if threads <= 1 {
        return items.iter().try_for_each(work);
    }
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<Box<Error>>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = work(item) {
                        next.store(items.len(), Ordering::Relaxed);
                        locked(&failed).get_or_insert(error);
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap_or_else(|poison| poison.into_inner()).map_or(Ok(()), Err)
}

/// Runs work over parts of the items on a few threads; results come in the items' order, or the first error.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> Result<Vec<R>> + Sync) -> Result<Vec<R>> {
    let size = items.len().div_ceil(SYNCERS).max(1);
    if items.len() <= 1 {
        return work(items);
    }
    let mut out = Vec::with_capacity(items.len());
    let parts: Vec<Result<Vec<R>>> = std::thread::scope(|scope| {
        let running: Vec<_> = items.chunks(size).map(|part| scope.spawn(|| work(part))).collect();
        running.into_iter().map(|part| part.join().unwrap_or_else(|_| Err(bug("a writing thread panicked")))).collect()
    });
    for part in parts {
        out.extend(part?);
    }
    Ok(out)
}

/// The value behind a mutex. A thread that panicked while it held it left whole values: all uses here push or replace.
pub fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poison| poison.into_inner())
}
