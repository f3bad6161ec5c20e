//! What the service has acknowledged, kept outside of the registry's folder: a folder that was put back, or another one in
//! its place, is noticed.

use std::path::{Path, PathBuf};

use refmark_core::Registry;
use refmark_core::engine::ports::store::RecordStore;
use refmark_core::records::registry_id::RegistryId;
use refmark_core::store::fs::disk::RealDisk;
use refmark_core::store::fs::durable::{make_dirs_durably, replace};
use refmark_core::store::fs::read::read_text_bounded;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::Result;
use refmark_core::types::oid::Oid;

use crate::fatal::Fatal;

/// The largest file of this memory, in bytes.
const LIMIT: u64 = 4096;

/// The memory of one service.
#[derive(Debug, Clone)]
pub struct Seen {
    folder: PathBuf,
}

impl Seen {
    /// The memory in the state folder.
    pub fn at(state: &Path) -> Seen {
        Seen { folder: state.to_owned() }
    }

    fn head_file(&self, id: RegistryId) -> PathBuf {
        self.folder.join("heads").join(id.to_string())
    }

    fn place_file(&self, place: &Path) -> PathBuf {
        use std::os::unix::ffi::OsStrExt;
        self.folder.join("places").join(Digest::of(place.as_os_str().as_bytes()).hex())
    }

    /// The registry that was last served from a folder.
    pub fn registry_at(&self, place: &Path) -> Result<Option<String>> {
        Ok(read_text_bounded(&self.place_file(place), LIMIT)?.map(|text| text.trim().to_owned()))
    }

    /// Keeps which registry is served from a folder.
    pub fn keep_place(&self, place: &Path, id: RegistryId) -> Result<()> {
        self.write(&self.place_file(place), &id.to_string())
    }

    /// Keeps the newest head that was acknowledged. Durable when it returns.
    pub fn keep_head(&self, id: RegistryId, head: Oid) -> Result<()> {
        self.write(&self.head_file(id), &head.to_string())
    }

    /// The newest head that was acknowledged.
    pub fn head(&self, id: RegistryId) -> Result<Option<Oid>> {
        read_text_bounded(&self.head_file(id), LIMIT)?.map(|text| Oid::parse(text.trim())).transpose()
    }

    fn write(&self, path: &Path, text: &str) -> Result<()> {
        if let Some(folder) = path.parent() {
            make_dirs_durably(&RealDisk, folder)?;
        }
        replace(&RealDisk, path, format!("{text}\n").as_bytes(), 0o600)
    }

    /// Refuses a registry that lacks what was acknowledged, unless its head was accepted by name.
    pub fn check(&self, registry: &Registry, head: Oid, accepted: Option<&str>) -> std::result::Result<(), Fatal> {
        let Some(seen) = self.head(registry.id())? else { return Ok(()) };
        let has_it = seen == head || registry.repo().on_first_parent_chain(head, seen).unwrap_or(false);
        if has_it || accepted == Some(head.to_string().as_str()) {
            return Ok(());
        }
        Err(Fatal::new(format!(
            "the registry is older than what was acknowledged here: its head is {head}, and {seen} was; put the newest copy \
             back, or accept the loss with ACCEPT_OLDER_HEAD={head}"
        )))
    }
}
