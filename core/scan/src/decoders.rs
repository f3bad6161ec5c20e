//! The decoders of bzip2, xz, LZMA, LZ4 and Zstandard.
//!
//! They are the feature `decoders`: half as large as all else in a module for browsers, which leaves them out.

use std::io::Read;

use crate::bytes::{Cursor, Parse, Stop};
use crate::format::Format;
use crate::source::Source;
use crate::unpacked::{CHUNK, Unpacked};
use refmark_types::error::Error;

/// Whether the decoders are part of this build.
pub(crate) const HERE: bool = true;

/// How much memory a decoder may take for its window.
const WINDOW_LIMIT: u32 = 96 << 20;

/// At most `limit` bytes of what a stream holds; nothing where the format, or a stream like this one, is not read here.
pub(super) fn unpack(format: Format, source: &dyn Source, limit: usize) -> Parse<Option<Unpacked>> {
    match format {
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

/// LZMA in a zip archive: two bytes of version, two of length, five of properties, then the stream to its end mark.
pub(super) fn zip_lzma(source: &dyn Source, limit: usize) -> Parse<Option<Unpacked>> {
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

/// An error of the source on its way through a decoder.
#[derive(Debug)]
struct SourceError(Box<Error>);

impl std::fmt::Display for SourceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for SourceError {}
