//! What a manifest says: of a package's files, once they are stored, and of what was given with them.

use std::collections::HashMap;

use super::{Package, Stored, look};
use refmark_engine::plan::RegisterRequest;
use refmark_records::contents::{self as table, FileContents, KeptFinding};
use refmark_records::evidence::MetricValue;
use refmark_records::layout::Document;
use refmark_records::manifest::{ContentsEntry, FileClass, FileEntry, Gap, Graph, GraphValue, Manifest, TensorEntry};
use refmark_scan::{Inspection, PackageFile};
use refmark_types::canonical::FreeMap;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::package_path::PackagePath;
use refmark_types::printer::print;

/// From so many alike on, files are counted instead of named: nobody reads ten thousand lines.
const MANY: usize = 4;

/// What a manifest says of a package's files.
#[derive(Default)]
pub(crate) struct Contents {
    files: Vec<FileEntry>,
    table: table::Contents,
    gaps: Vec<Gap>,
    graphs: Vec<Graph>,
    /// Files that can run code or could not be read, each with what it is.
    doubts: Vec<(String, String)>,
}

/// What was derived from a package's files, and not claimed by anybody.
pub(crate) struct Facts {
    pub(crate) files: Vec<FileEntry>,
    pub(crate) table: table::Contents,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) graphs: Vec<Graph>,
}

impl Contents {
    /// What was derived.
    pub(crate) fn into_facts(self) -> Facts {
        Facts { files: self.files, table: self.table, gaps: self.gaps, graphs: self.graphs }
    }

    /// Nothing yet, of a package that lacks this.
    pub(crate) fn new(gaps: Vec<Gap>) -> Contents {
        Contents { gaps, ..Contents::default() }
    }

    /// Adds a stored file.
    pub(crate) fn add(&mut self, path: &str, looked: &PackageFile, blob: &refmark_store::blob::Ingested) -> Result<()> {
        let inspection = &looked.inspection;
        self.files.push(FileEntry {
            path: path.to_owned(),
            size: blob.size,
            sha256: blob.digest,
            class: inspection.class,
            format: inspection.format.to_string(),
        });
        let held = file_contents(path, inspection, blob.extra.as_deref());
        if !(held.tensors.is_empty() && held.values.is_empty() && held.findings.is_empty()) {
            self.table.files.push(held);
        }
        if let Some(onnx) = &inspection.onnx {
            let value = |it: &refmark_scan::Value| GraphValue {
                name: it.name.clone(),
                dtype: it.dtype.clone(),
                shape: it.shape.clone(),
            };
            let domain = |it: &refmark_scan::Opset| {
                let domain = if it.domain.is_empty() { "ai.onnx" } else { &it.domain };
                (domain.to_owned(), it.version)
            };
            self.graphs.push(Graph {
                file: path.to_owned(),
                opsets: onnx.opsets.iter().map(domain).collect::<FreeMap<u64>>(),
                inputs: onnx.inputs.iter().map(value).collect(),
                outputs: onnx.outputs.iter().map(value).collect(),
            });
        }
        if inspection.class.runs() || inspection.class == FileClass::NotScanned {
            let why = inspection.problems.first().map(|it| it.message.clone()).or(inspection.notes.first().cloned());
            let why = why.map(|it| format!(": {it}")).unwrap_or_default();
            self.doubts.push((path.to_owned(), format!("{}{why}", inspection.class)));
        }
        Ok(())
    }

    /// What people should know: a sentence a file, and one for all where many are alike.
    fn warnings(&self) -> Vec<String> {
        let mut alike: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (path, what) in &self.doubts {
            let place = *places.entry(what).or_insert(alike.len());
            if place == alike.len() {
                alike.push((what, Vec::new()));
            }
            if let Some((_, paths)) = alike.get_mut(place) {
                paths.push(path);
            }
        }
        let sentences = alike.iter().flat_map(|(what, paths)| match paths.as_slice() {
            [first, second, more @ ..] if more.len() >= MANY => {
                vec![format!("{first}, {second} and {} more files are {what}", more.len())]
            }
            few => few.iter().map(|path| format!("{path} is {what}")).collect(),
        });
        sentences.collect()
    }

    /// The format of the weights: of the files that hold tensors, or could run.
    fn format(&self) -> String {
        let mut formats: Vec<&str> = self
            .files
            .iter()
            .filter(|file| {
                let held = self.table.files.iter().any(|it| it.path == file.path && !it.tensors.is_empty());
                matches!(file.class, FileClass::Tensors | FileClass::UnsafeFormat) || held
            })
            .map(|file| file.format.as_str())
            .collect();
        formats.sort_unstable();
        formats.dedup();
        match formats.as_slice() {
            [] => "none".to_owned(),
            [one] => (*one).to_owned(),
            _ => "mixed".to_owned(),
        }
    }
}

/// At most so many bytes of one value are kept; a longer one is kept by its digest.
const VALUE_LIMIT: usize = 256;
/// At most so many values of one file are kept; one digest stands for the rest.
const VALUES_LIMIT: usize = 64;

/// What one file holds, as it is kept.
fn file_contents(path: &str, inspection: &Inspection, extra: Option<&[u8]>) -> FileContents {
    let digested = look::digests_of(inspection, extra);
    let tensors = inspection.tensors.iter().enumerate().map(|(index, tensor)| TensorEntry {
        file: path.to_owned(),
        name: tensor.name.clone(),
        dtype: tensor.dtype.clone(),
        shape: tensor.shape.clone(),
        bytes: tensor.bytes,
        sha256: digested.as_ref().and_then(|it| it.tensors.get(index)?.1),
        blake3: digested.as_ref().and_then(|it| Some(it.tensors.get(index)?.0)),
    });
    FileContents {
        path: path.to_owned(),
        other: digested.as_ref().map(|it| it.other),
        values: values_of(inspection),
        findings: findings_of(inspection),
        tensors: tensors.collect(),
    }
}

