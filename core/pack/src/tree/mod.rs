//! Floor 4: Git trees as bytes, for the two adapters that read them: parsed and checked once, and what differs between two.
//! A tree that Git writes is sorted and has no name twice; what is not is refused. Needs neither Git nor files.

mod diff;

use std::cmp::Ordering;

use refmark_engine::snapshot::{Entry, Mode};
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

pub use diff::{Trees, between};

const FOLDER: u32 = 0o40000;
const FILE: u32 = 0o100644;

/// A parsed tree: its raw bytes, and where the entries are in them.
pub struct Tree {
    raw: Vec<u8>,
    entries: Vec<Span>,
    id_length: usize,
}

#[derive(Clone, Copy)]
struct Span {
    name: u32,
    id: u32,
    mode: u32,
}

/// One entry with its name as Git has it.
#[derive(Clone, Copy)]
pub struct RawEntry<'t> {
    /// The name, as bytes.
    pub name: &'t [u8],
    /// The mode as a number, such as 0o100644.
    pub mode: u32,
    /// The id of the object behind it.
    pub id: &'t [u8],
}

impl RawEntry<'_> {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.mode == FOLDER
    }

    /// The mode as the engine knows it.
    pub fn mode(&self) -> Mode {
        mode_of(self.mode)
    }

    /// The id of the object behind it. An error where it has an odd length.
    pub fn oid(&self) -> Result<Oid> {
        Oid::from_bytes(self.id)
    }

    /// The entry with its name spelled as text.
    pub fn entry(&self) -> Result<Entry> {
        Ok(Entry { name: spell(self.name), mode: self.mode(), oid: self.oid()? })
    }

    /// Git's order: a folder's name counts as if `/` followed it.
    pub fn order(&self, other: &RawEntry<'_>) -> Ordering {
        let common = self.name.len().min(other.name.len());
        let (one, two) = (self.name.split_at(common), other.name.split_at(common));
        one.0.cmp(two.0).then_with(|| self.next(one.1).cmp(&other.next(two.1)))
    }

    fn next(&self, rest: &[u8]) -> Option<u8> {
        rest.first().copied().or(self.is_folder().then_some(b'/'))
    }
}

/// What a mode's number means to the registry.
pub fn mode_of(mode: u32) -> Mode {
    match mode {
        FILE => Mode::File,
        FOLDER => Mode::Folder,
        other => Mode::Odd(other),
    }
}

impl Tree {
    /// The tree without entries.
    pub fn empty() -> Tree {
        Tree { raw: Vec::new(), entries: Vec::new(), id_length: 20 }
    }

    /// Parses a tree's bytes, whose ids have 20 or 32 bytes. An error `bad-tree` for truncation, an unsorted or repeated name, a name that is empty or has
    /// a slash, `.` and `..`.
    pub fn parse(raw: Vec<u8>, id_length: usize, id: Oid) -> Result<Tree> {
        let mut entries: Vec<Span> = Vec::new();
        let mut at = 0;
        while at < raw.len() {
            let (mode, name) =
                parse_mode(&raw, at).ok_or_else(|| bad_tree(id, &format!("a broken mode at byte {at}")))?;
            let length = raw[name..].iter().position(|byte| *byte == 0);
            let end = length.map(|length| name + length).filter(|end| end + 1 + id_length <= raw.len());
            let end = end.ok_or_else(|| bad_tree(id, &format!("a truncated entry at byte {at}")))?;
            let text = &raw[name..end];
            if text.is_empty() || text == b"." || text == b".." || text.contains(&b'/') {
                return Err(bad_tree(id, &format!("the name `{}`", spell(text))));
            }
            entries.push(Span { name: name as u32, id: end as u32 + 1, mode });
            at = end + 1 + id_length;
        }
        let tree = Tree { raw, entries, id_length };
        tree.check_order(id)?;
        Ok(tree)
    }

    fn check_order(&self, id: Oid) -> Result<()> {
        for (at, pair) in self.entries.windows(2).enumerate() {
            let (one, next) = (self.raw_entry(pair[0]), self.raw_entry(pair[1]));
            if one.order(&next).is_ge() {
                return Err(bad_tree(id, &format!("entry {} (`{}`) out of order", at + 1, spell(next.name))));
            }
        }
        // A file and a folder of one name stand apart in Git's order, so order alone does not refuse them.
        for span in self.entries.iter().filter(|span| span.mode == FOLDER) {
            let name = self.raw_entry(*span).name;
            if self.search(name, false).is_some() {
                return Err(bad_tree(id, &format!("`{}` twice", spell(name))));
            }
        }
        Ok(())
    }

