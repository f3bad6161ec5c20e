//! A pack's index, version 2: ids in order, and where each object begins.

use super::format::Format;
use super::object::Why;
use refmark_types::oid::Oid;

const MAGIC: &[u8] = b"\xfftOc\0\0\0\x02";
const HEAD: usize = 8 + 256 * 4;
const CUT: Why = "its index is cut off or too long";

/// An index whose form has been checked. That its ids and offsets are true shows when an object is read.
pub(super) struct Index {
    bytes: Vec<u8>,
    width: usize,
    count: usize,
    offsets: usize,
}

impl Index {
    /// Checks magic, fan-out, length and the order of ids.
    pub(super) fn parse(bytes: Vec<u8>, format: Format) -> Result<Index, Why> {
        let width = format.width();
        if !bytes.starts_with(MAGIC) {
            return Err("its index is not of version 2");
        }
        if bytes.len() < HEAD + 2 * width {
            return Err(CUT);
        }
        let mut index = Index { bytes, width, count: 0, offsets: 0 };
        index.count = index.fan(255);
        let tables = index.count.checked_mul(width + 8).ok_or(CUT)?;
        let long = (index.bytes.len() - HEAD - 2 * width).checked_sub(tables).ok_or(CUT)?;
        index.offsets = HEAD + index.count * (width + 4);
        if long % 8 != 0 || long / 8 > index.count {
            return Err(CUT);
        }
        if (1..256).any(|byte| index.fan(byte - 1) > index.fan(byte)) {
            return Err("its index has a fan-out that runs backwards");
        }
        index.check_order()?;
        Ok(index)
    }

    fn check_order(&self) -> Result<(), Why> {
        const DISORDER: Why = "its index has ids out of order";
        let mut before: Option<&[u8]> = None;
        for at in 0..self.count {
            let id = self.id(at).ok_or(CUT)?;
            let bucket = usize::from(*id.first().ok_or(CUT)?);
            let low = if bucket == 0 { 0 } else { self.fan(bucket - 1) };
            if before.is_some_and(|before| before >= id) || at < low || at >= self.fan(bucket) {
                return Err(DISORDER);
            }
            before = Some(id);
        }
        Ok(())
    }

    /// Objects in the index.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The trailer of the pack that this index is for.
    pub(super) fn pack_trailer(&self) -> &[u8] {
        let end = self.bytes.len() - self.width;
        self.bytes.get(end - self.width..end).unwrap_or_default()
    }

    /// The offset of an object's entry; beyond the end of any pack where the index has a broken one.
    pub(super) fn find(&self, id: &[u8]) -> Option<u64> {
        let bucket = usize::from(*id.first()?);
        let mut low = if bucket == 0 { 0 } else { self.fan(bucket - 1) };
        let mut high = self.fan(bucket);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.id(middle)?.cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(self.offset(middle)),
            }
        }
        None
    }

    fn id(&self, at: usize) -> Option<&[u8]> {
        let from = HEAD + at * self.width;
        self.bytes.get(from..from + self.width)
    }

    fn offset(&self, at: usize) -> u64 {
        let short = self.number(self.offsets + at * 4);
        if short & 0x8000_0000 == 0 {
            return u64::from(short);
        }
        let end = self.bytes.len() - 2 * self.width;
        let long = (short & 0x7fff_ffff) as usize;
        let long = long.checked_mul(8).and_then(|long| long.checked_add(self.offsets + self.count * 4));
        match long.filter(|long| *long < end) {
            Some(long) => u64::from(self.number(long)) << 32 | u64::from(self.number(long + 4)),
            None => u64::MAX,
        }
    }

    fn fan(&self, byte: usize) -> usize {
        self.number(8 + byte * 4) as usize
    }

    fn number(&self, at: usize) -> u32 {
        let bytes = self.bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_be_bytes)
    }

    /// An index from what was found in a pack. Its checksums of entries are left zero: nothing here reads them.
    pub(super) fn build(mut found: Vec<(Oid, u32)>, trailer: &[u8], format: Format) -> Result<Index, Why> {
        found.sort_unstable();
        // A pack may hold an object twice; one place is enough.
        found.dedup_by(|one, other| one.0 == other.0);
        let mut bytes = Vec::with_capacity(HEAD + found.len() * (format.width() + 8) + 2 * format.width());
        bytes.extend_from_slice(MAGIC);
        let mut below = 0u32;
        for byte in 0..=255u8 {
            let rest = found.get(below as usize..).unwrap_or_default();
            below += rest.iter().take_while(|(id, _)| id.as_bytes().first() == Some(&byte)).count() as u32;
            bytes.extend_from_slice(&below.to_be_bytes());
        }
        for (id, _) in &found {
            bytes.extend_from_slice(id.as_bytes());
        }
        bytes.resize(bytes.len() + found.len() * 4, 0);
        for (_, offset) in &found {
            bytes.extend_from_slice(&offset.to_be_bytes());
        }
        bytes.extend_from_slice(trailer);
        bytes.resize(bytes.len() + format.width(), 0);
        Index::parse(bytes, format)
    }
}