/// The values that a file says of itself, sorted by name, short, and few.
fn values_of(inspection: &Inspection) -> Vec<(String, String)> {
    let short = |value: &str| match value.len() > VALUE_LIMIT {
        true => format!("{} bytes, {}", value.len(), Digest::of(value.as_bytes())),
        false => value.to_owned(),
    };
    let mut all: Vec<(String, String)> =
        inspection.metadata.iter().map(|(name, value)| (name.clone(), short(value))).collect();
    all.sort();
    if all.len() > VALUES_LIMIT {
        let rest = all.split_off(VALUES_LIMIT);
        let text: String = rest.iter().map(|(name, value)| format!("{name}\0{value}\0")).collect();
        let more = format!("{} values, {}", rest.len(), Digest::of(text.as_bytes()));
        // Names sort by their bytes, and nothing of a file's own sorts behind this.
        all.push(("\u{10ffff}more".to_owned(), more));
    }
    all
}

pub(crate) fn findings_of(inspection: &Inspection) -> Vec<KeptFinding> {
    let found = inspection.findings.iter().map(|it| KeptFinding {
        kind: it.kind.as_str().to_owned(),
        value: it.value.clone(),
        path: it.path.clone(),
        opcode: it.opcode.clone(),
        offset: it.offset,
    });
    let problems = inspection.problems.iter().map(|it| KeptFinding {
        kind: "problem".to_owned(),
        value: it.message.clone(),
        path: String::new(),
        opcode: None,
        offset: None,
    });
    found.chain(problems).collect()
}

/// The manifest of a package and the documents that it names.
pub(crate) fn manifest_of(package: &Package, mut contents: Contents) -> Result<Stored> {
    for (path, sha256, size) in &package.absent {
        let path = PackagePath::parse(path)?;
        let class = FileClass::NotScanned;
        contents.files.push(FileEntry {
            path: path.as_str().to_owned(),
            size: *size,
            sha256: *sha256,
            class,
            format: "unknown".into(),
        });
    }
    let mut warnings = contents.warnings();
    warnings.extend(contents.gaps.iter().map(|gap| format!("the package is not whole: {gap}")));
    contents.table.files.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    contents.files.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let mut documents = Vec::new();
    let mut keep = |document: Document, text: String| {
        let digest = Digest::of(text.as_bytes());
        documents.push((document, text.into_bytes()));
        digest
    };
    let contract = package.contract.as_ref().map(print).transpose()?.map(|text| keep(Document::Contract, text));
    let lineage = (!package.lineage.is_empty()).then(|| print(&package.lineage)).transpose()?;
    let lineage = lineage.map(|text| keep(Document::Lineage, text));
    let evaluation_card = package.evaluation_card.as_ref().map(print).transpose()?;
    let evaluation_card = evaluation_card.map(|text| keep(Document::EvaluationCard, text));
    let model_card = package.card.clone().map(|text| keep(Document::ModelCard, text));
    let text = contents.table.print()?;
    let (tensors, findings) = contents.table.files.iter().fold((0, 0), |(tensors, findings), file| {
        (tensors + file.tensors.len() as u64, findings + file.findings.len() as u64)
    });
    let table = (!text.is_empty()).then(|| keep(Document::Contents, text));
    let table = table.map(|sha256| ContentsEntry { sha256, tensors, findings });
    let metrics = package.metrics.iter().map(|(name, value)| Ok((name.clone(), MetricValue::stated(name, *value)?)));
    let manifest = Manifest {
        artifact_type: package.artifact_type.clone(),
        format: contents.format(),
        files: contents.files,
        capabilities: sorted(package.capabilities.clone()),
        metrics: metrics.collect::<Result<_>>()?,
        parents: sorted(package.parents.clone()),
        source: package.source.clone(),
        contract,
        lineage,
        evaluation_card,
        model_card,
        graphs: contents.graphs,
        contents: table,
        incomplete: contents.gaps,
        tensors: Vec::new(),
    };
    if let Some(rule) = manifest.broken_rule() {
        return Err(Error::new(Code::BadArgument, format!("the package breaks a rule: {rule}")));
    }
    let request = RegisterRequest {
        model: package.model.clone(),
        manifest,
        documents,
        release: package.release.clone(),
        description: package.description.clone(),
        owner: package.owner.clone(),
        trust: None,
        imported: package.imported,
    };
    Ok(Stored { request, warnings })
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items.dedup();
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_files_of_one_kind_are_one_warning_and_not_ten_thousand_lines() {
        let doubt = |n: usize| (format!("{n:05}.bin"), "not-scanned".to_owned());
        let mut contents = Contents { doubts: (0..10_000).map(doubt).collect(), ..Contents::default() };
        contents.doubts.insert(7, ("model.py".to_owned(), "code".to_owned()));
        assert_eq!(
            contents.warnings(),
            ["00000.bin, 00001.bin and 9998 more files are not-scanned", "model.py is code"]
        );
        contents.doubts.truncate(3);
        assert_eq!(
            contents.warnings(),
            ["00000.bin is not-scanned", "00001.bin is not-scanned", "00002.bin is not-scanned"]
        );
    }
}
