//! The open index of a registry, where there is one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use refmark_store::index::Index;

/// Where a registry keeps its open index.
#[derive(Default)]
pub(crate) struct IndexHandle(Mutex<Held>);

#[derive(Default)]
pub(crate) enum Held {
    #[default]
    Closed,
    Open(Index),
    /// It could not be opened or written; whoever asks goes without.
    Unusable,
}

impl IndexHandle {
    /// The index as it is kept, for one user at a time. A panic of another user leaves it as it was.
    pub(crate) fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
