//! A diff as parts of a page: what `diff` shows, and what `review` puts into a comment.

use crate::doc::{Block, Line, Mark, Page, Table};
use refmark_query::answer::ManifestIs;
use refmark_query::diff::FileSide;
use refmark_query::diff::{ArtifactDiff, Listed};
use refmark_query::diff::{Change, Presence};
use refmark_query::diff::{Compatibility, ContractSource};
use refmark_query::diff::{MetricDiff, MetricJudgement, MetricSide, MetricSource};
use refmark_records::evidence::{Direction, MetricValue, Verdict};
use refmark_types::number::print;
use refmark_types::text::{bounded, counted, percent, round, short, signed, size};

/// So many rows of a table are shown; the value itself has more.
const ROWS: usize = 50;
/// So many changed values of a file are shown.
const VALUES: usize = 12;
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
    [tensors(diff), card(diff), Some(files(diff))].into_iter().flatten().collect()
}

fn rest(shown: usize, count: usize, noun: &str) -> Option<String> {
    let more = count.saturating_sub(shown);
    (more > 0).then(|| format!("…and {}", counted(more, &format!("more {noun}"))))
}

/// The table of metrics; without rows where no metric is known.
pub fn metrics(diff: &ArtifactDiff) -> Table {
    let (old, new) = (diff.old.name(&diff.new), diff.new.name(&diff.old));
    let columns = [
        "Metric (lower or higher is better)",
        "dataset",
        &format!(">{old}"),
        &format!(">{new}"),
        ">Δ",
        "",
        "Evaluation",
    ];
    let mut table = Table::new(&columns);
    table.rows = diff.metrics.items.iter().take(ROWS).map(metric_row).collect();
    table.more = rest(table.rows.len(), diff.metrics.count, "metric");
    table
}

fn metric_row(row: &MetricDiff) -> Vec<Line> {
    let arrow = if row.better == Direction::Higher { " ↑" } else { " ↓" };
    let data = |side: &Option<MetricSide>| side.as_ref().map(dataset).unwrap_or_default();
    let (a, b) = (data(&row.old), data(&row.new));
    // One dataset has a column of its own; two stand with their values.
    let apart = row.old.is_some() && row.new.is_some() && a != b;
    let shared = if apart { Line::default() } else { if row.new.is_some() { b } else { a } };
    let value =
        |side: &Option<MetricSide>| side.as_ref().map_or_else(|| Line::of("–"), |side| metric_value(side, apart));
    let delta = match (row.delta_percent, row.delta) {
        (Some(relative), _) => percent(relative),
        (None, Some(absolute)) => signed(absolute),
        (None, None) => String::new(),
    };
    let judgement = match (row.judgement, &row.because) {
        (MetricJudgement::Worse, _) => Line::default().strong("worse"),
        (MetricJudgement::NotComparable, Some(why)) => Line::default().apart("not comparable").say(": ").word(why),
        (judgement, _) => Line::of(judgement.as_str()),
    };
    let mut name = Line::default().word(&row.name).say(arrow);
    if let Some(of) = row.evidence_type.as_deref().filter(|of| *of != "evaluation") {
        name = name.say(" (").word(of).say(")");
    }
    let shared = if shared.is_empty() { Line::of("–") } else { shared };
    vec![name, shared, value(&row.old), value(&row.new), Line::of(delta), judgement, verdict(row)]
}

/// What the evidence behind a metric comes to, and by whom: of the new version where it has any.
fn verdict(row: &MetricDiff) -> Line {
    let of = |side: &Option<MetricSide>| side.as_ref().and_then(|side| side.verdict.zip(side.by.clone()));
    let (found, which) = match (of(&row.new), of(&row.old)) {
        (Some(found), _) => (found, ""),
        (None, Some(found)) => (found, " (of the old one)"),
        (None, None) => return Line::of("–"),
    };
    let (mark, strong) = match found.0 {
        Verdict::Pass => (Mark::Good, false),
        Verdict::Info => (Mark::Open, false),
        Verdict::Fail => (Mark::Bad, true),
    };
    let line = Line::mark(mark).say(" ");
    let line = if strong { line.strong(found.0.as_str()) } else { line.say(found.0.as_str()) };
    line.say(format!(" by {}{which}", found.1))
}

fn metric_value(side: &MetricSide, with_dataset: bool) -> Line {
    let mut line = match &side.value {
        MetricValue::Number(number) => Line::of(print(round(*number))),
        MetricValue::Text(text) => Line::default().word(text),
    };
    let data = dataset(side);
    if with_dataset && !data.is_empty() {
        line = line.say(" on ").line(data);
    }
    if side.source == MetricSource::Claim { line.say(" (claim)") } else { line }
}

fn dataset(side: &MetricSide) -> Line {
    let Some(data) = &side.dataset else { return Line::default() };
    let mut line = Line::default().word(&data.name);
    if let Some(version) = &data.version {
        line = line.say(" ").word(version);
    }
    match &data.sha256 {
        Some(digest) => line.say(" ").code(short(digest)),
        None => line,
    }
}

