//! The real disk with an error of a test's choice: full, failing, a process that dies or is killed, a power cut.
//!
//! Every change that refmark makes is one or more steps here; steps are counted from 1. A writer of a file has three: its
//! name, its bytes, its sync; all others have one. Nothing waits for a sync: what a power cut would take is known from
//! what was asked for (see [`FaultyDisk::cut_power`]).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::power::{Cut, Journal};
use crate::fs::disk::{Disk, RealDisk, io_error};
use refmark_types::error::{Code, Error, Result};

/// What happens at the chosen step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The step fails with `no-space`, before it did anything; later steps work.
    Fail,
    /// From this step on there is no room: what removes and renames works, what needs a block does not.
    Full,
    /// The process is dead: this step and all later ones do nothing, also those that would tidy up. The file that it dies
    /// over is left half-written.
    Die,
    /// The process is killed before the step, as by `kill -9`.
    Kill,
}

/// The real disk, up to a step, and without a wait for syncs.
pub struct FaultyDisk {
    done: AtomicU64,
    error: Option<(u64, Then)>,
    links: bool,
    journal: Option<Mutex<Journal>>,
}

impl FaultyDisk {
    /// A disk without an error, that nothing waits for: for tests that are about something else, and to count steps.
    pub fn sound() -> FaultyDisk {
        FaultyDisk { done: AtomicU64::new(0), error: None, links: true, journal: None }
    }

    /// A disk whose `step`th step goes wrong.
    pub fn at(step: u64, then: Then) -> FaultyDisk {
        FaultyDisk { error: Some((step, then)), ..FaultyDisk::sound() }
    }

    /// A disk on which no file can have a second name.
    pub fn without_links() -> FaultyDisk {
        FaultyDisk { links: false, ..FaultyDisk::sound() }
    }

    /// The same disk, which keeps in the folder `graves` (on the same file system) what a power cut could bring back.
    pub fn with_power(self, graves: &Path) -> FaultyDisk {
        FaultyDisk { journal: Some(Mutex::new(Journal::new(graves))), ..self }
    }

    /// Whether the work came to the step that goes wrong. Where it did not, all of its steps were tried.
    pub fn is_reached(&self) -> bool {
        self.error.is_some_and(|(at, _)| self.done.load(Ordering::SeqCst) >= at)
    }

    /// Takes away below `root` what a power cut may take: names whose folder was not synced since, bytes of files that
    /// were not synced. For disks made with [`FaultyDisk::with_power`].
    pub fn cut_power(&self, root: &Path, how: Cut) {
        self.journal.as_ref().expect("this disk has power").lock().unwrap().cut(root, how);
    }

    fn step(&self, needs_room: bool) -> Result<()> {
        let now = self.done.fetch_add(1, Ordering::SeqCst) + 1;
        let fails = match self.error {
            Some((at, Then::Fail | Then::Kill)) => now == at,
            Some((at, Then::Full)) => now >= at && needs_room,
            Some((at, Then::Die)) => now >= at,
            None => false,
        };
        match self.error {
            Some((_, then)) if fails => Err(self.end(then)),
            _ => Ok(()),
        }
    }

    fn end(&self, then: Then) -> Box<Error> {
        if then == Then::Kill {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
        match then {
            Then::Fail | Then::Full => Error::new(Code::NoSpace, "the disk of this test is full"),
            Then::Die | Then::Kill => Error::new(Code::Io, "the process of this test is dead"),
        }
    }

    fn lives_on(&self) -> bool {
        !matches!(self.error, Some((_, Then::Die)))
    }

    fn note(&self, what: impl FnOnce(&mut Journal)) {
        if let Some(journal) = &self.journal {
            what(&mut journal.lock().unwrap());
        }
    }

    /// A whole file in its steps: the name, the bytes, and what makes them durable where anything does.
    fn write(&self, path: &Path, bytes: &[u8], mode: u32, durable: bool) -> Result<()> {
        use std::io::Write;
        use std::os::unix::fs::PermissionsExt;
        let mut file = self.create_new(path, 0o600)?;
        let wrong = |error| io_error("write", path, &error);
        let done = match self.step(true) {
            Ok(()) => file
                .write_all(bytes)
                .and_then(|()| file.set_permissions(std::fs::Permissions::from_mode(mode)))
                .map_err(wrong)
                .and_then(|()| if durable { self.sync_file(&file, path) } else { Ok(()) }),
            Err(error) => {
                let (half, _) = bytes.split_at(bytes.len() / 2);
                file.write_all(half).map_err(wrong)?;
                Err(error)
            }
        };
        if done.is_err() && self.lives_on() {
            self.note(|journal| journal.removed(path));
            RealDisk.remove(path)?;
        }
        done
    }
}

impl Disk for FaultyDisk {
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        self.write(path, bytes, mode, true)
    }

