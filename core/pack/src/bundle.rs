//! The head of a Git bundle, version 2 or 3: what it needs, what it names, and where its pack begins.

use super::format::Format;
use refmark_types::oid::Oid;

/// More than any bundle's head has.
const MAX_LINES: usize = 1_000_000;

pub(super) struct Head {
    pub(super) format: Format,
    pub(super) refs: Vec<(String, Oid)>,
    /// Where the pack begins.
    pub(super) pack: usize,
}

/// Reads a bundle's head; says why not.
pub(super) fn head(bytes: &[u8]) -> Result<Head, &'static str> {
    const BROKEN: &str = "its head is not as Git writes it";
    let (mut rest, third) = match (bytes.strip_prefix(b"# v2 git bundle\n"), bytes.strip_prefix(b"# v3 git bundle\n")) {
        (Some(rest), _) => (rest, false),
        (_, Some(rest)) => (rest, true),
        _ => return Err("it is not a Git bundle of version 2 or 3"),
    };
    let mut head = Head { format: Format::Sha1, refs: Vec::new(), pack: 0 };
    for _ in 0..MAX_LINES {
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or(BROKEN)?;
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).ok_or(BROKEN)?;
        match line.first() {
            None => {
                head.pack = bytes.len() - rest.len();
                return Ok(head);
            }
            // Commits that the receiver is expected to have: what is not here shows when it is asked for.
            Some(b'-') => {}
            Some(b'@') if third => capability(line, &mut head)?,
            Some(_) => {
                let line = String::from_utf8_lossy(line);
                let (id, name) = line.split_once(' ').ok_or(BROKEN)?;
                head.refs.push((name.to_owned(), Oid::parse(id).map_err(|_| BROKEN)?));
            }
        }
    }
    Err(BROKEN)
}

fn capability(line: &[u8], head: &mut Head) -> Result<(), &'static str> {
    if let Some(word) = line.strip_prefix(b"@object-format=") {
        let known = Format::ALL.into_iter().find(|format| format.word().as_bytes() == word);
        head.format = known.ok_or("it has an object format that refmark does not know")?;
        return Ok(());
    }
    // What a filter left out shows when it is asked for.
    if line.starts_with(b"@filter=") { Ok(()) } else { Err("it needs a capability that refmark does not know") }
}