    fn raw_entry(&self, span: Span) -> RawEntry<'_> {
        let id = span.id as usize;
        RawEntry {
            name: &self.raw[span.name as usize..id - 1],
            mode: span.mode,
            id: &self.raw[id..id + self.id_length],
        }
    }

    fn search(&self, name: &[u8], folder: bool) -> Option<RawEntry<'_>> {
        let wanted = RawEntry { name, mode: if folder { FOLDER } else { FILE }, id: &[] };
        let at = self.entries.binary_search_by(|span| self.raw_entry(*span).order(&wanted));
        let found = at.ok().and_then(|at| self.entries.get(at)).map(|span| self.raw_entry(*span));
        // To Git's order a file `a/` and a folder `a` are the same.
        found.filter(|entry| entry.name == name)
    }

    /// The entry of a name, spelled as [`spell`] spells it.
    pub fn get(&self, name: &str) -> Option<RawEntry<'_>> {
        if name.contains('\\') {
            return self.iter().find(|entry| spell(entry.name) == name);
        }
        self.search(name.as_bytes(), false).or_else(|| self.search(name.as_bytes(), true))
    }

    /// The entries in Git's order.
    pub fn iter(&self) -> impl Iterator<Item = RawEntry<'_>> {
        self.entries.iter().map(|span| self.raw_entry(*span))
    }

    /// Bytes that it takes in memory.
    pub fn cost(&self) -> usize {
        self.raw.len() + self.entries.len() * size_of::<Span>() + 128
    }
}

fn bad_tree(id: Oid, what: &str) -> Box<Error> {
    Error::new(Code::BadTree, format!("Git tree {id} has {what}"))
        .hint("no Git program writes such a tree; `git fsck` names the commit that brought it")
        .field("object", id)
}

/// The mode's number, and where the name behind it begins.
fn parse_mode(raw: &[u8], from: usize) -> Option<(u32, usize)> {
    let mut mode = 0u32;
    for (count, byte) in raw[from..].iter().enumerate() {
        match byte {
            b' ' if count > 0 => return Some((mode, from + count + 1)),
            b'0'..=b'7' if count < 7 => mode = mode * 8 + u32::from(byte - b'0'),
            _ => return None,
        }
    }
    None
}

/// A name as text: bytes that are not UTF-8, and the backslash itself, are written `\xNN`, so that no two names meet.
pub fn spell(name: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(name)
        && !text.contains('\\')
    {
        return text.to_owned();
    }
    let mut out = String::new();
    for chunk in name.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\\' => out.push_str("\\x5c"),
                other => out.push(other),
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut raw = Vec::new();
        for (mode, name) in entries {
            raw.extend_from_slice(mode.as_bytes());
            raw.push(b' ');
            raw.extend_from_slice(name);
            raw.push(0);
            raw.extend_from_slice(&[7; 20]);
        }
        raw
    }

    fn parse(raw: Vec<u8>) -> Result<Tree> {
        Tree::parse(raw, 20, Oid::from_bytes(&[1; 20]).unwrap())
    }

    #[test]
    fn names_that_git_sorts_apart_are_found_whatever_they_are() {
        let parsed = parse(tree(&[("100644", b"a-b"), ("40000", b"a"), ("100644", b"a0"), ("100755", b"b")])).unwrap();
        assert_eq!(parsed.get("a").unwrap().mode(), Mode::Folder);
        assert_eq!(parsed.get("a-b").unwrap().mode(), Mode::File);
        assert_eq!(parsed.get("b").unwrap().mode(), Mode::Odd(0o100755));
        assert!(parsed.get("a/").is_none() && parsed.get("").is_none() && parsed.get("c").is_none());
    }

    #[test]
    fn a_tree_that_git_would_not_write_is_an_error_and_never_a_panic() {
        let cases: &[Vec<u8>] = &[
            tree(&[("100644", b"b"), ("100644", b"a")]),
            tree(&[("100644", b"a"), ("100644", b"a")]),
            tree(&[("100644", b"a"), ("100644", b"a-"), ("40000", b"a")]),
            tree(&[("40000", b"..")]),
            tree(&[("100644", b"a/b")]),
            tree(&[("100644", b"")]),
            tree(&[("1006449999", b"a")]),
            b"100644".to_vec(),
            b" a\0".to_vec(),
        ];
        for raw in cases {
            assert_eq!(parse(raw.clone()).err().unwrap().code, Code::BadTree, "{raw:?}");
        }
        let good = tree(&[("100644", b"a"), ("40000", b"b")]);
        for end in 1..good.len() {
            assert_eq!(parse(good[..end].to_vec()).is_ok(), end == 29, "{end}");
        }
    }

    #[test]
    fn names_that_are_not_utf8_are_spelled_so_that_no_two_meet() {
        assert_eq!(spell(b"caf\xe9"), "caf\\xe9");
        assert_eq!(spell(b"caf\\xe9"), "caf\\x5cxe9");
        assert_eq!(spell("café".as_bytes()), "café");
        let parsed = parse(tree(&[("100644", b"caf\xe9")])).unwrap();
        assert!(parsed.get("caf\\xe9").is_some() && parsed.get("caf").is_none());
    }
}
