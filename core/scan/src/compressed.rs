//! Compressed streams: the first megabytes are looked into, whatever packed them.
//!
//! References: RFC 1950 to 1952, the bzip2 and xz formats, the LZMA-alone header, the LZ4 frame and Zstandard formats;
//! `joblib/compressor.py` for which of them joblib writes.

use miniz_oxide::inflate::stream::{InflateState, inflate as step};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::bytes::{Cursor, Parse, Stop};
use super::decoders;
use super::format::{FileClass, Format};
use super::look::Look;
use super::report::Inspection;
use super::sniff::{merge, sniff};
use super::source::{Source, read_up_to};
use refmark_types::error::Result;

/// How much is unpacked of a stream.
const UNPACK_LIMIT: usize = 16 << 20;
pub(super) const CHUNK: usize = 32 * 1024;

/// The compressed format that starts so.
pub(super) fn claims(head: &[u8]) -> Option<Format> {
    const MAGICS: &[(&[u8], Format)] = &[
        (b"\x1f\x8b\x08", Format::Gzip),
        (b"\xfd7zXZ\0", Format::Xz),
        (b"\x28\xb5\x2f\xfd", Format::Zstd),
        (b"\x04\x22\x4d\x18", Format::Lz4),
        (b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
    ];
    if head.starts_with(b"BZh") && matches!(head.get(3), Some(b'1'..=b'9')) && head.get(4..10) == Some(b"1AY&SY") {
        return Some(Format::Bzip2);
    }
    MAGICS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, format)| *format)
}

/// The format without a magic that a file that starts so may be. It is one only where it can be unpacked.
pub(super) fn may_be(head: &[u8]) -> Option<Format> {
    // Two bytes that divide by 31: some texts are so too.
    let zlib = |flags: u8| (0x7800 + u16::from(flags)) % 31 == 0 && flags & 0x20 == 0;
    match head {
        [0x78, flags, ..] if zlib(*flags) => Some(Format::Zlib),
        // Properties of which only these are written in practice, and a dictionary that is a round number.
        [0x5d | 0x5e | 0x6d | 0x2c | 0x5b, 0, 0, _, _, rest @ ..] if rest.len() >= 8 && believable_size(rest) => {
            Some(Format::Lzma)
        }
        _ => None,
    }
}

/// The size of an LZMA stream: not said, or not absurd.
fn believable_size(rest: &[u8]) -> bool {
    let size = rest.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes)).unwrap_or_default();
    size == u64::MAX || size < 1 << 38
}

/// What unpacking came to.
pub(super) struct Unpacked {
    pub(super) bytes: Vec<u8>,
    /// The stream went on to its end, or to the limit, without an error.
    pub(super) sound: bool,
}

/// Looks into a stream; nothing where a format without a magic proves to be another.
pub(super) fn inspect(format: Format, name: &str, source: &dyn Source, look: Look<'_>) -> Result<Option<Inspection>> {
    let mut found = Inspection::new(format, FileClass::NotScanned);
    let limit = UNPACK_LIMIT.min(look.left());
    let unpacked = match unpack(format, source, limit) {
        Ok(unpacked) => unpacked,
        Err(Stop::Io(error)) => return Err(error),
        Err(stop) => {
            found.settle(Err(stop))?;
            return Ok(Some(found));
        }
    };
    // Without its decoder an LZMA stream cannot be told from a file that only begins like one: it is taken for one.
    let guess = format == Format::Zlib || (format == Format::Lzma && decoders::HERE);
    let Some(Unpacked { bytes, sound }) = unpacked else {
        found.note("what is inside was not looked at");
        return Ok((!guess).then_some(found));
    };
    look.spend(bytes.len());
    if bytes.len() == limit {
        found.note(format!("only the first {limit} bytes inside were looked at"));
    }
    let inner_name = [".gz", ".bz2", ".xz", ".lzma", ".zst", ".lz4", ".z"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name);
    let inner = sniff(inner_name, &bytes.as_slice(), look.deeper())?;
    if guess && !sound && inner.class != FileClass::UnsafeFormat {
        return Ok(None);
    }
    if bytes.is_empty() || !sound {
        found.note("the stream cannot be unpacked to its end");
    }
    if inner.format == Format::Nemo {
        found.note("a NeMo model, packed");
    }
    merge(&mut found, &inner, "inside");
    Ok(Some(found))
}

fn unpack(format: Format, source: &dyn Source, limit: usize) -> Parse<Option<Unpacked>> {
    match format {
        Format::Gzip => {
            let start = gzip_start(source)?;
            inflate(source, start, false, limit).map(Some)
        }
        Format::Zlib => inflate(source, 0, true, limit).map(Some),
        other => decoders::unpack(other, source, limit),
    }
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

/// What is inflated of the stream at an offset: at most `limit` bytes, nothing where not one byte came.
pub(super) fn inflate_some(source: &dyn Source, start: u64, limit: usize) -> Parse<Option<Vec<u8>>> {
    let Unpacked { bytes, sound } = inflate(source, start, false, limit)?;
    Ok((sound || !bytes.is_empty()).then_some(bytes))
}

/// What is unpacked of a member of a zip archive by another method than deflate; nothing where that is not read here.
pub(super) fn unpack_member(method: u16, source: &dyn Source, limit: usize) -> Parse<Option<Vec<u8>>> {
    let unpacked = match method {
        12 => unpack(Format::Bzip2, source, limit)?,
        93 | 20 => unpack(Format::Zstd, source, limit)?,
        95 => unpack(Format::Xz, source, limit)?,
        14 => decoders::zip_lzma(source, limit)?,
        _ => None,
    };
    Ok(unpacked.filter(|unpacked| unpacked.sound || !unpacked.bytes.is_empty()).map(|unpacked| unpacked.bytes))
}

/// Inflates from an offset, at most `limit` bytes. What came before an error or the end of a truncated stream counts.
fn inflate(source: &dyn Source, start: u64, zlib: bool, limit: usize) -> Parse<Unpacked> {
    let mut state = InflateState::new_boxed(if zlib { DataFormat::Zlib } else { DataFormat::Raw });
    let mut bytes = Vec::new();
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
            bytes.extend_from_slice(gave.get(..gave.len().min(limit - bytes.len())).unwrap_or_default());
            let ended = matches!(done.status, Ok(MZStatus::StreamEnd));
            // `Buf` only says that it can go no further without more input.
            let broken = !matches!(done.status, Ok(_) | Err(MZError::Buf));
            if bytes.len() >= limit || ended || broken {
                return Ok(Unpacked { bytes, sound: !broken });
            }
            if gave.is_empty() && (done.bytes_consumed == 0 || used >= input.len()) {
                break;
            }
        }
        at += used as u64;
        if input.len() < CHUNK || used == 0 {
            return Ok(Unpacked { bytes, sound: false });
        }
    }
}
