//! Tar archives: headers are walked, and each file is looked at.

use super::sniff;
use crate::bytes::{Cursor, Parse, Stop, lying, too_large};
use crate::format::{FileClass, Format};
use crate::look::Look;
use crate::report::{Inspection, shown};
use crate::source::{Part, Source};
use crate::zip;
use refmark_types::error::Result;

const BLOCK: u64 = 512;
const MEMBERS_LIMIT: u32 = 65_536;
const NAME_LIMIT: u64 = 64 * 1024;

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
    let mut names = Vec::new();
    let walked = walk(source, &mut |member| {
        let inner = sniff(&member.name, &Part::new(source, member.start, member.size), look.deeper())?;
        found.absorb(&inner, &format!("`{}`", shown(&member.name)));
        names.push(member.name);
        Ok(())
    });
    let leaf = |name: &String, ending: &str| name == ending || name.ends_with(&format!("/{ending}"));
    let weights = names.iter().any(|name| name.ends_with(".ckpt") || name.contains("model_weights"));
    if weights && names.iter().any(|name| leaf(name, "model_config.yaml")) {
        found.format = Format::Nemo;
    }
    found.settle(walked)?;
    Ok(found)
}

/// Whether a zip archive that ends this archive lies in one of its files.
pub(super) fn holds_archive(source: &dyn Source) -> Result<bool> {
    let start = match zip::directory(source) {
        Ok(directory) => directory.start,
        Err(Stop::Io(error)) => return Err(error),
        Err(Stop::Bad(_)) => return Ok(false),
    };
    let mut within = false;
    let walked = walk(source, &mut |member| {
        // A file is looked at from its first byte, so the archive must begin there.
        within |= member.start == start;
        Ok(())
    });
    match walked {
        Err(Stop::Io(error)) => Err(error),
        _ => Ok(within),
    }
}

/// A file of an archive.
struct Member {
    name: String,
    start: u64,
    size: u64,
}

fn walk(source: &dyn Source, take: &mut dyn FnMut(Member) -> Parse<()>) -> Parse<()> {
    let mut cursor = Cursor::new(source, 0, source.len());
    let mut long: Option<String> = None;
    for _ in 0..MEMBERS_LIMIT {
        let block = cursor.take(BLOCK, BLOCK, "a member's header")?;
        if block.iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        if !checksum(&block) {
            return Err(lying(format!("the header before byte {} has a wrong checksum", cursor.at())));
        }
        let size = block.get(124..136).and_then(number).ok_or_else(|| lying("a member's size is no number"))?;
        let padded = size.checked_next_multiple_of(BLOCK).ok_or_else(|| lying("a member's size overflows"))?;
        let start = cursor.at();
        match block.get(156) {
            Some(b'0' | b'7' | 0 | b'S') => {
                let name = long.take().unwrap_or_else(|| header_name(&block));
                take(Member { name, start, size })?;
            }
            // GNU's long name, or the path of a pax header, is that of the next member.
            Some(b'L') => long = Some(lossy(&cursor_take(source, start, size)?)),
            Some(b'x') => long = pax_path(&cursor_take(source, start, size)?).or(long),
            _ => {}
        }
        cursor.skip(padded, "a member")?;
    }
    Err(too_large(format!("the archive has more than {MEMBERS_LIMIT} members")))
}

fn cursor_take(source: &dyn Source, start: u64, size: u64) -> Parse<Vec<u8>> {
    Cursor::new(source, start, source.len()).take(size, NAME_LIMIT, "a member's name")
}

/// Bytes to the first zero, as text.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()
}

/// The name, behind the prefix of POSIX where there is one.
fn header_name(block: &[u8]) -> String {
    let name = lossy(block.get(..100).unwrap_or_default());
    let posix = block.get(257..263) == Some(b"ustar\0");
    match lossy(block.get(345..500).unwrap_or_default()) {
        prefix if posix && !prefix.is_empty() => format!("{prefix}/{name}"),
        _ => name,
    }
}

/// `<length> path=<name>` of a pax header.
fn pax_path(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find_map(|line| line.split_once(" path=").map(|(_, path)| path.to_owned()))
}
