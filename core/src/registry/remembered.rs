//! What this reader keeps of the newest head that it verified. A cache of its own work: it may be deleted at any time.

use super::open::Registry;
use crate::blob::host::unique_name;
use crate::judgement::verify::Remembered;
use crate::words::fault::Result;

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
        }
        Ok(())
    }
}
