//! `gc` and `unlock`: clearing up, under the writer's lock.

use crate::registry::Maintenance;
use std::path::PathBuf;

use serde::Serialize;

use crate::registry::Registry;
use refmark_store::blob::{KEEP_SECONDS, LeftOver};
use refmark_store::fs::lock::{Holder, sweep as sweep_rights, unlock};
use refmark_store::fs::sibling::left_over;
use refmark_store::git::program::GitProgram;
use refmark_types::error::Result;

/// What clearing up removed, or would remove.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GcAnswer {
    /// Whether nothing was removed, only looked at.
    pub dry_run: bool,
    /// Deleted blobs that were in the trash for more than two weeks.
    pub trash: u64,
    /// Their bytes.
    pub trash_bytes: u64,
    /// Deleted blobs that stay in the trash until two weeks have passed.
    pub trash_kept: u64,
    /// Temporary files that dead processes left.
    pub leftovers: u64,
    /// Their bytes.
    pub leftover_bytes: u64,
    /// Git objects that nothing reaches and that are older than two weeks.
    pub unreachable: u64,
    /// How many loose objects and packs Git had before.
    pub loose_objects: u64,
    /// The size of Git's data before, in bytes.
    pub git_bytes: u64,
    /// The size of Git's data now, in bytes.
    pub git_bytes_after: u64,
}

impl Maintenance<'_> {
    /// Removes what nobody needs: trash and unreachable Git objects older than two weeks, and what dead processes left;
    /// then packs Git's objects with fresh deltas. With `dry_run` it only says what it would do.
    pub fn gc(&self, git: &dyn GitProgram, dry_run: bool) -> Result<GcAnswer> {
        let now = self.registry.world.clock.now();
        let (trash, trash_bytes, trash_kept) = self.registry.store.trash_due(now)?;
        let unreachable =
            git.run(self.registry.repo.git_dir(), false, &["prune", "--dry-run", "--expire=2.weeks.ago"])?;
        let before = git.run(self.registry.repo.git_dir(), false, &["count-objects", "-v"])?;
        let left = self.registry.leftovers()?;
        let mut answer = GcAnswer {
            dry_run,
            trash,
            trash_bytes,
            trash_kept,
            leftovers: left.files,
            leftover_bytes: left.bytes,
            unreachable: unreachable.lines().count() as u64,
            loose_objects: counted(&before, "count"),
            git_bytes: size_of(&before),
            git_bytes_after: size_of(&before),
        };
        if dry_run {
            return Ok(answer);
        }
        // Before the lock: on a full disk this is what makes room for it.
        self.registry.sweep()?;
        let _lock = self.registry.begin()?;
        self.registry.finish_deletes()?;
        answer.trash = self.registry.store.empty_trash(now)?;
        answer.trash_kept = self.registry.store.trash_due(now)?.2;
        git.gc(self.registry.repo.git_dir())?;
        answer.git_bytes_after = size_of(&git.run(self.registry.repo.git_dir(), false, &["count-objects", "-v"])?);
        Ok(answer)
    }

    /// Clears the writer's lock by hand, whoever holds it. Returns the holder where one could be read; an error with code
    /// `nothing-to-do` where there is no lock.
    pub fn unlock(&self) -> Result<Option<Holder>> {
        unlock(&*self.registry.world.disk, &self.registry.lock_path())
    }

    /// For how long, in seconds, deleted blobs can be brought back.
    pub const TRASH_SECONDS: i64 = KEEP_SECONDS;
}

impl Registry {
    /// Removes what processes that are gone left of their work, in every folder that is the registry's own.
    pub(crate) fn sweep(&self) -> Result<()> {
        let disk = &*self.world.disk;
        self.left_over().iter().try_for_each(|path| disk.remove_tree(path))?;
        self.store.sweep()?;
        sweep_rights(disk, &self.lock_path())
    }

    /// What [`Registry::sweep`] would remove.
    pub(crate) fn leftovers(&self) -> Result<LeftOver> {
        Ok(self.store.leftovers()? + LeftOver::of(&self.left_over()))
    }

    fn left_over(&self) -> Vec<PathBuf> {
        let work = self.work_folder();
        let own = [self.git_dir().to_owned(), self.git_dir().join("hooks"), self.own_folder(), work];
        own.iter().chain(&self.world.places.config).flat_map(|folder| left_over(folder)).collect()
    }
}

/// A number in what `git count-objects -v` printed.
fn counted(said: &str, name: &str) -> u64 {
    let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

/// Loose objects and packs together; Git counts in KiB.
fn size_of(said: &str) -> u64 {
    (counted(said, "size") + counted(said, "size-pack")) * 1024
}
