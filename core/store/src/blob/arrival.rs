//! A blob on its way in: written to a temporary file and hashed at once. What came before a break is gone on from.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::store::{Store, Temporary};
use super::stream::{self, Named, Passed, Work};
use crate::fs::disk::io_error;
use crate::fs::read::open_regular;
use refmark_engine::ports::blob::Arrival;
use refmark_types::digest::{Digest, Hasher};
use refmark_types::error::{Code, Error, Result};

/// Less than this is fetched again sooner than it is kept.
pub(super) const KEEP_FROM: u64 = 1 << 20;

/// A blob's file while its bytes arrive.
pub(super) struct Incoming<'a> {
    store: &'a Store,
    digest: Digest,
    temporary: Temporary,
    file: File,
    hasher: Hasher,
    here: u64,
    resumed: u64,
    /// What a copy from a file of this machine gave, which hashes on its own.
    whole: Option<Passed>,
    work: Work<'a>,
}

impl<'a> Incoming<'a> {
    /// Begins with what an earlier try left, as far as it is not more than `limit` bytes, else with nothing.
    pub(super) fn begin(store: &'a Store, digest: &Digest, limit: u64, work: Work<'a>) -> Result<Incoming<'a>> {
        let temporary = store.temporary_for(digest)?;
        let claimed = store.claim_half(digest, &temporary)?;
        let file = match claimed {
            true => File::options().read(true).write(true).open(&temporary.path),
            false => store.disk().create_new(&temporary.path, 0o600).map(Ok)?,
        }
        .map_err(|error| io_error("open", &temporary.path, &error))?;
        let mut incoming = Incoming {
            store,
            digest: *digest,
            temporary,
            file,
            hasher: Hasher::new(),
            here: 0,
            resumed: 0,
            whole: None,
            work,
        };
        if claimed {
            incoming.take_up(limit)?;
        }
        Ok(incoming)
    }

    fn take_up(&mut self, limit: u64) -> Result<()> {
        let mut buffer = vec![0; 1 << 20];
        loop {
            self.work.cancel.check()?;
            let read = self
                .file
                .read_at(&mut buffer, self.here)
                .map_err(|error| io_error("read", &self.temporary.path, &error))?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            self.hasher.update(bytes);
            self.here += read as u64;
        }
        if self.here > limit {
            return self.start_over();
        }
        self.resumed = self.here;
        Ok(())
    }

    /// Whether some of the bytes are from an earlier try: then wrong bytes need not be this remote's.
    pub(super) fn is_resumed(&self) -> bool {
        self.resumed > 0
    }

    /// Throws away what is here.
    pub(super) fn start_over(&mut self) -> Result<()> {
        self.file.set_len(0).map_err(|error| io_error("shorten", &self.temporary.path, &error))?;
        (self.hasher, self.here, self.resumed, self.whole) = (Hasher::new(), 0, 0, None);
        Ok(())
    }

    /// The digest and the size of what came.
    pub(super) fn passed(&mut self) -> Passed {
        let here = self.here;
        *self.whole.get_or_insert_with(|| Passed {
            digest: std::mem::replace(&mut self.hasher, Hasher::new()).finish(),
            size: here,
        })
    }

    /// The finished file.
    pub(super) fn finish(self) -> (File, Temporary) {
        (self.file, self.temporary)
    }

    /// After a break: keeps what is here for the next try, where it is worth it.
    pub(super) fn set_aside(self) {
        if self.whole.is_none() && self.here >= KEEP_FROM {
            self.store.keep_half(&self.digest, self.temporary);
        }
    }
}

impl Arrival for Incoming<'_> {
    fn here(&self) -> u64 {
        self.here
    }

    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.work.cancel.check()?;
        self.file.write_all_at(bytes, self.here).map_err(|error| io_error("write", &self.temporary.path, &error))?;
        self.hasher.update(bytes);
        self.here += bytes.len() as u64;
        self.work.progress.advance(bytes.len() as u64);
        Ok(())
    }

    fn take_file(&mut self, from: &Path, size: u64) -> Result<()> {
        self.start_over()?;
        let Some(file) = open_regular(from)? else {
            return Err(Error::new(Code::Absent, format!("{} is not there any more", from.display())));
        };
        let (from, to) = (Named { file: &file, path: from }, Named { file: &self.file, path: &self.temporary.path });
        self.whole = Some(stream::copy(from, to, size, None, self.work)?);
        Ok(())
    }
}
