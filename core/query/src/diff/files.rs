//! Files, their sizes, and what they are.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Holding, Listed};
use crate::answer::ManifestIs;
use refmark_records::contents::FileContents;
use refmark_records::manifest::{FileClass, FileEntry, Manifest};
use refmark_types::digest::Digest;
use refmark_types::text::{counted, one_line};

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
    /// What it says of itself and says otherwise now, sorted by name.
    pub values: Listed<ValueChange>,
    /// Whether bytes differ that no tensor and no value has: order, spacing, padding, a graph. None where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_bytes: Option<bool>,
}

impl FileChange {
    /// What changed in it, in a few words; never that nothing did.
    pub fn in_words(&self) -> String {
        let mut parts = Vec::new();
        if let Some(count) = self.tensors.filter(|count| *count > 0) {
            parts.push(counted(count, "tensor"));
        }
        if self.values.count > 0 {
            parts.push(counted(self.values.count, "value"));
        }
        match self.other_bytes {
            Some(true) if parts.is_empty() && self.tensors.is_some() => {
                parts.push("no tensor, but other bytes".to_owned());
            }
            Some(true) => parts.push("other bytes".to_owned()),
            None if parts.is_empty() => parts.push("changed".to_owned()),
            _ => {}
        }
        parts.join(", ")
    }
}

/// A value that a file has in both versions, or in one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValueChange {
    /// Its name, such as `num_labels` or `tokenizer.ggml.eos_token_id`.
    pub name: String,
    /// The old value, cut at 200 bytes; none where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The new value, cut at 200 bytes; none where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
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

/// A value as a diff shows it. What was cut differs still: it is compared whole.
fn value_shown(value: &str) -> String {
    const LIMIT: usize = 200;
    let mut end = LIMIT.min(value.len());
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    if end < value.len() { format!("{}…", value.get(..end).unwrap_or_default()) } else { value.to_owned() }
}

fn values(old: &FileContents, new: &FileContents) -> Listed<ValueChange> {
    let side = |it: &FileContents| -> BTreeMap<String, String> { it.values.iter().cloned().collect() };
    let (a, b) = (side(old), side(new));
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let change = |name: &String| {
        let (old, new) = (a.get(name), b.get(name));
        (old != new).then(|| ValueChange {
            // What is behind the last that a table keeps has no name of its own.
            name: if name.starts_with('\u{10ffff}') { "the values that follow".to_owned() } else { name.clone() },
            old: old.map(|it| value_shown(it)),
            new: new.map(|it| value_shown(it)),
        })
    };
    names.into_iter().filter_map(change).collect()
}

/// What changed in a file whose bytes differ. Every byte is a tensor's, a value's, or one of the others.
fn change(
    before: &FileEntry,
    file: &FileEntry,
    old: Holding<'_>,
    new: Holding<'_>,
    tensors: Option<usize>,
) -> FileChange {
    let (a, b) = (old.file(&before.path), new.file(&file.path));
    let known = old.manifest.contents.is_some() && new.manifest.contents.is_some();
    let nothing = FileContents::default();
    let values = values(a.unwrap_or(&nothing), b.unwrap_or(&nothing));
    let unchanged = tensors.unwrap_or_default() == 0 && values.count == 0;
    // Where no tensor and no value differs, other bytes must; where one does, the digest of the others tells.
    let others = |it: Option<&FileContents>| it.and_then(|it| it.other);
    let other_bytes = match (others(a), others(b)) {
        (Some(x), Some(y)) => Some(unchanged || x != y && values.count == 0),
        _ => unchanged.then_some(true),
    };
    FileChange {
        old: FileSide::from(before),
        new: FileSide::from(file),
        tensors,
        values,
        other_bytes: other_bytes.filter(|_| known),
    }
}

/// Compares the files, with the number of changed tensors by path.
pub fn compare(a: Holding<'_>, b: Holding<'_>, changed_in: &BTreeMap<String, usize>) -> FileDiff {
    let (old_holding, new_holding) = (a, b);
    let (old, new) = (a.manifest, b.manifest);
    let a: BTreeMap<&str, &FileEntry> = old.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let b: BTreeMap<&str, &FileEntry> = new.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let tables: BTreeSet<&str> = new_holding.contents.tensors().map(|tensor| tensor.file.as_str()).collect();
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
            Some(before) => {
                let tensors = tables
                    .contains(file.path.as_str())
                    .then(|| changed_in.get(&file.path).copied().unwrap_or_default());
                diff.changed.push(change(before, file, old_holding, new_holding, tensors));
            }
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
    /// Whether that was held against the new version's bytes.
    pub manifest_is: ManifestIs,
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
        manifest_is: ManifestIs::Claimed,
        risky: new.files.iter().filter(risky).map(FileSide::from).collect(),
    }
}

/// What a package's files can do, in a sentence or two.
pub fn sentence(manifest: &Manifest) -> String {
    let runs: Vec<&FileEntry> = manifest.files.iter().filter(|file| file.class.runs()).collect();
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
