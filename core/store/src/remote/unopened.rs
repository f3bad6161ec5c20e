//! A remote that cannot be opened here: every question has the same answer.

use std::path::Path;

use super::{Adopted, Mark, Remote};
use refmark_engine::ports::blob::{Arrival, BlobRemote, Held};
use refmark_engine::ports::{Cancel, Progress};
use refmark_types::digest::Digest;
use refmark_types::error::{Error, Result};

pub(super) struct Unopened {
    pub(super) name: String,
    pub(super) error: Box<Error>,
}

impl Unopened {
    fn answer<T>(&self) -> Result<T> {
        Err(self.error.clone())
    }
}

impl BlobRemote for Unopened {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn ready(&self) -> Result<()> {
        self.answer()
    }

    fn has(&self, _: &Digest) -> Result<Option<u64>> {
        self.answer()
    }

    fn fetch(&self, _: &Digest, _: &mut dyn Arrival, _: u64, _: &Cancel) -> Result<()> {
        self.answer()
    }

    fn store(&self, _: &Digest, _: &Path, _: &dyn Progress, _: &Cancel) -> Result<bool> {
        self.answer()
    }

    fn list(&self, _: &mut dyn FnMut(Held) -> Result<()>) -> Result<()> {
        self.answer()
    }

    fn remove(&self, _: &Digest) -> Result<bool> {
        self.answer()
    }
}

impl Remote for Unopened {
    fn adopt(&self, _: &Mark) -> Result<Adopted> {
        self.answer()
    }

    fn marks(&self) -> Result<Vec<String>> {
        self.answer()
    }
}
