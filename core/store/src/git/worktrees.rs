//! The worktrees of a repository: which of them have a branch checked out.

use std::fs;
use std::path::{Path, PathBuf};

use super::open::read_config;
use super::refs::REF_LIMIT;
use super::repo::Repo;
use crate::fs::read::read_text_bounded;
use refmark_types::error::Result;

impl Repo {
    /// The worktrees in which a branch is checked out. Moving such a branch leaves their files behind it.
    pub fn checked_out_at(&self, branch: &str) -> Result<Vec<PathBuf>> {
        let wanted = format!("ref: refs/heads/{branch}");
        let common = &self.refs.common_dir;
        let at = |git_dir: &Path| {
            let text = read_text_bounded(&git_dir.join("HEAD"), REF_LIMIT).ok().flatten();
            text.is_some_and(|text| text.trim_end() == wanted)
        };
        let mut found = Vec::new();
        if !self.bare && at(common) {
            found.push(self.main_worktree());
        }
        for entry in fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten() {
            if at(&entry.path()) {
                let named = read_text_bounded(&entry.path().join("gitdir"), 1 << 16).ok().flatten().unwrap_or_default();
                found.push(Path::new(named.trim_end()).parent().unwrap_or(&entry.path()).to_owned());
            }
        }
        Ok(found)
    }

    /// Where the main worktree is: beside `.git`, or where `core.worktree` says, as it does in a submodule.
    fn main_worktree(&self) -> PathBuf {
        let common = &self.refs.common_dir;
        let named = read_config(common).ok().and_then(|it| it.string("core.worktree").map(|it| it.to_string()));
        let named = named.and_then(|named| fs::canonicalize(common.join(named)).ok());
        named.unwrap_or_else(|| common.parent().unwrap_or(common).to_owned())
    }
}
