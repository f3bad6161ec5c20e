//! A fork copies one thread, and every lock as it is: what another thread holds at that moment is held for ever in the child.
//! So a fork waits until no work is under way, and no work begins before it is done. Atomics alone: they fork well.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// Calls that are under way.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);
/// Forks that wait, or are being done.
static FORKING: AtomicUsize = AtomicUsize::new(0);

/// Work that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_micros(200);

thread_local! {
    /// Calls of this thread: a listener of progress may fork, and would wait for itself.
    static OWN: Cell<usize> = const { Cell::new(0) };
}

/// A call that is under way, until it is dropped.
pub struct Work(());

impl Work {
    /// Begins, once no fork is under way. Not to be called with the interpreter's lock, which the fork needs.
    pub fn begin() -> Work {
        // What is called within a call is part of it.
        if OWN.get() == 0 {
            loop {
                while FORKING.load(Ordering::SeqCst) > 0 {
                    std::thread::sleep(TICK);
                }
                ACTIVE.fetch_add(1, Ordering::SeqCst);
                if FORKING.load(Ordering::SeqCst) == 0 {
                    break;
                }
                ACTIVE.fetch_sub(1, Ordering::SeqCst);
            }
        }
        OWN.set(OWN.get() + 1);
        Work(())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        OWN.set(OWN.get().saturating_sub(1));
        if OWN.get() == 0 {
            ACTIVE.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Waits until other threads' calls are over; those that would begin wait for the fork.
#[pyfunction]
pub fn before_fork(py: Python<'_>) {
    FORKING.fetch_add(1, Ordering::SeqCst);
    let own = usize::from(OWN.get() > 0);
    let until = Instant::now() + PATIENCE;
    py.detach(|| {
        while ACTIVE.load(Ordering::SeqCst) > own && Instant::now() < until {
            std::thread::sleep(TICK);
        }
    });
}

/// Lets work begin again in the parent.
#[pyfunction]
pub fn after_fork_in_parent() {
    FORKING.fetch_sub(1, Ordering::SeqCst);
}

/// Lets work begin in the child, which has this thread alone.
#[pyfunction]
pub fn after_fork_in_child() {
    ACTIVE.store(usize::from(OWN.get() > 0), Ordering::SeqCst);
    FORKING.store(0, Ordering::SeqCst);
}
