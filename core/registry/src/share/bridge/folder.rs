//! The bridge to a folder: `apply` writes, `check` only looks.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{BridgeAnswer, BridgeProblem, Manifest};
use crate::registry::Sharing;
use refmark_engine::ports::Cancel;
use refmark_query::bridge::{Kind, MARKER};
use refmark_store::fs::disk::io_error;
use refmark_store::fs::durable::replace;
use refmark_store::fs::read::read_bounded;
use refmark_types::error::{Code, Error, Result};

/// The largest manifest that is read, in bytes, and how many are looked at.
pub(super) const MAX_FILE: u64 = 1 << 20;
pub(super) const MAX_FILES: usize = 100_000;

impl Sharing<'_> {
    /// Writes the approved versions into the marked values of the manifests below a folder: YAML and environment files. All that is
    /// to be written is known before the first file is; a file that somebody changed meanwhile is left as it is. A second time
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// `unverified` where no root is pinned, `source-changed` where a file changed meanwhile. A marker that cannot be followed
    /// (an alias that is revoked, a text that is no YAML) is in the answer, and then nothing is written.
    pub fn bridge_apply(&self, folder: &Path, dry_run: bool, allow_unverified: bool) -> Result<BridgeAnswer> {
        let registry = self.registry;
        let (manifests, mut problems) = read_folder(folder, &registry.world.cancel)?;
        let mut planned = registry.plan_bridge(manifests, allow_unverified)?;
        planned.answer.problems.append(&mut problems);
        if dry_run || !planned.answer.problems.is_empty() {
            return Ok(planned.answer);
        }
        for (before, text) in &planned.texts {
            let path = folder.join(&before.path);
            // Leased on what was read: nobody's change is written over.
            if read_bounded(&path, MAX_FILE)?.as_deref() != Some(before.text.as_bytes()) {
                return Err(Error::new(Code::SourceChanged, format!("{} changed meanwhile", path.display()))
                    .hint("run it again: what was written stays, and the rest follows")
                    .at(path.display().to_string()));
            }
            let mode = std::fs::metadata(&path).map_err(|error| io_error("read", &path, &error))?.permissions().mode();
            replace(&*registry.world.disk, &path, text.as_bytes(), mode & 0o777)?;
            planned.answer.written = true;
        }
        Ok(planned.answer)
    }

    /// Whether the manifests below a folder name what is approved, and nothing by a name that moves. Writes nothing.
    ///
    /// # Errors
    ///
    /// As [`Sharing::bridge_apply`].
    pub fn bridge_check(&self, folder: &Path, allow_unverified: bool) -> Result<BridgeAnswer> {
        self.bridge_apply(folder, true, allow_unverified)
    }
}

/// The manifests of a folder, by their paths below it; links are not followed. What has a marker and cannot be read is a problem.
fn read_folder(folder: &Path, cancel: &Cancel) -> Result<(Vec<Manifest>, Vec<BridgeProblem>)> {
    if !folder.is_dir() {
        return Err(Error::new(Code::NotFound, format!("{} is no folder", folder.display())));
    }
    let walk = ignore::WalkBuilder::new(folder)
        .standard_filters(false)
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_path(|a, b| a.cmp(b))
        .build();
    let (mut manifests, mut problems) = (Vec::new(), Vec::new());
    for entry in walk {
        cancel.check()?;
        let entry = entry.map_err(|error| Error::new(Code::Io, error.to_string()))?;
        let Some(kind) = entry.file_name().to_str().and_then(Kind::of_name) else { continue };
        if !entry.file_type().is_some_and(|it| it.is_file()) {
            continue;
        }
        let path = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_string_lossy().into_owned();
        match read_bounded(entry.path(), MAX_FILE) {
            Ok(bytes) => match String::from_utf8(bytes.unwrap_or_default()) {
                Ok(text) => manifests.push(Manifest { path, kind, text }),
                Err(bytes) => problems.extend(not_utf8(path, bytes.as_bytes())),
            },
            // What is that long is data.
            Err(error) if error.code == Code::TooLarge => {}
            Err(error) => problems.push(BridgeProblem { file: path, error: *error }),
        }
        if manifests.len() > MAX_FILES {
            return Err(Error::new(Code::TooLarge, format!("there are more than {MAX_FILES} manifests"))
                .hint("name the folder that holds what is deployed"));
        }
    }
    Ok((manifests, problems))
}

/// A file that is no text is a problem where it has a marker.
pub(super) fn not_utf8(file: String, bytes: &[u8]) -> Option<BridgeProblem> {
    let has_marker = bytes.windows(MARKER.len()).any(|it| it == MARKER.as_bytes());
    has_marker.then(|| BridgeProblem { file, error: *Error::new(Code::BadArgument, "it is not UTF-8") })
}
