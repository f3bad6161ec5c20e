//! Zip archives: the central directory, checked against what stands before it.

use super::bytes::{Cursor, Parse, lying, too_large, truncated};
use super::look::Look;
use super::report::shown;
use super::source::{Part, Source, read_up_to};
use super::unpack::{inflate_some, unpack_member};
use refmark_types::error::Result;

const MEMBERS_LIMIT: u64 = 65_536;
const DIRECTORY_LIMIT: u64 = 32 << 20;
const NAME_LIMIT: u64 = 4096;
/// The end record and the longest comment.
const TAIL: usize = 22 + 65_535;
/// Readers look for the end record from the end on, and none goes on past many false ones.
const ENDS_LIMIT: usize = 16;

/// A file in an archive.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Its name, lossily decoded.
    pub(super) name: String,
    /// 0 stored, 8 deflated.
    pub(super) method: u16,
    /// The CRC-32 of its content, as the directory says.
    pub(super) crc: u32,
    encrypted: bool,
    described: bool,
    /// Its bytes in the archive.
    pub(super) compressed: u64,
    /// Its own size, as the directory says.
    pub(super) size: u64,
    header: u64,
    /// Where its bytes start.
    pub(super) data: u64,
}

/// An archive's directory.
pub(super) struct Directory {
    /// The members, by where they lie.
    pub(super) members: Vec<Member>,
    /// Where the archive starts: what is before it belongs to something else.
    pub(super) start: u64,
    /// Members lie one behind the other from byte 0, and nothing is between, before or behind them.
    pub(super) gapless: bool,
}

/// Where the directory is.
struct End {
    directory: u64,
    size: u64,
    count: u64,
    /// What has to be added to the offsets that the archive names: the bytes before it.
    shift: u64,
    /// The end record reaches the end of the file.
    last: bool,
}

