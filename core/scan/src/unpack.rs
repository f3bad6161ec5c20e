//! Unpacking: DEFLATE by `miniz_oxide`, and the rest by the decoders where they are part of the build.

use miniz_oxide::inflate::stream::{InflateState, inflate as step};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::bytes::{Cursor, Parse, Stop};
use super::decoders;
use super::format::Format;
use super::source::{Source, read_up_to};
use super::unpacked::{CHUNK, Unpacked};

/// What a stream of this format holds, at most `limit` bytes; nothing where the format is not read here.
pub(super) fn unpack(format: Format, source: &dyn Source, limit: usize) -> Parse<Option<Unpacked>> {
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
