//! A dossier as a page.

use crate::doc::{Block, Line, Page, Table};
use refmark_query::answer::ManifestIs;
use refmark_query::diff::what_files_can_do;
use refmark_query::report::Dossier;
use refmark_types::text::when;
use refmark_types::text::{counted, short, size};

/// The dossier, whole: nothing of it is cut.
pub fn page(dossier: &Dossier) -> Page {
    let mut page = Page::default();
    page.push(Block::Heading(1, Line::of(format!("{}/{}: dossier", dossier.model, dossier.version.version))));
    let verified = if dossier.verified {
        "verified against a pinned trust root"
    } else {
        "not verified: no root is pinned, or it rests on a distrusted key"
    };
    let mut lines = vec![
        Line::default().strong("Registry").say(" ").word(&dossier.name).say(" ").code(dossier.registry.to_string()),
        Line::default()
            .strong("As of")
            .say(" commit ")
            .code(dossier.head.to_string())
            .say(format!(", {}, {verified}", when(dossier.as_of))),
        Line::default().strong("Artifact").say(" ").code(dossier.artifact.to_string()),
        Line::default().strong("State").say(format!(" {}, {}", dossier.trust, dossier.stage)),
        Line::default().strong("Owner").say(" ").word(dossier.owner.as_deref().unwrap_or("nobody is named")),
    ];
    lines.extend(
        dossier.version.release.iter().map(|release| Line::default().strong("Release").say(" ").word(release.as_str())),
    );
    lines.extend(
        dossier.version.description.iter().map(|text| Line::default().strong("Description").say(" ").say(text)),
    );
    for (what, pointed) in [("Policy", &dossier.policy), ("Root", &dossier.root)] {
        lines.extend(
            pointed.map(|(number, digest)| {
                Line::default().strong(what).say(format!(" {number} ")).code(digest.prefixed())
            }),
        );
    }
    page.push(Block::Lines(lines));
    package(&mut page, dossier);
    origin(&mut page, dossier);
    evidence(&mut page, dossier);
    moves(&mut page, dossier);
    keys(&mut page, dossier);
    page
}

fn package(page: &mut Page, dossier: &Dossier) {
    page.push(Block::Heading(2, Line::of("Package")));
    let sizes = dossier.manifest.files.iter().fold(0u64, |total, file| total.saturating_add(file.size));
    let line = Line::default().word(dossier.manifest.artifact_type.as_str()).say(", ").word(&dossier.manifest.format);
    let counts = format!(
        ": {}, {}, {}. {}{}.",
        counted(dossier.manifest.files.len(), "file"),
        size(sizes),
        counted(dossier.tensors, "tensor"),
        what_files_can_do(&dossier.manifest),
        // The same from the same commit: it does not rest on what one reader has looked at.
        crate::diff::claimed(ManifestIs::Claimed)
    );
    page.push(Block::Lines(vec![line.say(counts)]));
    let mut table = Table::new(&["File", "Class", ">Size", "SHA-256"]);
    for file in &dossier.manifest.files {
        let digest = Line::default().code(file.sha256.hex());
        table.rows.push(vec![
            Line::default().word(&file.path),
            Line::of(file.class.as_str()),
            Line::of(size(file.size)),
            digest,
        ]);
    }
    page.push(Block::Table(table));
    findings(page, dossier);
}

/// What the scan found when the version was registered, and what the package lacks.
fn findings(page: &mut Page, dossier: &Dossier) {
    if dossier.findings.is_empty() && dossier.manifest.incomplete.is_empty() {
        return;
    }
    page.push(Block::Heading(2, Line::of("Findings")));
    let mut table = Table::new(&["File", "Finding", "Says", "Where"]);
    for found in &dossier.findings {
        let it = &found.finding;
        let opcode = it.opcode.iter().cloned();
        let offset = it.offset.iter().map(|offset| format!("byte {offset}"));
        let path = Some(&it.path).filter(|path| !path.is_empty()).cloned();
        let place: Vec<String> = path.into_iter().chain(opcode).chain(offset).collect();
        table.rows.push(vec![
            Line::default().word(&found.file),
            Line::of(&it.kind),
            Line::default().word(&it.value),
            Line::default().word(&place.join(", ")),
        ]);
    }
    for gap in &dossier.manifest.incomplete {
        table.rows.push(vec![
            Line::default().word(&gap.path),
            Line::of("not whole"),
            Line::default().word(&gap.detail),
            Line::default(),
        ]);
    }
    page.push(Block::Table(table));
}

