//! A diff as Markdown, section by section: what `review` puts into a comment. Every word from a manifest is escaped.

use super::contract::{Compatibility, ContractSource};
use super::files::FileSide;
use super::lineage::{Change, Presence};
use super::metrics::{MetricDiff, MetricJudgement, MetricSide, MetricSource};
use super::{ArtifactDiff, Listed};
use crate::judgement::text::{bounded, counted, escape_markdown, percent, round, short, signed, size};
use crate::records::evidence::{Direction, MetricValue};

/// So many rows of a table are shown; the value itself has more.
const ROWS: usize = 50;
/// So many sentences on the contract are shown.
const SENTENCES: usize = 8;
/// So many names of a list within a sentence are shown.
const NAMES: usize = 3;
/// So many characters of a word from a manifest are shown.
const CHARACTERS: usize = 120;

/// The whole diff, without a heading: tables of metrics and files, and a paragraph on contract, weights and lineage.
pub fn to_markdown(diff: &ArtifactDiff) -> String {
    if diff.identical {
        return format!("Both are the artifact `{}`: nothing differs.\n", diff.new.artifact);
    }
    let table = metrics(diff);
    let gap = if table.is_empty() { "" } else { "\n" };
    let (contract, weights, lineage) = (contract(diff), weights(diff), lineage(diff));
    // Two spaces at a line's end break the line on every forge.
    format!("{table}{gap}{contract}  \n{weights}  \n{lineage}\n\n{}", files(diff))
}

/// A word from a manifest, bounded and escaped.
fn word(text: &str) -> String {
    escape_markdown(&bounded(text, CHARACTERS))
}

fn rest(shown: usize, count: usize, noun: &str) -> String {
    let more = count.saturating_sub(shown);
    if more > 0 { format!("\n…and {}\n", counted(more, &format!("more {noun}"))) } else { String::new() }
}

/// The table of metrics; nothing where no metric is known.
pub fn metrics(diff: &ArtifactDiff) -> String {
    if diff.metrics.items.is_empty() {
        return String::new();
    }
    let mut table = format!(
        "| Metric (lower or higher is better) | dataset | {} | {} | Δ | |\n|---|---|--:|--:|--:|---|\n",
        word(&diff.old.name(&diff.new)),
        word(&diff.new.name(&diff.old))
    );
    for row in diff.metrics.items.iter().take(ROWS) {
        table.push_str(&metric_row(row));
    }
    table.push_str(&rest(ROWS.min(diff.metrics.items.len()), diff.metrics.count, "metric"));
    table
}

fn metric_row(row: &MetricDiff) -> String {
    let arrow = if row.better == Direction::Higher { "↑" } else { "↓" };
    let data = |side: &Option<MetricSide>| side.as_ref().map(dataset).unwrap_or_default();
    let (a, b) = (data(&row.old), data(&row.new));
    // One dataset has a column of its own; two stand with their values.
    let apart = row.old.is_some() && row.new.is_some() && a != b;
    let shared = if apart { String::new() } else { if row.new.is_some() { b } else { a } };
    let shared = if shared.is_empty() { "–".to_owned() } else { shared };
    let value = |side: &Option<MetricSide>| side.as_ref().map_or_else(|| "–".to_owned(), |it| metric_value(it, apart));
    let delta = match (row.delta_percent, row.delta) {
        (Some(relative), _) => percent(relative),
        (None, Some(absolute)) => signed(absolute),
        (None, None) => String::new(),
    };
    let judgement = match (row.judgement, &row.because) {
        (MetricJudgement::Worse, _) => "**worse**".to_owned(),
        (MetricJudgement::NotComparable, Some(why)) => format!("*not comparable*: {}", word(why)),
        (judgement, _) => judgement.as_str().to_owned(),
    };
    let of = row.evidence_type.as_deref().filter(|of| *of != "evaluation");
    let of = of.map(|of| format!(" ({})", word(of))).unwrap_or_default();
    let (name, old, new) = (word(&row.name), value(&row.old), value(&row.new));
    format!("| {name} {arrow}{of} | {shared} | {old} | {new} | {delta} | {judgement} |\n")
}

