//! What differs between two trees: both are walked together, and only where they differ.

use std::cmp::Ordering;
use std::ops::Deref;

use super::{RawEntry, Tree, spell};
use refmark_engine::snapshot::{Change, Mode};
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// No layout is this deep. Git itself stops at 2,048.
const MAX_DEPTH: usize = 128;
/// One tree can name another many times over, so a few kilobytes can spell out a billion paths.
const MAX_CHANGES: usize = 1_000_000;

/// Where parsed trees come from.
pub trait Trees {
    /// A parsed tree, shared with a cache or not.
    type Handle: Deref<Target = Tree>;

    /// The tree of this id.
    fn tree(&self, id: Oid) -> Result<Self::Handle>;
}

/// The differing files between two trees (nothing: the empty tree), in path order.
pub fn between<T: Trees>(objects: &T, old: Option<Oid>, new: Option<Oid>) -> Result<Vec<Change>> {
    let mut walk = Walk { objects, out: Vec::new(), folders: 0 };
    walk.folder(old, new, &mut String::new(), 0)?;
    walk.out.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    Ok(walk.out)
}

struct Walk<'a, T> {
    objects: &'a T,
    out: Vec<Change>,
    folders: usize,
}

impl<T: Trees> Walk<'_, T> {
    fn folder(&mut self, old: Option<Oid>, new: Option<Oid>, path: &mut String, depth: usize) -> Result<()> {
        if old == new {
            return Ok(());
        }
        self.folders += 1;
        if depth > MAX_DEPTH || self.folders > MAX_CHANGES {
            return Err(Error::new(Code::BadTree, format!("the folders below `{path}` are too deep or too many"))
                .hint("no layout of refmark's comes near 128 levels or a million folders in one change"));
        }
        let (old, new) = (self.tree(old)?, self.tree(new)?);
        let (mut old, mut new) =
            (old.iter().flat_map(|tree| tree.iter()).peekable(), new.iter().flat_map(|tree| tree.iter()).peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => one.order(other),
            };
            let one = if order.is_le() { old.next() } else { None };
            let other = if order.is_ge() { new.next() } else { None };
            self.pair(one, other, path, depth)?;
        }
    }

    /// Two entries of one name, both folders or both not; either may be missing.
    fn pair(
        &mut self,
        old: Option<RawEntry<'_>>,
        new: Option<RawEntry<'_>>,
        path: &mut String,
        depth: usize,
    ) -> Result<()> {
        if let (Some(one), Some(other)) = (&old, &new)
            && one.id == other.id
            && one.mode == other.mode
        {
            return Ok(());
        }
        let Some(named) = old.or(new) else { return Ok(()) };
        let above = path.len();
        path.push_str(&spell(named.name));
        if named.is_folder() {
            path.push('/');
            let id = |entry: Option<RawEntry<'_>>| entry.map(|entry| entry.oid()).transpose();
            self.folder(id(old)?, id(new)?, path, depth + 1)?;
        } else {
            if self.out.len() >= MAX_CHANGES {
                return Err(Error::new(Code::TooLarge, format!("one change touches more than {MAX_CHANGES} files")));
            }
            self.out.push(Change { path: path.clone(), new: side(new)?, old: side(old)? });
        }
        path.truncate(above);
        Ok(())
    }

    fn tree(&self, id: Option<Oid>) -> Result<Option<T::Handle>> {
        id.map(|id| self.objects.tree(id)).transpose()
    }
}

fn side(entry: Option<RawEntry<'_>>) -> Result<Option<(Mode, Oid)>> {
    entry.map(|entry| Ok((entry.mode(), entry.oid()?))).transpose()
}
