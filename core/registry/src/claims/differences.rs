//! What a manifest claims and the bytes do not say.

use std::collections::{BTreeMap, BTreeSet};

use super::Claim;
use crate::write::register::Facts;
use refmark_records::contents::{Contents, FileContents};
use refmark_records::manifest::{FileClass, FileEntry, TensorEntry};

/// At most so many are told.
const TOLD: usize = 64;

/// The differences between a manifest and what was derived from bytes. Where the package is not `whole`, other files may
/// explain what one of them is (external data), so only files that can run something and claim not to are told.
pub(super) fn between(claim: &Claim<'_>, table: Option<&Contents>, derived: &Facts, whole: bool) -> Vec<String> {
    let mut told = Vec::new();
    let empty = FileContents::default();
    let claimed = tables(table.map_or(&[], |table| &table.files));
    let found = tables(&derived.table.files);
    let legacy = by_file(&claim.manifest.tensors);
    let entries: BTreeMap<&str, &FileEntry> = derived.files.iter().map(|file| (file.path.as_str(), file)).collect();
    for entry in &claim.manifest.files {
        let Some(fact) = entries.get(entry.path.as_str()) else { continue };
        let path = entry.path.escape_debug();
        if entry.known_size().is_some_and(|size| size != fact.size) {
            told.push(format!("{path} has {} bytes, and {} are claimed", fact.size, entry.size));
        }
        // Whoever says that nobody looked claims nothing.
        let looked = entry.class != FileClass::NotScanned;
        if looked && entry.class != fact.class && (whole || fact.class.runs()) {
            told.push(format!("{path} is {}, and {} is claimed", fact.class, entry.class));
        } else if looked && whole && entry.format != fact.format {
            told.push(format!("{path} is {}, and {} is claimed", fact.format, entry.format.escape_debug()));
        }
        if !whole {
            continue;
        }
        let fact = found.get(entry.path.as_str()).copied().unwrap_or(&empty);
        let said = claimed.get(entry.path.as_str()).copied().unwrap_or(&empty);
        let said_tensors = match legacy.get(entry.path.as_str()) {
            Some(tensors) => tensors.clone(),
            None => said.tensors.iter().collect(),
        };
        if looked || !said_tensors.is_empty() {
            told.extend(tensors(&entry.path, &said_tensors, &fact.tensors));
        }
        // A manifest without a table claims nothing of them.
        let tells = looked && claim.manifest.contents.is_some();
        if tells && fact.other.is_some() && said.other != fact.other {
            told.push(format!("{path} has other bytes outside of its tensors than is claimed"));
        }
        let hidden = fact.findings.iter().filter(|it| it.kind != "problem" && !said.findings.contains(it)).count();
        if looked && hidden > 0 {
            told.push(format!("{path} holds {hidden} things to look at that are not in the table"));
        }
    }
    if whole {
        let admitted: BTreeSet<_> = claim.manifest.incomplete.iter().map(|gap| (&gap.path, gap.kind)).collect();
        let hidden = derived.gaps.iter().filter(|gap| !admitted.contains(&(&gap.path, gap.kind)));
        told.extend(hidden.map(|gap| format!("the package is not whole, and is claimed to be: {gap}")));
        if claim.manifest.graphs != derived.graphs && derived.files.iter().any(|file| file.format == "onnx") {
            told.push("the graphs of its ONNX files are others than is claimed".to_owned());
        }
    }
    told.truncate(TOLD);
    told
}

fn tables(files: &[FileContents]) -> BTreeMap<&str, &FileContents> {
    files.iter().map(|file| (file.path.as_str(), file)).collect()
}

fn by_file(tensors: &[TensorEntry]) -> BTreeMap<&str, Vec<&TensorEntry>> {
    let mut files: BTreeMap<&str, Vec<&TensorEntry>> = BTreeMap::new();
    for tensor in tensors {
        files.entry(&tensor.file).or_default().push(tensor);
    }
    files
}

/// The first tensor of a file that is not as it is claimed.
fn tensors(path: &str, said: &[&TensorEntry], found: &[TensorEntry]) -> Option<String> {
    let path = path.escape_debug();
    if said.len() != found.len() {
        return Some(format!("{path} has {} tensors, and {} are claimed", found.len(), said.len()));
    }
    let differs = |(said, found): &(&&TensorEntry, &TensorEntry)| {
        (&said.name, &said.dtype, &said.shape, said.bytes) != (&found.name, &found.dtype, &found.shape, found.bytes)
            || said.sha256.is_some() && said.sha256 != found.sha256
            || said.blake3.is_some() && said.blake3 != found.blake3
    };
    let (said, found) = said.iter().zip(found).find(differs)?;
    Some(match said.name == found.name {
        true => format!("tensor {} of {path} is another than is claimed", found.name.escape_debug()),
        false => {
            format!("{path} has tensor {}, and {} is claimed", found.name.escape_debug(), said.name.escape_debug())
        }
    })
}
