//! One Git tree, parsed and checked: sorted, no name twice. What Git writes is such; what is not is refused.

use std::cmp::Ordering;
use std::rc::Rc;

use super::format::Format;
use crate::judgement::snapshot::{Entry, Mode};
use crate::words::fault::{Code, Fault, Result};
use crate::words::oid::Oid;

const FOLDER: u32 = 0o40000;
const FILE: u32 = 0o100644;

/// A parsed tree: its raw bytes, and where the entries are in them.
pub(super) struct Tree {
    raw: Rc<Vec<u8>>,
    entries: Vec<Span>,
    width: usize,
}

#[derive(Clone, Copy)]
struct Span {
    name: u32,
    id: u32,
    mode: u32,
}

/// One entry with its name as Git has it.
#[derive(Clone, Copy)]
pub(super) struct RawEntry<'t> {
    pub(super) name: &'t [u8],
    pub(super) mode: u32,
    pub(super) id: &'t [u8],
}

impl RawEntry<'_> {
    pub(super) fn is_folder(&self) -> bool {
        self.mode == FOLDER
    }

    pub(super) fn mode(&self) -> Mode {
        match self.mode {
            FILE => Mode::File,
            FOLDER => Mode::Folder,
            other => Mode::Odd(other),
        }
    }

    pub(super) fn oid(&self) -> Result<Oid> {
        Oid::from_bytes(self.id)
    }

    pub(super) fn entry(&self) -> Result<Entry> {
        Ok(Entry { name: spell(self.name), mode: self.mode(), oid: self.oid()? })
    }

    /// Git's order: a folder's name counts as if `/` followed it.
    pub(super) fn order(&self, other: &RawEntry<'_>) -> Ordering {
        self.key().cmp(other.key())
    }

    fn key(&self) -> impl Iterator<Item = u8> {
        self.name.iter().copied().chain(self.is_folder().then_some(b'/'))
    }
}

impl Tree {
    /// The tree without entries.
    pub(super) fn empty() -> Tree {
        Tree { raw: Rc::default(), entries: Vec::new(), width: 20 }
    }

    /// Parses a tree's bytes. A fault `bad-tree` for truncation, an unsorted or repeated name, a name that is empty or has
    /// a slash, `.` and `..`.
    pub(super) fn parse(raw: Rc<Vec<u8>>, format: Format, id: Oid) -> Result<Tree> {
        let mut tree = Tree { raw, entries: Vec::new(), width: format.width() };
        let mut at = 0;
        while at < tree.raw.len() {
            let span = tree.span(at).ok_or_else(|| bad_tree(id, &format!("a broken entry at byte {at}")))?;
            let name = tree.raw_entry(span).name;
            if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') {
                return Err(bad_tree(id, &format!("the name `{}`", spell(name))));
            }
            at = span.id as usize + tree.width;
            tree.entries.push(span);
        }
        tree.check_order(id)?;
        Ok(tree)
    }

    /// The entry that begins at a byte: mode, a space, the name, a zero byte, the id.
    fn span(&self, at: usize) -> Option<Span> {
        let rest = self.raw.get(at..)?;
        let space = rest.iter().take(8).position(|byte| *byte == b' ')?;
        let digits = rest.get(..space).filter(|digits| !digits.is_empty())?;
        let mut mode = 0u32;
        for digit in digits {
            mode = mode * 8 + u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 8)?);
        }
        let zero = space + 1 + rest.get(space + 1..)?.iter().position(|byte| *byte == 0)?;
        let whole = rest.len() >= zero + 1 + self.width;
        // Trees are far below 4 GiB: the reader of objects sees to it.
        whole.then_some(Span { name: (at + space + 1) as u32, id: (at + zero + 1) as u32, mode })
    }

    fn check_order(&self, id: Oid) -> Result<()> {
        for (one, next) in self.iter().zip(self.iter().skip(1)) {
            if one.order(&next).is_ge() {
                return Err(bad_tree(id, &format!("`{}` out of order", spell(next.name))));
            }
        }
        // A file and a folder of one name stand apart in Git's order, so order alone does not refuse them.
        for entry in self.iter().filter(RawEntry::is_folder) {
            if self.search(entry.name, FILE).is_some() {
                return Err(bad_tree(id, &format!("`{}` twice", spell(entry.name))));
            }
        }
        Ok(())
    }

    fn raw_entry(&self, span: Span) -> RawEntry<'_> {
        let id = span.id as usize;
        RawEntry {
            name: self.raw.get(span.name as usize..id - 1).unwrap_or_default(),
            mode: span.mode,
            id: self.raw.get(id..id + self.width).unwrap_or_default(),
        }
    }

    /// The entry of a name, as a folder or as anything else.
    fn search(&self, name: &[u8], mode: u32) -> Option<RawEntry<'_>> {
        let wanted = RawEntry { name, mode, id: &[] };
        let at = self.entries.binary_search_by(|span| self.raw_entry(*span).order(&wanted));
        let found = at.ok().and_then(|at| self.entries.get(at)).map(|span| self.raw_entry(*span));
        found.filter(|entry| entry.name == name)
    }

    /// The entry of a name, spelled as [`spell`] spells it.
    pub(super) fn get(&self, name: &str) -> Option<RawEntry<'_>> {
        if name.contains('\\') {
            return self.iter().find(|entry| spell(entry.name) == name);
        }
        self.search(name.as_bytes(), FILE).or_else(|| self.search(name.as_bytes(), FOLDER))
    }

    /// The entries in Git's order.
    pub(super) fn iter(&self) -> impl Iterator<Item = RawEntry<'_>> {
        self.entries.iter().map(|span| self.raw_entry(*span))
    }
}

