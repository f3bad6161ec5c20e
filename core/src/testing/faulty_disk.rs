//! A disk that fails, or ends the process, at one step of a test's choice.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::blob::disk::{Disk, RealDisk};
use crate::words::fault::{Code, Fault, Result};

/// What happens at the chosen step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The step fails with `no-space`, before it did anything; later steps work.
    Fail,
    /// The process is killed before the step, as by `kill -9`.
    Kill,
}

/// The real disk up to a step. Steps are counted from 1 over all calls but `remove`, which only clears up.
pub struct FaultyDisk {
    left: AtomicU32,
    then: Then,
}

impl FaultyDisk {
    /// A disk whose `step`th step goes wrong.
    pub fn at(step: u32, then: Then) -> FaultyDisk {
        FaultyDisk { left: AtomicU32::new(step), then }
    }

    fn step(&self) -> Result<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) != 1 {
            return Ok(());
        }
        if self.then == Then::Kill {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
        Err(Fault::new(Code::NoSpace, "the disk of this test is full"))
    }
}

impl Disk for FaultyDisk {
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        self.step()?;
        RealDisk.write_new(path, bytes, mode)
    }

    fn sync_file(&self, file: &File, path: &Path) -> Result<()> {
        self.step()?;
        RealDisk.sync_file(file, path)
    }

    fn sync_dir(&self, path: &Path) -> Result<()> {
        self.step()?;
        RealDisk.sync_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.step()?;
        RealDisk.rename(from, to)
    }

    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<bool> {
        self.step()?;
        RealDisk.rename_noreplace(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> Result<bool> {
        self.step()?;
        RealDisk.link(from, to)
    }

    fn remove(&self, path: &Path) -> Result<()> {
        RealDisk.remove(path)
    }

    fn make_dirs(&self, path: &Path) -> Result<Vec<PathBuf>> {
        self.step()?;
        RealDisk.make_dirs(path)
    }
}
