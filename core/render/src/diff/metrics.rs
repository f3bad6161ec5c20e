//! The table of metrics: old beside new, what that comes to, and what the evidence behind it came to.

use super::{ROWS, rest};
use crate::doc::{Line, Mark, Table};
use refmark_query::diff::{ArtifactDiff, MetricDiff, MetricJudgement, MetricSide, MetricSource};
use refmark_records::evidence::{Direction, MetricValue, Verdict};
use refmark_types::number::print;
use refmark_types::text::{percent, round, short, signed};

/// The table of metrics; without rows where no metric is known.
pub fn metrics(diff: &ArtifactDiff) -> Table {
    let Some(before) = &diff.old else { return measured(diff) };
    let (old, new) = (before.name(&diff.new), diff.new.name(before));
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

/// The metrics of a first version.
fn measured(diff: &ArtifactDiff) -> Table {
    let mut table = Table::new(&["Metric (lower or higher is better)", "dataset", ">Value", "Evaluation"]);
    let row = |row: &MetricDiff| {
        let side = row.new.as_ref();
        let data = side.map(dataset).filter(|data| !data.is_empty()).unwrap_or_else(|| Line::of("–"));
        vec![name(row), data, side.map(|side| metric_value(side, false)).unwrap_or_default(), verdict(row)]
    };
    table.rows = diff.metrics.items.iter().take(ROWS).map(row).collect();
    table.more = rest(table.rows.len(), diff.metrics.count, "metric");
    table
}

/// A metric's name, which way it improves, and the evidence that has it where that is no evaluation.
fn name(row: &MetricDiff) -> Line {
    let arrow = if row.better == Direction::Higher { " ↑" } else { " ↓" };
    let name = Line::default().word(&row.name).say(arrow);
    match row.evidence_type.as_deref().filter(|of| *of != "evaluation") {
        Some(of) => name.say(" (").word(of).say(")"),
        None => name,
    }
}

fn metric_row(row: &MetricDiff) -> Vec<Line> {
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
    let shared = if shared.is_empty() { Line::of("–") } else { shared };
    vec![name(row), shared, value(&row.old), value(&row.new), Line::of(delta), judgement, verdict(row)]
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
