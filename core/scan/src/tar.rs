//! Tar archives: headers are walked, and each file is looked at.

use super::bytes::{Cursor, Parse, lying, too_large};
use super::format::{FileClass, Format};
use super::look::Look;
use super::report::{Inspection, shown};
use super::sniff::{merge, sniff};
use super::source::{Part, Source};
use refmark_types::error::Result;

const BLOCK: u64 = 512;
const MEMBERS_LIMIT: u32 = 65_536;

/// Whether a file that starts so is an archive: a header whose checksum is right.
pub(super) fn claims(head: &[u8]) -> bool {
    head.get(..512).is_some_and(|block| block.first() != Some(&0) && checksum(block))
}

fn checksum(block: &[u8]) -> bool {
    let sum: u64 =
        block.iter().enumerate().map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u64::from(byte) }).sum();
    block.get(148..156).and_then(number) == Some(sum)
}

/// An octal number, or a binary one whose first byte is 0x80.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, rest @ ..] = field {
        return rest.iter().try_fold(0u64, |value, &byte| value.checked_mul(256)?.checked_add(u64::from(byte)));
    }
    let text = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

/// Walks the archive. What cannot be loaded as it is stays `not-scanned`, unless something in it is worse.
pub(super) fn inspect(source: &dyn Source, look: Look<'_>) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Tar, FileClass::NotScanned);
    let walked = walk(source, look, &mut found);
    found.settle(walked)?;
    Ok(found)
}

fn walk(source: &dyn Source, look: Look<'_>, found: &mut Inspection) -> Parse<()> {
    let mut cursor = Cursor::new(source, 0, source.len());
    for _ in 0..MEMBERS_LIMIT {
        let block = cursor.take(BLOCK, BLOCK, "a member's header")?;
        if block.iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        if !checksum(&block) {
            return Err(lying(format!("the header before byte {} has a wrong checksum", cursor.at())));
        }
        let size = block.get(124..136).and_then(number).ok_or_else(|| lying("a member's size is no number"))?;
        let name = block.get(..100).unwrap_or_default();
        let name = String::from_utf8_lossy(name.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned();
        if matches!(block.get(156), Some(b'0' | b'7' | 0)) {
            let inner = sniff(&name, &Part::new(source, cursor.at(), size), look.deeper())?;
            merge(found, &inner, &format!("`{}`", shown(&name)));
        }
        let padded = size.checked_next_multiple_of(BLOCK).ok_or_else(|| lying("a member's size overflows"))?;
        cursor.skip(padded, "a member")?;
    }
    Err(too_large(format!("the archive has more than {MEMBERS_LIMIT} members")))
}
