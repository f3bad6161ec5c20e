//! A record as people read it in `git log -p`: what it says in a few lines, without signatures' noise.

use crate::review::in_words;
use refmark_engine::gate::describe_classes;
use refmark_records::manifest::Manifest;
use refmark_records::statement::{Predicate, Record};
use refmark_types::text::{one_line, size};

/// What a file of the registry says, line by line; a file that is no record is given as it is, made harmless for a terminal.
pub fn textconv(bytes: &[u8]) -> String {
    if let Ok(record) = Record::parse(bytes) {
        return record_text(&record);
    }
    if let Ok(manifest) = Manifest::parse(bytes) {
        return manifest_text(&manifest);
    }
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(|line| one_line(line) + "\n").collect()
}

fn record_text(record: &Record) -> String {
    let common = record.common();
    let mut lines = vec![one_line(&in_words(record)), format!("  by {} at {}", common.by, common.time)];
    let reason = super::reason(record.predicate());
    if !reason.is_empty() {
        lines.push(format!("  because {}", one_line(&reason)));
    }
    if let Predicate::Evidence(evidence) = record.predicate() {
        lines.extend(evidence.metrics.iter().map(|(name, metric)| format!("  {} {}", one_line(name), metric.value)));
        lines.extend(evidence.dataset.iter().map(|dataset| format!("  on {}", one_line(&dataset.name))));
        lines.extend(evidence.run.iter().map(|run| format!("  run {}", one_line(run))));
    }
    if let Predicate::Approval(approval) = record.predicate() {
        lines.push(format!("  of statement {}", approval.statement));
        lines.extend(approval.waives.iter().map(|waiver| {
            format!("  waives {} until {}: {}", one_line(&waiver.gate), waiver.until, one_line(&waiver.reason))
        }));
    }
    lines.push(format!("  statement {}", record.digest()));
    lines.extend(record.signatures.iter().map(|signature| format!("  signed with {}", signature.keyid)));
    lines.join("\n") + "\n"
}

fn manifest_text(manifest: &Manifest) -> String {
    let mut lines = vec![
        format!(
            "{} {}, {}",
            manifest.artifact_type,
            one_line(&manifest.format),
            size(manifest.files.iter().fold(0, |total, file| total.saturating_add(file.size)))
        ),
        format!("  files: {}; {} tensors", describe_classes(manifest), manifest.tensor_count()),
    ];
    lines.extend(
        manifest.files.iter().map(|file| {
            format!("  {} {} {} {}", one_line(&file.path), size(file.size), file.class, file.sha256.short())
        }),
    );
    lines.join("\n") + "\n"
}
