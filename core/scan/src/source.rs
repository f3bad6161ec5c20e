//! Where inspection reads from: any bytes with a length and random access.

use refmark_types::error::{Code, Error, Result};

/// Bytes that can be read at any offset. Floor 4 implements it over a file, the browser over a dropped one.
pub trait Source {
    /// How many bytes there are.
    fn len(&self) -> u64;

    /// Reads at an offset into the buffer and returns how many bytes came: at least one where offset is before the end
    /// and the buffer is not empty, none at the end.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize>;

    /// Whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Source for [u8] {
    fn len(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }
}

impl Source for &[u8] {
    fn len(&self) -> u64 {
        <[u8] as Source>::len(self)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        <[u8] as Source>::read_at(self, offset, into)
    }
}

/// A range of another source, seen as a source: a member of an archive.
pub(super) struct Part<'a> {
    whole: &'a dyn Source,
    start: u64,
    len: u64,
}

impl<'a> Part<'a> {
    /// `len` bytes from `start`, cut where the source ends.
    pub(super) fn new(whole: &'a dyn Source, start: u64, len: u64) -> Part<'a> {
        let start = start.min(whole.len());
        Part { whole, start, len: len.min(whole.len() - start) }
    }
}

impl Source for Part<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = left.min(into.len());
        match into.get_mut(..count) {
            Some(into) if count > 0 => self.whole.read_at(self.start + offset, into),
            _ => Ok(0),
        }
    }
}

/// Fills the buffer from an offset. A source that ends before its own length changed while it was read.
pub(super) fn read_exact(source: &dyn Source, mut offset: u64, mut into: &mut [u8]) -> Result<()> {
    while !into.is_empty() {
        let count = source.read_at(offset, into)?;
        if count == 0 || count > into.len() {
            return Err(Error::new(
                Code::SourceChanged,
                format!("the file ended at byte {offset}, before its length of {}", source.len()),
            )
            .hint("it changed while it was read; try again when nothing writes to it"));
        }
        offset += count as u64;
        into = into.get_mut(count..).unwrap_or_default();
    }
    Ok(())
}

/// Up to `count` bytes from an offset; fewer only where the source ends.
pub(super) fn read_up_to(source: &dyn Source, offset: u64, count: usize) -> Result<Vec<u8>> {
    let left = source.len().saturating_sub(offset);
    let mut bytes = vec![0; count.min(usize::try_from(left).unwrap_or(usize::MAX))];
    read_exact(source, offset, &mut bytes)?;
    Ok(bytes)
}
