//! Worktrees that a move of the registry's branch leaves behind. refmark never touches a worktree or its index, so that
//! the next ordinary commit there would take back what was just written.

use std::path::PathBuf;

use crate::Context;
use crate::registry::{Registry, Sharing};
use refmark_query::review::quoted;
use refmark_types::error::Result;
use refmark_types::oid::Oid;

/// Where a registry stood before a command, for what is told after it.
pub struct CheckedOut {
    registry: PathBuf,
    before: Oid,
}

impl Sharing<'_> {
    /// Where the registry stands, where its branch is checked out somewhere; nothing where it is not.
    pub fn checked_out(&self) -> Result<Option<CheckedOut>> {
        match self.registry.repo.checked_out_at(&self.registry.branch)?.is_empty() {
            true => Ok(None),
            false => Ok(Some(CheckedOut { registry: self.registry.path().to_owned(), before: self.registry.head()? })),
        }
    }
}

impl CheckedOut {
    /// Each worktree whose files the branch has left behind, and the command that takes them along without touching what
    /// somebody changed there.
    pub fn left_behind(&self, world: Context) -> Result<Vec<(PathBuf, String)>> {
        let registry = Registry::open(&self.registry, world)?;
        let head = registry.head()?;
        if head == self.before {
            return Ok(Vec::new());
        }
        let worktrees = registry.repo.checked_out_at(&registry.branch)?.into_iter();
        let place = |at: &PathBuf| quoted(&at.display().to_string());
        let command = |at: &PathBuf| format!("git -C {} read-tree -m -u {} {head}", place(at), self.before);
        Ok(worktrees.map(|at| (at.clone(), command(&at))).collect())
    }
}
