//! Pages of what files are and hold: inspect, scan, and the findings of a version.

use refmark_core::query::findings::FileFinding;
use refmark_core::records::manifest::{FileClass, Gap};
use refmark_core::scan::{Finding, Inspection};
use refmark_core::types::text::{bounded, counted, size};
use refmark_core::{Outcome, ScanAnswer};

use super::{Cell, LISTED, Look, Page, Table, bad, bold, doubtful, faint, good, safe, safe_lines};
use crate::answer::Render;
use crate::commands::inspect::{InspectedFile, InspectedFolder};
use crate::commands::scan::Scans;

/// How a class looks in a table.
pub fn class_look(class: FileClass) -> Look {
    match class {
        FileClass::Tensors | FileClass::Data => Look::Plain,
        FileClass::Code | FileClass::ConfigCode | FileClass::ActiveContent => Look::Doubtful,
        FileClass::UnsafeFormat | FileClass::NotScanned => Look::Bad,
    }
}

/// What a scan found and people should see, one line each; and what the package lacks.
pub fn findings(page: &mut Page, all: &[FileFinding], gaps: &[Gap]) {
    let told: Vec<_> = all.iter().filter(|it| it.is_told()).collect();
    if !told.is_empty() {
        page.gap();
        page.line(bold("findings"));
    }
    for it in told.iter().take(LISTED) {
        page.line(format!("  {}: {}", safe(&it.file), safe(&bounded(&it.in_words(), 160))));
    }
    page.left_out(told.len(), LISTED);
    for gap in gaps {
        page.line(format!("{} {}", bad("not whole:"), safe(&gap.to_string())));
    }
}

impl Render for Scans {
    fn render(&self, page: &mut Page) {
        for (at, scan) in self.scans.iter().enumerate() {
            if at > 0 {
                page.gap();
            }
            one_scan(page, scan);
        }
    }

    fn status(&self) -> u8 {
        u8::from(self.scans.iter().any(|scan| scan.outcome == Outcome::Unsafe))
    }
}

fn one_scan(page: &mut Page, scan: &ScanAnswer) {
    let outcome = match scan.outcome {
        Outcome::Clean => good(scan.outcome),
        Outcome::Unsafe => bad(scan.outcome),
        Outcome::RunsCode | Outcome::NotScanned => doubtful(scan.outcome),
    };
    page.line(format!("{}  {outcome}  {}", bold(safe(&scan.reference)), faint(scan.artifact.short())));
    let version = scan.scanner.version.as_ref().map(|version| format!(" {}", safe(version))).unwrap_or_default();
    page.facts([
        ("scanner", format!("{}{version}", safe(&scan.scanner.name))),
        ("found", safe(&scan.summary).to_string()),
        ("files", format!("{} of {}", scan.scanned, scan.files)),
    ]);
    findings(page, &scan.findings, &scan.gaps);
    if scan.more > 0 {
        page.line(faint(format!("and {} more findings", scan.more)));
    }
    if let Some(said) = &scan.said {
        page.gap();
        page.raw(&safe_lines(said.trim_end()));
        page.raw("\n");
    }
    match &scan.evidence {
        Some(evidence) => page.line(faint(format!(
            "evidence {}, {} in commit {}",
            evidence.evidence_type,
            evidence.verdict.as_str(),
            evidence.commit.short()
        ))),
        None => page.line(faint("no evidence was attached")),
    }
}

impl Render for InspectedFolder {
    fn render(&self, page: &mut Page) {
        page.line(bold(safe(&self.path.display().to_string())));
        let mut table = Table::new(["", "", "", ""]);
        for file in self.what.files.iter().take(LISTED) {
            let it = &file.inspection;
            table.row([
                Cell::of(format!("  {}", it.class), class_look(it.class)),
                it.format.to_string().into(),
                Cell::number(size(file.size)),
                file.path.as_str().into(),
            ]);
        }
        page.table(table);
        page.left_out(self.what.files.len(), LISTED);
        for file in self.what.files.iter().take(LISTED) {
            troubles(page, &file.inspection, Some(&file.path));
        }
        for gap in &self.what.gaps {
            page.line(format!("{} {}", bad("not whole:"), safe(&gap.to_string())));
        }
        for warning in &self.what.warnings {
            page.line(format!("{} {}", doubtful("note:"), safe(warning)));
        }
    }
}

/// What a reviewer should see of a file, with its name where there are several.
fn troubles(page: &mut Page, it: &Inspection, file: Option<&str>) {
    let of = file.map(|file| format!("{}: ", safe(file))).unwrap_or_default();
    let told = |found: &&Finding| !matches!(found.kind.as_str(), "import" | "call");
    let found: Vec<&Finding> = it.findings.iter().filter(told).collect();
    for finding in found.iter().take(LISTED) {
        page.line(format!("{} {of}{}", bad("finding:"), safe(&bounded(&finding.to_string(), 160))));
    }
    page.left_out(found.len(), LISTED);
    for problem in &it.problems {
        page.line(format!("{} {of}{}", bad("problem:"), safe(&problem.message)));
    }
    for note in &it.notes {
        page.line(format!("{} {of}{}", doubtful("note:"), safe(note)));
    }
}

impl Render for InspectedFile {
    fn render(&self, page: &mut Page) {
        let it = &self.what;
        page.line(format!(
            "{}  {}",
            bold(safe(&self.path.display().to_string())),
            class_look(it.class).paint(it.class)
        ));
        let bytes: u64 = it.tensors.iter().map(|tensor| tensor.bytes).sum();
        let tensors =
            (!it.tensors.is_empty()).then(|| format!("{}, {}", counted(it.tensors.len(), "tensor"), size(bytes)));
        page.facts([("format", it.format.to_string()), ("tensors", tensors.unwrap_or_default())]);
        troubles(page, it, None);
        if let Some(onnx) = &it.onnx {
            let mut table = Table::new(["", "", "", ""]);
            for (what, values) in [("input", &onnx.inputs), ("output", &onnx.outputs)] {
                for value in values {
                    let shape = format!("[{}]", value.shape.join(", "));
                    table.row([what.into(), value.name.as_str().into(), value.dtype.as_str().into(), shape.into()]);
                }
            }
            page.table(table);
        }
        const SHOWN: usize = 40;
        let mut table = Table::new(["TENSOR", "TYPE", "SHAPE", "SIZE"]);
        for tensor in it.tensors.iter().take(SHOWN) {
            let shape = format!("{:?}", tensor.shape);
            table.row([
                tensor.name.as_str().into(),
                tensor.dtype.as_str().into(),
                shape.into(),
                Cell::number(size(tensor.bytes)),
            ]);
        }
        if !it.tensors.is_empty() {
            page.table(table);
        }
        page.left_out(it.tensors.len(), SHOWN);
        if !it.metadata.is_empty() {
            page.gap();
            let mut table = Table::new(["METADATA", ""]);
            for (key, value) in it.metadata.iter().take(SHOWN) {
                table.row([key.as_str().into(), refmark_core::types::text::bounded(value, 80).into()]);
            }
            page.table(table);
        }
    }
}