fn metric_value(side: &MetricSide, with_dataset: bool) -> String {
    let mut text = match &side.value {
        MetricValue::Number(number) => round(*number).to_string(),
        MetricValue::Text(text) => word(text),
    };
    let data = dataset(side);
    if with_dataset && !data.is_empty() {
        text.push_str(&format!(" on {data}"));
    }
    if side.source == MetricSource::Claim {
        text.push_str(" (claim)");
    }
    text
}

fn dataset(side: &MetricSide) -> String {
    let Some(data) = &side.dataset else { return String::new() };
    let version = data.version.as_deref().map(|version| format!(" {}", word(version))).unwrap_or_default();
    let digest = data.sha256.as_ref().map(|digest| format!(" `{}`", short(digest))).unwrap_or_default();
    format!("{}{version}{digest}", word(&data.name))
}

/// One line on the contract.
pub fn contract(diff: &ArtifactDiff) -> String {
    let contract = &diff.contract;
    let verdict = match contract.compatibility {
        Compatibility::Same => "same",
        Compatibility::Full => "fully compatible: callers of either version can use the other",
        Compatibility::Backward => "backward compatible: old callers keep working",
        Compatibility::Forward => "**forward compatible only: old callers break**",
        Compatibility::Breaking => "**breaking: callers of either version break with the other**",
        Compatibility::Unknown => "unknown",
    };
    let source = if contract.source == ContractSource::Graph { " (by the ONNX graphs)" } else { "" };
    let mut because: Vec<String> =
        contract.because.items.iter().take(SENTENCES).map(|it| escape_markdown(&bounded(it, 2 * CHARACTERS))).collect();
    let more = contract.because.count.saturating_sub(because.len());
    if more > 0 {
        because.push(format!("and {}", counted(more, "more change")));
    }
    let colon = if because.is_empty() { "" } else { ": " };
    format!("**Contract** {verdict}{source}{colon}{}.", because.join("; "))
}

/// One line on tensors, size and what the files can do.
pub fn weights(diff: &ArtifactDiff) -> String {
    let tensors = &diff.tensors;
    let mut parts = Vec::new();
    if tensors.old + tensors.new > 0 {
        parts.push(match (tensors.is_same(), tensors.new) {
            (true, count) => format!("{}, all the same", counted(count, "tensor")),
            (false, 0) => "no tensors any more".to_owned(),
            (false, count) => format!("{} of {} changed", tensors.changed.count, counted(count, "tensor")),
        });
    }
    if tensors.unknown > 0 {
        parts.push(format!("{} without digests, so whether they changed is not known", tensors.unknown));
    }
    if !tensors.is_same() {
        parts.push(match (tensors.added.count, tensors.removed.count) {
            (0, 0) => "none added or removed".to_owned(),
            (added, removed) => format!("{added} added, {removed} removed"),
        });
    }
    if tensors.changed.count > 0 {
        parts.push(match (tensors.retyped.items.first(), tensors.reshaped.count) {
            (None, 0) => "types and shapes the same".to_owned(),
            (None, shapes) => format!("**{shapes} with another shape**"),
            (Some(first), shapes) => {
                let shapes = if shapes > 0 { format!(", {shapes} with another shape") } else { String::new() };
                let types = format!("{} → {}", word(&first.old), word(&first.new));
                format!("**{} with another type** (such as {types}){shapes}", tensors.retyped.count)
            }
        });
    }
    let files = &diff.files;
    let before =
        if files.size_old == files.size_new { String::new() } else { format!("{} → ", size(files.size_old)) };
    let sizes = format!("{before}{}, {} of it new", size(files.size_new), size(files.bytes_new));
    let semicolon = if parts.is_empty() { "" } else { "; " };
    let can = diff.classes.risky.count > 0;
    let sentence = escape_markdown(&diff.classes.sentence);
    let sentence = if can { format!("**{sentence}**") } else { sentence };
    format!("**Weights** {}{semicolon}{sizes}. {sentence}.", parts.join(", "))
}

