//! Two corpora, made here: files that are no pickles and must not be called ones, and pickles that must not be missed.
//!
//! A test run takes some hundred of each kind. `REFMARK_CORPUS=20000` takes so many of each, and
//! `REFMARK_CORPUS_FILES=FOLDER` adds the real files below a folder to the first corpus:
//!
//! ```sh
//! REFMARK_CORPUS=20000 REFMARK_CORPUS_FILES=/usr/lib cargo test --release -p refmark-scan --test corpora -- --nocapture
//! ```

#![allow(clippy::disallowed_methods, reason = "the corpora may be real files")]

mod corpora {
    pub mod make;
    pub mod published;
}

use std::path::Path;

use corpora::make::{self, Random};
use corpora::published;
use refmark_scan::{FileClass, FindingKind, Format, inspect};

fn count() -> usize {
    std::env::var("REFMARK_CORPUS").ok().and_then(|text| text.parse().ok()).unwrap_or(400)
}

/// Whether a file that is none is called a pickle.
fn alarms(name: &str, bytes: &[u8]) -> Option<String> {
    let found = inspect(name, &bytes).unwrap();
    (found.class == FileClass::UnsafeFormat).then(|| format!("{name}: {} {:?}", found.format, found.notes))
}

#[test]
fn what_is_no_pickle_is_not_called_one() {
    let mut random = Random::new(15);
    let mut wrong = Vec::new();
    let kinds = make::HARMLESS;
    for (name, make) in kinds {
        let before = wrong.len();
        for _ in 0..count().div_ceil(kinds.len()) {
            let bytes = make(&mut random);
            wrong.extend(alarms(name, &bytes));
        }
        println!("{name}: {} wrong", wrong.len() - before);
    }
    let allowed = usize::from(count() >= 20_000);
    assert!(wrong.len() <= allowed, "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn real_files_that_are_no_pickles_are_not_called_ones() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["core", "cli", "docs", "viewer/src", "examples"] {
        gather(&here.join(folder), &mut files);
    }
    if let Some(folder) = std::env::var_os("REFMARK_CORPUS_FILES") {
        gather(Path::new(&folder), &mut files);
    }
    assert!(files.len() > 300, "only {} files", files.len());
    let (mut wrong, mut seen) = (Vec::new(), 0u32);
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        // An array of objects says in its own header that it is a pickle.
        if [".pkl", "pickle", "joblib", ".pt", ".pth", ".npy", ".npz"].iter().any(|part| name.contains(part)) {
            continue;
        }
        let Ok(bytes) = std::fs::read(file) else { continue };
        seen += 1;
        wrong.extend(alarms(&name, &bytes).map(|said| format!("{} {said}", file.display())));
    }
    println!("{seen} real files, {} called pickles", wrong.len());
    assert!(wrong.len() <= 1, "{} of {seen} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn gather(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && entry.file_name() != "target" && entry.file_name() != "node_modules" => {
                gather(&entry.path(), into);
            }
            Ok(kind) if kind.is_file() => into.push(entry.path()),
            _ => {}
        }
    }
}

#[test]
fn every_published_way_around_a_scanner_is_seen_in_every_form_and_wrapping() {
    let mut random = Random::new(51);
    let (mut missed, mut made) = (Vec::new(), 0usize);
    'all: loop {
        for (module, name) in published::CALLS {
            for form in make::FORMS {
                let body = form.write(module, name, &mut random);
                let wrapped = make::wrap(&body, &mut random);
                made += 1;
                let found = inspect(wrapped.name, &wrapped.bytes.as_slice()).unwrap();
                let import = format!("{module}.{name}");
                let named = found.findings.iter().any(|it| {
                    it.kind == FindingKind::DangerousImport && (it.value == import || it.value.starts_with('('))
                });
                if found.class != FileClass::UnsafeFormat || !named {
                    missed.push(format!(
                        "{import} as {form:?} in {}: {} {} {:?}",
                        wrapped.how, found.format, found.class, found.findings
                    ));
                }
                if made >= count().max(published::CALLS.len() * make::FORMS.len()) {
                    break 'all;
                }
            }
        }
    }
    println!("{made} pickles, {} missed", missed.len());
    assert!(missed.is_empty(), "{} of {made} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn a_finding_of_a_pickle_names_opcode_offset_and_import() {
    let body = b"\x80\x04cos\nsystem\nX\x02\0\0\0id\x85R.";
    let found = inspect("model.bin", &body.as_slice()).unwrap();
    let import = found.findings.iter().find(|it| it.kind == FindingKind::DangerousImport).unwrap();
    assert_eq!(
        (import.value.as_str(), import.opcode.as_deref(), import.offset),
        ("os.system", Some("GLOBAL"), Some(2))
    );
    let call = found.findings.iter().find(|it| it.kind == FindingKind::Call).unwrap();
    assert_eq!((call.opcode.as_deref(), call.offset), (Some("REDUCE"), Some(21)));
    assert_eq!(found.format, Format::Pickle);
}
