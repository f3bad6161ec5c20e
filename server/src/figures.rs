//! What the service counts.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;

/// How many answers there were, by the first digit of their status.
#[derive(Default)]
pub struct Figures {
    classes: [AtomicU64; 6],
}

impl Figures {
    /// Counts an answer.
    pub fn answered(&self, status: StatusCode) {
        if let Some(class) = self.classes.get(usize::from(status.as_u16() / 100)) {
            class.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many answers there were so far, by the first digit of their status.
    pub fn classes(&self) -> [u64; 6] {
        std::array::from_fn(|class| self.classes[class].load(Ordering::Relaxed))
    }
}