/// One line on lineage, licence, capabilities and cards.
pub fn lineage(diff: &ArtifactDiff) -> String {
    let lineage = &diff.lineage;
    let mut parts = Vec::new();
    for (what, old, new) in
        [("type", &diff.old.artifact_type, &diff.new.artifact_type), ("format", &diff.old.format, &diff.new.format)]
    {
        if old != new {
            parts.push(format!("{what} {} → **{}**", word(old), word(new)));
        }
    }
    parts.extend(lineage.changed.items.iter().take(ROWS).map(changed));
    parts.extend(lineage.source.iter().map(changed));
    parts.extend(names("+ parent", &lineage.parents_added, |it| format!("`{}…`", it.short())));
    parts.extend(names("− parent", &lineage.parents_removed, |it| format!("`{}…`", it.short())));
    if let Some(licence) = &lineage.licence {
        match &licence.new {
            Some(name) if licence.old == licence.new => parts.push(format!("licence same ({})", word(name))),
            // A changed key of lineage was already said.
            _ if lineage.changed.items.iter().any(|it| it.old == licence.old && it.new == licence.new) => {}
            _ => parts.push(changed(licence)),
        }
    }
    parts.extend(names("+ capability", &lineage.capabilities_added, |it| word(it)));
    parts.extend(names("− capability", &lineage.capabilities_removed, |it| word(it)));
    let card = &diff.card;
    match card.model_card {
        Presence::None | Presence::Same => {}
        Presence::Changed => {
            parts.push(format!("model card changed (+{} −{} lines)", card.lines_added, card.lines_removed));
        }
        other => parts.push(format!("model card {}", other.as_str())),
    }
    if !matches!(card.evaluation_card, Presence::None | Presence::Same) {
        parts.push(format!("evaluation card {}", card.evaluation_card.as_str()));
    }
    let said = if parts.is_empty() { "same".to_owned() } else { parts.join(" · ") };
    format!("**Lineage** {said}")
}

fn changed(change: &Change) -> String {
    let value = |value: &Option<String>| value.as_deref().map_or_else(|| "none".to_owned(), shortened);
    format!("{} {} → **{}**", word(&change.key), value(&change.old), value(&change.new))
}

/// A value of lineage; of a commit's or digest's hex digits the first eight.
fn shortened(text: &str) -> String {
    let hex = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex { format!("`{}…`", text.get(..8).unwrap_or_default()) } else { word(text) }
}

fn names<T>(what: &str, listed: &Listed<T>, show: impl Fn(&T) -> String) -> Option<String> {
    let first: Vec<String> = listed.items.iter().take(NAMES).map(show).collect();
    let more = listed.count.saturating_sub(first.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!first.is_empty()).then(|| format!("{what} {}{more}", first.join(", ")))
}

/// The folded table of files.
pub fn files(diff: &ArtifactDiff) -> String {
    let files = &diff.files;
    let summary = format!("Files: {} of {} changed", files.count(), files.count() + files.same);
    if files.count() == 0 {
        return format!("{summary}\n");
    }
    let mut rows = Vec::new();
    for it in &files.changed.items {
        let class = if it.old.class == it.new.class {
            String::new()
        } else {
            format!("**{} → {}**, ", it.old.class, it.new.class)
        };
        let what = it.tensors.map_or_else(|| "changed".to_owned(), |count| counted(count, "tensor"));
        let sizes = if it.old.size == it.new.size { String::new() } else { format!("{} → ", size(it.old.size)) };
        let digests = format!("`{}` → `{}`", short(&it.old.sha256), short(&it.new.sha256));
        rows.push(format!("| {} | {class}{what} | {sizes}{} | {digests} |", word(&it.new.path), size(it.new.size)));
    }
    let alone = |it: &FileSide, what: &str| {
        format!("| {} | {what}, {} | {} | `{}` |", word(&it.path), it.class, size(it.size), short(&it.sha256))
    };
    rows.extend(files.added.items.iter().map(|it| alone(it, "added")));
    rows.extend(files.removed.items.iter().map(|it| alone(it, "removed")));
    rows.extend(files.renamed.items.iter().map(|it| {
        let (old, new) = (word(&it.old), word(&it.new));
        format!("| {old} → {new} | renamed | {} | `{}` |", size(it.size), short(&it.sha256))
    }));
    rows.truncate(ROWS);
    let more = rest(rows.len(), files.count(), "file");
    format!(
        "<details><summary>{summary}</summary>\n\n| File | Change | Size | SHA-256 |\n|---|---|--:|---|\n{}\n{more}\n</details>\n",
        rows.join("\n")
    )
}
