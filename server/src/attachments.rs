//! What refers to the versions of a model, by digest, kept for the model that was asked about last: clients fetch one after another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use refmark_core::types::error::Result;
use refmark_core::types::oid::Oid;

use crate::sync::locked;

/// Manifests and blobs by their digests.
#[derive(Default)]
pub struct Attachments {
    /// The manifests.
    pub manifests: HashMap<String, Vec<u8>>,
    /// The blobs.
    pub blobs: HashMap<String, Vec<u8>>,
}

/// What was asked about: the heads of the service's own registry and of the one that is handed out, and the model.
pub type Key = (Oid, Option<Oid>, String);

/// What was asked about last, with what was found.
#[derive(Default)]
pub struct Last(Mutex<Option<(Key, Arc<Attachments>)>>);

impl Last {
    /// What is known of this, or what `make` finds.
    pub fn of(&self, key: Key, make: impl FnOnce() -> Result<Attachments>) -> Result<Arc<Attachments>> {
        if let Some((known, found)) = &*locked(&self.0)
            && *known == key
        {
            return Ok(Arc::clone(found));
        }
        let found = Arc::new(make()?);
        *locked(&self.0) = Some((key, Arc::clone(&found)));
        Ok(found)
    }
}
