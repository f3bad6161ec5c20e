//! Tensors: which changed, by their digests.

use serde::Serialize;

use super::{Holding, Listed};
use refmark_records::contents::Contents;
use refmark_records::manifest::{Manifest, TensorEntry};
use refmark_types::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// A tensor with another type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retyped {
    /// Its name.
    pub name: String,
    /// The old type.
    pub old: String,
    /// The new type.
    pub new: String,
}

/// A tensor with another shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reshaped {
    /// Its name.
    pub name: String,
    /// The old shape.
    pub old: Vec<u64>,
    /// The new shape.
    pub new: Vec<u64>,
}

/// What changed in the tensors. A tensor is known by its name; where a name stands twice in a version, by file and name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TensorDiff {
    /// How many the old version has.
    pub old: usize,
    /// How many the new version has.
    pub new: usize,
    /// How many are the same.
    pub same: usize,
    /// Those in both with other bytes, another type or another shape.
    pub changed: Listed<String>,
    /// Those only in the new version.
    pub added: Listed<String>,
    /// Those only in the old version.
    pub removed: Listed<String>,
    /// Those of `changed` with another type.
    pub retyped: Listed<Retyped>,
    /// Those of `changed` with another shape.
    pub reshaped: Listed<Reshaped>,
    /// How many have one type and shape in both, and no digest of one kind in both that would tell whether they changed.
    pub unknown: usize,
    /// Bytes of the new version's tensors that changed or were added.
    pub bytes_changed: u64,
}

impl TensorDiff {
    /// Whether no tensor is known to differ and none is unknown.
    pub fn is_same(&self) -> bool {
        self.unknown == 0 && self.changed.count + self.added.count + self.removed.count == 0
    }
}

/// A tensor's name and, where names alone do not tell tensors apart, its file.
type Key<'m> = (&'m str, &'m str);

fn names_are_unique(contents: &Contents) -> bool {
    let mut seen = BTreeSet::new();
    contents.tensors().all(|tensor| seen.insert(tensor.name.as_str()))
}

fn by_key(contents: &Contents, by_name: bool) -> BTreeMap<Key<'_>, &TensorEntry> {
    contents
        .tensors()
        .map(|tensor| ((if by_name { "" } else { tensor.file.as_str() }, tensor.name.as_str()), tensor))
        .collect()
}

/// Compares the tensors. Also returns how many tensors changed, were added or removed in each file, by path.
pub fn compare(old: Holding<'_>, new: Holding<'_>) -> (TensorDiff, BTreeMap<String, usize>) {
    let by_name = names_are_unique(old.contents) && names_are_unique(new.contents);
    let (a, b) = (by_key(old.contents, by_name), by_key(new.contents, by_name));
    let (files_a, files_b) = (digests(old.manifest), digests(new.manifest));
    let mut diff = TensorDiff { old: a.len(), new: b.len(), ..TensorDiff::default() };
    let mut changed_in = BTreeMap::new();
    let mut count_in = |file: &str| *changed_in.entry(file.to_owned()).or_default() += 1usize;
    for (key, now) in &b {
        let Some(before) = a.get(key) else {
            diff.added.push(now.name.clone());
            diff.bytes_changed = diff.bytes_changed.saturating_add(now.bytes);
            count_in(&now.file);
            continue;
        };
        let one_form = now.dtype == before.dtype && now.shape == before.shape;
        if now.dtype != before.dtype {
            let (old, new) = (before.dtype.clone(), now.dtype.clone());
            diff.retyped.push(Retyped { name: now.name.clone(), old, new });
        }
        if now.shape != before.shape {
            let (old, new) = (before.shape.clone(), now.shape.clone());
            diff.reshaped.push(Reshaped { name: now.name.clone(), old, new });
        }
        // Two files with one digest hold the same tensors, whether or not each was hashed.
        let same_file = now.file == before.file && files_a.get(before.file.as_str()) == files_b.get(now.file.as_str());
        match before.same_bytes(now) {
            Some(true) if one_form => diff.same += 1,
            None if one_form && same_file => diff.same += 1,
            None if one_form => diff.unknown += 1,
            _ => {
                diff.changed.push(now.name.clone());
                diff.bytes_changed = diff.bytes_changed.saturating_add(now.bytes);
                count_in(&now.file);
            }
        }
    }
    for (_, before) in a.iter().filter(|(key, _)| !b.contains_key(*key)) {
        diff.removed.push(before.name.clone());
        count_in(&before.file);
    }
    (diff, changed_in)
}

fn digests(manifest: &Manifest) -> BTreeMap<&str, Digest> {
    manifest.files.iter().map(|file| (file.path.as_str(), file.sha256)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use refmark_records::contents::FileContents;
    use refmark_types::digest::Blake3;

    fn manifest(bytes: &[u8]) -> Manifest {
        let digest = Digest::of(bytes);
        let text = format!(
            r#"{{"files":[{{"class":"tensors","format":"safetensors","path":"m","sha256":"{digest}","size":3}}],"format":"x","type":"model"}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn table(sha256: Option<&[u8]>, blake3: Option<u8>) -> Contents {
        let tensor = TensorEntry {
            file: "m".into(),
            name: "w".into(),
            dtype: "U8".into(),
            shape: vec![3],
            bytes: 3,
            sha256: sha256.map(Digest::of),
            blake3: blake3.map(|byte| Blake3::from_bytes([byte; 32])),
        };
        Contents { files: vec![FileContents { path: "m".into(), tensors: vec![tensor], ..FileContents::default() }] }
    }

    /// How many are the same, changed and unknown.
    fn counts(old: (&[u8], &Contents), new: (&[u8], &Contents)) -> (usize, usize, usize) {
        let (a, b) = (manifest(old.0), manifest(new.0));
        let diff = compare(Holding { manifest: &a, contents: old.1 }, Holding { manifest: &b, contents: new.1 }).0;
        (diff.same, diff.changed.count, diff.unknown)
    }

    #[test]
    fn digests_of_two_kinds_make_a_tensor_neither_the_same_nor_changed() {
        let (first, now) = (table(Some(b"abc"), None), table(None, Some(1)));
        assert_eq!(counts((b"abc", &first), (b"abcd", &now)), (0, 0, 1));
        assert_eq!(counts((b"abc", &first), (b"abc", &now)), (1, 0, 0), "one file, whatever names its tensors");
        let both = table(Some(b"abc"), Some(1));
        assert_eq!(counts((b"abc", &both), (b"abcd", &now)), (1, 0, 0));
        assert_eq!(counts((b"abc", &both), (b"abcd", &first)), (1, 0, 0));
        assert_eq!(counts((b"abc", &both), (b"abcd", &table(Some(b"abd"), Some(1)))), (0, 1, 0));
        assert_eq!(counts((b"abc", &now), (b"abcd", &table(None, Some(2)))), (0, 1, 0));
    }
}
