//! What this reader keeps of the newest head that it verified. A cache of its own work: it may be deleted at any time.

use crate::registry::Registry;
use crate::view::reader_folder::read_own;
use refmark_engine::snapshot::History;
use refmark_engine::verify::Remembered;
use refmark_store::fs::durable::replace_cache;
use refmark_types::digest::Digest;
use refmark_types::error::Result;
use refmark_types::oid::Oid;

/// So many heads are kept beside the newest one, so that the last promotions are reviewed without a walk from the start.
pub(crate) const KEPT: usize = 16;

impl Registry {
    /// What was remembered, where it can be read. What cannot is as good as nothing.
    pub(crate) fn remembered(&self) -> Option<Remembered> {
        parsed(&self.own_folder().join("newest.json"))
    }

    /// Remembers a good head. A registry that cannot be written is read all the same, only not as fast.
    pub(crate) fn remember(&self, remembered: &Remembered) -> Result<()> {
        let text = serde_json::to_vec(remembered).map_err(refmark_types::error::bug)?;
        let Some(folder) = self.make_own_folder() else { return Ok(()) };
        let (disk, newest) = (&*self.world.disk, folder.join("newest.json"));
        if replace_cache(disk, &newest, &text, 0o600).is_ok() {
            let kept = folder.join(kept_name(remembered));
            let _ = disk.remove(&kept);
            let _ = disk.link(&newest, &kept);
        }
        Ok(())
    }

    /// Whether another process has remembered a head that follows this one.
    pub(crate) fn has_seen_more(&self, than: &Remembered) -> Result<bool> {
        // More than a few commits ahead is no race; and a longer history need not be the same one.
        const A_FEW: u64 = 256;
        let Some(seen) = self.remembered() else { return Ok(false) };
        let ahead = seen.commits.saturating_sub(than.commits);
        if ahead == 0 || ahead > A_FEW {
            return Ok(false);
        }
        let mut at = seen.head;
        for _ in 0..ahead {
            match self.repo.commit(at)?.parents.first() {
                Some(parent) => at = *parent,
                None => return Ok(false),
            }
        }
        Ok(at == than.head)
    }

    /// Forgets every head that was seen.
    pub(crate) fn forget(&self) {
        let (disk, folder) = (&*self.world.disk, self.own_folder());
        let kept = (0..KEPT).map(|slot| format!("{slot:02}.json"));
        for name in ["newest.json".to_owned(), "origin.json".to_owned()].into_iter().chain(kept) {
            let _ = disk.remove(&folder.join(name));
        }
    }

    /// Keeps a head that is not the newest one.
    pub(crate) fn remember_beside(&self, remembered: &Remembered) {
        let (Ok(text), Some(folder)) = (serde_json::to_vec(remembered), self.make_own_folder()) else { return };
        let _ = replace_cache(&*self.world.disk, &folder.join(kept_name(remembered)), &text, 0o600);
    }

    /// The newest of the kept heads that is a commit or on the first-parent chain behind it, under this pin.
    pub(crate) fn remembered_behind(&self, commit: Oid, pin: Option<Digest>) -> Result<Option<Remembered>> {
        let folder = self.own_folder();
        let kept = (0..KEPT).filter_map(|slot| parsed(&folder.join(format!("{slot:02}.json"))));
        let mut all: Vec<Remembered> = self.remembered().into_iter().chain(kept).filter(|it| it.root == pin).collect();
        let mut at = Some(commit).filter(|_| !all.is_empty());
        while let Some(id) = at {
            if let Some(found) = all.iter().position(|it| it.head == id) {
                return Ok(Some(all.swap_remove(found)));
            }
            at = self.repo.commit(id)?.parents.first().copied();
        }
        Ok(None)
    }
}

/// Where a head is kept beside the newest one: sixteen places, by the number of its commits.
fn kept_name(remembered: &Remembered) -> String {
    format!("{:02}.json", remembered.commits % KEPT as u64)
}

fn parsed(path: &std::path::Path) -> Option<Remembered> {
    serde_json::from_slice(&read_own(path)?).ok()
}

#[cfg(test)]
mod tests {
    use super::KEPT;
    use crate::pins::tests::Stage1;
    use crate::tests::{key, registry};
    use crate::write::transaction::identity;
    use refmark_engine::ports::store::{NewCommit, RecordStore};
    use refmark_engine::snapshot::History;
    use refmark_types::error::Code;
    use refmark_types::name::PrincipalId;
    use refmark_types::time::Timestamp;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn who_comes_late_reads_the_older_head_and_does_not_forget_the_newer_one() {
        let stage = Stage1::new();
        let registry = stage.registry();
        let older = registry.head().unwrap();
        let newer = stage.promote(&registry, 2).commit;
        assert_eq!(registry.remembered().unwrap().head, newer);
        // Another process moved the branch and remembered it after this one had read the head.
        assert_eq!(registry.view_of(older).unwrap().head, older);
        assert_eq!(registry.remembered().unwrap().head, newer);
        let mut late = registry.remembered().unwrap();
        (late.head, late.commits) = (older, late.commits - 1);
        assert!(registry.has_seen_more(&late).unwrap());
        // A branch that was moved back is no older head.
        registry.repo().move_branch(registry.branch(), Some(newer), older).unwrap();
        assert_eq!(registry.view().err().unwrap().code, Code::HistoryRewritten);
    }

    #[test]
    fn the_first_reader_of_a_long_history_reviews_its_newest_commit_without_another_walk() {
        let stage = Stage1::new();
        let registry = stage.registry();
        let snapshot = registry.head().unwrap();
        let who = identity(&PrincipalId::parse("ada").unwrap());
        let mut head = snapshot;
        for number in 0..270 {
            let change = NewCommit {
                parents: vec![head],
                files: vec![("README.md".to_owned(), format!("{number}\n").into_bytes())],
                removals: Vec::new(),
                message: "a note".to_owned(),
                author: who.clone(),
                committer: who.clone(),
                time: Timestamp::from_unix(1_800_000_000 + number),
                sign: None,
            };
            head = registry.repo.write(&change).unwrap();
        }
        registry.repo.move_branch(registry.branch(), Some(snapshot), head).unwrap();
        std::fs::remove_dir_all(registry.own_folder()).unwrap();
        let newest = registry.view().unwrap();
        let before = registry.repo.commit(head).unwrap().parents[0];
        let kept = registry.remembered_behind(before, newest.pin).unwrap().unwrap();
        assert_eq!(kept.commits + KEPT as u64 - 1, registry.remembered().unwrap().commits);
    }

    #[test]
    fn what_somebody_else_could_have_written_is_not_believed() {
        let home = tempfile::tempdir().unwrap();
        let registry = registry(home.path(), &key(1));
        registry.view().unwrap();
        let path = registry.own_folder().join("newest.json");
        assert!(registry.remembered().is_some());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(registry.remembered().is_none(), "a file that others can write is no memory");
        registry.view().unwrap();
        assert!(registry.remembered().is_some(), "and is written anew");
        let moved = home.path().join("elsewhere.json");
        std::fs::rename(&path, &moved).unwrap();
        std::os::unix::fs::symlink(&moved, &path).unwrap();
        assert!(registry.remembered().is_none(), "nor is a link");
    }
}
