//! What of a difference needs attention: callers that break, another source or licence, metrics that got worse or cannot be
//! compared.

use super::{Attention, AttentionKind, Gravity, Watched};
use crate::diff::{Change, Compatibility, MetricDiff, MetricJudgement, MetricSide};
use refmark_types::number::print;
use refmark_types::text::{bounded, counted, percent, round, signed};

/// So many metrics of a kind are said one by one.
const METRICS: usize = 6;

pub(super) fn look(one: &Watched<'_>, found: &mut Vec<Attention>) {
    let Some(diff) = one.diff.filter(|diff| diff.old.is_some() && !diff.identical) else { return };
    if matches!(diff.contract.compatibility, Compatibility::Breaking | Compatibility::Forward) {
        let why = diff.contract.because.items.first().map(|why| format!(": {}", bounded(why, 160))).unwrap_or_default();
        found.push(one.item(
            Gravity::Danger,
            AttentionKind::Contract,
            format!("callers of the old version break{why}"),
        ));
    }
    if let Some(source) = &diff.lineage.source {
        found.push(one.item(Gravity::Danger, AttentionKind::Source, changed(source)));
    }
    if let Some(licence) = diff.lineage.licence.as_ref().filter(|licence| licence.old != licence.new) {
        let gravity = if licence.new.is_none() { Gravity::Danger } else { Gravity::Caution };
        found.push(one.item(gravity, AttentionKind::Licence, changed(licence)));
    }
    let of =
        |judged: &dyn Fn(&&MetricDiff) -> bool| diff.metrics.items.iter().filter(|it| judged(it)).collect::<Vec<_>>();
    let worse = of(&|it| it.judgement == MetricJudgement::Worse);
    several(one, AttentionKind::WorseMetric, &worse, worse_metric, found);
    let other = of(&|it| {
        matches!(it.judgement, MetricJudgement::NotComparable | MetricJudgement::Removed)
            // Of a metric on several data, one that both have is enough.
            && !diff.metrics.items.iter().any(|twin| twin.name == it.name && twin.delta.is_some())
    });
    several(one, AttentionKind::OtherData, &other, other_data, found);
}

fn several(
    one: &Watched<'_>,
    kind: AttentionKind,
    metrics: &[&MetricDiff],
    say: fn(&MetricDiff) -> String,
    found: &mut Vec<Attention>,
) {
    found.extend(metrics.iter().take(METRICS).map(|it| one.item(Gravity::Caution, kind, say(it))));
    let more = metrics.len().saturating_sub(METRICS);
    if more > 0 {
        found.push(one.item(Gravity::Caution, kind, counted(more, "more metric")));
    }
}

fn changed(change: &Change) -> String {
    let side =
        |text: &Option<String>| text.as_deref().map_or_else(|| "none stated".to_owned(), |text| bounded(text, 80));
    format!("{} → {}", side(&change.old), side(&change.new))
}

fn value(side: &Option<MetricSide>) -> String {
    match side.as_ref().map(|side| &side.value) {
        Some(value) => value.number().map_or_else(|| value.to_string(), |number| print(round(number))),
        None => "–".to_owned(),
    }
}

/// A value with its data.
fn on(side: &Option<MetricSide>) -> String {
    let data = side.as_ref().and_then(|side| side.dataset.as_ref());
    let data = data.map(|data| format!(" on {}", bounded(&data.name, 60))).unwrap_or_default();
    format!("{}{data}", value(side))
}

fn worse_metric(it: &MetricDiff) -> String {
    let delta = it.delta_percent.map(percent).or(it.delta.map(signed)).unwrap_or_default();
    format!("{} {} → {} ({delta})", bounded(&it.name, 60), value(&it.old), on(&it.new))
}

fn other_data(it: &MetricDiff) -> String {
    let name = bounded(&it.name, 60);
    match (&it.because, it.judgement) {
        (_, MetricJudgement::Removed) => format!("{name} was {} before, and is not measured now", value(&it.old)),
        (why, _) => {
            let why = match why.as_deref() {
                Some("other dataset") | None => "other data",
                Some(why) => why,
            };
            format!("{name} {} and {}: {why}, so they cannot be compared", on(&it.old), on(&it.new))
        }
    }
}
