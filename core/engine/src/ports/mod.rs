//! The ports: what the registry needs of the world, as traits. The crates above have the adapters.

pub mod blob;
pub mod signer;
pub mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use refmark_types::error::{Code, Error, Result};
use refmark_types::time::Timestamp;

/// Tells the time. Tests and writers pass their own.
pub trait Clock: Send + Sync {
    /// The present second.
    fn now(&self) -> Timestamp;
}

/// What a progress report counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes, shown as sizes with a rate.
    Bytes,
    /// Things, such as files, commits or records.
    Items,
}

/// Is told how far long work has come. Calls come from several threads.
pub trait Progress: Send + Sync {
    /// A stage of work begins: what it does, and how much there is, where that is known.
    fn start(&self, what: &str, total: Option<u64>, unit: Unit);
    /// So much more of the present stage is done.
    fn advance(&self, amount: u64);
    /// The present stage is over.
    fn finish(&self);
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _: &str, _: Option<u64>, _: Unit) {}
    fn advance(&self, _: u64) {}
    fn finish(&self) {}
}

/// A wish to stop, shared between the one who wishes and the work. Work asks between steps and leaves nothing behind.
#[derive(Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks all work that holds this to stop.
    pub fn stop(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// An error with code `cancelled` once a stop was asked for.
    pub fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) {
            return Err(Error::new(Code::Cancelled, "stopped on request; nothing half-written was left behind"));
        }
        Ok(())
    }
}
