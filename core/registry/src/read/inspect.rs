//! `inspect`: what a file is, or the files of a folder together, without a registry.

use std::path::Path;

use serde::Serialize;

use crate::write::register::{FileSource, look, look_at_all};
use refmark_engine::ports::Cancel;
use refmark_records::manifest::Gap;
use refmark_scan::{GgufManifest, Inspection, inspect_package};
use refmark_store::blob::walk_package;
use refmark_types::error::Result;

/// What a file is, by its content: format, class, tensors and what it says of itself. Reads headers, and text and small
/// pickles whole. Errors: `not-a-file`, `not-found` or `io` where it cannot be read.
pub fn inspect_file(path: &Path) -> Result<Inspection> {
    look(path, &path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default())
}

/// The manifest of a GGUF file: the digests of the file, of its structure and of each tensor. Reads the file once. Errors:
/// `bad-argument` where it is no whole GGUF file, and those of [`inspect_file`].
pub fn gguf_manifest(path: &Path) -> Result<GgufManifest> {
    let found = inspect_file(path)?;
    GgufManifest::of(&found, &FileSource::open(path)?)
}

/// A file of a folder, and what it is.
#[derive(Debug, Clone, Serialize)]
pub struct FolderFile {
    /// Its path in the folder.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it is.
    #[serde(flatten)]
    pub inspection: Inspection,
}

/// What the files of a folder are, as `register` would take them for a package.
#[derive(Debug, Clone, Serialize)]
pub struct FolderInspection {
    /// The files, by the bytes of their paths.
    pub files: Vec<FolderFile>,
    /// What the package lacks.
    pub gaps: Vec<Gap>,
    /// What was left out, and why: a sentence each.
    pub warnings: Vec<String>,
}

/// What the files of a folder are, each by itself and together: what is lacking of shards, splits and external data.
///
/// Cost: the headers of all files, on all cores.
///
/// # Errors
/// `not-a-file` for links that lead out of the folder, and for devices; `bad-argument` for names that cannot stand in a package
/// and for a folder without files; `io`; `cancelled`.
pub fn inspect_folder(path: &Path, cancel: &Cancel) -> Result<FolderInspection> {
    let walked = walk_package(path, &[], false, true)?;
    let mut looked = look_at_all(std::slice::from_ref(&walked.files), cancel)?.pop().unwrap_or_default();
    let gaps = inspect_package(&mut looked);
    let files = looked.into_iter().map(|it| FolderFile { path: it.path, size: it.size, inspection: it.inspection });
    Ok(FolderInspection { files: files.collect(), gaps, warnings: walked.warnings })
}