/// Whether a file that starts so is an archive.
pub(super) fn claims(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Whether there is an archive with members at the end of these bytes, whatever they start with.
pub(super) fn ends_in_archive(source: &dyn Source) -> Result<bool> {
    match find_end(source) {
        Ok(end) => Ok(end.is_some_and(|end| end.count > 0)),
        Err(super::bytes::Stop::Io(error)) => Err(error),
        Err(super::bytes::Stop::Bad(_)) => Ok(false),
    }
}

/// Reads the directory.
pub(super) fn directory(source: &dyn Source) -> Parse<Directory> {
    let end = find_end(source)?.ok_or_else(|| truncated("the archive has no directory at its end: it is truncated"))?;
    if end.count > MEMBERS_LIMIT || end.size > DIRECTORY_LIMIT {
        return Err(too_large(format!("the archive says it has {} members; the limit is {MEMBERS_LIMIT}", end.count)));
    }
    let mut cursor = Cursor::new(source, end.directory, end.directory + end.size);
    let mut members = Vec::new();
    for _ in 0..end.count {
        members.push(member(&mut cursor, end.shift)?);
    }
    let whole = cursor.left() == 0;
    let mut seen = std::collections::BTreeSet::new();
    for member in &mut members {
        if !seen.insert(member.name.clone()) {
            return Err(lying(format!("the member `{}` stands twice", shown(&member.name))));
        }
        local(source, member)?;
    }
    members.sort_by_key(|member| member.header);
    let mut gapless = whole && end.last && end.shift == 0;
    let mut at = 0;
    for (index, member) in members.iter().enumerate() {
        let next = members.get(index + 1).map_or(end.directory, |next| next.header);
        let stop = member.data.saturating_add(member.compressed);
        if stop > next {
            return Err(lying(format!("the member `{}` overlaps what follows it", shown(&member.name))));
        }
        let rest = next - stop;
        gapless &= member.header == at && (rest == 0 || member.described && matches!(rest, 12 | 16 | 20 | 24));
        at = next;
    }
    Ok(Directory { members, start: end.shift, gapless: gapless && at == end.directory })
}

fn find_end(source: &dyn Source) -> Parse<Option<End>> {
    let from = source.len().saturating_sub(TAIL as u64);
    let tail = read_up_to(source, from, TAIL)?;
    let whole = tail.windows(22).enumerate().rev();
    for (at, _) in whole.filter(|(_, record)| record.starts_with(b"PK\x05\x06")).take(ENDS_LIMIT) {
        if let Some(end) = end_at(source, from + at as u64)? {
            return Ok(Some(end));
        }
    }
    Ok(None)
}

/// Reads the end record at an offset; nothing where what it says of the directory is not so.
fn end_at(source: &dyn Source, at: u64) -> Parse<Option<End>> {
    let mut cursor = Cursor::new(source, at + 10, source.len());
    let mut count = u64::from(cursor.u16("the end record")?);
    let mut size = u64::from(cursor.u32("the end record")?);
    let mut named = u64::from(cursor.u32("the end record")?);
    let comment = u64::from(cursor.u16("the end record")?);
    let last = at + 22 + comment == source.len();
    let mut behind = at;
    // Zip64: a locator right before the end record names a larger record, which lies right before the locator.
    if let Some(locator) = at.checked_sub(20)
        && read_up_to(source, locator, 4)? == b"PK\x06\x07"
        && let Some(record) = locator.checked_sub(56)
        && read_up_to(source, record, 4)? == b"PK\x06\x06"
    {
        let mut cursor = Cursor::new(source, record + 32, source.len());
        count = cursor.u64("the zip64 record")?;
        size = cursor.u64("the zip64 record")?;
        named = cursor.u64("the zip64 record")?;
        behind = record;
    }
    let Some(directory) = behind.checked_sub(size) else { return Ok(None) };
    let Some(shift) = directory.checked_sub(named) else { return Ok(None) };
    let starts = read_up_to(source, directory, 4)? == b"PK\x01\x02";
    Ok((count == 0 && size == 0 || starts).then_some(End { directory, size, count, shift, last }))
}

fn member(cursor: &mut Cursor<'_>, shift: u64) -> Parse<Member> {
    if cursor.u32("a directory entry")? != 0x0201_4b50 {
        return Err(lying(format!("no directory entry before byte {}", cursor.at())));
    }
    cursor.skip(4, "a directory entry")?;
    let flags = cursor.u16("a directory entry")?;
    let method = cursor.u16("a directory entry")?;
    cursor.skip(4, "a directory entry")?;
    let crc = cursor.u32("a directory entry")?;
    let mut compressed = u64::from(cursor.u32("a directory entry")?);
    let mut size = u64::from(cursor.u32("a directory entry")?);
    let name = u64::from(cursor.u16("a directory entry")?);
    let extra = u64::from(cursor.u16("a directory entry")?);
    let comment = u64::from(cursor.u16("a directory entry")?);
    cursor.skip(8, "a directory entry")?;
    let mut header = u64::from(cursor.u32("a directory entry")?);
    let name = String::from_utf8_lossy(&cursor.take(name, NAME_LIMIT, "a member's name")?).into_owned();
    let mut rest = extra;
    while rest >= 4 {
        let (kind, length) = (cursor.u16("an extra field")?, u64::from(cursor.u16("an extra field")?));
        rest = rest.checked_sub(4 + length).ok_or_else(|| lying("an extra field is longer than all of them"))?;
        let mut left = length;
        if kind == 1 {
            for slot in [&mut size, &mut compressed, &mut header] {
                if *slot == u64::from(u32::MAX) && left >= 8 {
                    *slot = cursor.u64("a zip64 size")?;
                    left -= 8;
                }
            }
        }
        cursor.skip(left, "an extra field")?;
    }
    cursor.skip(rest + comment, "a comment")?;
    let header = header.checked_add(shift).ok_or_else(|| lying("a member lies nowhere"))?;
    let (encrypted, described) = (flags & 1 != 0, flags & 8 != 0);
    Ok(Member { name, method, crc, encrypted, described, compressed, size, header, data: 0 })
}

/// Reads a member's own header, which must say the same, and finds its bytes.
fn local(source: &dyn Source, member: &mut Member) -> Parse<()> {
    let mut cursor = Cursor::new(source, member.header, source.len());
    let what = "a member's header";
    if cursor.u32(what)? != 0x0403_4b50 {
        return Err(lying(format!("there is no member `{}` at byte {}", shown(&member.name), member.header)));
    }
    cursor.skip(4, what)?;
    let method = cursor.u16(what)?;
    cursor.skip(16, what)?;
    let name = u64::from(cursor.u16(what)?);
    let extra = u64::from(cursor.u16(what)?);
    let name = String::from_utf8_lossy(&cursor.take(name, NAME_LIMIT, "a member's name")?).into_owned();
    cursor.skip(extra, what)?;
    if name != member.name || method != member.method {
        return Err(lying(format!(
            "the directory says `{}` and the member itself `{}`",
            shown(&member.name),
            shown(&name)
        )));
    }
    member.data = cursor.at();
    cursor.skip(member.compressed, "a member")?;
    if member.method == 0 && !member.encrypted && member.compressed != member.size {
        return Err(lying(format!("the stored member `{}` has two sizes", shown(&member.name))));
    }
    Ok(())
}

/// A member's bytes.
pub(super) enum Body<'a> {
    /// Stored: a range of the archive.
    Stored(Part<'a>),
    /// Deflated: the first bytes, up to the limit asked for.
    Inflated(Vec<u8>),
    /// Encrypted, or packed in another way.
    Closed,
}

fn unpack(method: u16, part: &Part<'_>, limit: usize) -> Parse<Option<Vec<u8>>> {
    if method == 8 { inflate_some(part, 0, limit) } else { unpack_member(method, part, limit) }
}

/// Opens a member; at most `limit` bytes are inflated.
pub(super) fn open<'a>(source: &'a dyn Source, member: &Member, limit: usize, look: Look<'_>) -> Parse<Body<'a>> {
    let part = Part::new(source, member.data, member.compressed);
    match member.method {
        _ if member.encrypted => Ok(Body::Closed),
        0 => Ok(Body::Stored(part)),
        method if look.left() > 0 => Ok(match unpack(method, &part, limit.min(look.left()))? {
            Some(bytes) => {
                look.spend(bytes.len());
                Body::Inflated(bytes)
            }
            None => Body::Closed,
        }),
        _ => Ok(Body::Closed),
    }
}
