//! Scanners of other projects, run as programs on a copy of the files: how each is called, and what its end means.
//!
//! References: `picklescan/cli.py` of picklescan 1.0 and `modelscan/cli.py` of modelscan 0.8. Both end with 0 where nothing was
//! found; picklescan does so also where it looked at nothing or could not parse a file. So what they print is read too.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Outcome, Scanned};
use crate::read::pull::{name_the_file, placements};
use crate::registry::Registry;
use refmark_engine::ports::Cancel;
use refmark_records::evidence::Named;
use refmark_records::manifest::{FileClass, FileEntry, Manifest};
use refmark_store::blob::How;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::sibling::{Beside, Building};
use refmark_types::error::{Code, Error, Result};
use refmark_types::text::counted;

/// So much of what a scanner prints is read, in bytes.
const OUTPUT_LIMIT: u64 = 1 << 20;
/// So much of it is kept, in characters.
const SAID_LIMIT: usize = 8 << 10;
/// How often a running scanner is looked after.
const WAIT: Duration = Duration::from_millis(50);

/// A scanner of another project.
pub(super) struct Program {
    /// The program, looked for along `PATH`.
    name: &'static str,
    /// Its arguments before the folder.
    arguments: &'static [&'static str],
    /// What makes it print its version, where it can.
    version: Option<&'static str>,
    /// The exit status where it found something harmful.
    found: i32,
    /// How many files it says that it looked at, in what it printed; none where it met an error.
    looked: fn(&str) -> Option<u64>,
}

pub(super) const PICKLESCAN: Program =
    Program { name: "picklescan", arguments: &["--path"], version: None, found: 1, looked: picklescan_looked };

pub(super) const MODELSCAN: Program = Program {
    name: "modelscan",
    arguments: &["--reporting-format", "json", "--path"],
    version: Some("--version"),
    found: 1,
    looked: modelscan_looked,
};

/// `Scanned files: 2`, where no line says that a file could not be read.
fn picklescan_looked(said: &str) -> Option<u64> {
    if said.lines().any(|line| line.starts_with("WARNING:") || line.starts_with("ERROR:")) {
        return None;
    }
    said.lines().find_map(|line| line.strip_prefix("Scanned files: ")?.trim().parse().ok())
}

/// `"total_scanned": 2`, where the list of errors is empty. The report is wrapped to a terminal's width, even within words.
fn modelscan_looked(said: &str) -> Option<u64> {
    let report: String = said.get(said.find('{')?..)?.chars().filter(|c| !c.is_whitespace()).collect();
    let (_, errors) = report.rsplit_once("\"errors\":")?;
    let (_, total) = report.split_once("\"total_scanned\":")?;
    let digits: String = total.chars().take_while(char::is_ascii_digit).collect();
    errors.starts_with("[]").then(|| digits.parse().ok())?
}

/// How a scanner ended.
struct Ended {
    status: Option<i32>,
    said: String,
}

pub(super) fn scan(registry: &Registry, manifest: &Manifest, program: &Program) -> Result<Scanned> {
    let entries: Vec<&FileEntry> = manifest.files.iter().collect();
    registry.fetch(&entries)?;
    let (disk, cancel) = (&registry.world.disk, &registry.world.cancel);
    // Beside the blobs: the copies are reflinks where the disk can.
    let beside = Beside::of(&registry.store.area().join("scan"))
        .ok_or_else(|| refmark_types::error::bug("the store has no folder"))?;
    beside.sweep(&**disk);
    let work = Building::at(&beside, disk);
    disk.make_dirs(&work.path)?;
    let package = work.path.join("package");
    let mut plan = placements(&entries)?;
    for (placement, file) in plan.iter_mut().zip(&entries) {
        placement.size = registry.store.size(&file.sha256)?;
    }
    let done = registry.store.materialise(&plan, &package, How::Copy, &*registry.world.progress, cancel);
    done.map_err(|error| name_the_file(error, &entries))?;

    let mut arguments: Vec<String> = program.arguments.iter().map(|it| (*it).to_owned()).collect();
    arguments.push(package.to_string_lossy().into_owned());
    let ended = run(program.name, &arguments, &work.path, cancel)?;
    let version = match program.version {
        Some(option) => version_in(&run(program.name, &[option.to_owned()], &work.path, cancel)?.said),
        None => None,
    };
    let (outcome, scanned, summary) = judge(program, &ended, can_run_code(manifest));
    // Where the copy lay is nobody's business.
    let said =
        ended.said.replace(&*package.to_string_lossy(), "package").replace(&*work.path.to_string_lossy(), "work");
    Ok(Scanned {
        scanner: Named { name: program.name.to_owned(), version, sha256: None },
        outcome,
        summary,
        scanned,
        findings: Vec::new(),
        gaps: Vec::new(),
        said: Some(refmark_types::text::bounded(&said, SAID_LIMIT)),
    })
}

/// How many files a scanner must have looked at: those that can run code, or that nobody could look into.
fn can_run_code(manifest: &Manifest) -> u64 {
    let can = |class| matches!(class, FileClass::UnsafeFormat | FileClass::NotScanned);
    manifest.files.iter().filter(|file| can(file.class)).count() as u64
}