/// One line on the contract.
pub fn contract(diff: &ArtifactDiff) -> Line {
    let contract = &diff.contract;
    let line = Line::default().strong("Contract").say(" ");
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
        false => line.say(format!(". {}.", because.join("; "))),
    }
}

/// One line on tensors, size and what the files can do.
pub fn weights(diff: &ArtifactDiff) -> Line {
    let tensors = &diff.tensors;
    let mut parts = Vec::new();
    if tensors.old + tensors.new > 0 {
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
        parts.push(Line::of(format!("{} without digests, so whether they changed is not known", tensors.unknown)));
    }
    if !tensors.is_same() {
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
    let before =
        if files.size_old == files.size_new { String::new() } else { format!("{} → ", size(files.size_old)) };
    let sizes = format!("{before}{}, {} of it new. ", size(files.size_new), size(files.bytes_new));
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
    let new = found
        .added
        .items
        .iter()
        .take(NAMES)
        .map(|it| Line::of("+ ").strong(bounded(&it.file, 80)).say(" ").word(&it.in_words()));
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

/// The folded table of tensors, where the line on weights does not name them all or their form changed.
fn tensors(diff: &ArtifactDiff) -> Option<Block> {
    let of = &diff.tensors;
    let formed = of.retyped.count + of.reshaped.count;
    if formed == 0 && [&of.changed, &of.added, &of.removed].iter().all(|listed| listed.count <= NAMES) {
        return None;
    }
    let mut table = Table::new(&["Tensor", "Change"]);
    let mut row = |name: &str, what: Line| table.rows.push(vec![Line::default().word(name), what]);
    for it in &of.retyped.items {
        row(&it.name, Line::default().strong(format!("type {} → {}", bounded(&it.old, 20), bounded(&it.new, 20))));
    }
    let shape = |shape: &[u64]| shape.iter().map(u64::to_string).collect::<Vec<_>>().join("×");
    for it in &of.reshaped.items {
        row(&it.name, Line::default().strong(format!("shape {} → {}", shape(&it.old), shape(&it.new))));
    }
    let told = |name: &String| {
        of.retyped.items.iter().any(|it| it.name == *name) || of.reshaped.items.iter().any(|it| it.name == *name)
    };
    for (listed, what) in [(&of.changed, "values"), (&of.added, "added"), (&of.removed, "removed")] {
        listed.items.iter().filter(|name| !told(name)).for_each(|name| row(name, Line::of(what)));
    }
    table.rows.truncate(ROWS);
    let count = of.changed.count + of.added.count + of.removed.count;
    table.more = rest(table.rows.len(), count, "tensor");
    Some(Block::Folded(
        Line::of(format!("Tensors: {count} of {} differ", of.new.max(of.old))),
        vec![Block::Table(table)],
    ))
}

/// The model card, line by line.
fn card(diff: &ArtifactDiff) -> Option<Block> {
    let (added, removed) = (&diff.card.lines_added, &diff.card.lines_removed);
    let summary = format!("Model card: {} added, {} removed", counted(added.count, "line"), removed.count);
    text(summary, added, removed)
}

/// Lines of a text that are gone and that are new, folded.
pub(crate) fn text(summary: String, added: &Listed<String>, removed: &Listed<String>) -> Option<Block> {
    let mut table = Table::new(&["", "Line"]);
    for (sign, listed) in [("−", removed), ("+", added)] {
        table.rows.extend(
            listed.items.iter().map(|line| vec![Line::of(sign), Line::default().code(bounded(line, CHARACTERS))]),
        );
    }
    let more = added.more + removed.more;
    table.more = (more > 0).then(|| format!("…and {}", counted(more, "more line")));
    (!table.rows.is_empty()).then(|| Block::Folded(Line::of(summary), vec![Block::Table(table)]))
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

/// One line on lineage, licence, capabilities and cards.
pub fn lineage(diff: &ArtifactDiff) -> Line {
    let lineage = &diff.lineage;
    let mut parts = Vec::new();
    for (what, old, new) in
        [("type", &diff.old.artifact_type, &diff.new.artifact_type), ("format", &diff.old.format, &diff.new.format)]
    {
        if old != new {
            parts.push(Line::of(what).say(" ").word(old).say(" → ").strong(bounded(new, CHARACTERS)));
        }
    }
    parts.extend(lineage.changed.items.iter().take(ROWS).map(changed));
    parts.extend(lineage.source.iter().map(changed));
    let id = |artifact: &refmark_types::digest::ArtifactId| Line::default().code(format!("{}…", artifact.short()));
    parts.extend(names("+ parent", &lineage.parents_added, id));
    parts.extend(names("− parent", &lineage.parents_removed, id));
    if let Some(licence) = &lineage.licence {
        match &licence.new {
            Some(name) if licence.old == licence.new => {
                parts.push(Line::of("licence same (").word(name).say(")"));
            }
            // A changed key of lineage was already said.
            _ if lineage
                .changed
                .items
                .iter()
                .any(|changed| changed.old == licence.old && changed.new == licence.new) => {}
            _ => parts.push(changed(licence)),
        }
    }
    let word = |text: &String| Line::default().word(text);
    parts.extend(names("+ capability", &lineage.capabilities_added, word));
    parts.extend(names("− capability", &lineage.capabilities_removed, word));
    let card = &diff.card;
    match card.model_card {
        Presence::None | Presence::Same => {}
        Presence::Changed => {
            let (added, removed) = (card.lines_added.count, card.lines_removed.count);
            parts.push(Line::of(match added + removed {
                0 => "model card changed in its order or spacing".to_owned(),
                _ => format!("model card changed (+{added} −{removed} lines)"),
            }));
        }
        other => parts.push(Line::of(format!("model card {}", other.as_str()))),
    }
    if !matches!(card.evaluation_card, Presence::None | Presence::Same) {
        parts.push(Line::of(format!("evaluation card {}", card.evaluation_card.as_str())));
    }
    let parts = if parts.is_empty() { vec![Line::of("same")] } else { parts };
    Line::default().strong("Lineage").say(" ").line(Line::join(parts, " · "))
}

fn changed(change: &Change) -> Line {
    let line = Line::default().word(&change.key).say(" ");
    let line = match change.old.as_deref().map(shortened) {
        Some((old, true)) => line.code(old),
        Some((old, false)) => line.say(old),
        None => line.say("none"),
    };
    match change.new.as_deref().map(shortened) {
        Some((new, true)) => line.say(" → ").code(new),
        Some((new, false)) => line.say(" → ").strong(new),
        None => line.say(" → ").strong("none"),
    }
}

/// A value of lineage, and whether it is a commit's or digest's, of which the first eight hex digits are shown.
fn shortened(text: &str) -> (String, bool) {
    let hex = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex {
        (format!("{}…", text.get(..8).unwrap_or_default()), true)
    } else {
        (bounded(text, CHARACTERS / 2), false)
    }
}

fn names<T>(what: &str, listed: &Listed<T>, show: impl Fn(&T) -> Line) -> Option<Line> {
    let first: Vec<Line> = listed.items.iter().take(NAMES).map(show).collect();
    let more = listed.count.saturating_sub(first.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!first.is_empty()).then(|| Line::of(what).say(" ").line(Line::join(first, ", ")).say(more))
}

/// The folded table of files.
pub fn files(diff: &ArtifactDiff) -> Block {
    let files = &diff.files;
    let summary = Line::of(format!("Files: {} of {} changed", files.count(), files.count() + files.same));
    if files.count() == 0 {
        return Block::Lines(vec![summary]);
    }
    let mut table = Table::new(&["File", "Change", ">Size", "SHA-256"]);
    let path = |file: &FileSide| Line::default().word(&file.path);
    for changed in &files.changed.items {
        let what = changed.in_words();
        let what = match changed.old.class == changed.new.class {
            true => Line::of(what),
            false => {
                Line::default().strong(format!("{} → {}", changed.old.class, changed.new.class)).say(", ").say(what)
            }
        };
        let sizes = if changed.old.size == changed.new.size {
            String::new()
        } else {
            format!("{} → ", size(changed.old.size))
        };
        let digests = Line::default().code(short(&changed.old.sha256)).say(" → ").code(short(&changed.new.sha256));
        table.rows.push(vec![path(&changed.new), what, Line::of(sizes).say(size(changed.new.size)), digests]);
    }
    let alone = |file: &FileSide, what: &str| {
        let digest = Line::default().code(short(&file.sha256));
        vec![path(file), Line::of(format!("{what}, {}", file.class)), Line::of(size(file.size)), digest]
    };
    table.rows.extend(files.added.items.iter().map(|added| alone(added, "added")));
    table.rows.extend(files.removed.items.iter().map(|removed| alone(removed, "removed")));
    table.rows.extend(files.renamed.items.iter().map(|renamed| {
        let path = Line::default().word(&renamed.old).say(" → ").word(&renamed.new);
        vec![path, Line::of("renamed"), Line::of(size(renamed.size)), Line::default().code(short(&renamed.sha256))]
    }));
    table.rows.truncate(ROWS);
    table.more = rest(table.rows.len(), files.count(), "file");
    let mut blocks = vec![Block::Table(table)];
    let values = changed_values(diff);
    if !values.is_empty() {
        blocks.push(Block::Lines(values));
    }
    Block::Folded(summary, blocks)
}

/// The values of configuration and metadata that changed, a line each: `config.json num_labels: 3 → 5`.
fn changed_values(diff: &ArtifactDiff) -> Vec<Line> {
    let mut lines = Vec::new();
    for file in &diff.files.changed.items {
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        for value in file.values.items.iter().take(VALUES) {
            let line = Line::default().word(&file.new.path).say(" ").word(&value.name).say(": ");
            lines.push(line.word(&side(&value.old)).say(" → ").word(&side(&value.new)));
        }
        let more = file.values.count.saturating_sub(VALUES);
        if more > 0 {
            lines.push(
                Line::default().word(&file.new.path).say(format!(" and {}", counted(more, "more changed value"))),
            );
        }
    }
    lines
}
