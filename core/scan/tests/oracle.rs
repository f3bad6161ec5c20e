//! The formats' official readers as an oracle: refmark takes no file that they refuse, or a line below says why.
//!
//! Needs Python with safetensors, gguf, onnx and numpy, and so is asked for by name:
//!
//! ```sh
//! REFMARK_PYTHON=venv/bin/python REFMARK_ORACLE=2000 cargo test -p refmark-scan --test oracle -- --ignored --nocapture
//! ```

#![allow(clippy::disallowed_methods, reason = "the files are made by Python, in a temporary folder")]

use std::collections::BTreeMap;
use std::process::Command;

use refmark_scan::{FileClass, inspect};

/// Format, a part of what the official reader says, and why refmark takes such a file all the same.
const DIFFERENCES: &[(&str, &str, &str)] = &[];

#[test]
#[ignore = "needs Python with the official readers"]
fn refmark_takes_nothing_that_the_official_readers_refuse() {
    let python = std::env::var("REFMARK_PYTHON").unwrap_or_else(|_| "python3".into());
    let count = std::env::var("REFMARK_ORACLE").unwrap_or_else(|_| "200".into());
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/make.py");
    let made = Command::new(python).arg(script).arg(folder.path()).arg(&count).status().unwrap();
    assert!(made.success());
    let verdicts = std::fs::read(folder.path().join("verdicts.json")).unwrap();
    let verdicts: BTreeMap<String, Option<String>> = serde_json::from_slice(&verdicts).unwrap();
    let (mut wrong, mut strict) = (Vec::new(), BTreeMap::<String, u32>::new());
    for (name, refused) in &verdicts {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        let found = inspect(name, &bytes.as_slice()).unwrap();
        let format = name.split('-').next().unwrap();
        let taken = found.format.as_str() == format
            && found.problems.is_empty()
            && matches!(found.class, FileClass::Tensors | FileClass::ConfigCode);
        match refused {
            Some(why) if taken => {
                let known = DIFFERENCES.iter().any(|(of, said, _)| *of == format && why.contains(said));
                if !known {
                    wrong.push(format!("{name}: {why}"));
                    keep(folder.path(), name);
                }
            }
            None if !taken => *strict.entry(format.to_owned()).or_default() += 1,
            _ => {}
        }
    }
    println!("{} files; refused by refmark alone: {strict:?}", verdicts.len());
    assert!(wrong.is_empty(), "{} taken that the official reader refuses:\n{}", wrong.len(), wrong.join("\n"));
}

/// Keeps a file that was judged differently, where somebody asks for it.
fn keep(folder: &std::path::Path, name: &str) {
    if let Some(place) = std::env::var_os("REFMARK_ORACLE_KEEP") {
        let _ = std::fs::create_dir_all(&place);
        let _ = std::fs::copy(folder.join(name), std::path::Path::new(&place).join(name));
    }
}
