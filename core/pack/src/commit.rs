//! A commit's own words, read from its bytes.

use refmark_engine::snapshot::CommitInfo;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// Parses a commit. `bad-pack` where it has no tree, or parents that are no ids.
pub fn parse(bytes: &[u8], id: Oid) -> Result<CommitInfo> {
    read(bytes, id)
        .ok_or_else(|| Error::new(Code::BadPack, format!("Git commit {id} cannot be read")).field("object", id))
}

fn read(bytes: &[u8], id: Oid) -> Option<CommitInfo> {
    let (tree, mut rest) = header(bytes, b"tree ")?;
    let tree = oid(tree, id)?;
    let mut parents = Vec::new();
    while let Some((parent, after)) = header(rest, b"parent ") {
        parents.push(oid(parent, id)?);
        rest = after;
    }
    // Who, when, encoding, signatures and whatever else stands in the header carry no authority: what anybody can push
    // without an address must not stop a reader.
    let (mut author, mut committer): (&[u8], &[u8]) = (b"", b"");
    while !rest.is_empty() && !rest.starts_with(b"\n") {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = rest.get(..end)?;
        author = line.strip_prefix(b"author ").unwrap_or(author);
        committer = line.strip_prefix(b"committer ").unwrap_or(committer);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    let person = author.iter().rposition(|byte| *byte == b'>').map_or(author.len(), |at| at + 1);
    Some(CommitInfo {
        id,
        tree,
        parents,
        time: Timestamp::from_unix(seconds(committer)),
        author: String::from_utf8_lossy(author.get(..person)?).into_owned(),
        message: String::from_utf8_lossy(rest.get(1..).unwrap_or_default()).into_owned(),
    })
}

/// The value of the header line that comes next, and what follows it.
fn header<'a>(bytes: &'a [u8], name: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let rest = bytes.strip_prefix(name)?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    Some((rest.get(..end)?, rest.get(end + 1..)?))
}

/// An id of the same length as the commit's own.
fn oid(hex: &[u8], like: Oid) -> Option<Oid> {
    let id = Oid::parse(std::str::from_utf8(hex).ok()?).ok()?;
    (id.as_bytes().len() == like.as_bytes().len()).then_some(id)
}

/// Seconds since 1970 after the committer's name; 0 where they cannot be read, as Git takes it.
fn seconds(committer: &[u8]) -> i64 {
    let after = committer.iter().rposition(|byte| *byte == b'>').map_or(committer.len(), |at| at + 1);
    let text = String::from_utf8_lossy(committer.get(after..).unwrap_or_default());
    text.split_whitespace().next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
}
