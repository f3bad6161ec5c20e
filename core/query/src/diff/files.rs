//! Files, their sizes, and what they are.

use serde::Serialize;

use super::Listed;
use refmark_records::manifest::{FileClass, FileEntry, Manifest};
use refmark_types::digest::Digest;
use refmark_types::text::{counted, one_line};
use std::collections::{BTreeMap, BTreeSet};

/// A file of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSide {
    /// Its path.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// What its bytes are.
    pub class: FileClass,
}

impl From<&FileEntry> for FileSide {
    fn from(file: &FileEntry) -> FileSide {
        FileSide { path: file.path.clone(), size: file.size, sha256: file.sha256, class: file.class }
    }
}

/// A file that is in both versions with other bytes or of another class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// The old one.
    pub old: FileSide,
    /// The new one.
    pub new: FileSide,
    /// How many of its tensors are known to differ; none where it has no table of tensors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tensors: Option<usize>,
}

/// A file with the same bytes at another path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renamed {
    /// The old path.
    pub old: String,
    /// The new path.
    pub new: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// What changed in the files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileDiff {
    /// How many the old version has.
    pub old: usize,
    /// How many the new version has.
    pub new: usize,
    /// How many are the same, path and bytes.
    pub same: usize,
    /// Those at one path with other bytes.
    pub changed: Listed<FileChange>,
    /// Those only in the new version.
    pub added: Listed<FileSide>,
    /// Those only in the old version.
    pub removed: Listed<FileSide>,
    /// Those with the same bytes at another path.
    pub renamed: Listed<Renamed>,
    /// The old version's size in bytes.
    pub size_old: u64,
    /// The new version's size in bytes.
    pub size_new: u64,
    /// Bytes of the new version's blobs that the old one does not have.
    pub bytes_new: u64,
}

impl FileDiff {
    /// How many paths changed.
    pub fn count(&self) -> usize {
        self.changed.count + self.added.count + self.removed.count + self.renamed.count
    }
}

/// Compares the files, with the number of changed tensors by path.
pub fn compare(old: &Manifest, new: &Manifest, changed_in: &BTreeMap<String, usize>) -> FileDiff {
    let a: BTreeMap<&str, &FileEntry> = old.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let b: BTreeMap<&str, &FileEntry> = new.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let tables: BTreeSet<&str> = new.tensors.iter().map(|tensor| tensor.file.as_str()).collect();
    let mut diff = FileDiff { old: a.len(), new: b.len(), ..FileDiff::default() };
    diff.size_old = total(old.files.iter());
    diff.size_new = total(new.files.iter());
    let mut known: BTreeSet<Digest> = old.files.iter().map(|file| file.sha256).collect();
    diff.bytes_new = total(new.files.iter().filter(|file| known.insert(file.sha256)));
    let mut gone: BTreeMap<Digest, Vec<&FileEntry>> = BTreeMap::new();
    for file in old.files.iter().rev().filter(|file| !b.contains_key(file.path.as_str())) {
        gone.entry(file.sha256).or_default().push(file);
    }
    for file in &new.files {
        match a.get(file.path.as_str()) {
            Some(before) if before.sha256 == file.sha256 && before.class == file.class => diff.same += 1,
            Some(before) => diff.changed.push(FileChange {
                old: FileSide::from(*before),
                new: FileSide::from(file),
                tensors: tables
                    .contains(file.path.as_str())
                    .then(|| changed_in.get(&file.path).copied().unwrap_or_default()),
            }),
            None => match gone.get_mut(&file.sha256).and_then(Vec::pop) {
                Some(before) => diff.renamed.push(Renamed {
                    old: before.path.clone(),
                    new: file.path.clone(),
                    sha256: file.sha256,
                    size: file.size,
                }),
                None => diff.added.push(FileSide::from(file)),
            },
        }
    }
    let mut removed: Vec<&FileEntry> = gone.into_values().flatten().collect();
    removed.sort_by(|a, b| a.path.cmp(&b.path));
    diff.removed.extend(removed.into_iter().map(FileSide::from));
    diff
}

fn total<'m>(files: impl Iterator<Item = &'m FileEntry>) -> u64 {
    files.fold(0, |total, file| total.saturating_add(file.size))
}

/// How many files of one class there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassCount {
    /// The class.
    pub class: FileClass,
    /// In the old version.
    pub old: usize,
    /// In the new version.
    pub new: usize,
}

/// What the files are, and whether any can run code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassDiff {
    /// A count per class that either version has, in the order of the classes.
    pub counts: Vec<ClassCount>,
    /// What the new version's files can do, in a sentence or two.
    pub sentence: String,
    /// The new version's files that can run code or were not scanned.
    pub risky: Listed<FileSide>,
}

impl ClassDiff {
    /// Whether every class has as many files as before.
    pub fn is_same(&self) -> bool {
        self.counts.iter().all(|count| count.old == count.new)
    }
}

/// Compares the classes of the files.
pub fn classes(old: &Manifest, new: &Manifest) -> ClassDiff {
    let count = |manifest: &Manifest, class| manifest.files.iter().filter(|file| file.class == class).count();
    let counts =
        FileClass::ALL.into_iter().map(|class| ClassCount { class, old: count(old, class), new: count(new, class) });
    let risky = |file: &&FileEntry| !matches!(file.class, FileClass::Tensors | FileClass::Data);
    ClassDiff {
        counts: counts.filter(|count| count.old + count.new > 0).collect(),
        sentence: sentence(new),
        risky: new.files.iter().filter(risky).map(FileSide::from).collect(),
    }
}

/// What a package's files can do, in a sentence or two.
pub fn sentence(manifest: &Manifest) -> String {
    let runs: Vec<&FileEntry> =
        manifest.files.iter().filter(|file| matches!(file.class, FileClass::Code | FileClass::UnsafeFormat)).collect();
    let unseen: Vec<&FileEntry> = manifest.files.iter().filter(|file| file.class == FileClass::NotScanned).collect();
    let mut classes: Vec<&str> = runs.iter().map(|run| run.class.as_str()).collect();
    classes.sort();
    classes.dedup();
    let can = format!("{} can run code ({}): {}", counted(runs.len(), "file"), classes.join(", "), named(&runs));
    let verb = if unseen.len() == 1 { "was" } else { "were" };
    let not = format!(
        "{} {verb} not scanned, so what it can do is not known: {}",
        counted(unseen.len(), "file"),
        named(&unseen)
    );
    match (runs.is_empty(), unseen.is_empty()) {
        (true, true) => "No file can run code".to_owned(),
        (false, true) => can,
        (true, false) => not,
        (false, false) => format!("{can}. {not}"),
    }
}

/// The first three paths.
fn named(files: &[&FileEntry]) -> String {
    let first: Vec<String> = files.iter().take(3).map(|file| one_line(&file.path)).collect();
    let more = files.len().saturating_sub(first.len());
    if more > 0 { format!("{} and {more} more", first.join(", ")) } else { first.join(", ") }
}
