//! What a killed process left among the objects: half-written files, and objects that no record names.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use refmark_core::store::fs::host::{Life, life_of_name};

use crate::inventory::artifact::is_digest;

/// Removes half-written files of dead processes, and objects without a record. Returns how many went.
///
/// An object without a record is what a promotion made that was killed before its commit: the dropped file is still there, and
/// the promotion is asked for again.
pub fn sweep(root: &Path, named: &HashSet<&str>) -> usize {
    let mut removed = 0;
    let objects = root.join("objects/sha256");
    for folder in std::fs::read_dir(&objects).into_iter().flatten().flatten() {
        for file in std::fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let Ok(name) = file.file_name().into_string() else { continue };
            let relative = format!("objects/sha256/{}/{name}", folder.file_name().to_string_lossy());
            if is_left_over(&name, &file.path()) || (is_object(&name) && !named.contains(relative.as_str())) {
                removed += usize::from(std::fs::remove_file(file.path()).is_ok());
            }
        }
    }
    removed
}

/// Half-written by a process that is gone; of one that nobody can ask after, old.
fn is_left_over(name: &str, path: &Path) -> bool {
    const OLD: Duration = Duration::from_secs(3600);
    let Some(staged) = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")) else { return false };
    let age = path.symlink_metadata().and_then(|meta| meta.modified()).map(|time| time.elapsed());
    match life_of_name(staged) {
        Some(Life::Dead) => true,
        Some(Life::Alive) => false,
        Some(Life::Elsewhere) | None => matches!(age, Ok(Ok(age)) if age > OLD),
    }
}

fn is_object(name: &str) -> bool {
    name.split_once('.').is_some_and(|(digest, ending)| is_digest(digest) && matches!(ending, "gguf" | "safetensors"))
}
