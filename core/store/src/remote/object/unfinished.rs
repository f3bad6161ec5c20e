//! Uploads in parts that broke off, remembered beside the blobs so that the next try sends only what is missing.
//!
//! A file of lines: first how the upload is known at its place, then each part that arrived, with a checksum of its bytes: a file
//! that was damaged when the first part went and is mended now must not become a mixture. Nothing depends on the file; whatever
//! is wrong with it, the upload begins anew.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use object_store::multipart::PartId;
use serde::{Deserialize, Serialize};

use crate::fs::host::{Life, life_of_name, unique_name};
use crate::fs::read::{names, read_text_bounded};
use refmark_types::digest::Digest;
use refmark_types::error::{Result, bug};

/// The largest such file that is read, in bytes: ten thousand lines.
const LIMIT: u64 = 4 << 20;

#[derive(Serialize, Deserialize)]
struct Head {
    upload: String,
    size: u64,
    part: u64,
}

#[derive(Serialize, Deserialize)]
struct Line {
    number: usize,
    crc: u32,
    id: String,
}

/// One upload and what of it arrived.
pub(super) struct Unfinished {
    head: Head,
    parts: BTreeMap<usize, (u32, String)>,
    /// The open file, its name while this process has it, and the one under which the next finds it.
    kept: Option<(File, PathBuf, PathBuf)>,
    found: bool,
}

impl Unfinished {
    /// What an earlier try left of this upload.
    pub(super) fn find(memory: Option<&Path>, remote: &str, digest: &Digest, size: u64) -> Option<Unfinished> {
        let place = place(memory?, remote, digest);
        take_from_the_dead(&place);
        let own = own(&place)?;
        // Of several processes one has it.
        std::fs::rename(&place, &own).ok()?;
        let text = read_text_bounded(&own, LIMIT).ok().flatten().unwrap_or_default();
        let mut lines = text.lines();
        let head: Option<Head> = lines.next().and_then(|line| serde_json::from_str(line).ok());
        let Some(head) = head.filter(|head| head.size == size && head.part > 0) else {
            let _ = std::fs::remove_file(&own);
            return None;
        };
        let lines = lines.map_while(|line| serde_json::from_str::<Line>(line).ok());
        let parts = lines.map(|line| (line.number, (line.crc, line.id))).collect();
        let file = OpenOptions::new().append(true).open(&own).ok()?;
        Some(Unfinished { head, parts, kept: Some((file, own, place)), found: true })
    }

    /// A new upload. Where it cannot be written down, it is not resumed.
    pub(super) fn begin(
        memory: Option<&Path>,
        remote: &str,
        digest: &Digest,
        size: u64,
        part: u64,
        upload: String,
    ) -> Unfinished {
        let head = Head { upload, size, part };
        let kept = memory.and_then(|memory| {
            let place = place(memory, remote, digest);
            std::fs::create_dir_all(place.parent()?).ok()?;
            let own = own(&place)?;
            let mut file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(&own).ok()?;
            writeln!(file, "{}", serde_json::to_string(&head).ok()?).ok()?;
            Some((file, own, place))
        });
        Unfinished { head, parts: BTreeMap::new(), kept, found: false }
    }

    pub(super) fn was_found(&self) -> bool {
        self.found
    }

    pub(super) fn id(&self) -> &str {
        &self.head.upload
    }

    pub(super) fn part_size(&self) -> u64 {
        self.head.part
    }

    /// Whether this part arrived, with these bytes.
    pub(super) fn has(&self, number: usize, crc: u32) -> bool {
        self.parts.get(&number).is_some_and(|(there, _)| *there == crc)
    }

    /// Writes down that a part arrived.
    pub(super) fn add(&mut self, number: usize, crc: u32, id: String) {
        let line = Line { number, crc, id };
        if let (Some((file, ..)), Ok(text)) = (&mut self.kept, serde_json::to_string(&line)) {
            let _ = writeln!(file, "{text}");
        }
        self.parts.insert(number, (line.crc, line.id));
    }

    /// All parts, in order.
    pub(super) fn parts(&self) -> Result<Vec<PartId>> {
        let count = usize::try_from(self.head.size.div_ceil(self.head.part)).map_err(bug)?;
        if !self.parts.keys().copied().eq(0..count) {
            return Err(bug("parts of an upload are missing"));
        }
        Ok(self.parts.values().map(|(_, id)| PartId { content_id: id.clone() }).collect())
    }

    /// The upload is over.
    pub(super) fn forget(&mut self) {
        if let Some((_, own, _)) = self.kept.take() {
            let _ = std::fs::remove_file(own);
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some((_, own, place)) = self.kept.take() {
            let _ = std::fs::rename(own, place);
        }
    }
}

fn place(memory: &Path, remote: &str, digest: &Digest) -> PathBuf {
    let where_to = Digest::of(remote.as_bytes());
    memory.join(format!("{}-{digest}", where_to.short()))
}

fn own(place: &Path) -> Option<PathBuf> {
    Some(place.with_file_name(format!("{}.{}", unique_name(), place.file_name()?.to_str()?)))
}

/// Gives what a killed process had its common name back.
fn take_from_the_dead(place: &Path) {
    let (Some(folder), Some(name)) = (place.parent(), place.file_name().and_then(|name| name.to_str())) else { return };
    for (found, entry) in names(folder).unwrap_or_default() {
        if found.ends_with(name) && life_of_name(&found) == Some(Life::Dead) {
            let _ = std::fs::rename(entry.path(), place);
        }
    }
}