    fn create_new(&self, path: &Path, mode: u32) -> Result<File> {
        self.step(true)?;
        let file = RealDisk.create_new(path, mode)?;
        self.note(|journal| journal.created(path));
        Ok(file)
    }

    fn write_cache(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        self.write(path, bytes, mode, false)
    }

    fn append_cache(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.step(true)?;
        let is_new = !path.exists();
        RealDisk.append_cache(path, bytes)?;
        self.note(|journal| if is_new { journal.created(path) } else { journal.grown(path, bytes.len() as u64) });
        Ok(())
    }

    fn sync_file(&self, file: &File, _: &Path) -> Result<()> {
        self.step(true).inspect_err(|_| {
            // Killed in the middle of a copy; a file that is open for reading only was whole before.
            let half = file.metadata().map_or(0, |found| found.len()) / 2;
            let _ = file.set_len(half);
        })?;
        self.note(|journal| journal.synced_file(file));
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> Result<()> {
        self.step(true)?;
        if !path.is_dir() {
            return Err(Error::new(Code::Io, format!("no such folder to sync: {}", path.display())));
        }
        self.note(|journal| journal.synced_dir(path));
        Ok(())
    }

    fn weak_names(&self, path: &Path) -> Result<Option<std::io::Error>> {
        self.sync_dir(path).map(|()| None)
    }

    fn file_system(&self, folder: &Path) -> Result<Option<File>> {
        File::open(folder).map(Some).map_err(|error| io_error("open", folder, &error))
    }

    fn sync_file_system(&self, _: &File, _: &Path) -> Result<()> {
        self.step(true)?;
        self.note(Journal::synced_all);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.step(false)?;
        let mut moved = Ok(());
        match &self.journal {
            None => moved = RealDisk.rename(from, to),
            Some(_) => self.note(|journal| journal.renamed(from, to, || moved = RealDisk.rename(from, to))),
        }
        moved
    }

    fn exchange(&self, one: &Path, other: &Path) -> Result<bool> {
        self.step(false)?;
        self.note(|journal| journal.exchanged(one, other));
        RealDisk.exchange(one, other)
    }

    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<bool> {
        if to.symlink_metadata().is_ok() {
            self.step(false)?;
            return Ok(false);
        }
        if self.journal.is_some() {
            return self.rename(from, to).map(|()| true);
        }
        self.step(false)?;
        RealDisk.rename_noreplace(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> Result<bool> {
        self.step(true)?;
        if !self.links {
            return Err(Error::new(Code::Unsupported, "no hard links here"));
        }
        let linked = RealDisk.link(from, to)?;
        if linked {
            self.note(|journal| journal.named(to));
        }
        Ok(linked)
    }

    fn symlink(&self, target: &str, path: &Path) -> Result<()> {
        self.step(true)?;
        RealDisk.symlink(target, path)?;
        self.note(|journal| journal.named(path));
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<()> {
        self.step(false)?;
        self.note(|journal| journal.removed(path));
        RealDisk.remove(path)
    }

    fn remove_tree(&self, path: &Path) -> Result<()> {
        self.step(false)?;
        self.note(|journal| journal.removed(path));
        RealDisk.remove_tree(path)
    }

    fn make_dirs(&self, path: &Path) -> Result<Vec<PathBuf>> {
        if path.is_dir() {
            return Ok(Vec::new());
        }
        self.step(true)?;
        let made = RealDisk.make_dirs(path)?;
        let new: Vec<PathBuf> = path.ancestors().take(made.len()).map(Path::to_owned).collect();
        self.note(|journal| new.iter().rev().for_each(|folder| journal.named(folder)));
        Ok(made)
    }
}
