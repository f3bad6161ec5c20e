//! What is folded away behind a summary: tensors by name, the model card line by line, files.

use super::{CHARACTERS, NAMES, ROWS, rest};
use crate::doc::{Block, Line, Table};
use refmark_query::diff::{ArtifactDiff, FileSide, Listed};
use refmark_records::manifest::FileClass;
use refmark_types::text::{bounded, counted, short, size};

/// So many changed values of a file are shown.
const VALUES: usize = 12;

/// The folded table of tensors, where the line on weights does not name them all or their form changed.
pub(super) fn tensors(diff: &ArtifactDiff) -> Option<Block> {
    let of = &diff.tensors;
    let formed = of.retyped.count + of.reshaped.count;
    if diff.old.is_none() {
        let mut table = Table::new(&["Tensor"]);
        table.rows = of.added.items.iter().take(ROWS).map(|name| vec![Line::default().word(name)]).collect();
        table.more = rest(table.rows.len(), of.added.count, "tensor");
        let summary = Line::of(format!("Tensors: {}", of.new));
        return (of.new > 0).then(|| Block::Folded(summary, vec![Block::Table(table)]));
    }
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
    let summary = Line::of(format!("Tensors: {count} of {} differ", of.new.max(of.old)));
    Some(Block::Folded(summary, vec![Block::Table(table)]))
}

/// The model card, line by line.
pub(super) fn card(diff: &ArtifactDiff) -> Option<Block> {
    let (added, removed) = (&diff.card.lines_added, &diff.card.lines_removed);
    let summary = match diff.old {
        Some(_) => format!("Model card: {} added, {} removed", counted(added.count, "line"), removed.count),
        None => format!("Model card: {}", counted(added.count, "line")),
    };
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

/// The folded table of files.
pub fn files(diff: &ArtifactDiff) -> Block {
    let files = &diff.files;
    let summary = match diff.old {
        Some(_) => Line::of(format!("Files: {} of {} changed", files.count(), files.count() + files.same)),
        None => Line::of(format!("Files: {}", files.new)),
    };
    if files.count() == 0 {
        return Block::Lines(vec![summary]);
    }
    let change = if diff.old.is_some() { "Change" } else { "Class" };
    let mut table = Table::new(&["File", change, ">Size", "SHA-256"]);
    let path = |file: &FileSide| Line::default().word(&file.path);
    for changed in &files.changed.items {
        let what = changed.in_words();
        let what = match changed.old.class == changed.new.class {
            true => Line::of(what),
            false => {
                Line::default().strong(format!("{} → {}", changed.old.class, changed.new.class)).say(", ").say(what)
            }
        };
        let sizes = if size(changed.old.size) == size(changed.new.size) {
            String::new()
        } else {
            format!("{} → ", size(changed.old.size))
        };
        let digests = Line::default().code(short(&changed.old.sha256)).say(" → ").code(short(&changed.new.sha256));
        table.rows.push(vec![path(&changed.new), what, Line::of(sizes).say(size(changed.new.size)), digests]);
    }
    let alone = |file: &FileSide, what: &str| {
        let digest = Line::default().code(short(&file.sha256));
        let class = file.class.as_str();
        let what = match (diff.old.is_some(), matches!(file.class, FileClass::Tensors | FileClass::Data)) {
            (true, true) => Line::of(format!("{what}, {class}")),
            (true, false) => Line::of(format!("{what}, ")).strong(class),
            (false, true) => Line::of(class),
            (false, false) => Line::default().strong(class),
        };
        vec![path(file), what, Line::of(size(file.size)), digest]
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
    // Few of them stand in front already.
    let values = changed_values(diff);
    if values.len() > super::SETTINGS {
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
