//! A diff as parts of a page: what `diff` shows, and what `review` puts into a comment.

mod folded;
mod lineage;
mod metrics;

use crate::doc::{Block, Line, Page};
use refmark_query::answer::ManifestIs;
use refmark_query::diff::{ArtifactDiff, Compatibility, ContractSource, Listed};
use refmark_types::text::{bounded, counted, size};

pub use folded::files;
pub(crate) use folded::text;
pub use lineage::lineage;
pub use metrics::metrics;

/// So many rows of a table are shown; the value itself has more.
const ROWS: usize = 50;
/// So many changed values are shown in front.
const SETTINGS: usize = 6;
/// So many sentences on the contract are shown.
const SENTENCES: usize = 8;
/// So many names of a list within a sentence are shown.
const NAMES: usize = 3;
/// So many characters of a sentence with words from a manifest are shown.
const CHARACTERS: usize = 240;

/// The whole diff as Markdown, without a heading.
pub fn to_markdown(diff: &ArtifactDiff) -> String {
    page(diff).markdown(usize::MAX)
}

/// The whole diff, without a heading: tables of metrics and files, and a paragraph on contract, weights and lineage.
pub fn page(diff: &ArtifactDiff) -> Page {
    let mut page = Page::default();
    if diff.identical {
        let line = Line::of("Both are the artifact ").code(diff.new.artifact.to_string()).say(": nothing differs.");
        page.push(Block::Lines(vec![line]));
        return page;
    }
    page.push(Block::Table(metrics(diff)));
    page.push(Block::Lines(lines(diff)));
    folded(diff).into_iter().for_each(|block| page.push(block));
    page
}

/// What changed, a paragraph each: contract, weights, findings, settings, lineage.
pub fn lines(diff: &ArtifactDiff) -> Vec<Line> {
    let mut lines = vec![contract(diff), weights(diff)];
    lines.extend(findings(diff));
    lines.extend(settings(diff));
    lines.push(lineage(diff));
    lines
}

/// What is folded away: tensors by name, the model card line by line, files.
pub fn folded(diff: &ArtifactDiff) -> Vec<Block> {
    [folded::tensors(diff), folded::card(diff), Some(files(diff))].into_iter().flatten().collect()
}

fn rest(shown: usize, count: usize, noun: &str) -> Option<String> {
    let more = count.saturating_sub(shown);
    (more > 0).then(|| format!("…and {}", counted(more, &format!("more {noun}"))))
}

/// One line on the contract.
pub fn contract(diff: &ArtifactDiff) -> Line {
    let contract = &diff.contract;
    let line = Line::default().strong("Contract").say(" ");
    if diff.old.is_none() {
        let stated: Vec<String> =
            contract.because.items.iter().take(SENTENCES).map(|field| bounded(field, CHARACTERS)).collect();
        let more = contract.because.count - stated.len();
        let more = if more > 0 { format!("; and {}", counted(more, "more field")) } else { String::new() };
        return line.say(format!("{}{more}.", stated.join("; ")));
    }
    let line = match contract.compatibility {
        Compatibility::Same => line.say("same"),
        Compatibility::Full => line.say("fully compatible: callers of either version can use the other"),
        Compatibility::Backward => line.say("backward compatible: old callers keep working"),
        Compatibility::Forward => line.strong("forward compatible only: old callers break"),
        Compatibility::Breaking => line.strong("breaking: callers of either version break with the other"),
        Compatibility::Unknown => line.say("unknown"),
    };
    let line = if contract.source == ContractSource::Graph { line.say(" (by the ONNX graphs)") } else { line };
    let mut because: Vec<String> =
        contract.because.items.iter().take(SENTENCES).map(|sentence| bounded(sentence, CHARACTERS)).collect();
    let more = contract.because.count.saturating_sub(because.len());
    if more > 0 {
        because.push(format!("and {}", counted(more, "more change")));
    }
    match because.is_empty() {
        true => line.say("."),
        false if contract.compatibility == Compatibility::Unknown => line.say(format!(": {}.", because.join("; "))),
        false => line.say(format!(". {}.", because.join("; "))),
    }
}

