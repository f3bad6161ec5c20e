//! Compressed streams: the first megabytes of gzip and zlib are looked into, the rest are only named.

use miniz_oxide::inflate::stream::{InflateState, inflate as step};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::bytes::{Cursor, Parse, Stop};
use super::format::{FileClass, Format};
use super::look::Look;
use super::report::Inspection;
use super::sniff::{merge, sniff};
use super::source::{Source, read_up_to};
use refmark_types::error::Result;

/// How much is inflated of a stream.
const INFLATE_LIMIT: usize = 16 << 20;
const CHUNK: usize = 32 * 1024;

/// The compressed format that starts so.
pub(super) fn claims(head: &[u8]) -> Option<Format> {
    const MAGICS: &[(&[u8], Format)] = &[
        (b"\x1f\x8b", Format::Gzip),
        (b"\xfd7zXZ\0", Format::Xz),
        (b"\x28\xb5\x2f\xfd", Format::Zstd),
        (b"\x04\x22\x4d\x18", Format::Lz4),
        (b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
    ];
    if head.starts_with(b"BZh") && head.get(4..10) == Some(b"1AY&SY") {
        return Some(Format::Bzip2);
    }
    MAGICS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, format)| *format)
}

/// Whether a file that starts so may be a zlib stream (two bytes that divide by 31: some texts are so too).
pub(super) fn may_be_zlib(head: &[u8]) -> bool {
    matches!(head, [0x78, flags, ..] if (0x7800 + u16::from(*flags)) % 31 == 0 && flags & 0x20 == 0)
}

/// Looks into a stream; nothing where a zlib stream is none.
pub(super) fn inspect(format: Format, name: &str, source: &dyn Source, look: Look<'_>) -> Result<Option<Inspection>> {
    let mut found = Inspection::new(format, FileClass::NotScanned);
    let limit = INFLATE_LIMIT.min(look.left());
    let inflated = match format {
        Format::Gzip => gzip_start(source).and_then(|start| inflate(source, start, false, limit)),
        Format::Zlib => inflate(source, 0, true, limit),
        _ => {
            found.note("what is inside was not looked at");
            return Ok(Some(found));
        }
    };
    match inflated {
        Ok(Some(bytes)) if !bytes.is_empty() => {
            look.spend(bytes.len());
            if bytes.len() == limit {
                found.note(format!("only the first {limit} bytes inside were looked at"));
            }
            let inner = sniff(name.trim_end_matches(".gz"), &bytes.as_slice(), look.deeper())?;
            merge(&mut found, &inner, "inside");
        }
        Ok(_) if format == Format::Zlib => return Ok(None),
        Ok(_) => found.note("the stream cannot be inflated"),
        Err(stop) => found.settle(Err(stop))?,
    }
    Ok(Some(found))
}

/// Passes over gzip's header.
fn gzip_start(source: &dyn Source) -> Parse<u64> {
    let mut cursor = Cursor::new(source, 3, source.len());
    let flags = cursor.u8("the header")?;
    cursor.skip(6, "the header")?;
    if flags & 4 != 0 {
        let length = u64::from(cursor.u16("the header")?);
        cursor.skip(length, "the header")?;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            while cursor.u8("a name in the header")? != 0 {}
        }
    }
    if flags & 2 != 0 {
        cursor.skip(2, "the header")?;
    }
    Ok(cursor.at())
}

/// Inflates from an offset, at most `limit` bytes. What came before an error or the end of a truncated stream counts:
/// an unpickler would have read it too. Nothing where not one byte came.
pub(super) fn inflate(source: &dyn Source, start: u64, zlib: bool, limit: usize) -> Parse<Option<Vec<u8>>> {
    let mut state = InflateState::new_boxed(if zlib { DataFormat::Zlib } else { DataFormat::Raw });
    let mut out = Vec::new();
    let mut buffer = vec![0; CHUNK];
    let mut at = start;
    loop {
        let input = read_up_to(source, at, CHUNK).map_err(Stop::Io)?;
        let mut used = 0;
        loop {
            let rest = input.get(used..).unwrap_or_default();
            let done = step(&mut state, rest, &mut buffer, MZFlush::None);
            used += done.bytes_consumed;
            let gave = buffer.get(..done.bytes_written).unwrap_or_default();
            out.extend_from_slice(gave.get(..gave.len().min(limit - out.len())).unwrap_or_default());
            let ended = matches!(done.status, Ok(MZStatus::StreamEnd));
            // `Buf` only says that it can go no further without more input.
            let broken = !matches!(done.status, Ok(_) | Err(MZError::Buf));
            if out.len() >= limit || ended || broken {
                return Ok((ended || !out.is_empty()).then_some(out));
            }
            if gave.is_empty() && (done.bytes_consumed == 0 || used >= input.len()) {
                break;
            }
        }
        at += used as u64;
        if input.len() < CHUNK || used == 0 {
            return Ok((!out.is_empty()).then_some(out));
        }
    }
}
