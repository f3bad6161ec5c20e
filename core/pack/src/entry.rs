//! The header of one entry of a pack: what it is, how large, and what it builds on.

use super::format::Format;
use super::object::{Kind, Why};
use refmark_types::oid::Oid;

/// What the entry's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Whole(Kind),
    /// Changes to the entry that begins at this offset, which is before this one.
    OnOffset(u64),
    /// Changes to an object by its id.
    OnObject(Oid),
}

/// An entry's header.
pub(super) struct Header {
    pub(super) what: What,
    /// Bytes when inflated: of the object, or of the changes.
    pub(super) size: u64,
    /// Where the deflated bytes begin.
    pub(super) data: usize,
}

/// Reads the header at `at` of a pack without its trailer.
pub(super) fn read(pack: &[u8], at: u64, format: Format) -> Result<Header, Why> {
    const CUT: Why = "an entry's header is cut off";
    let start = usize::try_from(at).map_err(|_| "an entry lies beyond the end")?;
    let mut bytes = pack.get(start..).ok_or("an entry lies beyond the end")?.iter().copied();
    let first = bytes.next().ok_or(CUT)?;
    let (mut last, mut size, mut shift, mut length) = (first, u64::from(first & 15), 4, 1);
    while last & 0x80 != 0 {
        last = bytes.next().ok_or(CUT)?;
        length += 1;
        if shift > 56 {
            return Err("an entry claims more than 2^60 bytes");
        }
        size |= u64::from(last & 0x7f) << shift;
        shift += 7;
    }
    let what = match (first >> 4) & 7 {
        1 => What::Whole(Kind::Commit),
        2 => What::Whole(Kind::Tree),
        3 => What::Whole(Kind::Blob),
        4 => What::Whole(Kind::Tag),
        6 => {
            let (distance, read) = distance(&mut bytes).ok_or(CUT)?;
            length += read;
            let base = at.checked_sub(distance).filter(|base| *base >= 12 && *base < at);
            What::OnOffset(base.ok_or("a delta builds on an entry before the pack's beginning")?)
        }
        7 => {
            let end = start + length + format.width();
            let id = pack.get(start + length..end).and_then(|bytes| Oid::from_bytes(bytes).ok());
            length += format.width();
            What::OnObject(id.ok_or(CUT)?)
        }
        _ => return Err("an entry has an unknown type"),
    };
    Ok(Header { what, size, data: start + length })
}

/// Git's distance code: each further byte also adds one, so that no number has two spellings.
fn distance(bytes: &mut impl Iterator<Item = u8>) -> Option<(u64, usize)> {
    let mut byte = bytes.next()?;
    let (mut value, mut read) = (u64::from(byte & 0x7f), 1);
    while byte & 0x80 != 0 {
        byte = bytes.next()?;
        read += 1;
        value = value.checked_add(1)?.checked_mul(128)? | u64::from(byte & 0x7f);
    }
    Some((value, read))
}