fn keys(page: &mut Page, dossier: &Dossier) {
    let mut table = Table::new(&["Key", "Principal", "Public key"]);
    for key in &dossier.keys {
        let who = key.principal.as_ref().map_or("not in the newest policy", |who| who.as_str());
        table.rows.push(vec![
            Line::default().code(&key.key),
            Line::of(who),
            Line::default().code(key.public.as_deref().unwrap_or("–")),
        ]);
    }
    page.push(Block::Heading(2, Line::of("Keys")));
    page.push(Block::Table(table));
}

fn origin(page: &mut Page, dossier: &Dossier) {
    page.push(Block::Heading(2, Line::of("Lineage")));
    let mut table = Table::new(&["What", "Value"]);
    let mut row = |what: &str, value: &str| table.rows.push(vec![Line::default().word(what), Line::of(value)]);
    dossier.lineage.iter().for_each(|(key, value)| row(key, value));
    dossier.manifest.source.iter().for_each(|source| row("source", source));
    dossier.manifest.parents.iter().for_each(|parent| row("parent", &parent.to_string()));
    dossier.manifest.capabilities.iter().for_each(|capability| row("capability", capability));
    if let Some(contract) = &dossier.contract {
        for (what, fields) in [("input", &contract.inputs), ("output", &contract.outputs)] {
            for field in fields {
                row(what, &format!("{}: {}{}", field.name, field.field_type, if field.optional { "?" } else { "" }));
            }
        }
    }
    page.push(Block::Table(table));
}

fn evidence(page: &mut Page, dossier: &Dossier) {
    page.push(Block::Heading(2, Line::of("Evidence")));
    let mut table = Table::new(&["Type", "Verdict", "By", "When", "Says", "Statement"]);
    for entry in &dossier.evidence {
        let found = &entry.evidence;
        let mut says = Line::default().word(found.summary.as_deref().unwrap_or_default());
        for (name, metric) in found.metrics.iter() {
            let comma = if says.is_empty() { "" } else { ", " };
            says = says.say(comma).word(name).say(format!(" {}", metric.value));
        }
        if let Some(dataset) = &found.dataset {
            says = says.say(" on ").word(&dataset.name);
        }
        if let Some(run) = &found.run {
            says = says.say(", run ").word(run);
        }
        table.rows.push(vec![
            Line::of(found.evidence_type.as_str()),
            Line::of(found.verdict.as_str()),
            Line::of(found.by.as_str()),
            Line::of(when(found.time)),
            says,
            Line::default().code(short(&entry.statement)),
        ]);
    }
    let none = table.rows.is_empty();
    page.push(Block::Table(table));
    page.push(Block::Lines(vec![Line::of(if none { "None." } else { "" })]));
}

fn moves(page: &mut Page, dossier: &Dossier) {
    page.push(Block::Heading(2, Line::of("Moves and approvals")));
    let mut table = Table::new(&["What", "By", "When", "Why", "Approvals and waivers", "Commit", "Statement"]);
    for entry in &dossier.moves {
        let said = entry.approvals.iter().map(|said| {
            let waives =
                said.waives.iter().map(|(gate, reason, until)| format!("waives {gate} until {until}: {reason}"));
            let words: Vec<String> = said.approves.then(|| "approved".to_owned()).into_iter().chain(waives).collect();
            Line::of(format!("{} {} ({})", said.by, words.join(", "), when(said.time)))
        });
        table.rows.push(vec![
            Line::of(&entry.change),
            Line::of(entry.by.as_str()),
            Line::of(when(entry.time)),
            Line::of(&entry.reason),
            Line::join(said, "; "),
            entry.commit.map_or_else(Line::default, |commit| Line::default().code(commit.short())),
            Line::default().code(short(&entry.statement)),
        ]);
    }
    page.push(Block::Table(table));
}
