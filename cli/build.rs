//! Puts the built viewer into the command: the folder that `REFMARK_VIEWER` names, else `viewer/dist` where it was built.
//! Without either the command says how to get it.

#![allow(clippy::disallowed_methods, reason = "a build script reads files and its environment")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=REFMARK_VIEWER");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let named = std::env::var_os("REFMARK_VIEWER").filter(|it| !it.is_empty()).map(PathBuf::from);
    let built = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../viewer/dist");
    if let Some(folder) = named.as_ref().filter(|it| !it.join("index.html").is_file()) {
        println!("cargo::error=REFMARK_VIEWER names {}, which has no index.html", folder.display());
    }
    let folder = named.or_else(|| built.join("index.html").is_file().then_some(built));
    let mut list = String::from("&[\n");
    if let Some(folder) = folder.and_then(|it| it.canonicalize().ok()) {
        println!("cargo::rerun-if-changed={}", folder.display());
        for file in files(&folder) {
            let name = file.strip_prefix(&folder).map(|it| it.display().to_string()).unwrap_or_default();
            let _ = writeln!(list, "    ({name:?}, include_bytes!({:?})),", file.display().to_string());
        }
    }
    list.push_str("]\n");
    if let Err(error) = std::fs::write(out.join("viewer.rs"), list) {
        println!("cargo::error=the list of the viewer's files cannot be written: {error}");
    }
}

/// Every file below a folder, in the order of their paths.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.path().is_dir() {
                true => open.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found.sort();
    found
}
