//! Work that takes longer than a client waits: it goes on, and its answer is asked for later.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode};

use crate::sync::locked;

/// So many finished jobs are kept.
const KEPT: usize = 256;

/// The answer of a finished job.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The status that the request would have been answered with.
    pub status: StatusCode,
    /// The kind of its body.
    pub kind: Option<HeaderValue>,
    /// Its body.
    pub body: Bytes,
}

/// Jobs by their ids.
#[derive(Default)]
pub struct Jobs {
    all: Mutex<BTreeMap<u64, Option<Outcome>>>,
}

/// Where a job is.
#[derive(Debug, Clone)]
pub enum Progress {
    /// Nobody started it, or it was finished long ago.
    Unknown,
    /// It goes on.
    Running,
    /// It is done.
    Done(Outcome),
}

impl Jobs {
    /// A new job.
    pub fn start(&self) -> u64 {
        let mut all = locked(&self.all);
        let id = all.last_key_value().map_or(1, |(last, _)| last + 1);
        all.insert(id, None);
        while all.len() > KEPT {
            let Some(oldest) = all.iter().find(|(_, outcome)| outcome.is_some()).map(|(id, _)| *id) else { break };
            all.remove(&oldest);
        }
        id
    }

    /// Keeps what a job came to.
    pub fn finish(&self, id: u64, outcome: Outcome) {
        locked(&self.all).insert(id, Some(outcome));
    }

    /// Where a job is.
    pub fn get(&self, id: u64) -> Progress {
        match locked(&self.all).get(&id) {
            None => Progress::Unknown,
            Some(None) => Progress::Running,
            Some(Some(outcome)) => Progress::Done(outcome.clone()),
        }
    }
}
