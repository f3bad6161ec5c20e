//! Disks that stand in for a crash, for one without hard links, and for none at all to wait for.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use crate::blob::disk::{Disk, RealDisk};
use crate::words::fault::{Code, Fault, Result};

/// The real disk, but that nothing waits for it: for tests that are about something else.
pub struct Unsynced {
    /// Whether files may have a second name.
    pub links: bool,
}

impl Disk for Unsynced {
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let made = std::fs::File::create_new(path).and_then(|mut file| std::io::Write::write_all(&mut file, bytes));
        made.and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)))
            .map_err(|error| crate::blob::disk::io_fault("create", path, &error))
    }
    fn sync_file(&self, _: &File, _: &Path) -> Result<()> {
        Ok(())
    }
    fn sync_dir(&self, path: &Path) -> Result<()> {
        if path.is_dir() { Ok(()) } else { Err(Fault::new(Code::Io, "no such folder to sync")) }
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        RealDisk.rename(from, to)
    }
    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<bool> {
        RealDisk.rename_noreplace(from, to)
    }
    fn link(&self, from: &Path, to: &Path) -> Result<bool> {
        if self.links { RealDisk.link(from, to) } else { Err(Fault::new(Code::Unsupported, "no hard links here")) }
    }
    fn remove(&self, path: &Path) -> Result<()> {
        RealDisk.remove(path)
    }
    fn make_dirs(&self, path: &Path) -> Result<Vec<PathBuf>> {
        RealDisk.make_dirs(path)
    }
}

/// Does so many durable steps and then none, also of those that would tidy up: the process is dead. The file that it dies
/// over is left half-written.
pub struct Dying {
    left: AtomicI64,
    disk: Unsynced,
}

impl Dying {
    /// A disk whose process dies before the step after these.
    pub fn after(steps: i64) -> Dying {
        Dying { left: AtomicI64::new(steps), disk: Unsynced { links: true } }
    }

    /// Whether the process is dead.
    pub fn is_dead(&self) -> bool {
        self.left.load(Ordering::SeqCst) < 0
    }

    fn step(&self) -> Result<()> {
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            left if left > 0 => Ok(()),
            _ => Err(Fault::new(Code::Io, "dead")),
        }
    }
}

impl Disk for Dying {
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        if let Err(dead) = self.step() {
            if self.left.load(Ordering::SeqCst) == -1 {
                let (half, _) = bytes.split_at(bytes.len() / 2);
                self.disk.write_new(path, half, mode)?;
            }
            return Err(dead);
        }
        self.disk.write_new(path, bytes, mode)
    }
    fn sync_file(&self, file: &File, path: &Path) -> Result<()> {
        self.step()?;
        self.disk.sync_file(file, path)
    }
    fn sync_dir(&self, path: &Path) -> Result<()> {
        self.step()?;
        self.disk.sync_dir(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.step()?;
        self.disk.rename(from, to)
    }
    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<bool> {
        self.step()?;
        self.disk.rename_noreplace(from, to)
    }
    fn link(&self, from: &Path, to: &Path) -> Result<bool> {
        self.step()?;
        self.disk.link(from, to)
    }
    fn remove(&self, path: &Path) -> Result<()> {
        self.step()?;
        self.disk.remove(path)
    }
    fn make_dirs(&self, path: &Path) -> Result<Vec<PathBuf>> {
        self.step()?;
        self.disk.make_dirs(path)
    }
}
