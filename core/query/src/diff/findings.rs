//! What the scan found, old beside new.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Holding, Listed};
use crate::findings::{FileFinding, kept_findings};

/// What a scan found in one version and not in the other. What every pickle of its kind imports is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FindingDiff {
    /// Only in the new version.
    pub added: Listed<FileFinding>,
    /// Only in the old version.
    pub removed: Listed<FileFinding>,
    /// How many are in both.
    pub same: usize,
}

/// Compares what was found. The place within a file may have moved: that alone is no difference.
pub(super) fn compare(old: Holding<'_>, new: Holding<'_>) -> FindingDiff {
    let told = |of: Holding<'_>| kept_findings(of.contents).filter(FileFinding::is_told).collect::<Vec<_>>();
    let key = |it: &FileFinding| {
        let found = &it.finding;
        format!("{}\0{}\0{}\0{}", it.file, found.kind, found.path, found.value)
    };
    let (a, b) = (told(old), told(new));
    let (mut known, mut found): (BTreeSet<String>, BTreeSet<String>) = Default::default();
    for (set, all) in [(&mut known, &a), (&mut found, &b)] {
        for it in all {
            set.insert(key(it));
        }
    }
    FindingDiff {
        same: found.iter().filter(|it| known.contains(*it)).count(),
        added: b.into_iter().filter(|it| !known.contains(&key(it))).collect(),
        removed: a.into_iter().filter(|it| !found.contains(&key(it))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refmark_records::contents::{Contents, FileContents, KeptFinding};
    use refmark_records::manifest::Manifest;

    fn contents(found: &[(&str, &str, u64)]) -> Contents {
        let finding = |(kind, value, offset): &(&str, &str, u64)| KeptFinding {
            kind: (*kind).to_owned(),
            value: (*value).to_owned(),
            path: String::new(),
            opcode: None,
            offset: Some(*offset),
        };
        let findings = found.iter().map(finding).collect();
        Contents { files: vec![FileContents { path: "model.pkl".to_owned(), findings, ..FileContents::default() }] }
    }

    #[test]
    fn what_moved_within_a_file_is_no_difference_and_what_every_pickle_imports_is_not_told() {
        let text = br#"{"type":"model","format":"pickle","files":[]}"#;
        let manifest: Manifest = serde_json::from_slice(text).unwrap();
        let old = contents(&[("dangerous-import", "os.system", 2), ("import", "collections.OrderedDict", 9)]);
        let new =
            contents(&[("dangerous-import", "os.system", 40), ("dangerous-import", "pty.spawn", 9), ("call", "", 1)]);
        let holding = |contents| Holding { manifest: &manifest, contents };
        let diff = compare(holding(&old), holding(&new));
        assert_eq!((diff.same, diff.added.count, diff.removed.count), (1, 1, 0));
        assert_eq!(diff.added.items[0].in_words(), "dangerous import pty.spawn at byte 9");
        assert_eq!(compare(holding(&new), holding(&old)).removed.items, diff.added.items);
    }
}
