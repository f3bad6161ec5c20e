//! Disks that stand in for a crash, for one without hard links, and for none at all to wait for.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::git::disk::{Disk, RealDisk};

/// The real disk, but that nothing waits for it: for tests that are about something else.
pub struct Unsynced {
    /// Whether files may have a second name.
    pub links: bool,
}

impl Disk for Unsynced {
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<File> {
        RealDisk.write_new(path, bytes, mode)
    }
    fn sync_file(&self, _: &File) -> io::Result<()> {
        Ok(())
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.links { RealDisk.link(from, to) } else { Err(io::ErrorKind::Unsupported.into()) }
    }
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir(path)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
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

    fn step(&self) -> io::Result<()> {
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            left if left > 0 => Ok(()),
            _ => Err(io::Error::other("dead")),
        }
    }
}

impl Disk for Dying {
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<File> {
        if let Err(dead) = self.step() {
            if self.left.load(Ordering::SeqCst) == -1 {
                let (half, _) = bytes.split_at(bytes.len() / 2);
                self.disk.write_new(path, half, mode)?;
            }
            return Err(dead);
        }
        self.disk.write_new(path, bytes, mode)
    }
    fn sync_file(&self, file: &File) -> io::Result<()> {
        self.step()?;
        self.disk.sync_file(file)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        self.disk.sync_dir(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        self.disk.rename(from, to)
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        self.disk.link(from, to)
    }
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        self.disk.create_dir(path)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        self.disk.remove(path)
    }
}