/// What a scanner's end means. What is not wholly clear is not scanned.
fn judge(program: &Program, ended: &Ended, expected: u64) -> (Outcome, u64, String) {
    let name = program.name;
    let looked = (program.looked)(&ended.said);
    let not_scanned = |why: String| (Outcome::NotScanned, looked.unwrap_or_default(), why);
    match (ended.status, looked) {
        (Some(status), _) if status == program.found => {
            (Outcome::Unsafe, looked.unwrap_or_default(), format!("{name} found something harmful"))
        }
        (Some(0), Some(0)) => not_scanned(format!("{name} looked at no file")),
        (Some(0), Some(count)) if count < expected => {
            not_scanned(format!("{name} looked at {count} of {expected} files that can run code"))
        }
        (Some(0), Some(count)) => {
            (Outcome::Clean, count, format!("{name} found nothing in {}", counted(count as usize, "file")))
        }
        (Some(0), None) => not_scanned(format!("{name} could not read all files")),
        (Some(status), _) => not_scanned(format!("{name} ended with {status}")),
        (None, _) => not_scanned(format!("{name} was killed")),
    }
}

/// The last word with a digit in it, such as `0.8.8`.
fn version_in(said: &str) -> Option<String> {
    let starts = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    said.split_whitespace().rfind(starts).map(|word| refmark_types::text::bounded(word, 32))
}

/// Runs a program to its end, or until somebody asks to stop. It works in a folder of ours, never in the package: some scanners
/// take settings from where they work.
fn run(name: &str, arguments: &[String], folder: &Path, cancel: &Cancel) -> Result<Ended> {
    let output = folder.join("output");
    let file = File::create(&output).map_err(|error| io_error("write", &output, &error))?;
    let errors = file.try_clone().map_err(|error| io_error("write", &output, &error))?;
    let mut command = Command::new(name);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(file).stderr(errors);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::new(Code::Unsupported, format!("{name} is not installed: no such program"))
                .hint(format!("pip install {name}, and try again with its folder on PATH"))
        }
        _ => Error::new(Code::Io, format!("cannot run {name}: {error}")),
    })?;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => {}
            Err(error) => return Err(Error::new(Code::Io, format!("cannot wait for {name}: {error}"))),
        }
        if let Err(stopped) = cancel.check() {
            let _ = child.kill();
            let _ = child.wait();
            return Err(stopped);
        }
        std::thread::sleep(WAIT);
    };
    let mut said = Vec::new();
    let read = File::open(&output).and_then(|file| file.take(OUTPUT_LIMIT).read_to_end(&mut said));
    read.map_err(|error| io_error("read", &output, &error))?;
    Ok(Ended { status: status.code(), said: String::from_utf8_lossy(&said).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: &str = "----------- SCAN SUMMARY -----------\nScanned files: 2\nInfected files: 0\n";
    const WRAPPED: &str = "No settings file detected.\n{\"summary\": {\"total_issues\": 0, \"scanned\": {\"total_scan\nned\": 2}}, \
                           \"issues\": [], \"errors\": []}\n";

    fn ended(status: Option<i32>, said: &str) -> Ended {
        Ended { status, said: said.to_owned() }
    }

    #[test]
    fn only_a_scanner_that_looked_at_all_that_can_run_code_and_found_nothing_passes() {
        for (program, status, said, expected, outcome) in [
            (&PICKLESCAN, Some(0), CLEAN, 2, Outcome::Clean),
            (&PICKLESCAN, Some(0), CLEAN, 3, Outcome::NotScanned),
            (&PICKLESCAN, Some(0), "Scanned files: 0\n", 0, Outcome::NotScanned),
            (&PICKLESCAN, Some(0), "", 0, Outcome::NotScanned),
            (&PICKLESCAN, Some(0), "WARNING: could not parse x as pickle\nScanned files: 2\n", 1, Outcome::NotScanned),
            (&PICKLESCAN, Some(1), CLEAN, 2, Outcome::Unsafe),
            (&PICKLESCAN, Some(2), CLEAN, 2, Outcome::NotScanned),
            (&PICKLESCAN, None, CLEAN, 2, Outcome::NotScanned),
            (&MODELSCAN, Some(0), WRAPPED, 2, Outcome::Clean),
            (&MODELSCAN, Some(0), &WRAPPED.replace("[]}\n", "[{}]}\n"), 2, Outcome::NotScanned),
            (&MODELSCAN, Some(0), "{}", 0, Outcome::NotScanned),
            (&MODELSCAN, Some(1), WRAPPED, 2, Outcome::Unsafe),
            (&MODELSCAN, Some(3), WRAPPED, 2, Outcome::NotScanned),
            (&MODELSCAN, Some(127), "", 0, Outcome::NotScanned),
        ] {
            let found = judge(program, &ended(status, said), expected);
            assert_eq!(found.0, outcome, "{} {status:?} {said}", program.name);
        }
    }

    #[test]
    fn a_version_is_the_last_word_that_begins_with_a_digit() {
        assert_eq!(version_in("modelscan, version 0.8.8\n").as_deref(), Some("0.8.8"));
        assert_eq!(version_in("usage: modelscan\n"), None);
    }
}
