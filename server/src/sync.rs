//! Locks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock; one who panicked while holding it left nothing half-done behind.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
