//! Which file has which bytes: hashed once, then known by device, inode, size and times, as Git knows an unchanged file.
//!
//! A file whose times are as young as its hashing could have been altered within the same tick of the clock: it is not
//! remembered, and is hashed again.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use refmark_core::types::digest::Digest;

use super::beneath::{Unfit, open, open_blob, open_object};
use super::hashing::{Slots, read_through};
use crate::sync::locked;

/// A file that was changed so many seconds ago, or later, is not known by its times.
const RACY_SECONDS: i64 = 2;

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    /// Of what the system says of a file.
    pub fn of(meta: &Metadata) -> Identity {
        Identity {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// The SHA-256.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
}

/// What sort of file is read, and so what is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A dropped file: one name.
    Dropped,
    /// An object of the service: one name, and nobody may write to it.
    Object,
    /// A blob of a registry's store: nobody may write to it.
    Blob,
}

/// Why a file's content is not told.
#[derive(Debug)]
pub enum Unread {
    /// The file cannot be taken at all.
    Unfit(Unfit),
    /// It changed while it was read.
    Changed,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unread::Unfit(why) => why.fmt(f),
            Unread::Changed => f.write_str("the file changed while it was read"),
        }
    }
}

impl From<Unfit> for Unread {
    fn from(why: Unfit) -> Unread {
        Unread::Unfit(why)
    }
}

type Known = HashMap<String, (Identity, Content)>;

/// Knows the content of files below one folder.
pub struct Guard {
    root: PathBuf,
    slots: Slots,
    known: Mutex<Known>,
    /// Files that are being hashed: who asks for the same one waits for the one answer.
    reading: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl Guard {
    /// For files below `root`, with so many places for hashing.
    pub fn new(root: &Path, places: usize) -> Guard {
        let (known, reading) = Default::default();
        Guard { root: root.to_owned(), slots: Slots::new(places), known, reading }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The places for hashing.
    pub fn slots(&self) -> &Slots {
        &self.slots
    }

    /// The content of a file, where it is known without reading it. Costs two system calls.
    pub fn known(&self, relative: &str, kind: Kind) -> Result<Option<Content>, Unfit> {
        let (_, meta) = self.opened(relative, kind)?;
        Ok(self.remembered(relative, &Identity::of(&meta)))
    }

    /// The content of a file: known, or read now. Blocks while it is read, or while it waits for a place.
    pub fn content(&self, relative: &str, kind: Kind) -> Result<Content, Unread> {
        let turn = Arc::clone(locked(&self.reading).entry(relative.to_owned()).or_default());
        let _turn = locked(&turn);
        let (file, meta) = self.opened(relative, kind)?;
        let identity = Identity::of(&meta);
        if let Some(content) = self.remembered(relative, &identity) {
            return Ok(content);
        }
        let started = seconds_now();
        let _slot = self.slots.take();
        let (digest, size) = read_through(&file, &mut |_| Ok(())).map_err(Unfit::Io)?;
        let after = file.metadata().map_err(Unfit::Io)?;
        locked(&self.reading).retain(|_, turn| Arc::strong_count(turn) > 1);
        if Identity::of(&after) != identity || size != identity.size {
            return Err(Unread::Changed);
        }
        let content = Content { digest, size };
        let is_racy = identity.changed.0.max(identity.modified.0) + RACY_SECONDS > started;
        if !is_racy {
            locked(&self.known).insert(relative.to_owned(), (identity, content));
        }
        Ok(content)
    }

    /// Opens a file whose content is this; an error where it is another, or where nobody may have it.
    pub fn open_known(
        &self,
        relative: &str,
        kind: Kind,
        expected: &Digest,
    ) -> Result<(std::fs::File, Metadata), Unread> {
        let content = self.content(relative, kind)?;
        let (file, meta) = self.opened(relative, kind)?;
        match content.digest == *expected && content.size == meta.len() {
            true => Ok((file, meta)),
            false => Err(Unread::Changed),
        }
    }

    fn opened(&self, relative: &str, kind: Kind) -> Result<(std::fs::File, Metadata), Unfit> {
        match kind {
            Kind::Dropped => open(&self.root, relative),
            Kind::Object => open_object(&self.root, relative),
            Kind::Blob => open_blob(&self.root, relative),
        }
    }

    fn remembered(&self, relative: &str, identity: &Identity) -> Option<Content> {
        locked(&self.known).get(relative).filter(|(known, _)| known == identity).map(|(_, content)| *content)
    }

    /// Forgets a file.
    pub fn forget(&self, relative: &str) {
        locked(&self.known).remove(relative);
    }
}

fn seconds_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs() as i64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, FileTimes};
    use std::time::Duration;

    #[test]
    fn an_unchanged_file_is_read_once_and_an_altered_one_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let guard = Guard::new(folder.path(), 4);
        let path = folder.path().join("m.gguf");
        std::fs::write(&path, b"one").unwrap();
        let first = guard.content("m.gguf", Kind::Dropped).unwrap();
        assert_eq!(first.digest, Digest::of(b"one"));
        assert!(
            guard.known("m.gguf", Kind::Dropped).unwrap().is_none(),
            "a file as young as its hashing is not remembered"
        );
        std::thread::sleep(Duration::from_millis(3100));
        guard.content("m.gguf", Kind::Dropped).unwrap();
        assert_eq!(guard.known("m.gguf", Kind::Dropped).unwrap(), Some(first));
        // Other bytes of the same size, and the old time put back: the time of the change tells.
        let before = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::fs::write(&path, b"two").unwrap();
        File::options().write(true).open(&path).unwrap().set_times(FileTimes::new().set_modified(before)).unwrap();
        assert!(guard.known("m.gguf", Kind::Dropped).unwrap().is_none());
        assert_eq!(guard.content("m.gguf", Kind::Dropped).unwrap().digest, Digest::of(b"two"));
    }
}
