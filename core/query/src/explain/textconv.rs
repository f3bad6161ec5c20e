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
    if let Predicate::Evidence(it) = record.predicate() {
        lines.extend(it.metrics.iter().map(|(name, metric)| format!("  {} {}", one_line(name), metric.value)));
        lines.extend(it.dataset.iter().map(|it| format!("  on {}", one_line(&it.name))));
        lines.extend(it.run.iter().map(|run| format!("  run {}", one_line(run))));
    }
    if let Predicate::Approval(it) = record.predicate() {
        lines.push(format!("  of statement {}", it.statement));
        lines.extend(
            it.waives
                .iter()
                .map(|it| format!("  waives {} until {}: {}", one_line(&it.gate), it.until, one_line(&it.reason))),
        );
    }
    lines.push(format!("  statement {}", record.digest()));
    lines.extend(record.signatures.iter().map(|it| format!("  signed with {}", it.keyid)));
    lines.join("\n") + "\n"
}

fn manifest_text(manifest: &Manifest) -> String {
    let mut lines = vec![
        format!(
            "{} {}, {}",
            manifest.artifact_type,
            one_line(&manifest.format),
            size(manifest.files.iter().fold(0, |sum, it| sum.saturating_add(it.size)))
        ),
        format!("  files: {}; {} tensors", describe_classes(manifest), manifest.tensors.len()),
    ];
    lines.extend(
        manifest.files.iter().map(|file| {
            format!("  {} {} {} {}", one_line(&file.path), size(file.size), file.class, file.sha256.short())
        }),
    );
    lines.join("\n") + "\n"
}
