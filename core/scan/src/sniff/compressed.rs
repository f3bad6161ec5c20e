//! Compressed streams: the first megabytes are looked into, whatever packed them.
//!
//! References: RFC 1950 to 1952, the bzip2 and xz formats, the LZMA-alone header, the LZ4 frame and Zstandard formats;
//! `joblib/compressor.py` for which of them joblib writes.

use super::sniff;
use crate::bytes::Stop;
use crate::decoders;
use crate::format::{FileClass, Format};
use crate::look::Look;
use crate::report::Inspection;
use crate::source::Source;
use crate::unpack::unpack;
use crate::unpacked::Unpacked;
use refmark_types::error::Result;

/// How much is unpacked of a stream.
const UNPACK_LIMIT: usize = 16 << 20;

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
    found.absorb(&inner, "inside");
    Ok(Some(found))
}
