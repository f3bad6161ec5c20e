//! What this reader keeps of the newest head that it verified. A cache of its own work: it may be deleted at any time.

use super::open::Registry;
use crate::blob::host::unique_name;
use crate::judgement::snapshot::History;
use crate::judgement::verify::Remembered;
use crate::words::digest::Digest;
use crate::words::fault::Result;
use crate::words::oid::Oid;

/// So many heads are kept beside the newest one, so that the last promotions are reviewed without a walk from the start.
const KEPT: u64 = 16;

impl Registry {
    fn remembered_path(&self) -> std::path::PathBuf {
        self.work_folder().join("remembered.json")
    }

    /// What was remembered, where it can be read. What cannot is as good as nothing.
    pub(super) fn remembered(&self) -> Option<Remembered> {
        let bytes = std::fs::read(self.remembered_path()).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Remembers a good head. A registry that cannot be written is read all the same, only not as fast.
    pub(super) fn remember(&self, remembered: &Remembered) -> Result<()> {
        let path = self.remembered_path();
        let text = serde_json::to_vec(remembered).map_err(crate::words::fault::bug)?;
        let folder = self.work_folder();
        if std::fs::create_dir_all(&folder).is_err() {
            return Ok(());
        }
        // Not synced: after a power cut an older one, or none, is as right.
        let staged = folder.join(format!(".remembered.{}", unique_name()));
        if std::fs::write(&staged, text).and_then(|()| std::fs::rename(&staged, &path)).is_err() {
            let _ = std::fs::remove_file(&staged);
            return Ok(());
        }
        let kept = self.kept_path(remembered);
        let _ = std::fs::remove_file(&kept);
        let _ = std::fs::hard_link(&path, &kept);
        Ok(())
    }

    /// Where a head is kept beside the newest one: sixteen places, by the number of its commits.
    fn kept_path(&self, remembered: &Remembered) -> std::path::PathBuf {
        self.work_folder().join(format!("remembered-{:02}.json", remembered.commits % KEPT))
    }

    /// Keeps a head that is not the newest one.
    pub(super) fn remember_beside(&self, remembered: &Remembered) {
        let Ok(text) = serde_json::to_vec(remembered) else { return };
        let staged = self.work_folder().join(format!(".remembered.{}", unique_name()));
        let kept = self.kept_path(remembered);
        if std::fs::write(&staged, text).and_then(|()| std::fs::rename(&staged, &kept)).is_err() {
            let _ = std::fs::remove_file(&staged);
        }
    }

    /// The newest of the kept heads that is a commit or on the first-parent chain behind it, under this pin.
    pub(super) fn remembered_behind(&self, commit: Oid, pin: Option<Digest>) -> Result<Option<Remembered>> {
        let folder = self.work_folder();
        let read = |name: String| serde_json::from_slice::<Remembered>(&std::fs::read(folder.join(name)).ok()?).ok();
        let kept = (0..KEPT).filter_map(|slot| read(format!("remembered-{slot:02}.json")));
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
