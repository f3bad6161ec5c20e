//! Images: recognised by their magic, and walked to their end so that nothing hides behind it.

use super::bytes::{Cursor, Parse, lying};
use super::format::{FileClass, Format};
use super::report::Inspection;
use super::source::Source;
use refmark_types::error::Result;

/// The image format that starts so.
pub(super) fn claims(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(Format::Png)
    } else if head.starts_with(b"\xff\xd8\xff") {
        Some(Format::Jpeg)
    } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        Some(Format::Gif)
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        Some(Format::Webp)
    } else {
        None
    }
}

/// Walks the image to its end.
pub(super) fn inspect(format: Format, source: &dyn Source) -> Result<Inspection> {
    let mut found = Inspection::new(format, FileClass::Data);
    let mut cursor = Cursor::new(source, 0, source.len());
    let walked = match format {
        Format::Png => png(&mut cursor),
        Format::Jpeg => jpeg(&mut cursor),
        Format::Gif => gif(&mut cursor),
        _ => webp(&mut cursor),
    };
    let walked = walked.and_then(|()| match cursor.left() {
        0 => Ok(()),
        left => Err(lying(format!("{left} bytes follow the end of the {format} image"))),
    });
    found.settle(walked)?;
    Ok(found)
}

fn png(cursor: &mut Cursor<'_>) -> Parse<()> {
    cursor.skip(8, "the signature")?;
    loop {
        let length = u64::from(cursor.u32("a chunk's length")?.swap_bytes());
        let kind = cursor.take(4, 4, "a chunk's type")?;
        cursor.skip(length + 4, "a chunk")?;
        if kind == b"IEND" {
            return Ok(());
        }
    }
}

fn jpeg(cursor: &mut Cursor<'_>) -> Parse<()> {
    cursor.skip(2, "the start")?;
    let mut marker = next_marker(cursor)?;
    loop {
        match marker {
            0xd9 => return Ok(()),
            0x01 | 0xd0..=0xd7 => marker = next_marker(cursor)?,
            _ => {
                let length = u64::from(cursor.u16("a segment's length")?.swap_bytes());
                let rest = length.checked_sub(2).ok_or_else(|| lying("a segment is shorter than its length"))?;
                cursor.skip(rest, "a segment")?;
                marker = if marker == 0xda { scan(cursor)? } else { next_marker(cursor)? };
            }
        }
    }
}

fn next_marker(cursor: &mut Cursor<'_>) -> Parse<u8> {
    if cursor.u8("a marker")? != 0xff {
        return Err(lying(format!("expected a marker before byte {}", cursor.at())));
    }
    loop {
        match cursor.u8("a marker")? {
            0xff => {}
            marker => return Ok(marker),
        }
    }
}

/// Passes over compressed data to the next marker that is neither stuffed nor a restart.
fn scan(cursor: &mut Cursor<'_>) -> Parse<u8> {
    let mut before = 0;
    loop {
        let byte = cursor.u8("the image's data")?;
        if before == 0xff && !matches!(byte, 0x00 | 0xff | 0xd0..=0xd7) {
            return Ok(byte);
        }
        before = byte;
    }
}

fn gif(cursor: &mut Cursor<'_>) -> Parse<()> {
    cursor.skip(10, "the header")?;
    let flags = cursor.u8("the header")?;
    cursor.skip(2 + colours(flags), "the colours")?;
    loop {
        match cursor.u8("a block")? {
            0x3b => return Ok(()),
            0x21 => {
                cursor.skip(1, "an extension")?;
                blocks(cursor)?;
            }
            0x2c => {
                cursor.skip(8, "an image")?;
                let flags = cursor.u8("an image")?;
                cursor.skip(colours(flags) + 1, "the colours")?;
                blocks(cursor)?;
            }
            other => return Err(lying(format!("unknown block {other:#04x} before byte {}", cursor.at()))),
        }
    }
}

fn colours(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn blocks(cursor: &mut Cursor<'_>) -> Parse<()> {
    loop {
        match cursor.u8("a block's length")? {
            0 => return Ok(()),
            length => cursor.skip(u64::from(length), "a block")?,
        }
    }
}

fn webp(cursor: &mut Cursor<'_>) -> Parse<()> {
    cursor.skip(4, "the signature")?;
    let length = u64::from(cursor.u32("the length")?);
    cursor.skip(length.next_multiple_of(2), "the image")
}
