//! Compressed streams: the first megabytes are looked into, whatever packed them.
//!
//! References: RFC 1950 to 1952, the bzip2 and xz formats, the LZMA-alone header, the LZ4 frame and Zstandard formats;
//! `joblib/compressor.py` for which of them joblib writes.

use std::io::Read;

use miniz_oxide::inflate::stream::{InflateState, inflate as step};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::bytes::{Cursor, Parse, Stop};
use super::format::{FileClass, Format};
use super::look::Look;
use super::report::Inspection;
use super::sniff::{merge, sniff};
use super::source::{Source, read_up_to};
use refmark_types::error::{Error, Result};

/// How much is unpacked of a stream.
const UNPACK_LIMIT: usize = 16 << 20;
/// How much memory a decoder may take for its window.
const WINDOW_LIMIT: u32 = 96 << 20;
const CHUNK: usize = 32 * 1024;

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
struct Unpacked {
    bytes: Vec<u8>,
    /// The stream went on to its end, or to the limit, without an error.
    sound: bool,
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
    let guess = matches!(format, Format::Zlib | Format::Lzma);
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
        Format::Bzip2 => drain(bzip2_rs::DecoderReader::new(Reader::new(source)), limit).map(Some),
        Format::Xz => {
            drain(lzma_rust2::XzReader::new_mem_limit(Reader::new(source), true, WINDOW_LIMIT / 1024), limit).map(Some)
        }
        Format::Lzma => match lzma_rust2::LzmaReader::new_mem_limit(Reader::new(source), WINDOW_LIMIT / 1024, None) {
            Ok(reader) => drain(reader, limit).map(Some),
            Err(_) => Ok(None),
        },
        Format::Lz4 => drain(lz4_flex::frame::FrameDecoder::new(Reader::new(source)), limit).map(Some),
        Format::Zstd => zstd(source, limit),
        _ => Ok(None),
    }
}

fn zstd(source: &dyn Source, limit: usize) -> Parse<Option<Unpacked>> {
    let window = u64::from(WINDOW_LIMIT);
    match ruzstd::decoding::StreamingDecoder::new_with_max_window_size(Reader::new(source), window) {
        Ok(decoder) => drain(decoder, limit).map(Some),
        Err(_) => Ok(None),
    }
}

/// Reads what a decoder gives, at most `limit` bytes. What came before an error counts: a loader would have read it too.
fn drain(mut decoder: impl Read, limit: usize) -> Parse<Unpacked> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let room = buffer.len().min(limit - bytes.len());
        if room == 0 {
            return Ok(Unpacked { bytes, sound: true });
        }
        match decoder.read(buffer.get_mut(..room).unwrap_or_default()) {
            Ok(0) => return Ok(Unpacked { bytes, sound: true }),
            Ok(count) => bytes.extend_from_slice(buffer.get(..count.min(room)).unwrap_or_default()),
            Err(error) => match error.downcast::<SourceError>() {
                Ok(SourceError(error)) => return Err(Stop::Io(error)),
                Err(_) => return Ok(Unpacked { bytes, sound: false }),
            },
        }
    }
}

/// A source as a reader.
struct Reader<'a> {
    source: &'a dyn Source,
    at: u64,
}

impl<'a> Reader<'a> {
    fn new(source: &'a dyn Source) -> std::io::BufReader<Reader<'a>> {
        std::io::BufReader::with_capacity(CHUNK, Reader { source, at: 0 })
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = match self.source.read_at(self.at, into) {
            Ok(count) => count.min(into.len()),
            Err(error) => return Err(std::io::Error::other(SourceError(error))),
        };
        self.at += count as u64;
        Ok(count)
    }
}

/// A error of the source on its way through a decoder.
#[derive(Debug)]
struct SourceError(Box<Error>);

impl std::fmt::Display for SourceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for SourceError {}

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
        14 => zip_lzma(source, limit)?,
        _ => None,
    };
    Ok(unpacked.filter(|unpacked| unpacked.sound || !unpacked.bytes.is_empty()).map(|unpacked| unpacked.bytes))
}

/// LZMA in a zip archive: two bytes of version, two of length, five of properties, then the stream to its end mark.
fn zip_lzma(source: &dyn Source, limit: usize) -> Parse<Option<Unpacked>> {
    let mut cursor = Cursor::new(source, 2, source.len());
    let what = "the properties of LZMA";
    if cursor.u16(what)? != 5 {
        return Ok(None);
    }
    let properties = cursor.u8(what)?;
    let window = cursor.u32(what)?;
    if window > WINDOW_LIMIT {
        return Ok(None);
    }
    let reader = Reader { source, at: cursor.at() };
    match lzma_rust2::LzmaReader::new_with_props(reader, u64::MAX, properties, window, None) {
        Ok(reader) => drain(reader, limit).map(Some),
        Err(_) => Ok(None),
    }
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
