//! refmark's own scan, once more: of the bytes, by what this version knows.

use super::{Outcome, Scanned};
use crate::registry::Registry;
use crate::write::register::findings_of;
use refmark_query::findings::FileFinding;
use refmark_records::evidence::Named;
use refmark_records::manifest::{FileClass, Manifest};
use refmark_scan::FindingKind;
use refmark_types::error::Result;
use refmark_types::text::counted;

pub(super) fn scan(registry: &Registry, manifest: &Manifest) -> Result<Scanned> {
    let looked = registry.look_again(manifest)?;
    let mut findings = Vec::new();
    let (mut harmful, mut unread, mut running) = (0, 0, 0);
    for file in &looked.files {
        let it = &file.inspection;
        let dangerous = it.findings.iter().any(|finding| finding.kind == FindingKind::DangerousImport);
        harmful += usize::from(dangerous);
        unread += usize::from(it.class == FileClass::NotScanned);
        running += usize::from(it.class.runs());
        let kept = findings_of(it).into_iter();
        findings.extend(kept.map(|finding| FileFinding { file: file.path.clone(), finding }));
    }
    let lacking = looked.gaps.len();
    let (outcome, summary) = match (harmful + lacking, unread, running) {
        (0, 0, 0) => (Outcome::Clean, "nothing in it runs code".to_owned()),
        (0, 0, running) => (Outcome::RunsCode, format!("{} that can run code", counted(running, "file"))),
        (0, unread, _) => (Outcome::NotScanned, format!("{} could not be looked into", counted(unread, "file"))),
        (_, _, _) if lacking == 0 => (Outcome::Unsafe, format!("{} with a dangerous import", counted(harmful, "file"))),
        (_, _, _) if harmful == 0 => (Outcome::Unsafe, format!("the package lacks {}", counted(lacking, "thing"))),
        _ => (
            Outcome::Unsafe,
            format!(
                "{} with a dangerous import, and the package lacks {}",
                counted(harmful, "file"),
                counted(lacking, "thing")
            ),
        ),
    };
    let version = Some(env!("CARGO_PKG_VERSION").to_owned());
    Ok(Scanned {
        scanner: Named { name: "refmark".to_owned(), version, sha256: None },
        outcome,
        summary,
        scanned: (looked.files.len() - unread) as u64,
        findings,
        gaps: looked.gaps,
        said: None,
    })
}
