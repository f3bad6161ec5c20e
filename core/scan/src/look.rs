//! How far one inspection goes into archives: how deep, and how much it inflates in all.

use std::cell::Cell;

/// How deep archives in archives are looked into.
const DEPTH_LIMIT: u32 = 3;
/// How much one inspection inflates in all, so that no nesting of bombs costs more than this.
pub(super) const INFLATE_LIMIT: usize = 256 << 20;

/// Handed down from an archive to its members.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    depth: u32,
    left: &'a Cell<usize>,
}

impl<'a> Look<'a> {
    /// A look at a file, with what may be inflated of it.
    pub(super) fn new(left: &'a Cell<usize>) -> Look<'a> {
        Look { depth: 0, left }
    }

    /// A look at a member.
    pub(super) fn deeper(self) -> Look<'a> {
        Look { depth: self.depth + 1, ..self }
    }

    /// Whether it goes too deep.
    pub(super) fn is_too_deep(self) -> bool {
        self.depth > DEPTH_LIMIT
    }

    /// How much may still be inflated.
    pub(super) fn left(self) -> usize {
        self.left.get()
    }

    /// Takes off what was inflated.
    pub(super) fn spend(self, bytes: usize) {
        self.left.set(self.left.get().saturating_sub(bytes));
    }
}
