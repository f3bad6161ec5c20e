//! An open file as the scanner reads it.

use std::fs::File;
use std::os::unix::fs::FileExt;

use refmark_core::scan::Source;
use refmark_core::types::error::{Code, Error, Result};

/// An open file of so many bytes.
pub struct Opened {
    /// The file.
    pub file: File,
    /// Its size in bytes.
    pub size: u64,
}

impl Source for Opened {
    fn len(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        let read = self.file.read_at(into, offset);
        read.map_err(|error| Error::new(Code::Io, format!("the file cannot be read: {error}")))
    }
}
