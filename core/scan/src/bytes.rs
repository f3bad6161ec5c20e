//! A cursor over a source: little-endian numbers, bounded byte strings and cheap skips.

use super::source::{Source, read_exact};
use refmark_types::error::{Code, Error};

/// Why a parser stopped: the source failed, or the content is not what it claims.
#[derive(Debug)]
pub(super) enum Stop {
    /// The source itself could not be read. Passed on to the caller of `inspect`.
    Io(Box<Error>),
    /// The content lies, is truncated or is over a limit. Becomes a problem of the inspection.
    Bad(Box<Error>),
}

/// What a parser returns.
pub(super) type Parse<T> = Result<T, Stop>;

impl From<Box<Error>> for Stop {
    fn from(error: Box<Error>) -> Stop {
        Stop::Io(error)
    }
}

/// The content claims what its bytes do not hold.
pub(super) fn lying(message: impl Into<String>) -> Stop {
    Stop::Bad(Error::new(Code::Inconsistent, message))
}

/// The content ends before what it claims does.
pub(super) fn truncated(message: impl Into<String>) -> Stop {
    Stop::Bad(Error::new(Code::Inconsistent, message).field("truncated", true))
}

/// The content is over one of refmark's limits.
pub(super) fn too_large(message: impl Into<String>) -> Stop {
    Stop::Bad(Error::new(Code::TooLarge, message))
}

/// How much is read ahead.
const BUFFER: usize = 16 * 1024;

/// Reads forward through a source.
pub(super) struct Cursor<'a> {
    source: &'a dyn Source,
    buffer: Vec<u8>,
    /// Where the buffer starts in the source.
    start: u64,
    at: u64,
    end: u64,
}

impl<'a> Cursor<'a> {
    /// A cursor over `start..end` of a source, cut where the source ends.
    pub(super) fn new(source: &'a dyn Source, start: u64, end: u64) -> Cursor<'a> {
        Cursor { source, buffer: Vec::new(), start, at: start, end: end.min(source.len()) }
    }

    /// The offset of the next byte in the source.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }

    fn need(&self, count: u64, what: &str) -> Parse<()> {
        if count <= self.left() {
            return Ok(());
        }
        Err(truncated(format!("{what} at byte {} needs {count} bytes, and only {} are left", self.at, self.left())))
    }

    fn fill(&mut self) -> Parse<()> {
        let count = usize::try_from(self.left()).unwrap_or(BUFFER).min(BUFFER);
        self.buffer.resize(count, 0);
        self.start = self.at;
        Ok(read_exact(self.source, self.at, &mut self.buffer)?)
    }

    /// The next byte, or nothing at the end.
    pub(super) fn next(&mut self) -> Parse<Option<u8>> {
        if self.left() == 0 {
            return Ok(None);
        }
        let buffered = |cursor: &Cursor<'_>| {
            let index = usize::try_from(cursor.at.checked_sub(cursor.start)?).ok()?;
            cursor.buffer.get(index).copied()
        };
        if buffered(self).is_none() {
            self.fill()?;
        }
        let byte = buffered(self);
        self.at += 1;
        Ok(byte)
    }

    /// The next byte; `what` names it where there is none.
    pub(super) fn u8(&mut self, what: &str) -> Parse<u8> {
        self.need(1, what)?;
        Ok(self.next()?.unwrap_or_default())
    }

    fn array<const N: usize>(&mut self, what: &str) -> Parse<[u8; N]> {
        self.need(N as u64, what)?;
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.next()?.unwrap_or_default();
        }
        Ok(bytes)
    }

    /// Two bytes, least first.
    pub(super) fn u16(&mut self, what: &str) -> Parse<u16> {
        self.array(what).map(u16::from_le_bytes)
    }

    /// Four bytes, least first.
    pub(super) fn u32(&mut self, what: &str) -> Parse<u32> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// Eight bytes, least first.
    pub(super) fn u64(&mut self, what: &str) -> Parse<u64> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// Two bytes, greatest first.
    pub(super) fn u16_be(&mut self, what: &str) -> Parse<u16> {
        self.array(what).map(u16::from_be_bytes)
    }

    /// Four bytes, greatest first.
    pub(super) fn u32_be(&mut self, what: &str) -> Parse<u32> {
        self.array(what).map(u32::from_be_bytes)
    }

    /// Eight bytes, greatest first.
    pub(super) fn u64_be(&mut self, what: &str) -> Parse<u64> {
        self.array(what).map(u64::from_be_bytes)
    }

    /// `count` bytes, refused over `limit` before anything is allocated.
    pub(super) fn take(&mut self, count: u64, limit: u64, what: &str) -> Parse<Vec<u8>> {
        self.need(count, what)?;
        if count > limit {
            return Err(too_large(format!("{what} at byte {} has {count} bytes; the limit is {limit}", self.at)));
        }
        let mut bytes = vec![0; usize::try_from(count).unwrap_or_default()];
        if bytes.len() > BUFFER {
            read_exact(self.source, self.at, &mut bytes)?;
            self.at += count;
        } else {
            for byte in &mut bytes {
                *byte = self.next()?.unwrap_or_default();
            }
        }
        Ok(bytes)
    }

    /// `count` bytes of UTF-8, refused over `limit`.
    pub(super) fn text(&mut self, count: u64, limit: u64, what: &str) -> Parse<String> {
        let at = self.at;
        String::from_utf8(self.take(count, limit, what)?)
            .map_err(|_| lying(format!("{what} at byte {at} is not valid UTF-8")))
    }

    /// Passes over `count` bytes.
    pub(super) fn skip(&mut self, count: u64, what: &str) -> Parse<()> {
        self.need(count, what)?;
        self.at += count;
        Ok(())
    }
}