fn bad_tree(id: Oid, what: &str) -> Box<Fault> {
    Fault::new(Code::BadTree, format!("Git tree {id} has {what}"))
        .hint("no Git program writes such a tree; `git fsck` names the commit that brought it")
        .field("object", id)
}

/// A name as text: bytes that are not UTF-8, and the backslash itself, are written `\xNN`, so that no two names meet.
pub(super) fn spell(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        out.push_str(&chunk.valid().replace('\\', "\\x5c"));
        for byte in chunk.invalid() {
            out.push_str("\\x");
            for digit in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(u32::from(digit), 16));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(entries: &[(&str, &[u8])]) -> Vec<u8> {
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
        Tree::parse(Rc::new(raw), Format::Sha1, Oid::from_bytes(&[1; 20]).unwrap())
    }

    #[test]
    fn names_that_git_sorts_apart_are_found_whatever_they_are() {
        let tree = parse(raw(&[("100644", b"a-b"), ("40000", b"a"), ("100644", b"a0"), ("100755", b"b")])).unwrap();
        assert_eq!(tree.get("a").unwrap().mode(), Mode::Folder);
        assert_eq!(tree.get("a-b").unwrap().mode(), Mode::File);
        assert_eq!(tree.get("b").unwrap().mode(), Mode::Odd(0o100755));
        assert!(tree.get("a/").is_none() && tree.get("").is_none() && tree.get("c").is_none());
    }

    #[test]
    fn a_tree_that_git_would_not_write_is_a_fault_and_never_a_panic() {
        let cases = [
            raw(&[("100644", b"b"), ("100644", b"a")]),
            raw(&[("100644", b"a"), ("100644", b"a")]),
            raw(&[("100644", b"a"), ("100644", b"a-"), ("40000", b"a")]),
            raw(&[("40000", b"..")]),
            raw(&[("100644", b"a/b")]),
            raw(&[("100644", b"")]),
            raw(&[("10064499", b"a")]),
            raw(&[("1006x4", b"a")]),
            b"100644".to_vec(),
            b" a\0".to_vec(),
        ];
        for bytes in cases {
            assert_eq!(parse(bytes.clone()).err().unwrap().code, Code::BadTree, "{bytes:?}");
        }
        let good = raw(&[("100644", b"a"), ("40000", b"b")]);
        for end in 1..good.len() {
            assert_eq!(parse(good[..end].to_vec()).is_ok(), end == 29, "{end}");
        }
    }

    #[test]
    fn names_that_are_not_utf8_are_spelled_so_that_no_two_meet() {
        assert_eq!(spell(b"caf\xe9"), "caf\\xe9");
        assert_eq!(spell(b"caf\\xe9"), "caf\\x5cxe9");
        assert_eq!(spell("café".as_bytes()), "café");
        let tree = parse(raw(&[("100644", b"caf\xe9")])).unwrap();
        assert!(tree.get("caf\\xe9").is_some() && tree.get("caf").is_none());
    }
}
