//! A loose object: `blob 5`, a zero byte and the bytes, all deflated.

use std::rc::Rc;

use super::cache::Object;
use super::format::Format;
use super::inflate::Inflater;
use super::object::{Kind, Trouble};
use refmark_types::oid::Oid;

/// `commit` and twenty digits fit.
const HEADER: usize = 32;

/// Reads and checks a loose object of at most `limit` bytes.
pub(super) fn read(
    inflater: &mut Inflater,
    deflated: &[u8],
    id: Oid,
    format: Format,
    limit: u64,
) -> Result<Object, Trouble> {
    let (kind, size, length) = header(&inflater.prefix(deflated, HEADER)?).ok_or("its header is broken")?;
    if size > limit {
        return Err(Trouble::TooLarge(size));
    }
    let (mut bytes, end) = inflater.exact(deflated, size.saturating_add(length as u64))?;
    if end != deflated.len() {
        return Err(Trouble::Broken("bytes follow its end"));
    }
    bytes.drain(..length);
    if format.id(kind, &bytes) != Some(id) {
        return Err(Trouble::Broken("its bytes have another id"));
    }
    Ok(Object { kind, bytes: Rc::new(bytes) })
}

/// Kind, size, and the header's own length with its zero byte.
fn header(bytes: &[u8]) -> Option<(Kind, u64, usize)> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let digits = std::str::from_utf8(bytes.get(space + 1..end)?).ok()?;
    let size = digits.parse().ok().filter(|size: &u64| size.to_string() == digits)?;
    Some((Kind::parse(bytes.get(..space)?)?, size, end + 1))
}

/// The id that a path such as `objects/ab/cdef…` or an id by itself names.
pub(super) fn name(path_or_oid: &str) -> Option<Oid> {
    let path = path_or_oid.trim_end_matches('/');
    let file = path.rsplit('/').next()?;
    Oid::parse(file).ok().or_else(|| {
        let folder = path.rsplit('/').nth(1).filter(|folder| folder.len() == 2)?;
        Oid::parse(&format!("{folder}{file}")).ok()
    })
}
