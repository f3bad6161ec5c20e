//! What holds the house together: floors, dependencies, file sizes, words that must not stand in the tree.

#![allow(clippy::disallowed_methods)]

mod cycles;
mod dependencies;
mod face_cycles;
mod floors;
mod tree;

use std::path::{Path, PathBuf};

/// The top of the checkout.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the checkout").to_owned()
}

/// Every file below a folder with this extension, but build output, with its text.
fn sources(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                let skipped = ["target", "node_modules", ".git", ".venv", "dist", "pkg"];
                if !skipped.iter().any(|it| name == *it) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|it| it == extension)
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}