/// One line on tensors, size and what the files can do.
pub fn weights(diff: &ArtifactDiff) -> Line {
    let tensors = &diff.tensors;
    let mut parts = Vec::new();
    if diff.old.is_none() {
        parts.extend((tensors.new > 0).then(|| Line::of(counted(tensors.new, "tensor"))));
    } else if tensors.old + tensors.new > 0 {
        parts.push(Line::of(match (tensors.is_same(), tensors.new) {
            (true, count) => format!("{}, all the same", counted(count, "tensor")),
            (false, 0) => "no tensors any more".to_owned(),
            (false, count) => {
                format!("{} of {} changed{}", tensors.changed.count, counted(count, "tensor"), named(&tensors.changed))
            }
        }));
    }
    let others = diff.files.changed.items.iter().any(|file| file.tensors == Some(0) && file.other_bytes != Some(false));
    if tensors.old + tensors.new > 0 && tensors.is_same() && others {
        parts.push(Line::of("but other bytes of their files changed"));
    }
    if tensors.unknown > 0 {
        parts.push(Line::of(format!(
            "{} without digests to compare, so whether they changed is not known",
            tensors.unknown
        )));
    }
    if !tensors.is_same() && diff.old.is_some() {
        parts.push(Line::of(match (tensors.added.count, tensors.removed.count) {
            (0, 0) => "none added or removed".to_owned(),
            (added, removed) => {
                let (more, less) = (named(&tensors.added), named(&tensors.removed));
                format!("{added} added{more}, {removed} removed{less}")
            }
        }));
    }
    if tensors.changed.count > 0 {
        parts.push(shapes(diff));
    }
    let files = &diff.files;
    let before = if size(files.size_old) == size(files.size_new) || diff.old.is_none() {
        String::new()
    } else {
        format!("{} → ", size(files.size_old))
    };
    let sizes = match diff.old {
        Some(_) => format!("{before}{}, {} of it new. ", size(files.size_new), size(files.bytes_new)),
        None => format!("{}. ", size(files.size_new)),
    };
    let semicolon = if parts.is_empty() { "" } else { "; " };
    let line = Line::default().strong("Weights").say(" ").line(Line::join(parts, ", ")).say(semicolon).say(sizes);
    match diff.classes.risky.count {
        0 => line.say(&diff.classes.sentence),
        _ => line.strong(&diff.classes.sentence),
    }
    .say(claimed(diff.classes.manifest_is))
    .say(".")
}

/// The first names of a list, in brackets; nothing of an empty one.
fn named(listed: &Listed<String>) -> String {
    let first: Vec<String> = listed.items.iter().take(NAMES).map(|name| bounded(name, 60)).collect();
    match listed.count - first.len() {
        _ if first.is_empty() => String::new(),
        0 => format!(" ({})", first.join(", ")),
        more => format!(" ({} and {more} more)", first.join(", ")),
    }
}

/// What the scan found in one version and not in the other.
fn findings(diff: &ArtifactDiff) -> Option<Line> {
    let found = &diff.findings;
    let sign = if diff.old.is_some() { "+ " } else { "" };
    let new = found
        .added
        .items
        .iter()
        .take(NAMES)
        .map(|it| Line::of(sign).strong(bounded(&it.file, 80)).say(" ").word(&it.in_words()));
    let gone =
        found.removed.items.iter().take(NAMES).map(|it| Line::of("− ").word(&it.file).say(" ").word(&it.in_words()));
    let parts: Vec<Line> = new.chain(gone).collect();
    let more = (found.added.count + found.removed.count).saturating_sub(parts.len());
    let more = if more > 0 { format!(" · and {more} more") } else { String::new() };
    (!parts.is_empty()).then(|| Line::default().strong("Findings").say(" ").line(Line::join(parts, " · ")).say(more))
}

/// The first values of configuration and metadata that changed: `config.json num_labels 3 → 5`.
fn settings(diff: &ArtifactDiff) -> Option<Line> {
    let side = |value: &Option<String>| value.as_deref().map_or_else(|| "none".to_owned(), |value| bounded(value, 60));
    let each =
        diff.files.changed.items.iter().flat_map(|file| file.values.items.iter().map(move |value| (file, value)));
    let mut last = "";
    let mut parts = Vec::new();
    for (file, value) in each.take(SETTINGS) {
        let path = if last == file.new.path { Line::default() } else { Line::default().word(&file.new.path).say(" ") };
        last = &file.new.path;
        parts.push(path.word(&value.name).say(format!(" {} → ", side(&value.old))).strong(side(&value.new)));
    }
    let count: usize = diff.files.changed.items.iter().map(|file| file.values.count).sum();
    let more = count.saturating_sub(parts.len());
    let more = if more > 0 { format!(" · and {more} more, with the files") } else { String::new() };
    (!parts.is_empty()).then(|| Line::default().strong("Settings").say(" ").line(Line::join(parts, " · ")).say(more))
}

/// What is added to a sentence on what files are, where nobody here has held it against the bytes.
pub(crate) fn claimed(manifest_is: ManifestIs) -> &'static str {
    match manifest_is {
        ManifestIs::Derived => "",
        ManifestIs::Claimed => " (claimed: the bytes were not read here)",
    }
}

fn shapes(diff: &ArtifactDiff) -> Line {
    let tensors = &diff.tensors;
    match (tensors.retyped.items.first(), tensors.reshaped.count) {
        (None, 0) => Line::of("types and shapes the same"),
        (None, shapes) => Line::default().strong(format!("{shapes} with another shape")),
        (Some(first), shapes) => {
            let line = Line::default().strong(format!("{} with another type", tensors.retyped.count));
            let line = line.say(" (such as ").word(&first.old).say(" → ").word(&first.new).say(")");
            if shapes > 0 { line.say(format!(", {shapes} with another shape")) } else { line }
        }
    }
}
